"""The only place for what is served beside the graph: GraphiQL, each view's SDL, and whether the server is well."""

from collections.abc import Awaitable, Callable, Mapping

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from strawberry.http.ides import get_graphql_ide_html

from models.viewers import Audience
from server.errors import Code

# The stock page asks the address that it is at itself.
STOCK_ADDRESS = 'window.location.href.split("?")[0]'
ADDRESS = 'new URL("/graphql", window.location.href).toString()'
# It would write a token into the address bar and keep it in the browser.
STOCK_KEEPING = "shouldPersistHeaders: true"
KEEPING = "shouldPersistHeaders: false"


def routes(sdl: Mapping[Audience, str], is_ready: Callable[[], Awaitable[bool]]) -> list[Route]:
    """The pages; `sdl` is each view's SDL, which is public: it is the promise."""
    page = graphiql()
    promises = {f"{audience.view}.graphql": text for audience, text in sdl.items()}

    async def show_graphiql(request: Request) -> Response:
        return HTMLResponse(page, headers={"referrer-policy": "no-referrer", "x-frame-options": "DENY"})

    async def show_sdl(request: Request) -> Response:
        text = promises.get(request.path_params["name"])
        return not_found() if text is None else PlainTextResponse(text)

    async def say_alive(request: Request) -> Response:
        return answer(200, {"alive": True})

    async def say_ready(request: Request) -> Response:
        ready = await is_ready()
        return answer(200 if ready else 503, {"ready": ready})

    return [
        Route("/graphiql", show_graphiql),
        Route("/schema/{name}", show_sdl),
        Route("/healthz", say_alive),
        Route("/readyz", say_ready),
    ]


def graphiql() -> str:
    """Strawberry's page, asking /graphql; a token goes into its headers editor."""
    page = get_graphql_ide_html("graphiql")
    for stock, ours in ((STOCK_ADDRESS, ADDRESS), (STOCK_KEEPING, KEEPING)):
        if stock not in page:
            raise RuntimeError("strawberry's GraphiQL page has changed: see server/pages.py")
        page = page.replace(stock, ours)
    return page


async def say_not_found(request: Request, error: Exception) -> Response:
    return not_found()


async def say_not_allowed(request: Request, error: Exception) -> Response:
    told = {"message": "Use GET for this page.", "extensions": {"code": Code.BAD_USER_INPUT}}
    return answer(405, {"errors": [told]}, {"allow": "GET, HEAD"})


def not_found() -> Response:
    message = "Not found. The API is at /graphql, and GraphiQL at /graphiql."
    return answer(404, {"errors": [{"message": message, "extensions": {"code": Code.BAD_USER_INPUT}}]})


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    more = {"cache-control": "no-store"} | dict(headers or {})
    return Response(orjson.dumps(body), status, more, media_type="application/json")
