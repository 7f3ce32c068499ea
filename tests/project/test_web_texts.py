"""The texts of pages and server: French as printers set it, and those of pages in the files with both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.node import ROOT
from commands.translations import translated
from models.identity.accounts import StaffRole
from models.languages import Language
from models.messages import name_in

FILES = sorted(ROOT.glob("web/src/**/texts.ts"))
STRING = re.compile(r'"[^"\n]*"|`[^`]*`')
# A straight apostrophe, or a space that a line may break at, where French has its own.
MISPRINTED = re.compile(r"\w'\w| [?!;:»%]|« |± |\.\.\.")
FAMILIAR = re.compile(r"\b(?:tu|toi|ton|ta|tes|te)\b|\bt’", re.IGNORECASE)  # readers are "vous"


def french(path: Path) -> list[str]:
    """The French strings of a file."""
    return STRING.findall(path.read_text(encoding="utf-8").partition("\n  fr: {")[2])


def of_the_server() -> Iterator[tuple[str, str]]:
    """The server's sentences: English and French, with both forms of those that count."""
    for entry in translated(Language.FR):
        if entry.id:
            english, written = ([each] if isinstance(each, str) else each for each in (entry.id, entry.string or ""))
            yield "\n".join(english), "\n".join(written)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.parent.name))
def test_french_has_its_own_apostrophes_and_spaces(path: Path) -> None:
    texts = french(path)
    assert texts
    assert [text for text in texts if MISPRINTED.search(text)] == []


def test_the_servers_french_has_its_own_apostrophes_and_spaces() -> None:
    assert [text for _, text in of_the_server() if MISPRINTED.search(text)] == []


def test_everybody_is_addressed_formally() -> None:
    written = [text for _, text in of_the_server()] + [text for path in FILES for text in french(path)]
    assert len(written) > 2_000
    assert [text for text in written if FAMILIAR.search(text)] == []


def test_the_servers_english_has_one_apostrophe_and_one_word_for_mail() -> None:
    assert [text for text, _ in of_the_server() if re.search(r"’|(?<!e-)\bmails?\b", text)] == []


@pytest.mark.parametrize(
    ("text", "is_misprinted"),
    [
        ("à 95 %", True),
        ("à 95\u00a0%", False),
        ("l'adresse", True),
        ("l’adresse", False),
        ("Erreur :", True),
        ("« Compter\u00a0»", True),
        ("± 5", True),
        ("{limit:,} caractères", False),
    ],
)
def test_what_is_misprinted(text: str, is_misprinted: bool) -> None:
    assert bool(MISPRINTED.search(text)) == is_misprinted


# French words that suppose that whoever reads is a man, or that have another word here: docs/glossary.md.
AVOIDED = re.compile(
    r"enquête|vous êtes (?!à l’origine)|vous (?:serez|soyez|étiez|avez été) \w+[éi]\b|\b(?:vous|moi) seul\b"
    r"|êtes-vous (?:prêt|sûr|satisfait)\b|^(?:invité|connecté|inscrit|suspendu)\b|une fois connecté\b|\bbienvenu\b"
    r"|(?:\b(?:un|autre|le|les|aux|des|son) |l’)(?:modérateur|administrateur|éditeur|auteur)s?\b|\bun patient\b"
    r"|\bun responsable\b|\bdans le futur\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.parent.name))
def test_french_addresses_everybody_in_the_words_of_the_glossary(path: Path) -> None:
    assert [text for text in french(path) if AVOIDED.search(text[1:-1])] == []


def test_the_server_addresses_everybody_in_the_words_of_the_glossary() -> None:
    texts = [text.replace("\n", " ") for _, text in of_the_server()]  # sentences of mails go on in the next line
    assert len(texts) > 500
    assert [text for text in texts if AVOIDED.search(text)] == []


@pytest.mark.parametrize(
    ("text", "is_avoided"),
    [
        ("Vous êtes connecté.", True),
        ("Vous serez averti de la décision.", True),
        ("Un modérateur a retiré ce message.", True),
        ("Un responsable des données se prononce.", True),
        ("L’auteur peut le lire.", True),
        ("Aucune enquête ne vous est ouverte.", True),
        ("Vous seul le voyez.", True),
        ("Si vous n’êtes pas à l’origine de ce changement, répondez.", False),
        ("La modération a retiré ce message.", False),
        ("Votre session est ouverte.", False),
    ],
)
def test_which_words_are_avoided(text: str, is_avoided: bool) -> None:
    assert bool(AVOIDED.search(text)) == is_avoided


# In French, an insight has one word, and a role the name that refusals give it.
ENTRY = re.compile(r"^ +(\w+): (.*)$", re.MULTILINE)


OF_LABORATORIES = [path for path in FILES if "lab" in path.parts]


@pytest.mark.parametrize("path", OF_LABORATORIES, ids=lambda path: str(path.parent.name))
def test_an_insight_has_one_word(path: Path) -> None:
    english, _, in_french = path.read_text(encoding="utf-8").partition("\n  fr: {")
    texts = dict(ENTRY.findall(english))
    assert [text for key, text in ENTRY.findall(in_french) if "nsight" in texts.get(key, "") and "ableau" in text] == []


@pytest.mark.parametrize("path", ["staff/texts.ts", "member/data/texts.ts"])
def test_a_role_has_one_name(path: str) -> None:
    texts = dict(ENTRY.findall("".join((ROOT / "web/src/pages" / path).read_text("utf-8").partition("\n  fr: {")[2])))
    for role in StaffRole:
        assert texts[role.value] == f'"{name_in(role, Language.FR)}",'


# GraphiQL and what surrounds it are in English.
PAGES = [path for path in sorted(ROOT.glob("web/src/**/*.tsx")) if "graphiql" not in path.parts]
BETWEEN_TAGS = re.compile(r">\s*([A-Za-zÀ-ÿ][\w’ ,.]{3,})\s*</")
ATTRIBUTE = re.compile(r'\b(?:aria-label|placeholder|title|alt)="([A-ZÀ-Þ][^"]*)"')


def written_in(text: str) -> list[str]:
    """The words for people that a component has itself."""
    return [found for found in BETWEEN_TAGS.findall(text) + ATTRIBUTE.findall(text) if found != "Cohorte"]


def test_texts_are_in_their_files() -> None:
    assert len(PAGES) > 100
    written = [f"{path.relative_to(ROOT)}: {found}" for path in PAGES for found in written_in(path.read_text("utf-8"))]
    assert written == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>\n  Save your answers\n</p>", ["Save your answers"]),
        ('<input placeholder="Name" />', ["Name"]),
        ('<img alt="Écran" title={t.screen} aria-label="Close" />', ["Écran", "Close"]),
        ('<img alt="" title="sex" /><p>{t.save}</p>', []),
    ],
)
def test_what_a_component_says_itself_is_found(text: str, found: list[str]) -> None:
    assert written_in(text) == found
