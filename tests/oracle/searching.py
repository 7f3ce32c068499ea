"""The oracle's searches: which texts match, in which order, and by which name. Only stems are PostgreSQL's."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg

PUNCTUATION = re.compile(r"""["`!#$%&()*+,\-./:;<=>?@\[\\\]^_{|}~«»“”‘’–—…·'\u00a0\u2011\u202f]""")
LEFT_OUT = re.compile(r"\b([cdjlmnst]|qu|jusqu|lorsqu|puisqu|presqu)['’ʼ]|['’ʼ]s\b", re.IGNORECASE)
STEMMERS = {"en": "english_stem", "fr": "french_stem"}
SINGULAR = {
    "en": {"feet": "foot", "teeth": "tooth", "children": "child", "women": "woman", "men": "man"},
    "fr": {"maux": "mal", "yeux": "oeil", "genoux": "genou", "poux": "pou", "travaux": "travail"},
}
Entry = Mapping[str, Any]  # a row of the catalogue, as it is stored


@dataclass(frozen=True)
class Term:
    """A word of a search: what begins a word that matches, and the stems of words that match."""

    prefix: str
    stems: frozenset[str]

    def matches(self, lexemes: frozenset[str]) -> bool:
        return bool(self.stems & lexemes) or any(lexeme.startswith(self.prefix) for lexeme in lexemes)


@dataclass
class Stemmer:
    """The stems of words by language and word; None for one that a search leaves out."""

    known: dict[tuple[str, str], str | None]
    read: dict[tuple[str, tuple[str, ...]], frozenset[str]] = field(default_factory=dict)

    def stem(self, word: str, language: str) -> str | None:
        return self.known[language, singular(word, language)]

    def lexemes(self, text: str, *languages: str) -> frozenset[str]:
        """The words of a text, and their stems in each language."""
        if (text, languages) not in self.read:
            stems = (self.stem(word, language) for word in words(text) for language in languages)
            self.read[text, languages] = frozenset([*words(text), *filter(None, stems)])
        return self.read[text, languages]

    def terms(self, search: str) -> list[Term]:
        """What a row must match all of; without any, it matches nothing."""
        asked = words(LEFT_OUT.sub(" ", search[:200]))
        last = max((place for place, _ in enumerate(asked)), default=0)
        found = {}
        for place, word in enumerate(asked):
            stems = [self.stem(word, language) for language in STEMMERS]
            unneeded = (None in stems and len(word) > 1) or (word == "a" and last > place)
            found[word] = unneeded, Term(word, frozenset(filter(None, stems)))
        required = [term for unneeded, term in found.values() if not unneeded]
        return required or [Term(term.prefix, frozenset()) for _, term in found.values()]

    def matches(self, search: str, *lexemes: frozenset[str]) -> bool:
        terms = self.terms(search)
        return bool(terms) and all(term.matches(frozenset().union(*lexemes)) for term in terms)

    def finds(self, entry: Entry, search: str) -> bool:
        return self.matches(search, *(self.lexemes(name, *languages) for name, languages, _ in names(entry)))

    def rank(self, entry: Entry, search: str, shown: str, language: str) -> int:
        """The place of an entry whose name is shown as this: 0 begins with the search, 1 has it in the language."""
        if shown.startswith(plain(search.strip(" "))):
            return 0
        there = (self.lexemes(name, *languages) for name, languages, _ in names(entry) if languages == (language,))
        return 1 if self.matches(search, *there) else 2

    def matched(self, entry: Entry, search: str, language: str) -> dict[str, str | None] | None:
        """The first of the names that match best."""
        if not self.finds(entry, search):
            return None
        terms, found = self.terms(search), []
        for place, (name, languages, order) in enumerate(names(entry)):
            number = [term.matches(self.lexemes(name, *languages)) for term in terms]
            if any(number):
                of = languages[0] if len(languages) == 1 else None
                found.append(((not all(number), of != language, order, of or "~", place), name, of))
        _, name, of = min(found)
        return {"name": name, "language": of and of.upper()}


async def stemmer_of(connection: asyncpg.Connection, texts: Iterable[str]) -> Stemmer:
    """A stemmer that knows all words of these texts."""
    there = {word for text in texts for word in words(text)}
    known: dict[tuple[str, str], str | None] = {}
    for language, dictionary in STEMMERS.items():
        wanted = sorted({singular(word, language) for word in there})
        rows = await connection.fetch(
            "SELECT w, ts_lexize($1, w) AS stem FROM unnest($2::text[]) w", dictionary, wanted
        )
        known |= {(language, row["w"]): (row["stem"] or [None])[0] for row in rows}
    return Stemmer(known)


def words(text: str) -> list[str]:
    """The words of a text: without capitals, accents and punctuation."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return PUNCTUATION.sub(" ", bare.replace("œ", "oe").replace("Œ", "OE")).lower().split()


def plain(text: str) -> str:
    """Without accents and capitals; a ligature counts as two letters, and an apostrophe as a plain one."""
    text = text.replace("’", "'")
    letters = unicodedata.normalize("NFD", text.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).lower()


def singular(word: str, language: str) -> str:
    word = SINGULAR[language].get(word, word)
    return re.sub("ee(s?)$", r"e\1", word) if language == "fr" else word


def names(entry: Entry) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """The names by which an entry is found, with the languages of each, names before everyday ones."""
    yield entry["name"], ("en",), 0
    yield from ((name, ("en",), 1) for name in entry.get("lay_names") or [])
    for language, texts in json.loads(entry["translations"]).items():
        if "name" in texts:
            yield texts["name"], (language,), 0
        yield from ((name, (language,), 1) for name in texts.get("lay_names") or [])
    further = ", ".join(filter(None, (entry.get("inn"), entry["words"]) if "words" in entry else codes(entry)))
    yield from ((name.strip(" "), ("en", "fr"), 2) for name in re.split("[,;\n]+", further))


def codes(condition: Entry) -> Iterator[str | None]:
    """The codes of a condition, by which it is found."""
    yield condition["icd10"]
    yield from (f"{system.upper()}:{condition[system]}" for system in ("orpha", "omim") if condition[system])
    yield condition["hpo"]
