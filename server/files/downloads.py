"""Serves members' exports: from one-time addresses, and to signed-in members from `/me/export.json` and `.zip`."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import IO, TypeAlias
from uuid import UUID

from cachetools import LRUCache
from graphql.language import OperationType
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from models.database import Connection, find_data_export, take_data_export
from models.identity.data_exports import DataExportFormat
from models.languages import Language
from models.messages import message
from models.viewers import Audience, Viewer
from resolvers.exporting import ExportKind
from resolvers.tokens import token_hash
from server.callers.allowances import headers as rate_headers
from server.callers.turns import Turns
from server.databases.pools import half_of
from server.databases.shares import within
from server.files.export_files import MEDIA_TYPES, SUFFIXES, write_export
from server.http import request_ids
from server.http.negotiation import HEADERS, language_for
from server.http.page_headers import PRIVATE
from server.http.problems import no_file, problem
from server.operations.endpoint import Endpoint
from server.operations.errors import (
    Code,
    RequestError,
    internal,
    overloaded,
    request_error,
    signed_out,
    timed_out,
    unavailable,
)
from server.operations.request_context import RequestContext
from server.telemetry import logs

MEMBER_ROUTE = "/me/export.{suffix}"
BY_SUFFIX = {suffix: format for format, suffix in SUFFIXES.items()}
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
RATE = "exports"  # of those without a one-time address, which is counted when it is requested
MAX_WAITING = 20  # exports in progress or waiting; further requests are refused
# What one member's exports may take at once, and each second, in hundredths of a second. Beyond that they wait, and
# nobody else's do. One is long from HEAVY on, which is 5 s.
AT_ONCE = 6_000
A_SECOND = 10
REMEMBERED = 10_000  # accounts
PIECE_BYTES = 65_536
VARY = "Accept-Language, Authorization, Cookie"

LookUp: TypeAlias = Callable[[Connection, bytes, UUID | None], Awaitable[tuple[Viewer, DataExportFormat] | None]]


class Downloads:
    """Members' exports: as many at a time as half of the view's connections, and one of each member.

    A member whose last export took long pays for it with their next one, which leaves one place to others meanwhile.
    An address is looked up before its export waits for its turn, so that strangers cannot fill the queue, and used up
    only when the turn has come: one that is refused works again.
    """

    def __init__(self, endpoint: Endpoint, kinds: Sequence[ExportKind]) -> None:
        limits = endpoint.settings.limits
        self.endpoint, self.kinds = endpoint, kinds
        self.public, self.patient = (endpoint.views[each].connections for each in (Audience.PUBLIC, Audience.PATIENT))
        self.seconds, self.wait_seconds = limits.export_seconds, limits.request_seconds
        self.turns = Turns(half_of(self.patient.size), AT_ONCE, A_SECOND)
        self.accounts: set[UUID | None] = set()  # whose exports are being written or waiting
        self.took: LRUCache[UUID | None, int] = LRUCache(REMEMBERED)  # each account's last one

    async def answer(self, request: Request) -> Response:
        """The response to a GET of an export's address."""
        return await self.answered(request, self.export, as_graph)

    async def export(self, request: Request, context: RequestContext) -> Response:
        if request.method != "GET":  # a HEAD would use up the address
            message = "The address of an export accepts GET only."
            raise request_error(405, Code.BAD_USER_INPUT, message, headers=((b"allow", b"GET"),))
        await self.endpoint.authenticate(context, context.headers.get(b"authorization"))
        token, account = request.path_params["token"], context.viewer.account
        context.viewer, _ = await self.opened(context, token, account, find_data_export)
        async with self.turn(context.viewer.account):
            viewer, format = await self.opened(context, token, account, take_data_export)
            return await self.download(context, viewer, format)

    async def answer_member(self, request: Request) -> Response:
        """The response to a GET or HEAD of the signed-in member's export."""
        return await self.answered(request, self.export_of_member, problem)

    async def export_of_member(self, request: Request, context: RequestContext) -> Response:
        """The signed-in member's export. Raises RequestError if the caller is none."""
        authorization = self.endpoint.credentials.of_link(context.headers)
        await self.endpoint.authenticate(context, authorization)
        if authorization is None:
            raise signed_out()
        viewer = context.viewer
        if viewer.member is None or viewer.session is None:
            raise request_error(403, Code.FORBIDDEN, message("Only members can export their data."))
        format = BY_SUFFIX.get(request.path_params["suffix"])
        if format is None:
            raise no_file()
        if request.method == "HEAD":  # without a length: the export would have to be made
            headers = about(format, language_for(viewer, context.headers))
            return StreamingResponse((), headers=headers, media_type=MEDIA_TYPES[format])
        async with self.turn(viewer.account):
            await self.endpoint.count_kind(context, self.patient, RATE)
            return await self.download(context, viewer, format)

    @asynccontextmanager
    async def turn(self, account: UUID | None) -> AsyncIterator[None]:
        """Waits for the account's turn, and holds it within the block.

        Raises RequestError if another export of the account is in progress, or if too many wait, or this one too long.
        """
        if account in self.accounts:
            raise unavailable(
                message("Another export of yours is in progress. Please request one again when it is done.")
            )
        if len(self.accounts) >= MAX_WAITING:
            raise overloaded()
        self.accounts.add(account)
        try:
            async with AsyncExitStack() as held:
                async with within(self.wait_seconds):
                    await held.enter_async_context(self.turns.turn(account, self.took.get(account, 0)))
                yield
        finally:
            self.accounts.discard(account)

    async def opened(
        self, context: RequestContext, token: str, account: UUID | None, look: LookUp
    ) -> tuple[Viewer, DataExportFormat]:
        """Whose data an address gives, and in which format. Raises RequestError if it is not valid.

        The token authorizes the download. An Authorization header is not needed, since a link cannot send one; if there
        is one, it must be of the same `account`. Tokens that are not valid count as those of sessions do.
        """
        address = self.endpoint.address(context)
        self.endpoint.invalid.check(address)
        found = None
        if TOKEN.fullmatch(token) and (context.authorization is None or account is not None):
            hash = token_hash(token)
            found = await self.public.run(lambda connection: look(connection, hash, account), address)
        if found is None:
            self.endpoint.invalid.count(address)
            reason = message("This address is not valid. It works once and for a few minutes: request another export.")
            raise request_error(404, Code.NOT_FOUND, reason)
        return found

    async def download(self, context: RequestContext, viewer: Viewer, format: DataExportFormat) -> Response:
        """The response with the viewer's export. Raises RequestError if that takes too long."""
        language = language_for(viewer, context.headers)
        try:
            async with asyncio.timeout(self.seconds), self.patient.snapshot(viewer) as connection:
                begun = time.monotonic()
                try:
                    file = await write_export(connection, self.kinds, viewer.member, format, language)
                finally:
                    self.took[viewer.account] = round((time.monotonic() - begun) * 100)
        except TimeoutError:
            raise timed_out("export_seconds", self.seconds) from None
        context.size = file.tell()
        return as_response(file, format, language)

    async def answered(
        self,
        request: Request,
        work: Callable[[Request, RequestContext], Awaitable[Response]],
        refused: Callable[[RequestError, Language], Response],
    ) -> Response:
        """The response of `work`, or of `refused` for its error in the language of the viewer as far as they are known.

        The log has a line of either.
        """
        context = RequestContext(request.scope, dict(request.scope["headers"]))
        context.kind = OperationType.QUERY.value
        error: RequestError | None = None
        try:
            response = await work(request, context)
            for name, value in rate_headers((context.allowances or {}).values()):
                response.headers[name.decode()] = value.decode()
        except RequestError as refusal:
            error = refusal
        except Exception as unexpected:
            error, id = internal()
            logs.fault(id, unexpected, context.id)
        if error is not None:
            response = refused(error, language_for(context.viewer, context.headers))
            context.codes = error.codes
        response.headers["vary"] = VARY
        response.headers[request_ids.HEADER.decode()] = context.id
        self.endpoint.log_operation(context, response.status_code)
        return response


def as_graph(error: RequestError, language: Language) -> Response:
    """The response for an error, in the form in which the graph gives it."""
    error = error.in_language(language)
    headers = PRIVATE | {name.decode(): value.decode() for name, value in (*error.headers, HEADERS[language])}
    return Response(error.body, error.status, headers, media_type="application/json")


def as_response(file: IO[bytes], format: DataExportFormat, language: Language) -> Response:
    """A response that streams a file as an attachment, and closes it."""
    headers = about(format, language) | {"content-length": str(file.tell())}
    file.seek(0)
    return StreamingResponse(pieces(file), headers=headers, media_type=MEDIA_TYPES[format])


def about(format: DataExportFormat, language: Language) -> dict[str, str]:
    """The headers of an export."""
    name = f"cohorte-export-{datetime.now(UTC):%Y-%m-%d}.{SUFFIXES[format]}"
    return PRIVATE | {"content-disposition": f'attachment; filename="{name}"', "content-language": language.tag}


async def pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece
    finally:
        file.close()
