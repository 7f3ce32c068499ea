"""The only place for the words of what is read off a cube: what is measured, and how far it can be relied on."""

from enum import StrEnum


class Measure(StrEnum):
    MEAN = "MEAN"
    MEDIAN = "MEDIAN"


class Reliability(StrEnum):
    HIGH = "HIGH"
    LOW = "LOW"
    HIDDEN = "HIDDEN"
