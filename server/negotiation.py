"""Decides in which language a request is answered: docs/decisions/0023-languages.md."""

from collections.abc import Mapping

from models.languages import DEFAULT, Language, negotiated
from models.viewers import Viewer

ACCEPTED = b"accept-language"
HEADERS = {language: (b"content-language", language.tag.encode()) for language in Language}


def in_language(viewer: Viewer, asked: Language | None, headers: Mapping[bytes, bytes]) -> Viewer:
    """The viewer in the language of a request: the one that its operation asks for, the account's, or the client's."""
    if asked is not None:
        return viewer.speaking(asked)
    if viewer.language is not None or ACCEPTED not in headers:
        return viewer
    return viewer.speaking(negotiated(headers[ACCEPTED].decode("latin-1")))


def content_language(viewer: Viewer) -> tuple[bytes, bytes]:
    """The header with the language of a response to this viewer."""
    return HEADERS[viewer.language or DEFAULT]
