"""Tells a corrected spelling of a text from other words, by dictionaries of English and French."""

import gzip
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from resolvers.texts import INVISIBLE

LANGUAGES = ("en", "fr")
LONG = 4  # letters: in shorter words, only two exchanged neighbours are a misspelling

SIGNIFICANT_DASH = re.compile(r"[-‐‑‒–—−](?=\s?\d)|(?<=\d)[-‐‑‒–—−]")  # a minus, or "to": "0-5" is not "0 5"
HYPHEN_OR_QUOTE = re.compile(r"[-‐‑‒–—−]|(?<![\d\w])'|(?<!\d)'(?!\w)|(?<!\d)[`´\"“”„«»‹›]")  # after a digit: a unit
APOSTROPHE = re.compile("[’‘ʼ]")
LETTERS = r"(?:[^\W\d_][\u0300-\u036f]*)+"
TOKEN = re.compile(rf"{LETTERS}(?:'{LETTERS})*|\d+(?:[.,:]\d+)*|\S")  # words, numbers and single signs
ELISION = re.compile("(?:[cdjlmnst]|(?:jus|lors|puis|quel)?qu)'")
PAUSES = frozenset(".,;:!?…()[]")
# A pause beside one of these changes what is denied: "No, pain" is not "No pain".
DENIALS = re.compile(
    "no|not|none|never|nor|neither|without|cannot|.*n't|non|ne|n'.*|pas|point|aucune?|jamais|ni|sans|rien"
)
# Units and Roman numbers differ from each other as misspelt words do: "mcg" and "mg".
UNIT = re.compile(
    "[kmcuµμ]?g|ng|lbs?|oz|st|[kdcmn]?m|ft|yd|[dcmu]?l|[mun]?mol|ui|iu|k?cal|kj|mmhg|[kh]?pa|bpm|hz"
    "|h|hrs?|min|mn|s|sec|ms|d|wk|mo|yrs?|ans?|am|pm|ppm|[ivx]+"
)
# Words that mean another thing with an accent. Others that lack theirs, as in capitals, are misspelt even if known.
OTHERS_WITH_ACCENT = re.compile("cote|jeune|mur|peche|pecher|pecheur|sale|tache")

Known: TypeAlias = Callable[[str], bool]  # whether a word, in lower case, is in a dictionary


@cache
def dictionary() -> frozenset[str]:
    """The words of all `LANGUAGES`, in lower case: some 300,000. The first call reads them from files."""
    folder = files("spellchecker") / "resources"
    read = (gzip.decompress((folder / f"{language}.json.gz").read_bytes()) for language in LANGUAGES)
    return frozenset(word for each in read for word in json.loads(each))


def words_of(text: str) -> Iterator[str]:
    """The words of a text, in lower case."""
    return (token for token in _tokens(text) if _is_word(token))


def reads_alike(one: str, other: str) -> bool:
    """Whether two texts have the same words, numbers and signs, whatever their case, spaces and punctuation."""
    return _without_pauses(_tokens(one)) == _without_pauses(_tokens(other))


def corrects(new: str, old: str, known: Known) -> bool:
    """Whether `new` is `old` with nothing changed but misspelt words, case, spaces and punctuation.

    A misspelt word is one that is not `known`. Its correction is known, has the same first letter, and is one edit
    away: a letter more or less, another letter, or two neighbours exchanged, as in four of five misspellings (Damerau
    1964), few of which change the first letter (Yannakoudakis and Fawthrop 1983). Missing accents, a missing or excess
    space in a misspelt word, and a word that is written twice can be corrected too. Numbers, units and signs stay.
    """
    before, after = _tokens(old), _tokens(new)
    if any(map(DENIALS.fullmatch, (*before, *after))):
        before, after = _without_last_pause(before), _without_last_pause(after)
    else:
        before, after = _without_pauses(before), _without_pauses(after)
    # For each number of tokens of `before`, the numbers of tokens of `after` that they can stand for.
    reached: list[set[int]] = [{0}, *(set() for _ in before)]
    for place in range(len(before)):
        for matched in reached[place]:
            for taken, given in _steps(before, after, place, matched, known):
                reached[place + taken].add(matched + given)
    return len(after) in reached[-1]


def _steps(
    before: Sequence[str], after: Sequence[str], place: int, matched: int, known: Known
) -> Iterator[tuple[int, int]]:
    """How many tokens of `before`, from `place` on, can stand for how many of `after`, from `matched` on."""
    old, two_old, two_new = before[place], before[place : place + 2], after[matched : matched + 2]
    if two_new[:1] == [old]:
        yield 1, 1
        return
    if place and old == before[place - 1] and _is_word(old):
        yield 1, 0
    if not two_new:
        return
    new = two_new[0]
    if _is_correction(old, new, known):
        yield 1, 1
    if old == "".join(two_new) and not known(old) and all(map(known, two_new)):
        yield 1, 2
    if new == "".join(two_old) and known(new) and not all(map(known, two_old)):
        yield 2, 1


def _is_correction(old: str, new: str, known: Known) -> bool:
    if not all(map(_can_be_misspelt, (old, new))):
        return False
    if old == _without_accents(new) and not OTHERS_WITH_ACCENT.fullmatch(ELISION.sub("", old)):
        return True
    if new.endswith("n't") and old == new.replace("'", ""):
        return True
    if _is_known(old, known) or not _is_known(new, known):
        return False
    letters, others = _letters(old), _letters(new)
    if letters == others:
        return True
    if letters[0] != others[0] or not _is_one_edit(letters, others):
        return False
    return max(len(letters), len(others)) >= LONG or sorted(letters) == sorted(others)


def _is_known(word: str, known: Known) -> bool:
    return known(word) or known(ELISION.sub("", word, count=1))


def _can_be_misspelt(word: str) -> bool:
    is_latin = all(unicodedata.name(letter, "").startswith("LATIN ") for letter in word.replace("'", ""))
    return _is_word(word) and is_latin and not UNIT.fullmatch(word)


def _is_word(token: str) -> bool:
    return token.replace("'", "").isalpha()


def _is_one_edit(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or two exchanged neighbours, make one of two unequal words the other."""
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, others = one[same:], other[same:]
    if rest[1:] == others or rest == others[1:] or rest[1:] == others[1:]:
        return True
    return rest[:2] == others[1::-1] and rest[2:] == others[2:]


def _tokens(text: str) -> list[str]:
    text = INVISIBLE.sub("", unicodedata.normalize("NFC", text)).casefold().replace("œ", "oe").replace("æ", "ae")
    text = SIGNIFICANT_DASH.sub(" ~ ", APOSTROPHE.sub("'", text))
    return TOKEN.findall(HYPHEN_OR_QUOTE.sub(" ", text))


def _without_pauses(tokens: Sequence[str]) -> list[str]:
    return [token for token in tokens if token not in PAUSES]


def _without_last_pause(tokens: Sequence[str]) -> list[str]:
    return [*tokens[:-1], *_without_pauses(tokens[-1:])]


def _without_accents(word: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", word) if not unicodedata.combining(each))


def _letters(word: str) -> str:
    return _without_accents(word).replace("'", "")
