"""Enumerations for figures read from a cube: what is measured, and how reliable it is."""

from privacy.described import DescribedEnum

LEAST_COUNT = 11  # a smaller count is hidden, however precise
EMPTY_SHOWN = 0.05  # the chance that a table shows at least one of its empty cells
PRECISE_COUNT = 4  # a count of at least this many margins of error is HIGH
PRECISE_WIDTH = 0.2  # an interval at most this wide, as a part of the range of its figure, is HIGH


class Measure(DescribedEnum):
    """The measure that a statistic gives."""

    MEAN = "MEAN", "The mean."
    MEDIAN = "MEDIAN", "The median."


class Reliability(DescribedEnum):
    """The reliability of a published figure, decided on noisy figures alone."""

    HIGH = (
        "HIGH",
        f"The count is at least {PRECISE_COUNT} times its margin of error, or the interval of the share, mean or median"
        f" spans at most {100 * PRECISE_WIDTH:.0f} % of its range.",
    )
    LOW = "LOW", "Less precise than HIGH: interpret the figure with its margin or interval."
    NONE = "NONE", "The interval is the whole range of the share, mean or median: the figure says nothing."
    HIDDEN = (
        "HIDDEN",
        f"The count is below {LEAST_COUNT}, or noise alone could explain it; hidden by default. At most "
        f"{100 * EMPTY_SHOWN:.0f} % of tables show a cell without members.",
    )
