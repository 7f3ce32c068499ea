"""Decides in which language a request is answered: docs/decisions/0028-languages.md."""

from collections.abc import Mapping
from functools import lru_cache

from models.languages import DEFAULT, Language, language_of
from models.viewers import Viewer
from server.operations.requests import READ_BYTES

ACCEPTED = b"accept-language"
MOST_RANGES = 20  # of an Accept-Language header that are read
HEADERS = {language: (b"content-language", language.tag.encode()) for language in Language}


def in_language(viewer: Viewer, asked: Language | None, headers: Mapping[bytes, bytes]) -> Viewer:
    """The viewer in the language of a request: the one that its operation asks for, the account's, or the client's."""
    if asked is not None:
        return viewer.speaking(asked)
    if viewer.language is not None or ACCEPTED not in headers:
        return viewer
    return viewer.speaking(negotiated(headers[ACCEPTED][:READ_BYTES].decode("latin-1")))


def language_for(viewer: Viewer, headers: Mapping[bytes, bytes]) -> Language:
    """The language of a request that asks for none itself, such as one for a file."""
    return in_language(viewer, None, headers).reads_in


def content_language(viewer: Viewer) -> tuple[bytes, bytes]:
    """The header with the language of a response to this viewer."""
    return HEADERS[viewer.reads_in]


@lru_cache(maxsize=1_000)
def negotiated(accept_language: str) -> Language | None:
    """The language that an Accept-Language header prefers (RFC 9110, 12.5.4); None if it names none of them.

    Among equals, the first that is written. `*` stands for DEFAULT, and a weight of 0 excludes a language. What cannot
    be read is ignored.
    """
    weights: dict[Language, float] = {}
    excluded, anything = set(), 0.0
    for part in accept_language.split(",")[:MOST_RANGES]:
        tag, _, parameter = part.partition(";")
        weight = _weight(parameter)
        if tag.strip() == "*":
            anything = weight
            continue
        language = language_of(tag.strip())
        if language is None:
            continue
        if weight == 0:
            excluded.add(language)
        weights[language] = max(weight, weights.get(language, 0.0))
    best = max(weights, key=lambda each: weights[each], default=None)
    if best is not None and weights[best] > 0:
        return best
    left = [language for language in (DEFAULT, *Language) if language not in excluded]
    return left[0] if anything > 0 and left else None


def _weight(parameter: str) -> float:
    """The weight of a range, from 0 to 1; 0 if it is malformed, and 1 if there is none."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if name.strip() == "q" and 0 <= weight <= 1 else 0.0
