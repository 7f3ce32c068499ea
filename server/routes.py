"""Serves the routes other than the graph's own: GraphiQL, each view's SDL, the schema of exports, health checks."""

from collections.abc import Awaitable, Callable, Mapping

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from strawberry.http.ides import get_graphql_ide_html

from models.viewers import Audience
from resolvers.exporting import ADDRESS as ADDRESS_OF_SCHEMA
from server.errors import Code

# Strawberry's page sends requests to its own address.
STOCK_ADDRESS = 'window.location.href.split("?")[0]'
ADDRESS = 'new URL("/graphql", window.location.href).toString()'
# It would put a token into the address bar and store it in the browser.
STOCK_PERSISTENCE = "shouldPersistHeaders: true"
PERSISTENCE = "shouldPersistHeaders: false"


def routes(
    sdl: Mapping[Audience, str], export_schema: str, is_ready: Callable[[], Awaitable[bool]], *more: Route
) -> list[Route]:
    """The routes, with `more`; each view's SDL and the JSON Schema of exports are public."""
    page = graphiql()
    files = {f"{audience.view}.graphql": text for audience, text in sdl.items()}

    async def show_graphiql(request: Request) -> Response:
        return HTMLResponse(page, headers={"referrer-policy": "no-referrer", "x-frame-options": "DENY"})

    async def show_sdl(request: Request) -> Response:
        text = files.get(request.path_params["name"])
        return not_found() if text is None else PlainTextResponse(text)

    async def show_export_schema(request: Request) -> Response:
        return Response(export_schema, media_type="application/schema+json")

    async def show_liveness(request: Request) -> Response:
        return answer(200, {"alive": True})

    async def show_readiness(request: Request) -> Response:
        ready = await is_ready()
        return answer(200 if ready else 503, {"ready": ready})

    return [
        Route("/graphiql", show_graphiql),
        Route(ADDRESS_OF_SCHEMA, show_export_schema),
        Route("/schema/{name}", show_sdl),
        Route("/healthz", show_liveness),
        Route("/readyz", show_readiness),
        *more,
    ]


def graphiql() -> str:
    """The HTML of Strawberry's GraphiQL, pointed at /graphql. Raises RuntimeError if its template has changed."""
    page = get_graphql_ide_html("graphiql")
    for stock, ours in ((STOCK_ADDRESS, ADDRESS), (STOCK_PERSISTENCE, PERSISTENCE)):
        if stock not in page:
            raise RuntimeError("strawberry's GraphiQL page has changed: see server/routes.py")
        page = page.replace(stock, ours)
    return page


async def handle_not_found(request: Request, error: Exception) -> Response:
    return not_found()


async def handle_method_not_allowed(request: Request, error: Exception) -> Response:
    entry = {"message": "This page accepts GET only.", "extensions": {"code": Code.BAD_USER_INPUT}}
    return answer(405, {"errors": [entry]}, {"allow": "GET, HEAD"})


def not_found() -> Response:
    message = "Not found. The GraphQL endpoint is /graphql; GraphiQL is at /graphiql."
    return answer(404, {"errors": [{"message": message, "extensions": {"code": Code.BAD_USER_INPUT}}]})


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response that is not cached."""
    more = {"cache-control": "no-store"} | dict(headers or {})
    return Response(orjson.dumps(body), status, more, media_type="application/json")
