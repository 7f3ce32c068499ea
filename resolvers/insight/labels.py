"""The words of labels in the languages of the server."""

from models.languages import DEFAULT, Language
from models.messages import number_in, translations_of
from privacy.words import ENGLISH, Words


def words_in(language: Language) -> Words:
    """The words of labels in a language."""
    if language is DEFAULT:
        return ENGLISH
    return Words(translations_of(language).gettext, number_in(0.5, language, grouped=False)[1])
