"""What readings of an insight's table share: their arguments and their intervals."""

import strawberry

from planner.declare import column, graph_type
from privacy.precision import CONFIDENCE
from schema.access import SIGNED_IN

NARROWING = {
    "by": "Names of the variables to group by, among those in the insight's `by`. The others are summed over. "
    "Defaults to all.",
    "where": "Count only members who match every filter. Defaults to everyone.",
}


@strawberry.input(description="Selects members by their categories of one variable.")
class CategoryFilter:
    variable: str = strawberry.field(description="Name of the variable: the insight's `variable`, or one of its `by`.")
    in_: list[str] = strawberry.field(name="in", description="Codes of the categories; at least one.")


def filters(where: list[CategoryFilter] | None) -> list[tuple[str, list[str]]]:
    return [(one.variable, one.in_) for one in where or ()]


@graph_type(
    audience=SIGNED_IN,
    description=f"A {CONFIDENCE} confidence interval, which accounts for both the added noise and sampling.",
)
class Interval95:
    low: float = column("Lower bound.")
    high: float = column("Upper bound.")
