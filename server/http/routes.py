"""Serves the routes that are neither the graph nor a page: each view's SDL, the schema of exports, health checks."""

from collections.abc import Awaitable, Callable, Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from models.viewers import Audience
from resolvers.exporting import ADDRESS
from server.http.compression import constant
from server.http.page_headers import INERT, PRIVATE
from server.operations.errors import Code


def routes(
    sdl: Mapping[Audience, str], export_schema: str, is_ready: Callable[[], Awaitable[bool]], *more: Route
) -> list[Route]:
    """The routes, with `more`; each view's SDL and the JSON Schema of exports are public."""
    files = {f"{audience.view}.graphql": text for audience, text in sdl.items()}

    async def show_sdl(request: Request) -> Response:
        found = files.get(request.path_params["name"])
        return not_found() if found is None else await text(request, found, "text/plain", INERT)

    async def show_export_schema(request: Request) -> Response:
        return await text(request, export_schema, "application/schema+json", INERT)

    async def show_liveness(request: Request) -> Response:
        return answer(200, {"alive": True})

    async def show_readiness(request: Request) -> Response:
        ready = await is_ready()
        return answer(200 if ready else 503, {"ready": ready})

    return [
        Route(ADDRESS, show_export_schema),
        Route("/schema/{name}", show_sdl),
        Route("/healthz", show_liveness),
        Route("/readyz", show_readiness),
        *more,
    ]


async def text(request: Request, body: str, media_type: str, headers: Mapping[str, str]) -> Response:
    """A response that is the same for everybody, compressed if the client accepts it."""
    accepted = request.headers.get("accept-encoding", "").encode("latin-1")
    sent, more = await constant(body, accepted)
    about = dict(headers) | {name.decode(): value.decode() for name, value in more}
    return Response(sent, headers=about, media_type=media_type)


async def handle_not_found(request: Request, error: Exception) -> Response:
    return not_found()


async def handle_method_not_allowed(request: Request, error: Exception) -> Response:
    entry = {"message": "This page accepts GET only.", "extensions": {"code": Code.BAD_USER_INPUT}}
    return answer(405, {"errors": [entry]}, {"allow": "GET, HEAD"})


NOT_FOUND = "Not found. The GraphQL endpoint is /graphql; GraphiQL is at /graphiql."


def not_found(message: str = NOT_FOUND) -> Response:
    return answer(404, {"errors": [{"message": message, "extensions": {"code": Code.BAD_USER_INPUT}}]})


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response that is not cached."""
    more = PRIVATE | dict(headers or {})
    return Response(orjson.dumps(body), status, more, media_type="application/json")
