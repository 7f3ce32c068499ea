"""Sentences for people: written in English where they are used, and rendered in the language of who reads them.

Their translations are in locales/, in files that `python -m commands.translations` keeps complete.
"""

from collections.abc import Mapping
from datetime import date
from enum import Enum
from functools import cache, lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from models.languages import DEFAULT, Language

CATALOGUES = Path(__file__).parent.parent / "locales"
DOMAIN = "cohorte"  # the name of a catalogue's file
COUNT = "count"  # the field of the number that decides between singular and plural


class Message(str):
    """A sentence in English that can be rendered in other languages: `msgid` with `values` in place of its fields.

    `plural` is its English form for several, of a sentence that counts.
    """

    __slots__ = ("msgid", "plural", "values")

    msgid: str
    plural: str | None
    values: Mapping[str, Any]

    def in_language(self, language: Language) -> str:
        """The sentence in a language, or in English if it has no translation."""
        if language is DEFAULT:
            return str(self)
        translations = translations_of(language)
        if self.plural is None:
            return _rendered(translations.gettext(self.msgid), self.values, language)
        return _rendered(translations.ngettext(self.msgid, self.plural, self.values[COUNT]), self.values, language)


def message(msgid: str, /, **values: Any) -> Message:
    """The sentence `msgid`, a literal in English with fields for `values`, so that it is extracted for translation.

    `values` are numbers, days, values of enumerations and names of the catalogue; a refusal has none that the person
    entered.
    `{year}` is a number as it is, and `{limit:,}` one with separators of thousands, as the language writes them.
    """
    return _made(msgid, None, values)


def counted(one: str, several: str, /, count: int, **values: Any) -> Message:
    """A sentence that depends on the number in its field `{count}`; languages may have more forms than two."""
    return _made(one, several, {COUNT: count, **values})


def _made(msgid: str, plural: str | None, values: Mapping[str, Any]) -> Message:
    english = msgid if plural is None or values[COUNT] == 1 else plural
    made = Message(_rendered(english, values, DEFAULT))
    made.msgid, made.plural, made.values = msgid, plural, values
    return made


def _rendered(text: str, values: Mapping[str, Any], language: Language) -> str:
    return ValueFormatter(language).vformat(text, (), values) if values else text


class ValueFormatter(Formatter):
    """Writes values into a sentence as its language writes them."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Message):
            return value.in_language(self.language)
        if isinstance(value, Enum):
            return name_in(value, self.language)
        if isinstance(value, date):
            return day_in(value, self.language)
        if isinstance(value, int | float):
            return number_in(value, self.language, grouped=format_spec == ",")
        return str(value)


@lru_cache(1_000)  # an input may be refused for the same limit at many places
def number_in(number: float, language: Language, *, grouped: bool) -> str:
    """A number with the language's decimal mark and, if `grouped`, separators of thousands: `1 000,5`."""
    return format_decimal(number, locale=language.tag, decimal_quantization=False, group_separator=grouped)


def name_in(value: Enum, language: Language) -> str:
    """The name of a value of an enumeration: its code in English, as the graph writes it, and else its translation."""
    code = str(value.value)
    return code if language is DEFAULT else translations_of(language).pgettext(type(value).__name__, code)


def day_in(day: date, language: Language) -> str:
    """A day in words, such as `3 mars 2026`; in English as the graph writes it, `2026-03-03`."""
    if language is DEFAULT:
        return day.isoformat()
    written = format_date(day, "long", locale=language.tag)
    return f"1er{written[1:]}" if language is Language.FR and day.day == 1 else written  # Babel writes "1 mars"


def path_of(language: Language) -> Path:
    """The file with a language's translations."""
    return CATALOGUES / language.tag / "LC_MESSAGES" / f"{DOMAIN}.po"


def load_translations() -> None:
    """Reads what rendering in any language needs, which takes a few tens of milliseconds for each."""
    for language in Language:
        number_in(1_000, language, grouped=True)
        day_in(date(2026, 1, 1), language)
        if language is not DEFAULT:
            translations_of(language)


@cache
def translations_of(language: Language) -> GNUTranslations:
    """A language's translations, compiled once in each process."""
    compiled = BytesIO()
    with path_of(language).open("rb") as file:
        write_mo(compiled, read_po(file, locale=language.tag))
    compiled.seek(0)
    return GNUTranslations(compiled)
