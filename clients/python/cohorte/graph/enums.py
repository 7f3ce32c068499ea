from enum import Enum
from typing import Self


class Open(str, Enum):
    """An enum that accepts values of later versions of the server: their name is their value."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member


class DatasetKind(Open):
    SURVEY = "SURVEY"
    TRACKING = "TRACKING"


class Direction(Open):
    HIGHER_IS_BETTER = "HIGHER_IS_BETTER"
    HIGHER_IS_WORSE = "HIGHER_IS_WORSE"


class InsightKind(Open):
    COUNTS = "COUNTS"
    MEANS = "MEANS"
    SUMS = "SUMS"


class Measure(Open):
    MEAN = "MEAN"
    MEDIAN = "MEDIAN"


class MeasurementScale(Open):
    NOMINAL = "NOMINAL"
    ORDINAL = "ORDINAL"
    INTERVAL = "INTERVAL"


class Mismatch(Open):
    NO_CATEGORY = "NO_CATEGORY"
    OTHER_CONTENT = "OTHER_CONTENT"
    OTHER_SCALE = "OTHER_SCALE"
    NO_FIGURE = "NO_FIGURE"


class OrganizationKind(Open):
    LABORATORY = "LABORATORY"
    HOSPITAL = "HOSPITAL"
    MUTUAL = "MUTUAL"
    INSURER = "INSURER"


class Precision(Open):
    WITHIN_5 = "WITHIN_5"
    WITHIN_10 = "WITHIN_10"
    WITHIN_20 = "WITHIN_20"
    WITHIN_50 = "WITHIN_50"


class QuoteSuggestionKind(Open):
    PUBLISHED = "PUBLISHED"
    COVERED = "COVERED"
    SUMS = "SUMS"
    MERGE_CATEGORIES = "MERGE_CATEGORIES"
    LESS_PRECISE = "LESS_PRECISE"


class Reliability(Open):
    HIGH = "HIGH"
    LOW = "LOW"
    NONE = "NONE"
    HIDDEN = "HIDDEN"


class UserErrorCode(Open):
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    TAKEN = "TAKEN"
    TOO_LONG = "TOO_LONG"
    TOO_EARLY = "TOO_EARLY"
    TOO_LATE = "TOO_LATE"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    LIMIT_REACHED = "LIMIT_REACHED"
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED"
    LICENCE_REQUIRED = "LICENCE_REQUIRED"
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    CONFLICT = "CONFLICT"


class VariableGroup(Open):
    PROFILE = "PROFILE"
    TREATMENT = "TREATMENT"
    SYMPTOM = "SYMPTOM"
    MOOD = "MOOD"
    QUALITY_OF_LIFE = "QUALITY_OF_LIFE"
    MEASUREMENT = "MEASUREMENT"
    SCORE = "SCORE"
    QUESTION = "QUESTION"
