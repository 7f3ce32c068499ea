"""The kinds of entries whose missing translations staff list."""

from privacy.described import DescribedEnum


class TranslatedKind(DescribedEnum):
    """What has texts that staff translate."""

    CONDITION = "CONDITION", "Conditions."
    COMMUNITY = "COMMUNITY", "Communities."
    INDICATOR = "INDICATOR", "Indicators."
    TREATMENT = "TREATMENT", "Treatments other than medicines, which have the same name in every language."
    SURVEY = "SURVEY", "Surveys, with their questions and options."
    ASSOCIATION = "ASSOCIATION", "The descriptions on associations' pages, which associations translate themselves."
