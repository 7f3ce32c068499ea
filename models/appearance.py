"""Computes what names look like: keys that two names share if readers could mistake one for the other."""

import unicodedata
from collections.abc import Mapping
from functools import cache

MARKS = "\u200e\u200f"  # of direction: the table puts them around letters that are written from right to left


@cache
def prototypes() -> Mapping[str, str]:
    """For each character, the text that represents all its lookalikes in Unicode's confusables.txt (UTS 39)."""
    # Imported here, because the table takes a moment to load.
    from confusable_homoglyphs.confusables import confusables_data  # type: ignore[import-untyped]

    found: dict[str, str] = {}
    for name, others in confusables_data.items():
        # A character lists its one prototype. A prototype lists its characters: several, or one that lists it back.
        source, target = name.strip(MARKS), others[0]["c"].strip(MARKS)
        if len(source) == 1 and len(others) == 1 and found.get(target) != source:
            found[source] = target
    return found


def skeleton(text: str) -> str:
    """The text with each character replaced by its prototype (UTS 39, section 4)."""
    table = prototypes()
    characters = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFD", "".join(_prototype(character, table) for character in characters))


def _prototype(character: str, table: Mapping[str, str]) -> str:
    seen = {character}
    found = table.get(character, character)
    while len(found) == 1 and found in table and found not in seen:
        seen.add(found)
        found = table[found]
    return found if len(found) == 1 else "".join(table.get(each, each) for each in found)


def in_lower_case(text: str) -> str:
    """The skeleton of the text in lower case: the same for `Camille`, `CAMILLE` and one with a Cyrillic letter."""
    return skeleton(skeleton(text.lower()).lower()).lower()


def without_marks(text: str) -> str:
    """The text without accents and other marks on its letters."""
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))


def unaccented(name: str) -> str:
    """The key of a name by which an association's is protected: names that differ by accents alone share it.

    Associations reserve theirs; the names of others are compared with it. It begins with a tab, which no name contains,
    so that it is never one of `looks`.
    """
    # Between two passes: an accented lookalike and a lookalike with an accent become the same letter.
    return "\t" + in_lower_case(without_marks(in_lower_case(name)))


def looks(name: str) -> list[str]:
    """The keys of a name, sorted. Two names that share a key look alike, as written or in another case.

    One key is not enough, because a capital I looks like a small l, but a small i does not: `Iris` looks like `lris`,
    and in another case, `IRIS`, like `lRIS`; but `Elia` does not look like `Ella`.
    """
    written = skeleton(name)
    keys = {in_lower_case(name), written, written.lower(), skeleton(name.upper()), skeleton(name.title())}
    return sorted(keys)
