"""The only place for what may be spent: caps, allowances, who may spend how much of a cap, and what is said first."""

from collections.abc import Sequence

from privacy.cubes import contributions
from privacy.domains import Rule, Variable
from privacy.precision import Precision, price

# All in micro-rho.
CAP = 250_000  # of a dataset: epsilon 3.54 at delta 1e-6
HALF_CAP = 125_000  # of a wave where there are two a year
YEARLY = 500_000  # of a member: what is reserved of it in 365 days, by all datasets
LIFE = 1_000_000  # of a member: what is reserved of it while one consent lasts

FLOOR = 200  # of a dataset's noisy size: under it nothing else is ever said
TWICE_A_YEAR = 5_000  # members of a community: from there on two waves a year
YEAR_DAYS = 365  # that a member's yearly allowance is for
TERM_DAYS = 365  # of a dataset, from the day that it was frozen

# Shares of a cap, per cent. They restrict one another and never extend the cap.
MEMBERS_SHARE = 15  # the members' own tables, the size included
HOUSE_SHARE = 25
SOLD_SHARE = 60  # all licensed buyers together

SIZE_PRECISION = Precision.WITHIN_20
# The members' own tables: noise stays below the chance of who takes part, which is as the root of the size.
OWN_PRECISIONS = ((1_000, Precision.WITHIN_10), (5_000, Precision.WITHIN_20))
LARGE_PRECISION = Precision.WITHIN_50

# What members are told first: the topic itself, then who they are, then the rest.
_TOPIC = (Rule.CHOICE, Rule.NUMBER, Rule.DAY, Rule.LEVEL, Rule.CHANGE, Rule.FIRST_TREATMENT)
_PEOPLE = (Rule.AGE, Rule.SEX, Rule.REGION, Rule.KIND, Rule.DIAGNOSIS)


def wave_cap(members: int) -> int:
    """The cap of a wave of a community with so many members: half where it may freeze two a year."""
    return HALF_CAP if members >= TWICE_A_YEAR else CAP


def waves_a_year(members: int) -> int:
    return CAP // wave_cap(members)


def share_of(cap: int, per_cent: int) -> int:
    """So many per cent of a cap, rounded down."""
    return cap * per_cent // 100


def left_for_sale(cap: int, spent: int, sold: int) -> int:
    """What licensed buyers may still spend together: their share, and never more than is left of the cap."""
    return max(min(share_of(cap, SOLD_SHARE) - sold, cap - spent), 0)


def left_for_house(cap: int, spent: int, sold: int) -> int:
    """What the house may still spend: its share, what the members' own tables left of theirs, never the buyers'."""
    own = share_of(cap, MEMBERS_SHARE) + share_of(cap, HOUSE_SHARE)
    return max(min(own - (spent - sold), cap - spent), 0)


def own_precision(size: int) -> Precision:
    """The precision of the members' own tables of a dataset of this noisy size."""
    return next((precision for below, precision in OWN_PRECISIONS if size < below), LARGE_PRECISION)


def own_tables(variables: Sequence[Variable], size: int, cap: int = CAP) -> tuple[Variable, ...]:
    """The variables that members are shown one-way at freezing, in the order of publishing, at `own_precision(size)`.

    As many as fit in the members' share with the size that came first: the topic's, then those of who the members are,
    then the rest; of several values a member, last. `size` is the noisy one: nothing here depends on the true one.
    """
    left = share_of(cap, MEMBERS_SHARE) - price(SIZE_PRECISION)
    precision, chosen = own_precision(size), []
    for variable in sorted(variables, key=_turn):
        cost = price(precision, contributions([variable]))
        if cost <= left:
            left -= cost
            chosen.append(variable)
    return tuple(chosen)


def _turn(variable: Variable) -> tuple[bool, int]:
    if variable.rule in _TOPIC:
        # A survey's questions keep their own order: their three rules are one turn.
        turn = max(_TOPIC.index(variable.rule) - _TOPIC.index(Rule.DAY), 0)
    else:
        turn = len(_TOPIC) + (variable.rule not in _PEOPLE)
    return variable.max_per_member > 1, turn
