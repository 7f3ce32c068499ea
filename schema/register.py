"""The only place for the public register as the graph shows it, and for what it comes to for one member."""

from datetime import datetime

from models import insights as tables
from planner.declare import column, computed, graph_type, sql
from privacy import loss
from resolvers import communities, organizations
from resolvers import register as resolve
from schema.access import PATIENT, PUBLIC
from schema.communities import Community
from schema.organizations import Organization, PrivacyCost


@graph_type(audience=PUBLIC, row=tables.LedgerEntry)
class LedgerEntry:
    """The place of a use in the register's chain: each line's hash is made of the line and of the hash before it."""

    position: int = column("Its place, from 1.")
    hash: str = sql(resolve.hash_of, "Its SHA-256, as 64 hexadecimal digits.")
    previous_hash: str = sql(resolve.previous_hash_of, "The hash of the line before; zeros for the first line.")
    line: str = computed(
        resolve.line_of,
        resolve.line,
        "The line as it was hashed, the hash before it included: its SHA-256 is `hash`, as anybody can check.",
    )


@graph_type(audience=PUBLIC, row=tables.LedgerEntry)
class DataUse:
    """One line of the public register: what was computed, for whom, what for, and at what cost. No values are in it."""

    organization: Organization | None = sql(
        organizations.organization_of, "Who asked; null for the house, and for members' own tables."
    )
    purpose: str = column("What for.")
    published_at: datetime = column("When it was published.")
    community: Community = sql(communities.community_of, "Whose members it is about.")
    dataset_title: str = column("The title of the dataset it was computed from.")
    variables: list[str] = column("The names of the variables counted by; empty for the dataset's size.")
    cost: PrivacyCost = sql(resolve.cost_of, "What it cost of the dataset's budget.")
    ledger_entry: LedgerEntry = sql(resolve.entry_of, "Its place in the chain.")


@graph_type(audience=PATIENT)
class PrivacyLoss:
    """How much may have been learnt about the viewer, at most, from all that has been published."""

    allowance: PrivacyCost = sql(resolve.allowance_of, "The most that may be reserved of it in 365 days.")
    reserved: PrivacyCost = sql(
        resolve.reserved_of, "What is reserved of it by the datasets that it has come into in the last 365 days."
    )
    spent: PrivacyCost = sql(resolve.spent_of, "What has been spent, of all the datasets that it has ever been in.")
    guess: float = computed(
        resolve.spent_micro_rho,
        loss.guess_probability,
        "The best chance to tell which of two answers the viewer gave, for somebody who knows all else: 0.5 is blind.",
    )
    statement: str = computed(
        resolve.spent_and_locale, resolve.statement, "The same in plain words, in the account's language."
    )
