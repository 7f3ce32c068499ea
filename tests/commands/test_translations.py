"""The catalogues have every sentence, in good order, and sentences that could not be extracted are refused."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog

from commands import translations
from commands.translations import computed, computed_in, extracted, faults, key_of, languages, printed
from models.languages import Language
from models.messages import path_of
from privacy.loss import statement
from tests.support.modules import run_module

SENTENCE = "The discussion is closed."


@pytest.mark.parametrize("language", languages())
def test_every_sentence_is_translated(language: Language) -> None:
    assert faults(language) == [], "run `python -m commands.translations`, and translate: docs/translating.md"


def test_every_sentence_is_a_literal() -> None:
    assert computed() == []


def test_every_kind_of_sentence_is_extracted() -> None:
    found = {key_of(entry) for entry in extracted()}
    assert {
        (None, SENTENCE),
        (None, "Too many attempts. Try again in {count} minute."),  # with a plural
        (None, "Your code for Cohorte"),  # a mail
        (None, "Date takes a day in the form YYYY-MM-DD."),  # of a scalar
        (None, "You may not do this."),  # an error of a field
        (None, "Invalid or expired token: sign in again, or use another API key."),  # of a request
        ("StaffRole", "MODERATOR"),
    } <= found
    assert not [text for _, text in found if text.startswith("type")]  # other functions are called `message` too


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ('message("All of it.")', []),
        ('message("Part of it, "\n    "and the rest.")', []),
        ('counted("One.", "Several.", 2)', []),
        ('message(f"It is {name}.")', [2]),
        ("message(TEXT)", [2]),
        ('message("It is " + name)', [2]),
        ('message("It is {name}.".format(name=name))', [2]),
        ('message(*["It."])', [2]),
        ("message()", [2]),
        ('counted("One.", several, 2)', [2]),
        ('counted("One.", count=2)', [2]),
        ('log.message(f"It is {name}.")', []),
    ],
)
def test_a_sentence_that_is_no_literal_is_found(code: str, lines: list[int]) -> None:
    assert computed_in(f"from models.messages import counted, message\n{code}\n") == lines


def test_a_sentence_under_another_name_is_found() -> None:
    assert computed_in('from models.messages import message as say\nsay("It.")\n') == [1]
    assert computed_in('from elsewhere import message\nmessage(f"{1}")\n') == []


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of French, as a copy that the test may change."""
    path = tmp_path / "cohorte.po"
    path.write_bytes(path_of(Language.FR).read_bytes())
    monkeypatch.setattr(translations, "path_of", lambda language: path)
    return path


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('msgid "The discussion is closed."', 'msgid "It is shut."', "missing: 'The discussion is closed.'"),
        ('msgid "The discussion is closed."', 'msgid "It is shut."', "obsolete: 'It is shut.'"),
        ('msgstr "La discussion est close."', 'msgstr ""', "empty: 'The discussion is closed.'"),
        ('msgstr "La discussion est close."', 'msgstr "  "', "empty: 'The discussion is closed.'"),
        (
            'msgid "The discussion is closed."',
            '#, fuzzy\nmsgid "The discussion is closed."',
            "fuzzy: 'The discussion is closed.'",
        ),
        ("{limit:,} caractères", "{limite:,} caractères", "other fields than the English: 'The limit is"),
        ("{limit:,} caractères", "{limit} caractères", "other fields than the English: 'The limit is"),
        ("{limit:,} caractères", "mille caractères", "other fields than the English: 'The limit is"),
        ("{limit:,} caractères", "{limit:, caractères", "braces that do not match: 'The limit is"),
        ("{count} minute.", "minute.", "other fields than the English: 'Too many attempts."),
        ("La discussion est close.", "La discussion est close.\\n", "begins or ends with another line end"),
        ('msgstr "La discussion est close."', 'msgstr ""\n"La discussion est close."', "the file is not as this"),
    ],
)
def test_a_fault_of_a_catalogue_is_found(stored: Path, old: str, new: str, fault: str) -> None:
    text = stored.read_text(encoding="utf-8")
    translated = text.rindex(old) if old.startswith("{count}") else text.index(old)
    stored.write_text(text[:translated] + new + text[translated + len(old) :], encoding="utf-8")
    assert [each for each in faults(Language.FR) if each.startswith(fault)]


def test_a_sentence_that_is_commented_out_is_obsolete(stored: Path) -> None:
    with stored.open("a", encoding="utf-8") as file:
        file.write('\n#~ msgid "It is shut."\n#~ msgstr "Fermé."\n')
    assert faults(Language.FR) == ["obsolete: 'It is shut.'"]


def test_writing_again_keeps_translations_and_changes_nothing_else(stored: Path) -> None:
    before = stored.read_text(encoding="utf-8")
    translations.write()
    assert stored.read_text(encoding="utf-8") == before
    shut = before.replace(SENTENCE, "It is shut.")
    stored.write_text(shut, encoding="utf-8")
    translations.write()
    after = stored.read_text(encoding="utf-8")
    assert SENTENCE in after
    assert "It is shut." not in after
    assert "La discussion est close." not in after
    assert faults(Language.FR) == [f"empty: {SENTENCE!r}"]


def test_a_new_language_begins_with_every_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "LC_MESSAGES" / "cohorte.po"
    monkeypatch.setattr(translations, "path_of", lambda language: path)
    assert faults(Language.FR)  # all of it is missing
    translations.write()
    found = faults(Language.FR)
    assert len(found) == len([entry for entry in extracted() if entry.id])
    assert all(fault.startswith("empty: ") for fault in found)


def test_a_catalogue_is_printed_without_line_numbers() -> None:
    catalogue = Catalog(locale="fr")
    catalogue.add("One.", locations=[("models/messages.py", 12)])
    assert b"#: models/messages.py\n" in printed(catalogue)


async def test_the_command_succeeds_on_what_is_committed() -> None:
    assert await run_module("commands.translations", "--check") == (0, "")


def sentences_in_french() -> Iterator[tuple[str, str]]:
    """Each sentence that is rendered in French, with the English one."""
    for entry in translations.translated(Language.FR):
        if entry.id and entry.context is None:
            english = [entry.id] if isinstance(entry.id, str) else entry.id
            forms = [entry.string] if isinstance(entry.string, str) else entry.string or ()
            yield from ((english[-1], form) for form in forms)
    for spent in (0, 250_000):
        yield statement(spent, "en"), statement(spent, "fr")


def test_french_has_its_own_punctuation() -> None:
    """Non-breaking spaces before double punctuation and within quotation marks, and typographic apostrophes."""
    wrong = []
    for _, french in sentences_in_french():
        words = re.sub(r"`[^`]*`|\{[^}]*\}|https://|HP:\d+", "", french)
        if re.search(r"'|\"|(?<![\u202f\d])[;!?]|(?<!\u00a0)[»]|«(?!\u00a0)|(?<![\u00a0\d]):(?!MM|SS)", words):
            wrong.append(french)
    assert wrong == []


@pytest.mark.parametrize(
    ("thing", "other"),
    [
        (r"insights?", "tableau"),
        (r"bounds?", "limite"),
        (r"staff", "personnel"),
        (r"years", "année$"),
    ],
)
def test_a_thing_has_one_word_in_french(thing: str, other: str) -> None:
    """The one of docs/translating.md, and no `other` in a sentence about the thing."""
    about = [french for english, french in sentences_in_french() if re.search(rf"\b{thing}\b", english)]
    assert about
    assert [french for french in about if re.search(other, french)] == []
