"""Serves insights as files: `/insights/ID.csv` and `/insights/ID.json`, which is JSON-stat.

`/insights/ID.trend.csv` has the shares over all waves. Both CSVs have a description in CSVW beside them.
`/insights/ID.fr.csv` and `/insights/ID.trend.fr.csv` are for spreadsheets in French and most other languages of Europe:
they have semicolons, and commas in numbers. A file is the result of a query that runs as any other of the caller: with
their view, licences, limits and cost.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.responses import Response

from models.languages import Language
from models.viewers import Audience
from resolvers.insight.cubes import title_of, with_wave
from server.files.csv_files import french_csv, metadata_of, spreadsheet_csv, trend_csv, trend_metadata_of
from server.files.file_documents import (
    INSIGHT_CSV,
    INSIGHT_CSV_METADATA,
    INSIGHT_JSON_STAT,
    INSIGHT_TREND,
    INSIGHT_TREND_METADATA,
)
from server.files.file_making import LOOP_BYTES, FileMaking
from server.http import request_ids
from server.http.compression import coding_of, compressed
from server.http.entity_tags import hash_of, is_known, tag_of
from server.http.negotiation import language_for
from server.http.page_headers import INERT
from server.http.problems import no_file, problem
from server.operations.deadlines import OperationDeadline
from server.operations.endpoint import Endpoint
from server.operations.errors import Code, RequestError, internal, request_timed_out, signed_out
from server.operations.request_context import RequestContext
from server.operations.requests import GraphQLParams
from server.telemetry import logs

ROUTE = "/insights/{name}"
NAME = re.compile(
    r"(ins_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.((?:trend\.)?(?:csv|fr\.csv|csv-metadata\.json)|json)"
)
UNFIT = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|]+')  # for a file's name on some system
COLON = re.compile(r"\s*:\s+")  # of a sentence
TITLE_LENGTH = 120
# The response depends on these headers of the request. A cache of the browser may store it, and has to ask each time.
VARY = "Accept-Encoding, Accept-Language, Authorization, Cookie, Origin"
CACHE = "private, no-cache"


@dataclass(frozen=True)
class Format:
    """A format of the files: the document that reads one, its media type, and how it is written.

    `write` takes the insight as read, its title, and the name of its CSV.
    """

    document: str
    media_type: str
    write: Callable[[Any, str, str], str]


CSV = "text/csv; charset=utf-8; header=present"
METADATA = "application/csvm+json"
DESCRIPTION = "-metadata.json"  # which the standard appends to the name of the file that is described
FORMATS = {
    "csv": Format(INSIGHT_CSV, CSV, lambda insight, *_: spreadsheet_csv(insight["file"])),
    "fr.csv": Format(INSIGHT_CSV, CSV, lambda insight, *_: french_csv(insight["file"])),
    "csv-metadata.json": Format(INSIGHT_CSV_METADATA, METADATA, metadata_of),
    "trend.csv": Format(INSIGHT_TREND, CSV, lambda insight, *_: spreadsheet_csv(trend_csv(insight))),
    "trend.csv-metadata.json": Format(INSIGHT_TREND_METADATA, METADATA, trend_metadata_of),
    "trend.fr.csv": Format(INSIGHT_TREND, CSV, lambda insight, *_: french_csv(trend_csv(insight))),
    # JSON-stat has no media type of its own.
    "json": Format(INSIGHT_JSON_STAT, "application/json", lambda insight, *_: str(insight["file"])),
}
DESCRIBED = frozenset(suffix.removesuffix(DESCRIPTION) for suffix in FORMATS if suffix.endswith(DESCRIPTION))


class Files:
    """Files that are made of the results of queries, which run through the GraphQL endpoint."""

    def __init__(self, endpoint: Endpoint, making: FileMaking) -> None:
        self.endpoint, self.making = endpoint, making

    async def answer(self, request: Request) -> Response:
        """The response to a GET or HEAD of a file."""
        context = RequestContext(request.scope, dict(request.scope["headers"]))
        error: RequestError
        try:
            await self.endpoint.authenticate(context, self.endpoint.credentials.of_link(context.headers))
            response = await self.file(context, request.path_params["name"])
        except RequestError as refusal:
            error = refusal
        except Exception as unexpected:
            error, id = internal()
            logs.fault(id, unexpected, context.id)
        else:
            response.headers[request_ids.HEADER.decode()] = context.id
            self.endpoint.log_operation(context, response.status_code)
            return response
        context.codes = error.codes
        self.endpoint.log_operation(context, error.status)
        response = problem(error, language_for(context.viewer, context.headers))
        response.headers["vary"] = VARY
        response.headers[request_ids.HEADER.decode()] = context.id
        return response

    async def file(self, context: RequestContext, name: str) -> Response:
        """The file of this name, for the viewer of the context. Raises RequestError."""
        raise NotImplementedError

    async def data(self, context: RequestContext, document: str, variables: Mapping[str, Any]) -> Any:
        """The data of a query. Raises RequestError as `result`, or if too many files are being made."""
        return await self.read(context, await self.result(context, document, variables))

    async def read(self, context: RequestContext, answer: bytes) -> Any:
        """The data of an answer without errors."""
        return (await self.making.read(self.endpoint.caller(context), answer))["data"]

    async def result(self, context: RequestContext, document: str, variables: Mapping[str, Any]) -> bytes:
        """The answer to a query. Raises RequestError for an error of the query."""
        context.deadline = deadline = OperationDeadline(self.endpoint.settings.limits.request_seconds)
        try:
            async with deadline.timeout:
                answer = await self.endpoint.operate(context, GraphQLParams(document, None, dict(variables)))
        except TimeoutError:
            raise request_timed_out(deadline.seconds) from None
        assert isinstance(answer, bytes)
        context.size = len(answer)
        if context.codes:
            raise RequestError(status_of(context.codes), orjson.loads(answer)["errors"])
        return answer


class InsightFiles(Files):
    """The files of insights."""

    async def file(self, context: RequestContext, name: str) -> Response:
        """The file. Raises RequestError: 401 for everybody who has not signed in, whether or not it exists."""
        if context.viewer.audience is Audience.PUBLIC:
            raise signed_out()
        found = NAME.fullmatch(name)
        if found is None:
            raise no_file()
        id, suffix = found.groups()
        format = FORMATS[suffix]
        insight = (await self.data(context, format.document, {"id": id}))["insight"]
        if insight is None:
            raise no_file()
        title = title_in(context.viewer.reads_in, insight)
        more = spoken(context) | {"content-disposition": disposition(f"insight-{id[4:]}", title, suffix)}
        if suffix in DESCRIBED:
            more["link"] = f'<{id}.{suffix}{DESCRIPTION}>; rel="describedby"; type="{METADATA}"'
        write = partial(format.write, insight, title, f"{id}.{suffix.removesuffix(DESCRIPTION)}")
        small = context.size <= LOOP_BYTES
        text = write() if small else await self.making.run(self.endpoint.caller(context), write)
        return await as_file(text, format.media_type, more, context.headers)


def spoken(context: RequestContext) -> dict[str, str]:
    """The header with the language of a file whose texts are in the viewer's."""
    return {"content-language": context.viewer.reads_in.tag}


def status_of(codes: Sequence[str]) -> int:
    return 500 if Code.INTERNAL in codes else 400


async def as_file(
    text: str,
    media_type: str,
    more: Mapping[str, str],
    headers: Mapping[bytes, bytes],
    safety: Mapping[str, str] = INERT,
) -> Response:
    """The response with a file and `more` headers, or 304 if the caller has it already."""
    body = text.encode()
    accepted = headers.get(b"accept-encoding")
    hash = hash_of(body)
    tag = tag_of(hash, coding_of(body, accepted))
    about = dict(safety) | {"cache-control": CACHE, "vary": VARY, "etag": tag}
    if is_known(tag, headers.get(b"if-none-match")):
        return Response(status_code=304, headers=about)
    sent, coded = await compressed(body, accepted)
    about |= {"etag": tag_of(hash, dict(coded).get(b"content-encoding")), **more}
    about |= {name.decode(): value.decode() for name, value in coded if name != b"vary"}
    return Response(sent, headers=about, media_type=media_type)


def title_in(language: Language, insight: Any) -> str:
    dataset, by = insight["dataset"], [each["label"] for each in insight["by"]]
    return title_of(with_wave(dataset["title"], dataset["wave"]), insight["variable"]["label"], by).in_language(
        language
    )


def disposition(plain_name: str, title: str, suffix: str) -> str:
    """A Content-Disposition with a name in ASCII, and one that says what the file contains (RFC 6266)."""
    fit = " ".join(UNFIT.sub(" ", COLON.sub(" - ", title)).split())[:TITLE_LENGTH].strip(" .")
    return f"attachment; filename=\"{plain_name}.{suffix}\"; filename*=UTF-8''{quote(f'{fit}.{suffix}', safe='')}"
