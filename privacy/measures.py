"""Enumerations for figures read from a cube: what is measured, and how reliable it is."""

from enum import StrEnum


class Measure(StrEnum):
    COUNT = "COUNT"
    SHARE = "SHARE"
    MEAN = "MEAN"
    MEDIAN = "MEDIAN"


class Reliability(StrEnum):
    HIGH = "HIGH"
    LOW = "LOW"
    HIDDEN = "HIDDEN"
