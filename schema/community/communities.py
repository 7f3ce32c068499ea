"""Communities and the conditions they gather around."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.community import communities as tables
from planner.declare import column, graph_enum, graph_type, paged, sql
from privacy.budget import COUNT_PRECISION, COUNTED_COMMUNITIES, FLOOR
from resolvers.catalogue_entries import DESCRIPTION_LENGTH, WORDS_LENGTH
from resolvers.community import communities as resolve
from resolvers.community import discussions
from resolvers.community.discussions import pinned_in
from resolvers.community.moderation_mutations import AMBASSADORS
from resolvers.identity.associations import associations_in
from resolvers.insight import datasets, insights
from resolvers.row_texts import original_of, translations_of
from schema.access import BUYER, MANAGER, PATIENT, PUBLIC
from schema.catalogue_texts import MATCHED, MATCHED_SEARCH, ORIGINAL, SEARCH, VERSION_SHOWN, MatchedName, Translation
from schema.identity.associations import NOT_BUYERS, Association
from schema.identity.members import Member, Membership
from schema.pagination import Node, RelayConnection
from schema.tracking.observations import Indicator
from schema.tracking.treatments import Treatment

graph_enum(tables.CommunityStatus)

COUNTED = (
    f"Published monthly with noise (margin of error {COUNT_PRECISION.margin}) and rounded to tens. A member counts "
    f"in at most {COUNTED_COMMUNITIES} communities: the first that they joined."
)

if TYPE_CHECKING:
    from schema.community.discussions import Discussion
    from schema.insight.datasets import Dataset
    from schema.insight.insights import Insight
    from schema.research.surveys import Survey


@graph_type(audience=PUBLIC, row=tables.Condition, prefix="con")
class Condition(Node):
    """A medical condition, with its standard codes."""

    name: str = column("Name.", translated=True)
    matched: MatchedName | None = sql(
        resolve.matched_condition_name, MATCHED, arguments={"search": MATCHED_SEARCH}, only=MANAGER
    )
    icd10: str | None = column("ICD-10 code. Null if the condition has none of its own.")
    orpha: str | None = column("Orphanet number (ORPHAcode). Null if the condition is not a rare disease.")
    hpo: str | None = column("Human Phenotype Ontology term, such as `HP:0000716`. Null if there is none.")
    retired_on: date | None = column(
        "The day, by UTC, on which it was retired: no new community gathers around it. Null while it is offered."
    )
    version: int = column(VERSION_SHOWN, only=MANAGER)
    original: Translation = sql(original_of, ORIGINAL, only=MANAGER)
    translations: list[Translation] = sql(translations_of, "Its texts in other languages, by language.", only=MANAGER)


@graph_type(audience=PATIENT | BUYER | MANAGER)
class CohortReadiness:
    """Whether enough patients of a community consent to research for a survey to open."""

    consenting: int = column(f"Number of patients who consent to research in surveys. {COUNTED}", of="consenting_count")
    needed: int = column(
        f"Number of consenting patients needed: {FLOOR} or more. A survey needs at least as many members who can "
        "answer it, counted with noise.",
        of="needed_count",
    )
    ready: bool = sql(resolve.is_ready, "Whether `consenting` is at least `needed`.")


@graph_type(audience=PUBLIC, row=tables.Community, prefix="com")
class Community(Node):
    """A community: the patients who live with one condition, their relatives, and associations."""

    slug: str = column("URL slug, such as `epilepsy`.")
    name: str = column("Name.", translated=True)
    matched: MatchedName | None = sql(resolve.matched_community_name, MATCHED, arguments={"search": MATCHED_SEARCH})
    description: str = column("Description.", translated=True, characters=DESCRIPTION_LENGTH)
    status: tables.CommunityStatus = column("Status of the community.")
    version: int = column(VERSION_SHOWN, only=MANAGER)
    search_words: str = column(
        "Words by which searches find it, in addition to its name. Empty if there are none.",
        of="words",
        only=MANAGER,
        characters=WORDS_LENGTH,
    )
    original: Translation = sql(original_of, ORIGINAL, only=MANAGER)
    translations: list[Translation] = sql(translations_of, "Its texts in other languages, by language.", only=MANAGER)
    condition: Condition = sql(resolve.condition_of, "The condition it gathers around.")
    member_count: int = column(f"Number of members. {COUNTED}")
    counted_on: date | None = column(
        "The day, by UTC, on which its counts were published. Null before the first publication."
    )
    indicators: list[Indicator] = sql(resolve.indicators_of, "The indicators that members track, most typical first.")
    treatments: RelayConnection[Treatment] = paged(
        resolve.treatments_of, "The treatments for its condition, in the catalogue's order."
    )
    associations: list[Member] = sql(
        resolve.associations_of, "The verified associations among its members, by name.", only=PATIENT | MANAGER
    )
    contacts: list[Association] = sql(
        associations_in,
        "The pages of the verified associations among its members, with their websites and contacts, by full name.",
        only=NOT_BUYERS,
    )
    readiness: CohortReadiness = sql(
        resolve.readiness_of, "Whether enough members consent for a survey to open.", only=PATIENT | BUYER | MANAGER
    )
    viewer_membership: Membership | None = sql(
        resolve.viewer_membership, "The viewer's membership. Null if they are not a member.", only=PATIENT
    )
    members: RelayConnection[Member] = paged(
        resolve.members_of,
        "Its members who share their membership with the viewer, in an order that stays the same and means nothing. "
        "Staff who are not moderators see only associations.",
        only=PATIENT | MANAGER,
    )
    discussions: RelayConnection[Annotated["Discussion", strawberry.lazy("schema.community.discussions")]] = paged(
        discussions.discussions_of,
        "Its discussions, latest post first. Empty for staff who are not moderators.",
        arguments={
            "search": f"Only discussions whose title or posts match. {SEARCH}",
            "language": "Only discussions in this language.",
        },
        only=PATIENT | MANAGER,
    )
    pinned: list[Annotated["Discussion", strawberry.lazy("schema.community.discussions")]] = sql(
        pinned_in,
        "The discussions that verified associations have pinned to its top, one of each association, most recently "
        "pinned first. They are in `discussions` too. Empty for staff who are not moderators.",
        only=PATIENT | MANAGER,
    )
    surveys: RelayConnection[Annotated["Survey", strawberry.lazy("schema.research.surveys")]] = paged(
        resolve.surveys_of,
        "Its surveys that the viewer may see, latest closing day first.",
        arguments={"status": "Only surveys with this status."},
        only=PATIENT | MANAGER,
    )
    datasets: RelayConnection[Annotated["Dataset", strawberry.lazy("schema.insight.datasets")]] = paged(
        datasets.datasets_of, "Its datasets, most recently frozen first.", only=PATIENT | BUYER | MANAGER
    )
    insights: RelayConnection[Annotated["Insight", strawberry.lazy("schema.insight.insights")]] = paged(
        insights.insights_of_community,
        "Insights published from its datasets, newest first. Members of the community, survey managers and data "
        "stewards see all of them; other members see those of datasets that they are enrolled in; buyers see those "
        "that their licences cover; moderators see none.",
        only=PATIENT | BUYER | MANAGER,
    )
    ambassadors: list[Member] = sql(
        resolve.ambassadors_of,
        f"The members whom moderators have appointed to welcome and represent it, by name: at most {AMBASSADORS}. "
        "Those who don't share their membership with the viewer are left out.",
        only=PATIENT | MANAGER,
    )
    merged_into: Annotated["Community", strawberry.lazy("schema.community.communities")] | None = sql(
        resolve.merged_into,
        "The community that it was merged into, to which its members moved. Null unless its status is MERGED.",
    )
