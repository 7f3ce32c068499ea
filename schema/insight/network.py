"""The network in three figures."""

from datetime import date

from planner.declare import column, graph_type
from privacy.budget import ACTIVE_DAYS, ACTIVE_MEMBERS_MARGIN, NETWORK_COURSES, NETWORK_ROUNDING, TREATMENTS_MARGIN
from schema.access import PUBLIC

PUBLISHED = "Published monthly with noise (margin of error {margin:,}) and rounded to multiples of {to}."


@graph_type(audience=PUBLIC)
class Network:
    """The network in three figures."""

    communities: int = column("Number of communities that members can join. Exact, since it counts no people.")
    active_members: int | None = column(
        f"Number of members who have signed in within {ACTIVE_DAYS} days. Each member counts once. "
        f"{PUBLISHED.format(margin=ACTIVE_MEMBERS_MARGIN, to=NETWORK_ROUNDING)} Null until it is published."
    )
    treatments_followed: int | None = column(
        "Number of treatments that active members follow or have followed. Each member counts for at most "
        f"{NETWORK_COURSES}. {PUBLISHED.format(margin=TREATMENTS_MARGIN, to=NETWORK_ROUNDING)} Null until it is "
        "published."
    )
    counted_on: date | None = column(
        "The day, by UTC, on which members and treatments were counted. Null until they are published."
    )
