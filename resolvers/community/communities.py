"""Reads communities and conditions."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import func

from models.community import communities as tables
from models.identity import members
from models.identity.accounts import StaffRole
from models.name_order import ordered_as
from models.research import surveys
from models.rows import Expression, ListParts, Row, Rows, Value, ViewerIds, row, select, word
from models.tracking import observations, treatments
from models.viewers import Audience
from resolvers.lookup import by_name, listed, matched_name
from resolvers.tracking.observations import offered_indicator
from resolvers.tracking.treatments import offered_treatment
from resolvers.visible import (
    SHARED_IN_COMMUNITIES,
    SHARED_WITH_ALL,
    among,
    has_role,
    is_entrusted,
    is_shared,
    unindexed,
    viewer_communities,
)


def communities(
    *, viewer: ViewerIds, search: Value[str] | None = None, status: tables.CommunityStatus | None = None
) -> Rows:
    """Communities by name in the language of the viewer, or those that match `search`, the best first.

    Merged ones only if `status` asks for them.
    """
    community = row(tables.Community)
    merged = community.status == tables.CommunityStatus.MERGED
    found = select(community).where(~merged if status is None else community.status == status)
    return listed(found, community, viewer, search, by_name(community, viewer))


def matched_community_name(community: Row, *, viewer: ViewerIds, search: Value[str]) -> Rows:
    """The name that `search` has matched, with its kind: one row, or none. A community's further words count too."""
    return matched_name(community, viewer, search, further=community.words)


def conditions(*, viewer: ViewerIds, search: Value[str] | None = None) -> Rows:
    """Conditions that may be chosen, by name in the language of the viewer; with `search`, those it finds."""
    condition = row(tables.Condition)
    return listed(select(condition), condition, viewer, search, by_name(condition, viewer))


def matched_condition_name(condition: Row, *, viewer: ViewerIds, search: Value[str]) -> Rows:
    """The name, synonym or code in which `search` was found."""
    codes = (condition.icd10, word("ORPHA:") + condition.orpha, word("OMIM:") + condition.omim, condition.hpo)
    return matched_name(condition, viewer, search, further=func.concat_ws(word(", "), *codes))


def community(*, slug: Value[str]) -> Rows:
    """One row, or none. A community that was merged keeps its slug, and is found by it."""
    found = row(tables.Community)
    return select(found).where(found.slug == slug)


def community_of(owner: Row) -> Rows:
    """One row, by `community_id`; none if that is null."""
    found = row(tables.Community)
    return select(found).where(found.id == owner.community_id)


def merged_into(community: Row) -> Rows:
    """The community into which this one was merged: one row, or none."""
    found = row(tables.Community)
    return select(found).where(found.id == community.merged_into_id)


def condition_of(community: Row) -> Rows:
    """One row, by `condition_id`."""
    condition = row(tables.Condition)
    return select(condition).where(condition.id == community.condition_id)


def indicators_of(community: Row, *, viewer: ViewerIds) -> Rows:
    """Indicators that the viewer is offered, in the community's own order."""
    indicator, belongs = row(observations.Indicator), row(tables.CommunityIndicator)
    return (
        select(indicator)
        .join(belongs, belongs.indicator_id == indicator.id)
        .where(belongs.community_id == community.id, *offered_indicator(indicator, viewer))
        .order_by(belongs.position, indicator.id)
    )


def treatments_of(community: Row, *, viewer: ViewerIds) -> Rows:
    """Treatments that the viewer is offered, in the community's own order."""
    treatment, belongs = row(treatments.Treatment), row(tables.CommunityTreatment)
    return (
        select(treatment)
        .join(belongs, belongs.treatment_id == treatment.id)
        .where(belongs.community_id == community.id, *offered_treatment(treatment, viewer))
        .order_by(belongs.position, belongs.treatment_id)
    )


def associations_of(community: Row) -> Rows:
    """Verified associations that belong to the community, by pseudonym, whatever its accents and capitals."""
    member, membership = row(members.Member), row(members.Membership)
    return (
        select(member)
        .join(membership, membership.member_id == member.id)
        .where(membership.community_id == community.id, member.kind == members.MemberKind.ASSOCIATION, member.verified)
        .order_by(ordered_as(member.pseudonym), member.id)
    )


def ambassadors_of(community: Row) -> Rows:
    """Members who are its ambassadors, by pseudonym, whatever its accents and capitals."""
    member, membership = row(members.Member), row(members.Membership)
    return (
        select(member)
        .join(membership, membership.member_id == member.id)
        .where(membership.community_id == community.id, membership.role == members.MembershipRole.AMBASSADOR)
        .order_by(ordered_as(member.pseudonym), member.id)
    )


def readiness_of(community: Row) -> Row:
    """The community's own row, whose counts of members say how ready it is to be counted."""
    return community


def is_ready(community: Row) -> Expression:
    """A boolean: whether as many members consent to data use as a dataset needs."""
    return community.consenting_count >= community.needed_count


def viewer_membership(community: Row, *, viewer: ViewerIds) -> Rows:
    """One row, or none if the viewer does not belong to it. For staff and organizations there is none."""
    membership = row(members.Membership)
    return select(membership).where(membership.community_id == community.id, membership.member_id == viewer.member)


def is_outside(community: Row, *, viewer: ViewerIds) -> Expression:
    """Whether the viewer does not belong to the community."""
    return ~viewer_membership(community, viewer=viewer).exists()


def members_of(community: Row, *, viewer: ViewerIds) -> ListParts:
    """Its members whose memberships the viewer may read, by parts that an index finds without the others."""

    def members_where(of: Callable[[Row], tuple[Expression, ...]]) -> Rows:
        member, membership = row(members.Member), row(members.Membership)
        found = select(member).join(membership, membership.member_id == member.id).where(*of(membership))
        return found.order_by(membership.member_id)  # random ids: an order that tells nothing of anybody

    def all_here(membership: Row) -> Expression:
        return membership.community_id == community.id

    def here(membership: Row) -> Expression:  # of members who are found by their ids
        return unindexed(membership.community_id, community.id)

    if viewer.view is Audience.MANAGER:
        moderates, association = has_role(viewer, StaffRole.MODERATOR), row(members.Member)

        def moderated(membership: Row, sharing: Expression) -> tuple[Expression, ...]:  # in the order of an index
            return all_here(membership), membership.sharing == sharing, moderates

        associations = select(association.id).where(association.kind == members.MemberKind.ASSOCIATION)
        return ListParts(
            (
                *(members_where(partial(moderated, sharing=word(sharing.value))) for sharing in members.Sharing),
                members_where(lambda each: (among(each.member_id, associations), here(each), ~moderates)),
            )
        )
    inside = community.id == func.any(viewer_communities())
    return ListParts(
        (
            members_where(lambda each: (all_here(each), each.sharing == SHARED_WITH_ALL)),
            members_where(lambda each: (all_here(each), each.sharing == SHARED_IN_COMMUNITIES, inside)),
            members_where(
                lambda each: (is_entrusted(each.member_id, viewer), here(each), ~is_shared(each.sharing, inside)),
            ),
        )
    )


def surveys_of(community: Row, *, status: surveys.SurveyStatus | None = None) -> Rows:
    """Surveys, the last to close first; those of one status, if it is given."""
    survey = row(surveys.Survey)
    found = select(survey).where(survey.community_id == community.id)
    found = found.order_by(survey.closes_on.desc(), survey.id.desc())
    return found if status is None else found.where(survey.status == status)
