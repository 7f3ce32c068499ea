"""Sentences for people: values as each language writes them, plurals by its rule, and one rendering for each reader."""

from datetime import date

import pytest

from models.identity.accounts import StaffRole
from models.languages import DEFAULT, Language
from models.messages import Message, counted, day_in, message, name_in, number_in, path_of, translations_of

NARROW, NO_BREAK = "\u202f", "\u00a0"  # spaces at which no line is broken


def test_a_message_is_its_english_text() -> None:
    limit = message("The limit is {limit:,} characters.", limit=10_000)
    assert limit == "The limit is 10,000 characters."
    assert limit.in_language(DEFAULT) == limit
    assert type(limit.in_language(DEFAULT)) is str
    assert hash(limit) == hash("The limit is 10,000 characters.")


def test_a_message_is_rendered_in_each_language_with_its_own_numbers() -> None:
    limit = message("The limit is {limit:,} characters.", limit=10_000)
    assert limit.in_language(Language.FR) == f"La limite est de 10{NARROW}000 caractères."
    bounds = message("The value must be between {least} and {most}.", least=-0.5, most=2.25)
    assert bounds == "The value must be between -0.5 and 2.25."
    assert bounds.in_language(Language.FR) == "La valeur doit être comprise entre -0,5 et 2,25."


def test_a_year_has_no_separator_of_thousands() -> None:
    year = message("The year of birth must be between {first} and the current year.", first=1900)
    assert "1900" in year
    assert "1900" in year.in_language(Language.FR)


@pytest.mark.parametrize(
    ("number", "english", "french"),
    [
        (0, "0", "0"),
        (10.0, "10", "10"),
        (1e12, "1,000,000,000,000", "1 000 000 000 000".replace(" ", NARROW)),
        (-1_000, "-1,000", f"-1{NARROW}000"),
        (0.1, "0.1", "0,1"),
        (1234.56789, "1,234.56789", f"1{NARROW}234,56789"),
    ],
)
def test_numbers_are_exact_in_every_language(number: float, english: str, french: str) -> None:
    assert number_in(number, Language.EN, grouped=True) == english
    assert number_in(number, Language.FR, grouped=True) == french


def test_days_are_words_in_french_and_digits_in_english() -> None:
    day = message("This day is before {first}.", first=date(2026, 3, 3))
    assert day == "This day is before 2026-03-03."
    assert day.in_language(Language.FR) == "Ce jour est antérieur au 3 mars 2026."
    assert day_in(date(1900, 1, 1), Language.FR) == "1er janvier 1900"


@pytest.mark.parametrize(
    ("count", "english", "french"),
    [
        (0, "0 minutes", "0 minute"),
        (1, "1 minute", "1 minute"),
        (2, "2 minutes", "2 minutes"),
        (15, "15 minutes", "15 minutes"),
    ],
)
def test_a_number_decides_the_form_by_each_languages_rule(count: int, english: str, french: str) -> None:
    wait = counted(
        "Too many attempts. Try again in {count} minute.", "Too many attempts. Try again in {count} minutes.", count
    )
    assert wait == f"Too many attempts. Try again in {english}."
    assert wait.in_language(Language.FR) == f"Trop de tentatives. Réessayez dans {french}."


def test_a_value_is_not_read_as_a_sentence() -> None:
    key = message("The question `{key}` requires an answer.", key="{key!r} {0}")
    assert key == "The question `{key!r} {0}` requires an answer."
    assert key.in_language(Language.FR) == "La question `{key!r} {0}` est obligatoire."


def test_a_sentence_without_values_may_contain_anything() -> None:
    assert message("100 % of {braces}") == "100 % of {braces}"


def test_a_sentence_within_a_sentence_is_rendered_with_it() -> None:
    inner = message("The survey has closed.")
    assert message("{inner}", inner=inner).in_language(Language.FR) == "Le questionnaire est clos."


def test_a_sentence_without_a_translation_is_in_english() -> None:
    assert message("Nobody has translated {count} of this.", count=1).in_language(Language.FR) == (
        "Nobody has translated 1 of this."
    )


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("role", StaffRole)
def test_a_role_has_a_name_in_every_language(role: StaffRole, language: Language) -> None:
    name = name_in(role, language)
    assert (name == role.value) is (language is DEFAULT)
    assert name in message(
        "This requires the role {role}. An administrator can give it to you.", role=role
    ).in_language(language)


@pytest.mark.parametrize("language", [each for each in Language if each is not DEFAULT])
def test_every_language_has_a_file_which_is_read_once(language: Language) -> None:
    assert path_of(language).is_file()
    assert translations_of(language) is translations_of(language)
    assert translations_of(language).gettext("You may not do this.") != "You may not do this."


def test_only_messages_are_messages() -> None:
    assert not isinstance("a text", Message)
    assert isinstance(message("You may not do this."), Message)
