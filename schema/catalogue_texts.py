"""Texts of the catalogue in each language: as staff read them, and as catalogue editors give them."""

from planner.declare import column, graph_type
from resolvers import catalogue_entries
from schema.access import MANAGER, PUBLIC
from schema.in_context import Language
from schema.inputs import nested

VERSION = (
    "The `version` that the change is based on. If the entry has changed since then, the change is refused as CONFLICT."
)
VERSION_SHOWN = "Version number, which every change increases."
TRANSLATIONS = "Its texts in languages other than English, which the fields themselves are in. None by default."
NEW_TRANSLATIONS = "All its texts in languages other than English. Unchanged if omitted."
SEARCH_WORDS = (
    "Words by which searches find it, in addition to its names in every language: at most "
    f"{catalogue_entries.WORDS_LENGTH:,} characters."
)
NAME = f"Name: at most {catalogue_entries.NAME_LENGTH} characters."
SLUG = (
    "URL slug, which is unique and cannot be changed: letters from a to z, digits and hyphens, at most "
    f"{catalogue_entries.SLUG_LENGTH} characters. Derived from the name by default."
)
KEPT = "Unchanged if omitted."
SEARCH = (
    "Every word must match, or begin a word that does, in English or in French, with or without accents. Other forms "
    "of a word match too: `headaches` finds Headache. Words such as `the` and `de` are not required."
)
BEST_FIRST = (
    "A search returns, in this order: entries whose name in the language of the request begins with the text, others "
    "that match by names in that language, and the rest."
)
MATCHED = "The name by which a search finds it, to show beside `name`. Null if that search does not find it."
MATCHED_SEARCH = "The text that was searched for."
ORIGINAL = "Its texts as they were written, regardless of the language of the request."
REMOVED = "Null removes it. Unchanged if omitted."


@graph_type(audience=MANAGER)
class Translation:
    """Texts of a catalogue entry in one language."""

    language: Language = column("Language of the texts.")
    name: str | None = column("Name. Null if it has not been translated.")
    description: str | None = column(
        "Description. Null if it has not been translated, or there is none.",
        characters=catalogue_entries.DESCRIPTION_LENGTH,
    )


@graph_type(audience=MANAGER)
class IndicatorTranslation:
    """Texts of an indicator in one language."""

    language: Language = column("Language of the texts.")
    name: str | None = column("Name. Null if it has not been translated.")
    unit: str | None = column("Unit as it is shown. Null if it is the same as in English.")
    lay_names: list[str] = column(
        "Everyday names, which searches match too. Empty if there are none: the English ones are shown."
    )


@graph_type(audience=PUBLIC)
class MatchedName:
    """A name of a catalogue entry that matches a search, if possible one with all words of the search."""

    name: str = column("The name, everyday name, search words, or code.")
    language: Language | None = column(
        "Language of the name: that of the request if a name in it matches. Null for search words, codes, and "
        "international names of medicines."
    )


nested(
    catalogue_entries.NameTranslation,
    "NameTranslationInput",
    "A name in a language other than English.",
    language="A language other than English, at most once.",
    name=f"The name in that language: at most {catalogue_entries.NAME_LENGTH} characters.",
)
nested(
    catalogue_entries.IndicatorTranslation,
    "IndicatorTranslationInput",
    "The texts of an indicator in a language other than English.",
    language="A language other than English, at most once.",
    name=f"The name in that language: at most {catalogue_entries.NAME_LENGTH} characters.",
    unit=f"The unit as it is shown in that language, such as `jours`: at most {catalogue_entries.UNIT_LENGTH} "
    "characters. By default, it is shown as in English. Only quantities have one.",
    lay_names="Everyday names in that language, which searches match too. None by default.",
)
nested(
    catalogue_entries.CommunityTranslation,
    "CommunityTranslationInput",
    "The texts of a community in a language other than English.",
    language="A language other than English, at most once.",
    name=f"The name in that language: at most {catalogue_entries.NAME_LENGTH} characters.",
    description=f"The description in that language: at most {catalogue_entries.DESCRIPTION_LENGTH:,} characters.",
)
