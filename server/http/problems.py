"""Errors of files, as problem details (RFC 9457). None repeats a value of the request."""

from http import HTTPStatus

import orjson
from starlette.responses import Response

from models.languages import Language
from models.messages import message
from server.http.negotiation import HEADERS
from server.http.page_headers import PRIVATE
from server.operations.errors import Code, RequestError, request_error

MEDIA_TYPE = "application/problem+json"


def problem(error: RequestError, language: Language) -> Response:
    """The response for an error, with the code and the message that the graph would give.

    The title is in English in every language: the status's own phrase, as RFC 9457 has it for `about:blank`.
    """
    first = error.in_language(language).errors[0]
    body = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": first["message"],
        "code": first["extensions"]["code"],
    }
    headers = PRIVATE | {name.decode(): value.decode() for name, value in (*error.headers, HEADERS[language])}
    return Response(orjson.dumps(body), error.status, headers, media_type=MEDIA_TYPE)


def no_file() -> RequestError:
    """The same for a file that does not exist and for one that the caller may not read."""
    return request_error(404, Code.NOT_FOUND, message("There is no such file, or you may not read it."))
