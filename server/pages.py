"""Serves the pages for browsers, which `commands.web` builds from web/: each page's HTML, and the assets that it loads.

An asset's name has the hash of its content, so browsers store it for ever. It was compressed when it was built.
"""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from server.compression import coding
from server.demonstration_accounts import NAMES, PASSWORD, addresses
from server.page_headers import ASSET, PAGE
from server.routes import not_found, text

NAMED = ("graphiql",)  # each is an HTML file, at an address of its name
ASSETS = "assets"
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable", "vary": "Accept-Encoding"}
SUFFIXES = {b"br": ".br", b"gzip": ".gz"}  # of the files that are an asset in a coding, which we prefer in this order
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".ttf": "font/ttf"}
PLACE = 'data-demonstration=""'


async def explain(request: Request) -> Response:
    return not_found("This server has no pages: `make pages` builds them, and COHORTE_WEB=1 serves them.")


UNBUILT = Route(f"/{NAMED[0]}", explain)  # to which the endpoint sends browsers


class NotBuilt(Exception):
    """The folder of built pages is missing, or lacks a page."""


@dataclass(frozen=True)
class Pages:
    """The HTML of each page and the file of each asset, by their names."""

    documents: Mapping[str, str]
    assets: Mapping[str, Path]

    def routes(self) -> list[Route]:
        return [*(self.route_of(name) for name in self.documents), Route(f"/{ASSETS}/{{name}}", self.send_asset)]

    def route_of(self, name: str) -> Route:
        async def show(request: Request) -> Response:
            return await text(request, self.documents[name], "text/html", PAGE)

        return Route(f"/{name}", show)

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


def read_pages(folder: Path, *, demonstration: bool) -> Pages:
    """The pages that were built into `folder`, with the accounts of a demonstration. Raises NotBuilt."""
    try:
        documents = {name: (folder / f"{name}.html").read_text(encoding="utf-8") for name in NAMED}
        files = list((folder / ASSETS).iterdir())
    except FileNotFoundError as missing:
        raise NotBuilt from missing
    if demonstration:
        documents = {name: with_accounts(document) for name, document in documents.items()}
    return Pages(documents, {path.name: path for path in files if path.suffix not in SUFFIXES.values()})


def with_accounts(document: str) -> str:
    """A page that knows the demonstration's accounts, whose password is public."""
    accounts = {audience.name: addresses(audience) for audience in NAMES}
    known = orjson.dumps({"password": PASSWORD, "accounts": accounts}).decode()
    return document.replace(PLACE, f'data-demonstration="{html.escape(known)}"')
