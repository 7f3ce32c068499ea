"""Serves the codebooks of datasets: `/codebooks/ID.html` and `/codebooks/ID.csv`, for everybody."""

import re
from functools import partial
from hashlib import sha256

from cachetools import LRUCache
from starlette.responses import Response

from resolvers.insight.cubes import with_wave
from server.files.codebooks import HEADERS, codebook_csv, codebook_html
from server.files.file_documents import CODEBOOK
from server.files.file_making import FileMaking
from server.files.insight_files import CSV, Files, as_file, disposition, spoken
from server.http.problems import no_file
from server.operations.endpoint import Endpoint
from server.operations.request_context import RequestContext

CODEBOOKS = "/codebooks/{name}"
NAME = re.compile(r"(dst_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(csv|html)")
HTML = "text/html; charset=utf-8"
KEPT_BYTES = 16_000_000  # of codebooks as they were written


class Codebooks(Files):
    """The codebooks of datasets, in the language of the request. One is written again only if its dataset changes."""

    def __init__(self, endpoint: Endpoint, making: FileMaking) -> None:
        super().__init__(endpoint, making)
        # With the title of the dataset.
        self.written: LRUCache[bytes, tuple[str, str]] = LRUCache(KEPT_BYTES, getsizeof=lambda kept: len(kept[0]))

    async def file(self, context: RequestContext, name: str) -> Response:
        """The codebook. Raises RequestError."""
        found = NAME.fullmatch(name)
        if found is None:
            raise no_file()
        id, suffix = found.groups()
        text, title = await self.codebook(context, id, suffix)
        if suffix == "html":
            return await as_file(text, HTML, spoken(context), context.headers, HEADERS)
        named = spoken(context) | {"content-disposition": disposition(f"codebook-{id[4:]}", title, suffix)}
        return await as_file(text, CSV, named, context.headers)

    async def codebook(self, context: RequestContext, id: str, suffix: str) -> tuple[str, str]:
        """The codebook as it was written, or is now, and the title of its dataset. Raises RequestError."""
        answer = await self.result(context, CODEBOOK, {"id": id})
        language = context.viewer.reads_in
        key = sha256(f"{suffix} {language.tag} ".encode() + answer).digest()
        known: tuple[str, str] | None = self.written.get(key)
        if known is not None:
            return known
        dataset = (await self.read(context, answer))["dataset"]
        if dataset is None:
            raise no_file()
        write = partial(codebook_html, dataset, language) if suffix == "html" else partial(codebook_csv, dataset)
        text = await self.making.run(self.endpoint.caller(context), write)
        made = text, with_wave(dataset["title"], dataset["wave"])
        if len(text) <= KEPT_BYTES:
            self.written[key] = made
        return made
