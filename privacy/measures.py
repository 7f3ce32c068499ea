"""Measures of a cube, and the reliability of a figure."""

from privacy.described import DescribedEnum


class Measure(DescribedEnum):
    """The measure that a statistic gives."""

    MEAN = "MEAN", "The mean."
    MEDIAN = "MEDIAN", "The median."


class Reliability(DescribedEnum):
    """The reliability of a published figure."""

    HIGH = "HIGH", "The figure is well above the noise."
    LOW = "LOW", "The noise is a large part of the figure; interpret it with its interval."
    HIDDEN = "HIDDEN", "The figure is mostly noise, and hidden by default."
