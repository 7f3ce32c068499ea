"""Privacy budgets: caps, members' allowances, shares of a cap, and the tables published when a dataset is frozen.

A member's yearly allowance covers the datasets that they are in, and the counts that are published of the network and
of the communities where they are counted. Two datasets with the usual cap fit beside the network and three such
communities, or eight with the least.
"""

import math
from collections import Counter
from collections.abc import Sequence

from privacy.cubes import contributions
from privacy.domains import DomainRule, Variable
from privacy.noise import MICRO
from privacy.precision import Precision, cheaper, margin_of, price

# All in micro-rho.
CAP = 200_000  # of a dataset, unless another is chosen: epsilon 3.13 at delta 1e-6
LEAST_CAP = 50_000  # that can be chosen: it has room for ten tables within 20
LARGEST_CAP = 250_000  # that can be chosen for a survey: epsilon 3.54 at delta 1e-6
WAVES_YEARLY = 200_000  # of a community: the most that the caps of the waves frozen within 365 days add up to
HALF_CAP = 100_000  # of a wave, unless another is chosen, in a community large enough for two a year
YEARLY = 500_000  # of a member: the most that anything published within 365 days may cost them
LIFE = 1_000_000  # of a member: the most that all datasets reserve while one consent lasts

FLOOR = 200  # of the draw that decides about a dataset: below it, nothing but the size is ever published
TWICE_A_YEAR = 5_000  # members of a community: from this size on, its waves have HALF_CAP unless another is chosen
YEAR_DAYS = 365  # the period of a member's yearly allowance
TERM_DAYS = (
    364  # of a dataset, from the day it was frozen to its last, which a year that begins with the first includes
)

# Counts of a community, published each month to everybody, and of its surveys, published to staff.
COUNT_PRECISION = Precision.WITHIN_50
COMMUNITY_COUNTS = 2  # all members, and patients who consent to surveys: a member may be in both
COUNTS_A_YEAR = 12
COUNTS_YEARLY = COUNTS_A_YEAR * price(COUNT_PRECISION, COMMUNITY_COUNTS)  # of a community
SURVEYS_YEARLY = 15_000  # of a community: openings and progress of all its surveys
# What being counted in a community reserves of a member's allowance.
COUNTED_YEARLY = COUNTS_YEARLY + SURVEYS_YEARLY
COUNTED_COMMUNITIES = 5  # a member is counted in those that they joined first

# Counts of the network, published monthly to everybody. They leave room for the datasets above: their noise is large.
NETWORK_COURSES = 4  # of treatment: the most that one member adds to the courses that are counted
# Courses are one count, to which a member adds several: its cost goes by the square.
NETWORK_SQUARES = NETWORK_COURSES**2
ACTIVE_MEMBERS_PRICE, ACTIVE_MEMBERS_MARGIN = 22, 300
TREATMENTS_PRICE, TREATMENTS_MARGIN = 31, 1_000
NETWORK_PRICE = ACTIVE_MEMBERS_PRICE + TREATMENTS_PRICE
NETWORK_YEARLY = COUNTS_A_YEAR * NETWORK_PRICE  # reserved of a member's allowance
NETWORK_ROUNDING = 100
ACTIVE_DAYS = 365  # a member is active who has signed in on one of the last of these days

# Shares of a cap, per cent. They restrict one another and never extend the cap.
PARTICIPANTS_SHARE = 15  # participants' tables, including the dataset's size
STAFF_SHARE = 25
SOLD_SHARE = 60  # all licensed buyers together

# A dataset's size is drawn twice for the price of this precision. The first draw is published, and the second decides
# whether the dataset opens, and which tables participants have: a draw that had to be large says too much about those
# that are published, and intervals computed from it would cover less than stated (docs/decisions/0040-size.md).
SIZE_PRECISION = Precision.WITHIN_20
SIZE_DRAWS = 2
SIZE_SIGMA = math.sqrt(SIZE_DRAWS * MICRO / (2 * price(SIZE_PRECISION)))
SIZE_MARGIN = margin_of(SIZE_SIGMA)
# Of participants' tables, by the draw that decides: one fine table says more of a very small dataset, several coarser
# ones of every other (docs/decisions/0016-caps.md). Of large ones, even the coarsest noise is below the sampling error.
PARTICIPANTS_PRECISIONS = ((225, Precision.WITHIN_10), (5_000, Precision.WITHIN_20))
LARGE_PRECISION = Precision.WITHIN_50

# The order of participants' tables. All questions of a survey come first, in their own order. Of what a catalogue
# lists, the first entry of each kind comes before the second of any: whoever tracks nothing of the first indicators
# still finds tables of their treatments and of themselves.
_QUESTIONS = (DomainRule.CHOICE, DomainRule.NUMBER, DomainRule.DAY)
_KINDS = (
    DomainRule.FIRST_TREATMENT,
    DomainRule.CHANGE,
    DomainRule.LEVEL,
    DomainRule.AGE,
    DomainRule.SEX,
    DomainRule.COURSE,
    DomainRule.EFFECTIVENESS,
    DomainRule.REGION,
    DomainRule.KIND,
    DomainRule.DIAGNOSIS,
)


def wave_cap(members: int) -> int:
    """The usual cap of a wave of a community of this many members, in micro-rho: large ones have two waves a year."""
    return HALF_CAP if members >= TWICE_A_YEAR else CAP


def share_of(cap: int, per_cent: int) -> int:
    """A percentage of a cap, in micro-rho, rounded down."""
    return cap * per_cent // 100


def left_for_sale(cap: int, spent: int, sold: int) -> int:
    """What licensed buyers together may still spend, in micro-rho: their share, capped by what is left of the cap."""
    return max(min(share_of(cap, SOLD_SHARE) - sold, cap - spent), 0)


def left_for_staff(cap: int, spent: int, sold: int) -> int:
    """What staff may still spend, in micro-rho: their share and the unused participants' share, never the buyers'."""
    unsold = share_of(cap, PARTICIPANTS_SHARE) + share_of(cap, STAFF_SHARE)
    return max(min(unsold - (spent - sold), cap - spent), 0)


def participants_precision(size: int, cap: int = CAP) -> Precision:
    """The precision of the participants' tables of a dataset of this noisy size: a coarser one if the cap is small.

    The size is that of the draw that decides, and not the published one.
    """
    wanted = next((precision for below, precision in PARTICIPANTS_PRECISIONS if size < below), LARGE_PRECISION)
    affordable = (precision for precision in (wanted, *cheaper(wanted)) if price(precision) <= _for_tables(cap))
    return next(affordable, LARGE_PRECISION)


def participants_tables(variables: Sequence[Variable], size: int, cap: int = CAP) -> tuple[Variable, ...]:
    """The variables published as one-way tables at freezing, in the order of publishing.

    They are priced at `participants_precision(size, cap)`; as many are chosen as fit into the participants' share
    beside the size, which is published first. A survey's questions come first; of a wave, the kinds of variables take
    turns: treatments, changes, levels, demographics. Variables with several values per member come last. `size` is the
    noisy size that decides: nothing here depends on the true one.
    """
    left, precision, chosen = _for_tables(cap), participants_precision(size, cap), []
    for variable in publishing_order(variables):
        cost = price(precision, contributions([variable]))
        if cost <= left:
            left -= cost
            chosen.append(variable)
    return tuple(chosen)


def possible_tables(variables: Sequence[Variable], cap: int = CAP) -> tuple[Variable, ...]:
    """The variables that `participants_tables` may choose, whatever the size is."""
    sizes = (FLOOR, *(size for size, _ in PARTICIPANTS_PRECISIONS))
    chosen = {each.name for size in sizes for each in participants_tables(variables, size, cap)}
    return tuple(each for each in variables if each.name in chosen)


def _for_tables(cap: int) -> int:
    """What participants' tables may cost beside the size, in micro-rho."""
    return share_of(cap, PARTICIPANTS_SHARE) - price(SIZE_PRECISION)


def publishing_order(variables: Sequence[Variable]) -> Sequence[Variable]:
    """The variables in the order in which participants' tables are published, as far as the budget goes."""
    seen: Counter[DomainRule] = Counter()
    places: dict[str, tuple[bool, int, int]] = {}
    for variable in variables:
        rule, question = variable.rule, variable.rule in _QUESTIONS
        rank = _KINDS.index(rule) if rule in _KINDS else len(_KINDS)
        places[variable.name] = (variable.max_per_member > 1, 0 if question else seen[rule], -1 if question else rank)
        seen[rule] += 1
    return sorted(variables, key=lambda variable: places[variable.name])
