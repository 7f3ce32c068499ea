"""Declares which rows of each table a role may read; `policies` turns this into SQL."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.identity.accounts import StaffRole
from models.viewers import SETTINGS, Audience

PUBLIC, PATIENT, BUYER, MANAGER = Audience.PUBLIC, Audience.PATIENT, Audience.BUYER, Audience.MANAGER


def viewer(audience: Audience) -> str:
    """The viewer's id as SQL, null if the statement carries none.

    It is a subselect, so that PostgreSQL reads the setting during execution and not at its start, when partitions would
    be pruned before the setting is made. A setting that was set in an earlier transaction is empty, not null.
    """
    return f"(SELECT nullif(current_setting('{SETTINGS[audience]}', true), '')::uuid)"


MEMBER, ORGANIZATION, STAFF = viewer(PATIENT), viewer(BUYER), viewer(MANAGER)


def staff_with(role: StaffRole, alias: str = "s") -> str:
    """The viewer is staff and has the role; `alias` is what the condition calls their row."""
    row = f"FROM identity.staff {alias} WHERE {alias}.id = {STAFF}"
    return f"EXISTS (SELECT {row} AND '{role.value}' = ANY ({alias}.roles))"


MODERATOR = staff_with(StaffRole.MODERATOR)
SURVEY_MANAGER = staff_with(StaffRole.SURVEY_MANAGER, "f")
DATA_STEWARD = staff_with(StaffRole.DATA_STEWARD)
CATALOGUE_EDITOR = staff_with(StaffRole.CATALOGUE_EDITOR)
# By a function of the owner, since the policy of staff cannot read staff. Computed once per statement.
ADMINISTRATOR = "(SELECT identity.is_administrator())"
EVERY = "true"  # every row: the grant alone guards them


@dataclass(frozen=True)
class Scope:
    """Who may read a table: for each audience, the condition on a row's own columns.

    An audience that is not listed has no right on the table. `{table}` in a condition is the table's unqualified name.
    """

    name: str
    readers: Mapping[Audience, str]


CATALOG = Scope("CATALOG", dict.fromkeys(Audience, EVERY))  # contains no person's row
# A community that is being prepared, and its lists, are for staff.
NO_DRAFT = "status <> 'DRAFT'"
OF_NO_DRAFT = "EXISTS (SELECT FROM catalog.community c WHERE c.id = {table}.community_id)"
OPENED = Scope("OPENED", dict.fromkeys((PUBLIC, PATIENT, BUYER), NO_DRAFT) | {MANAGER: EVERY})
OF_OPENED = Scope("OF_OPENED", dict.fromkeys((PUBLIC, PATIENT, BUYER), OF_NO_DRAFT) | {MANAGER: EVERY})
PRESENT = "NOT leaving"  # a member who has left is nobody's to read while what was many of their rows is being deleted
SAME_FOR_ALL = frozenset({EVERY, NO_DRAFT, OF_NO_DRAFT, PRESENT})  # conditions that do not depend on the viewer
CATALOGUE_CHANGE = Scope("CATALOGUE_CHANGE", {MANAGER: f"{CATALOGUE_EDITOR} OR {ADMINISTRATOR}"})
# What any member may read of any other. Of staff, moderators read it.
OPEN = Scope("OPEN", {PATIENT: EVERY, MANAGER: MODERATOR})
# Other staff read who the associations are, and where.
OPEN_MEMBER = Scope(
    "OPEN_MEMBER",
    {
        PATIENT: PRESENT,
        MANAGER: f"{PRESENT} AND ({MODERATOR} OR {STAFF} IS NOT NULL AND kind = 'ASSOCIATION')",
    },
)
# Visitors read the pages of associations that are verified, where they are.
ASSOCIATION = Scope("ASSOCIATION", {PUBLIC: "community_ids <> '{}'", PATIENT: EVERY, MANAGER: f"{STAFF} IS NOT NULL"})
OWN = Scope("OWN", {PATIENT: f"member_id = {MEMBER}"})
# Which profiles a viewer may read is declared once, by the policy of profiles, which applies within this condition. At
# most one profile is found: as a value, its subselect is planned once, while PostgreSQL plans EXISTS in two ways, and
# each of the policies within it again.
READABLE_PROFILE = "(SELECT true FROM care.profile p WHERE p.member_id = {table}.member_id)"
SHARED = Scope("SHARED", {PATIENT: f"member_id = {MEMBER} OR {READABLE_PROFILE}"})
SURVEY_MANAGERS = Scope("SURVEY_MANAGERS", {MANAGER: SURVEY_MANAGER})
HIDDEN = Scope("HIDDEN", {})  # read by functions of the owner only

# The viewer's communities, and the patients whose diary they keep: computed at most once per statement, empty without a
# viewer. Functions of the owner read them: the policy of memberships cannot read memberships, and policies within a
# policy cost each statement their start, even if no row needs them.
COMMUNITIES = "ANY ((SELECT care.viewer_communities())::uuid[])"
PATIENTS = "ANY ((SELECT care.viewer_patients())::uuid[])"


# The viewer and the member of a row have a community in common; null if not.
IN_COMMON = "(SELECT true FROM care.common_membership c WHERE c.member_id = {table}.member_id LIMIT 1)"


def shared_by_member(in_common: str, sharing: str = "sharing", patients: str = f"member_id = {PATIENTS}") -> str:
    """A member's own row, one that they share with the viewer, or a patient's; `in_common` is about their communities.

    The comparison with the viewer is null without one. As a CASE, it is made once: each subselect of a policy costs a
    statement its start, for each table that the policy is reached from.
    """
    shared = f"{sharing} = 'ALL_MEMBERS' OR {sharing} = 'MY_COMMUNITIES' AND {in_common}"
    return f"CASE member_id = {MEMBER} WHEN true THEN true WHEN false THEN {shared} OR {patients} END"


# What is shared as the profile is, for tables that copy its `sharing`, which is null without a profile.
SHARED_AS_PROFILE = Scope(
    "SHARED_AS_PROFILE",
    {
        PATIENT: shared_by_member(
            IN_COMMON, "profile_sharing", f"profile_sharing IS NOT NULL AND member_id = {PATIENTS}"
        )
    },
)
# Nobody else, whatever the member shares.
OWN_OR_PATIENTS = Scope("OWN_OR_PATIENTS", {PATIENT: f"member_id = {MEMBER} OR member_id = {PATIENTS}"})
MEMBERSHIP = Scope(
    "MEMBERSHIP",
    {
        PATIENT: shared_by_member(f"community_id = {COMMUNITIES}"),
        MANAGER: f"{MODERATOR} OR EXISTS (SELECT FROM care.member m WHERE m.id = membership.member_id)",
    },
)
PROFILE = Scope(
    "PROFILE",
    {
        PATIENT: shared_by_member(IN_COMMON),
        MANAGER: f"{MODERATOR} AND sharing = 'ALL_MEMBERS'",
    },
)
CARE_LINK = Scope("CARE_LINK", {PATIENT: f"patient_id = {MEMBER} OR relative_id = {MEMBER}"})
ANSWERS = Scope(
    "ANSWERS",
    {PATIENT: "EXISTS (SELECT FROM research.participation p WHERE p.answer_sheet_id = {table}.answer_sheet_id)"},
)
ANSWER_SHEET = Scope(
    "ANSWER_SHEET", {PATIENT: "EXISTS (SELECT FROM research.participation p WHERE p.answer_sheet_id = answer_sheet.id)"}
)
SURVEY = Scope(
    "SURVEY",
    {
        PATIENT: "status <> 'DRAFT'",
        BUYER: "status IN ('OPEN', 'CLOSED', 'RELEASED', 'ARCHIVED')",
        MANAGER: f"status <> 'DRAFT' OR {SURVEY_MANAGER}",
    },
)
QUESTION = Scope(
    "QUESTION",
    dict.fromkeys((PATIENT, BUYER, MANAGER), "EXISTS (SELECT FROM catalog.survey s WHERE s.id = question.survey_id)"),
)
OF_QUESTION = Scope(
    "OF_QUESTION",
    dict.fromkeys(
        (PATIENT, BUYER, MANAGER), "EXISTS (SELECT FROM catalog.question q WHERE q.id = {table}.question_id)"
    ),
)
# While a survey waits, only survey managers read whom it waits for: what opens it would say something about them.
ELIGIBILITY = Scope(
    "ELIGIBILITY",
    dict.fromkeys(
        (PATIENT, BUYER),
        "EXISTS (SELECT FROM catalog.survey s WHERE s.id = {table}.survey_id AND s.status <> 'WAITING')",
    )
    | {
        MANAGER: "EXISTS (SELECT FROM catalog.survey s WHERE s.id = {table}.survey_id"
        f" AND (s.status <> 'WAITING' OR {SURVEY_MANAGER}))"
    },
)
# The datasets whose insights a buyer's organization may read: its licence is granted and in force today (UTC), for a
# purpose that its kind may pursue, and the dataset is offered to its kind. Computed once per statement, not per row.
LICENSED = (
    "(SELECT d.id FROM insight.licence l JOIN insight.organization o ON o.id = l.organization_id"  # noqa: S608 - ours
    " JOIN insight.dataset d ON d.community_id = l.community_id AND o.kind = ANY (d.offered_to)"
    f" WHERE l.organization_id = {ORGANIZATION} AND l.status = 'GRANTED'"
    " AND insight.may_pursue(o.kind, l.purpose_kind)"
    " AND catalog.today() BETWEEN l.starts_on AND l.ends_on)"
)
# The datasets whose insights a member may read: those of their communities, and those that they took part in, by an
# enrolment or by a completed survey. Computed once per statement.
READABLE = (
    f"(SELECT d.id FROM insight.dataset d WHERE d.community_id = {COMMUNITIES}"  # noqa: S608 - ours
    f" UNION ALL SELECT e.dataset_id FROM research.enrolment e WHERE e.member_id = {MEMBER}"
    " UNION ALL SELECT d.id FROM research.participation p JOIN insight.dataset d ON d.survey_id = p.survey_id"
    f" WHERE p.member_id = {MEMBER} AND p.status = 'COMPLETED')"
)
FROZEN = "(status = 'OPEN' OR status = 'ENDED')"
# The catalogue of datasets is public. Those who freeze a wave learn that it is being frozen, and that it was too small.
DATASET = Scope(
    "DATASET",
    dict.fromkeys((PUBLIC, PATIENT, BUYER), FROZEN)
    | {MANAGER: f"{FROZEN} OR ({DATA_STEWARD} OR {SURVEY_MANAGER}) AND (status = 'FREEZING' OR kind = 'TRACKING')"},
)
DOMAIN = Scope("DOMAIN", dict.fromkeys(Audience, EVERY))  # public domains, about no person
# Insights are for those who have them published and those who make the datasets.
PUBLISHED = Scope(
    "PUBLISHED",
    {
        PATIENT: f"dataset_id IN {READABLE}",
        BUYER: f"dataset_id IN {LICENSED}",
        MANAGER: f"{DATA_STEWARD} OR {SURVEY_MANAGER}",
    },
)
# With what was drawn and its salt: of a dataset that was too small, nobody reads its size.
ADMITTED = "EXISTS (SELECT FROM insight.dataset d WHERE d.id = release.dataset_id AND d.status <> 'TOO_SMALL')"
RELEASE = Scope(
    "RELEASE",
    {
        PATIENT: f"dataset_id IN {READABLE} AND {ADMITTED}",
        BUYER: f"dataset_id IN {LICENSED}",
        MANAGER: f"({DATA_STEWARD} OR {SURVEY_MANAGER}) AND {ADMITTED}",
    },
)
OF_INSIGHT = Scope(
    "OF_INSIGHT",
    dict.fromkeys((PATIENT, BUYER), "EXISTS (SELECT FROM insight.insight i WHERE i.id = {table}.insight_id)")
    | {MANAGER: f"{DATA_STEWARD} OR {SURVEY_MANAGER}"},
)
LICENCE = Scope("LICENCE", {BUYER: f"organization_id = {ORGANIZATION}", MANAGER: DATA_STEWARD})
API_KEY = Scope("API_KEY", {BUYER: f"organization_id = {ORGANIZATION}"})
WEBHOOK_DELIVERY = Scope(
    "WEBHOOK_DELIVERY", {BUYER: "EXISTS (SELECT FROM insight.webhook w WHERE w.id = webhook_delivery.webhook_id)"}
)
ACCOUNT = Scope("ACCOUNT", {PATIENT: f"member_id = {MEMBER}"})
SESSION = Scope("SESSION", {PATIENT: "EXISTS (SELECT FROM identity.account a WHERE a.id = session.account_id)"})
OWN_OR_MODERATOR = Scope("OWN_OR_MODERATOR", {PATIENT: f"member_id = {MEMBER}", MANAGER: MODERATOR})
REMOVAL = Scope(
    "REMOVAL",
    {
        PATIENT: f"EXISTS (SELECT FROM care.post p WHERE p.id = removal.post_id AND p.author_id = {MEMBER})",
        MANAGER: MODERATOR,
    },
)
REMOVED_TEXT = Scope("REMOVED_TEXT", {PATIENT: f"author_id = {MEMBER}", MANAGER: MODERATOR})
APPEAL = Scope("APPEAL", {PATIENT: f"author_id = {MEMBER}", MANAGER: MODERATOR})
# Staff read what was proposed, and no table that says by whom.
PROPOSAL = Scope(
    "PROPOSAL",
    {
        PATIENT: "EXISTS (SELECT FROM care.catalogue_proposer p WHERE p.id = catalogue_proposal.id"
        f" AND p.member_id = {MEMBER})",
        MANAGER: CATALOGUE_EDITOR,
    },
)
MODERATORS = Scope("MODERATORS", {MANAGER: MODERATOR})
# Of the viewer's own accounts, by a function of the owner: buyers and staff have no right on accounts.
SECOND_FACTOR = Scope(
    "SECOND_FACTOR",
    dict.fromkeys((PATIENT, BUYER, MANAGER), "account_id = ANY ((SELECT identity.viewer_accounts())::uuid[])"),
)
STAFF_MEMBER = Scope("STAFF_MEMBER", {MANAGER: f"id = {STAFF} OR {ADMINISTRATOR}"})
# Of an organization, for its own users and for the staff who open organizations.
ORGANIZATION_USER = Scope("ORGANIZATION_USER", {BUYER: f"organization_id = {ORGANIZATION}", MANAGER: DATA_STEWARD})
ADMINISTRATORS = Scope("ADMINISTRATORS", {MANAGER: ADMINISTRATOR})

SCOPES: Mapping[str, Scope] = {
    "catalog.condition": CATALOG,
    "catalog.catalogue_change": CATALOGUE_CHANGE,
    "catalog.community": OPENED,
    "catalog.community_indicator": OF_OPENED,
    "catalog.community_treatment": OF_OPENED,
    "catalog.indicator": CATALOG,
    "catalog.source_entry": HIDDEN,
    "catalog.timeline": HIDDEN,
    "catalog.treatment": CATALOG,
    "catalog.network_count": CATALOG,
    "catalog.survey": SURVEY,
    "catalog.survey_progress": SURVEY_MANAGERS,
    "catalog.terms": CATALOG,
    "catalog.help_line": CATALOG,
    "catalog.privacy_notice": CATALOG,
    "catalog.eligibility": ELIGIBILITY,
    "catalog.notice": CATALOG,
    "catalog.question": QUESTION,
    "catalog.question_option": OF_QUESTION,
    "catalog.visibility_rule": OF_QUESTION,
    "catalog.association": ASSOCIATION,
    "care.member": OPEN_MEMBER,
    "care.membership": MEMBERSHIP,
    "care.discussion": OPEN,
    "care.discussion_topic": OPEN,
    "care.post": OPEN,
    "care.pin": OPEN,
    "care.post_reaction": OPEN,
    "care.profile": PROFILE,
    "care.observation": SHARED,
    "care.own_indicator": OWN_OR_PATIENTS,
    "care.own_observation": OWN_OR_PATIENTS,
    "care.own_treatment": OWN_OR_PATIENTS,
    "care.own_course": OWN_OR_PATIENTS,
    "care.catalogue_proposal": PROPOSAL,
    "care.catalogue_proposer": OWN,
    "care.course": SHARED_AS_PROFILE,
    "care.evaluation": SHARED_AS_PROFILE,
    "care.side_effect": SHARED_AS_PROFILE,
    "care.care_link": CARE_LINK,
    "care.notification": OWN,
    "care.diagnosis": OWN,
    "care.flag": OWN_OR_MODERATOR,
    "care.removal": REMOVAL,
    "care.appeal": APPEAL,
    "care.removed_text": REMOVED_TEXT,
    "care.suspension": OWN_OR_MODERATOR,
    "care.verification": OWN_OR_MODERATOR,
    "care.reading_alert": MODERATORS,
    "care.data_read": OWN,
    "research.consent": OWN,
    "research.consent_change": OWN,
    "research.participation": OWN,
    "research.answer_sheet": ANSWER_SHEET,
    "research.answer": ANSWERS,
    "research.enrolment": OWN,
    "research.record": HIDDEN,
    "research.survey_opening": HIDDEN,
    "research.freezing": HIDDEN,
    "research.counted_member": OWN,
    "research.counted_membership": OWN,
    "insight.count_release": HIDDEN,
    "insight.ledger": HIDDEN,
    "insight.organization": CATALOG,
    "insight.organization_user": ORGANIZATION_USER,
    "insight.licence": LICENCE,
    "insight.api_key": API_KEY,
    "insight.webhook": API_KEY,
    "insight.webhook_delivery": WEBHOOK_DELIVERY,
    "insight.dataset": DATASET,
    "insight.variable": DOMAIN,
    "insight.category": DOMAIN,
    "insight.release": RELEASE,
    "insight.insight": PUBLISHED,
    "insight.release_requester": API_KEY,
    "insight.cell": OF_INSIGHT,
    "insight.statistic": OF_INSIGHT,
    "insight.ledger_entry": CATALOG,
    "identity.account": ACCOUNT,
    "identity.session": SESSION,
    "identity.second_factor": SECOND_FACTOR,
    "identity.second_factor_challenge": HIDDEN,
    "identity.recovery_code": HIDDEN,
    "identity.staff": STAFF_MEMBER,
    "identity.staff_change": ADMINISTRATORS,
    "identity.credential": HIDDEN,
    "identity.data_export": HIDDEN,
    "identity.mutation": HIDDEN,
    "identity.rate_limit": HIDDEN,
    "identity.registration": HIDDEN,
    "identity.pseudonym_look": HIDDEN,
    "identity.password_reset": HIDDEN,
    "identity.email_change": HIDDEN,
    "identity.attempt": HIDDEN,
    "identity.outbox_entry": HIDDEN,
    "identity.reading": HIDDEN,
    "identity.joining": HIDDEN,
    "identity.departure": HIDDEN,
    "identity.departure_key": HIDDEN,
}


def open_tables(audience: Audience) -> frozenset[str]:
    """The full names of the tables of which an audience may read the same rows, with or without a viewer."""
    return frozenset(table for table, scope in SCOPES.items() if scope.readers.get(audience) in SAME_FOR_ALL)
