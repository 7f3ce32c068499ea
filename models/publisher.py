"""The only place for the fifth login, the only one that may have records counted: what it reads and writes itself.

No operation is read with it. It reaches no person's row: it enrols, encodes and counts by the owner's functions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models import datasets, insights
from models.columns import Table
from models.scopes import EVERY
from models.viewers import Audience, Login
from models.writes import Insert, Update


@dataclass(frozen=True)
class Publisher:
    """A login as an audience has one; who asks it to publish is the viewer that its transaction takes on."""

    role: str = "cohorte_publisher"
    view: str = "publisher"


PUBLISHER = Publisher()
LOGINS: tuple[Login, ...] = (*Audience, PUBLISHER)  # all that the server's connections log in as

READS = frozenset(
    {
        "catalog.community",
        "catalog.community_indicator",
        "catalog.community_treatment",
        "catalog.indicator",
        "catalog.treatment",
        "catalog.survey",
        "catalog.eligibility",
        "catalog.question",
        "catalog.question_option",
        "insight.organization",
        "insight.licence",
        "insight.dataset",
        "insight.variable",
        "insight.category",
        "insight.release",
        "insight.insight",
        "insight.cell",
        "insight.statistic",
        "insight.ledger_entry",
    }
)


def whole(table: type[Table]) -> Insert:
    """Rows of it may be made, with every column given."""
    return Insert(tuple(column.name for column in table.__table__.columns), EVERY)  # type: ignore[attr-defined]


PUBLISHES: Mapping[str, tuple[Insert | Update, ...]] = {
    "insight.dataset": (
        whole(datasets.Dataset),
        Update(("status", "size", "spent_micro_rho", "sold_micro_rho", "ended_on"), EVERY),
    ),
    "insight.variable": (whole(datasets.Variable),),
    "insight.category": (whole(datasets.Category),),
    "insight.release": (whole(insights.Release),),
    "insight.insight": (whole(insights.Insight),),
    "insight.cell": (whole(insights.Cell),),
    "insight.statistic": (whole(insights.Statistic),),
    "insight.ledger_entry": (whole(insights.LedgerEntry),),
}
