"""How names look: keys that two names share when readers would take one for the other."""

import unicodedata
from collections.abc import Mapping
from functools import cache

MARKS = "\u200e\u200f"  # of direction, which the table has around letters that are written from right to left


@cache
def prototypes() -> Mapping[str, str]:
    """What each character is confusable with, by Unicode's confusables.txt (UTS 39): of each class the same text."""
    # Here: the table takes a moment to load.
    from confusable_homoglyphs.confusables import confusables_data  # type: ignore[import-untyped]

    found: dict[str, str] = {}
    for name, others in confusables_data.items():
        # A character has one prototype, and a prototype lists all that have it: several, or one, which lists it back.
        source, target = name.strip(MARKS), others[0]["c"].strip(MARKS)
        if len(source) == 1 and len(others) == 1 and found.get(target) != source:
            found[source] = target
    return found


def skeleton(text: str) -> str:
    """The text with every character replaced by the one that it is confusable with, as UTS 39, section 4 has it."""
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


def looks(name: str) -> list[str]:
    """The keys of a name, in order. Two names with a key in common look alike: as written, or in another case.

    A capital I looks like a small l and not like a small i: that is why one key is not enough. `Iris` looks like `lris`
    and is, in another case, `IRIS`, which looks like `lRIS`; but `Elia` does not look like `Ella`.
    """
    written = skeleton(name)
    keys = {in_lower_case(name), written, written.lower(), skeleton(name.upper()), skeleton(name.title())}
    return sorted(keys)
