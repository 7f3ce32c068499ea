"""Rights of the publisher, the fifth login and the only one that may count records.

No GraphQL operation is read with it. It has no right on any person's row: it enrols members, encodes and counts records
through functions of the owner.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.columns import Table
from models.insight import counts, datasets, insights, network
from models.research import surveys
from models.security.read_rules import EVERY
from models.security.write_rules import Insert, Update
from models.viewers import Audience, Login


@dataclass(frozen=True)
class Publisher:
    """A login like those of the audiences; its transactions act for the viewer who requested the publication."""

    role: str = "cohorte_publisher"
    view: str = "publisher"


PUBLISHER = Publisher()
LOGINS: tuple[Login, ...] = (*Audience, PUBLISHER)  # of all the server's connections

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
        "insight.ledger",
        "insight.ledger_entry",
        "insight.count_release",
        "catalog.survey_progress",
        "catalog.network_count",
    }
)


def whole(table: type[Table]) -> Insert:
    """The right to insert any row, with every column given."""
    return Insert(tuple(column.name for column in table.__table__.columns), EVERY)  # type: ignore[attr-defined]


PUBLISHES: Mapping[str, tuple[Insert | Update, ...]] = {
    "insight.dataset": (
        whole(datasets.Dataset),
        Update(("status", "size", "spent_micro_rho", "sold_micro_rho", "ended_on"), EVERY),
    ),
    "insight.variable": (whole(datasets.Variable), Update(("grouping_name",), "groups <> ''")),
    "insight.category": (whole(datasets.Category),),
    "insight.release": (whole(insights.Release),),
    "insight.insight": (whole(insights.Insight),),
    "insight.cell": (whole(insights.Cell),),
    "insight.statistic": (whole(insights.Statistic),),
    "insight.ledger_entry": (whole(insights.LedgerEntry),),
    "insight.count_release": (whole(counts.CountRelease),),
    "catalog.network_count": (whole(network.NetworkCount),),
    "catalog.survey_progress": (
        whole(surveys.SurveyProgress),
        Update(("counted_on", "eligible", "invited", "started", "completed"), EVERY),
    ),
}
