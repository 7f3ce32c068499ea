"""The public ledger of data uses, and a member's own privacy loss."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.identity.organizations import PurposeKind
from models.insight import insights as tables
from planner.declare import column, computed, graph_type, sql
from privacy import loss
from privacy.budget import COUNTED_YEARLY, NETWORK_YEARLY, YEAR_DAYS
from resolvers.community import communities
from resolvers.identity import organizations
from resolvers.insight import data_uses as resolve
from resolvers.insight import datasets
from resolvers.insight.data_uses_mutations import MOST_LINKS
from schema.access import PATIENT, PUBLIC, SIGNED_IN
from schema.community.communities import Community
from schema.identity.organizations import Organization
from schema.insight.costs import PrivacyCost
from schema.pagination import Node

if TYPE_CHECKING:
    from schema.insight.datasets import Dataset, Variable
    from schema.insight.insights import Insight

COUNTED = 2  # variables of a table, for the cost of an operation


@graph_type(audience=PUBLIC, row=tables.LedgerEntry, prefix="led", key=("position",))
class LedgerEntry(Node):
    """An entry in the hash chain of the public ledger, for a data use or a link. Each hash covers the previous one."""

    position: int = column("Position in the ledger, from 1.")
    synthetic: bool = sql(
        datasets.is_synthetic,
        "Whether it belongs to a sandbox: the records used are random and describe nobody.",
    )
    hash: str = sql(resolve.hash_of, "SHA-256 of `line`, as 64 hexadecimal digits.")
    previous_hash: str = sql(resolve.previous_hash_of, "Hash of the previous entry. All zeros for the first one.")
    line: str = computed(
        resolve.line_of,
        resolve.line,
        "The exact text that was hashed, including the previous hash: anyone can verify `hash` with it.",
    )


@graph_type(audience=PUBLIC)
class ResultLink:
    """A link to published results of a data use, with its own entry in the public ledger."""

    url: str = column("The address. Cohorte does not check its content.", of="results_url")
    added_at: datetime = column("When the link was added.", of="published_at")
    ledger_entry: LedgerEntry = sql(resolve.entry_of, "Its entry in the hash chain.")


@graph_type(audience=PUBLIC, row=tables.LedgerEntry, prefix="use", key=("position",), among=resolve.every_data_use)
class DataUse(Node):
    """An entry of the public ledger: what was computed from members' data, for whom and why. Contains no results."""

    organization: Organization | None = sql(
        organizations.organization_of,
        "The organization that requested it. Null for Cohorte's own research and for tables made for members.",
    )
    synthetic: bool = sql(
        datasets.is_synthetic,
        "Whether it is in the ledger of a sandbox: what was used is synthetic, and nobody's data.",
    )
    purpose: str = sql(resolve.purpose_of, "The purpose of the use: in the viewer's language if it is Cohorte's own.")
    purpose_kind: PurposeKind | None = column(
        "The kind of purpose that the organization's licence is for. Null if there is none."
    )
    results: list[ResultLink] = sql(resolve.results_of, f"Up to {MOST_LINKS} links to published results, oldest first.")
    published_at: datetime = column("When the result was published.")
    community: Community | None = sql(
        communities.community_of, "The community whose members' data was used. Null for counts of the network."
    )
    dataset_title: str = column(
        "Title of the dataset that was used, or what was counted: the name of the community, or `The network`. In "
        "English, as the ledger recorded it; `community` has the name in the viewer's language."
    )
    variables: list[str] = column(
        "Names of the variables of the table, or of the counts. Empty if only the dataset's size was published."
    )
    dataset: Annotated["Dataset", strawberry.lazy("schema.insight.datasets")] | None = sql(
        datasets.dataset_of, "The dataset that was used. Null for counts."
    )
    counted: list[Annotated["Variable", strawberry.lazy("schema.insight.datasets")]] = sql(
        resolve.counted_in, "The variables of the table, with labels. Empty for counts.", size=COUNTED
    )
    cost: PrivacyCost = sql(
        resolve.cost_of, "Privacy cost, charged to the dataset's budget, or to the reserve for counts."
    )
    ledger_entry: LedgerEntry = sql(resolve.entry_of, "Its entry in the hash chain.")
    insight: Annotated["Insight", strawberry.lazy("schema.insight.insights")] | None = sql(
        resolve.insight_of,
        "The first insight that was published from its result. Null if only the dataset's size was published, or if "
        "the viewer may not read it.",
        only=SIGNED_IN,
    )


@graph_type(audience=PATIENT)
class PrivacyLoss:
    """An upper bound on what anyone can learn about the viewer from all published results together."""

    allowance: PrivacyCost = sql(
        resolve.allowance_of, f"The most that results published about the viewer may cost within {YEAR_DAYS} days."
    )
    reserved: PrivacyCost = sql(
        resolve.reserved_of,
        "The part of the allowance that is reserved: by datasets that include the viewer, by counts of each "
        f"community where they are counted ({COUNTED_YEARLY:,} micro-rho), and by counts of the network "
        f"({NETWORK_YEARLY:,}).",
    )
    spent: PrivacyCost = sql(
        resolve.spent_of,
        "Total cost of the results published from datasets that include the viewer, and of counts that include them.",
    )
    guess: float = computed(
        resolve.spent_micro_rho,
        loss.guess_probability,
        "Upper bound on the probability that an attacker who knows everything else guesses which of two answers the "
        "viewer gave. Pure chance is 0.5.",
    )
    statement: str = computed(resolve.spent_and_language, resolve.statement, "The same bound in plain words.")
