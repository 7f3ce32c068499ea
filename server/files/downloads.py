"""Serves members' exports: from one-time addresses, and to signed-in members from `/me/export.json` and `.zip`."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import IO
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from models.database import take_data_export
from models.identity.data_exports import DataExportFormat
from models.languages import Language
from models.messages import message
from models.viewers import Viewer
from resolvers.exporting import ExportKind
from resolvers.tokens import token_hash
from server.callers.credentials import Credentials
from server.callers.sessions import Sessions
from server.databases.pools import ConnectionPool
from server.files.export_files import MEDIA_TYPES, SUFFIXES, write_export
from server.http.negotiation import HEADERS, language_for
from server.http.page_headers import PRIVATE
from server.http.problems import no_file, problem
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
MAX_WAITING = 20  # exports in progress; further requests are refused, and leave their address usable
PIECE_BYTES = 65_536
VARY = "Accept-Language, Authorization, Cookie"


class Downloads:
    """Members' exports: one at a time for each process, so that they hold one connection of the view at most.

    An address is looked up before its export waits for its turn: strangers cannot fill the queue.
    """

    def __init__(
        self,
        public: ConnectionPool,
        patient: ConnectionPool,
        sessions: Sessions,
        credentials: Credentials,
        kinds: Sequence[ExportKind],
        seconds: float,
    ) -> None:
        self.public = public
        self.patient = patient
        self.sessions = sessions
        self.credentials = credentials
        self.kinds = kinds
        self.seconds = seconds
        self.slot = asyncio.Semaphore(1)
        self.accounts: set[UUID | None] = set()  # whose exports are being written or waiting

    async def answer(self, request: Request) -> Response:
        """The response to a GET of an export's address."""
        return await answered(request, self.export, as_graph)

    async def export(self, request: Request, context: RequestContext) -> Response:
        if request.method != "GET":  # a HEAD would use up the address
            message = "The address of an export accepts GET only."
            raise request_error(405, Code.BAD_USER_INPUT, message, headers=((b"allow", b"GET"),))
        if len(self.accounts) >= MAX_WAITING:
            raise overloaded()
        format = await self.take(request, context)
        return await self.download(context, format)

    async def answer_member(self, request: Request) -> Response:
        """The response to a GET or HEAD of the signed-in member's export."""
        return await answered(request, self.export_of_member, problem)

    async def export_of_member(self, request: Request, context: RequestContext) -> Response:
        """The signed-in member's export. Raises RequestError if the caller is none."""
        authorization = self.credentials.of_link(context.headers)
        if authorization is None:
            raise signed_out()
        viewer = context.viewer = await self.sessions.viewer(authorization)
        if viewer.member is None or viewer.session is None:
            raise request_error(403, Code.FORBIDDEN, message("Only members can export their data."))
        format = BY_SUFFIX.get(request.path_params["suffix"])
        if format is None:
            raise no_file()
        if request.method == "HEAD":  # without a length: the export would have to be made
            headers = about(format, language_for(viewer, context.headers))
            return StreamingResponse((), headers=headers, media_type=MEDIA_TYPES[format])
        if len(self.accounts) >= MAX_WAITING:
            raise overloaded()
        return await self.download(context, format)

    async def download(self, context: RequestContext, format: DataExportFormat) -> Response:
        """The response with the viewer's export. Raises RequestError, also if another one of theirs is in progress."""
        viewer, language = context.viewer, language_for(context.viewer, context.headers)
        if viewer.account in self.accounts:
            raise unavailable(
                message("Another export of yours is in progress. Please request one again when it is done.")
            )
        self.accounts.add(viewer.account)
        try:
            file = await self.write(viewer, format, language)
        finally:
            self.accounts.discard(viewer.account)
        return as_response(file, format, language)

    async def take(self, request: Request, context: RequestContext) -> DataExportFormat:
        """Uses up the address, and makes the member whose data it gives the viewer: in which format they asked for it.

        The token authorizes the download. An Authorization header is not needed, since a link cannot send one; if there
        is one, it must be of the same account.
        """
        token = request.path_params["token"]
        authorization = request.headers.get("authorization")
        if authorization is not None:
            context.viewer = await self.sessions.viewer(authorization.encode("latin-1"))
        account, found = context.viewer.account, None
        if TOKEN.fullmatch(token) and (authorization is None or account is not None):
            hash = token_hash(token)
            found = await self.public.run(lambda connection: take_data_export(connection, hash, account))
        if found is None:
            reason = message("This address is not valid. It works once and for a few minutes: request another export.")
            raise request_error(404, Code.NOT_FOUND, reason)
        context.viewer, format = found
        return format

    async def write(self, viewer: Viewer, format: DataExportFormat, language: Language) -> IO[bytes]:
        try:
            async with asyncio.timeout(self.seconds * MAX_WAITING) as deadline, self.slot:
                deadline.reschedule(asyncio.get_running_loop().time() + self.seconds)
                async with self.patient.snapshot(viewer) as connection:
                    return await write_export(connection, self.kinds, viewer.member, format, language)
        except TimeoutError:
            raise timed_out("export_seconds", self.seconds) from None


async def answered(
    request: Request,
    work: Callable[[Request, RequestContext], Awaitable[Response]],
    refused: Callable[[RequestError, Language], Response],
) -> Response:
    """The response of `work`, or of `refused` for its error in the language of the viewer as far as they are known."""
    context = RequestContext(request.scope, dict(request.scope["headers"]))
    try:
        response = await work(request, context)
    except RequestError as error:
        response = refused(error, language_for(context.viewer, context.headers))
    except Exception as unexpected:
        fault, id = internal()
        logs.fault(id, unexpected)
        response = refused(fault, language_for(context.viewer, context.headers))
    response.headers["vary"] = VARY
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
