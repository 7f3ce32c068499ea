"""Serves the pages for browsers, which `commands.web` builds from web/: each page's HTML, and the assets that it loads.

An asset's name has the hash of its content, so browsers store it for ever. It was compressed when it was built.
"""

import html
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from server.demonstration_accounts import NAMES, PASSWORD, addresses
from server.http.compression import coding
from server.http.page_headers import ASSET, PAGE
from server.http.routes import not_found, text

NAMED = ("graphiql",)  # each is an HTML file, at an address of its name
APPLICATION = "index"  # the HTML file of all other pages: its own script shows the one of the address
ADDRESSES = "addresses.json"  # of the application's pages, such as `/ledger/:id`: the build takes them from its routes
ASSETS = "assets"
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable", "vary": "Accept-Encoding"}
SUFFIXES = {b"br": ".br", b"gzip": ".gz"}  # of the files that are an asset in a coding, which we prefer in this order
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".ttf": "font/ttf"}
PLACE = 'data-demonstration=""'
BANNER, SHOWN = ('<aside id="sandbox" aria-label="Sandbox · Bac à sable"' + end for end in (" hidden>", ">"))


async def explain(request: Request) -> Response:
    return not_found("This server has no pages: `make pages` builds them, and COHORTE_WEB=1 serves them.")


UNBUILT = Route(f"/{NAMED[0]}", explain)  # to which the endpoint sends browsers


class NotBuilt(Exception):
    """The folder of built pages is missing, or lacks a page."""


@dataclass(frozen=True)
class Pages:
    """The HTML of each page and the file of each asset, by their names; the addresses of the application's pages."""

    documents: dict[str, str]
    assets: Mapping[str, Path]
    addresses: Sequence[str]

    def routes(self) -> list[Route]:
        return [
            *(Route(f"/{name}", self.page_of(name)) for name in NAMED),
            Route("/", self.answer_root),
            *(Route(each + end, self.page_of(APPLICATION)) for each in self.addresses for end in ("", "/")),
            Route(f"/{ASSETS}/{{name}}", self.send_asset),
        ]

    def show_sandbox(self) -> None:
        """Has each page say that all data are synthetic."""
        self.documents.update({name: each.replace(BANNER, SHOWN) for name, each in self.documents.items()})

    def page_of(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        async def show(request: Request) -> Response:
            return await text(request, self.documents[name], "text/html", PAGE)

        return show

    async def answer_root(self, request: Request) -> Response:
        """The application, for browsers; for other clients, where the endpoint is."""
        found = await self.page_of(APPLICATION)(request) if shows_pages(request) else not_found()
        found.headers.append("vary", "Accept")
        return found

    async def answer_not_found(self, request: Request, error: Exception) -> Response:
        """What has no route: for browsers, the application says so."""
        if not shows_pages(request):
            return not_found()
        page = await self.page_of(APPLICATION)(request)
        page.status_code = 404
        return page

    async def send_asset(self, request: Request) -> Response:
        """An asset, in the coding that the client prefers of those in which it was built."""
        path = self.assets.get(request.path_params["name"])
        if path is None:
            return not_found()
        headers, file = ASSET | FOR_EVER, path
        name = coding(request.headers.get("accept-encoding", "").encode("latin-1"), tuple(SUFFIXES))
        if name is not None:
            made = path.with_name(path.name + SUFFIXES[name])
            if made.exists():
                headers, file = headers | {"content-encoding": name.decode()}, made
        return FileResponse(file, headers=headers, media_type=TYPES.get(path.suffix, "application/octet-stream"))


def shows_pages(request: Request) -> bool:
    """Whether the client is a browser that shows the response as a page."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")


def read_pages(folder: Path, *, demonstration: bool) -> Pages:
    """The pages that were built into `folder`, with the accounts of a demonstration. Raises NotBuilt."""
    try:
        documents = {name: (folder / f"{name}.html").read_text(encoding="utf-8") for name in (*NAMED, APPLICATION)}
        files = list((folder / ASSETS).iterdir())
        addresses = orjson.loads((folder / ADDRESSES).read_bytes())
    except FileNotFoundError as missing:
        raise NotBuilt from missing
    if demonstration:
        documents = {name: with_accounts(document) for name, document in documents.items()}
    assets = {path.name: path for path in files if path.suffix not in SUFFIXES.values()}
    return Pages(documents, assets, [re.sub(r":(\w+)", r"{\1}", each) for each in addresses if each != "/"])


def with_accounts(document: str) -> str:
    """A page that knows the demonstration's accounts, whose password is public."""
    accounts = {audience.name: addresses(audience) for audience in NAMES}
    known = orjson.dumps({"password": PASSWORD, "accounts": accounts}).decode()
    return document.replace(PLACE, f'data-demonstration="{html.escape(known)}"')
