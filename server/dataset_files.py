"""Serves the codebooks of datasets: `/codebooks/ID.html` and `/codebooks/ID.csv`, for everybody."""

import asyncio
import re

from starlette.responses import Response

from resolvers.insight.cubes import with_wave
from server.codebooks import HEADERS, codebook_csv, codebook_html
from server.endpoint import RequestContext
from server.file_documents import CODEBOOK
from server.insight_files import CSV, Files, as_file, disposition, spoken
from server.problems import no_file

CODEBOOKS = "/codebooks/{name}"
NAME = re.compile(r"(dst_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(csv|html)")
HTML = "text/html; charset=utf-8"


class Codebooks(Files):
    """The codebooks of datasets, in the language of the request."""

    async def file(self, context: RequestContext, name: str) -> Response:
        """The codebook. Raises RequestError."""
        found = NAME.fullmatch(name)
        if found is None:
            raise no_file()
        id, suffix = found.groups()
        dataset = (await self.data(context, CODEBOOK, {"id": id}))["dataset"]
        if dataset is None:
            raise no_file()
        if suffix == "html":
            page = await asyncio.to_thread(codebook_html, dataset, context.viewer.reads_in)
            return await as_file(page, HTML, spoken(context), context.headers, HEADERS)
        title = with_wave(dataset["title"], dataset["wave"])
        named = spoken(context) | {"content-disposition": disposition(f"codebook-{id[4:]}", title, suffix)}
        return await as_file(await asyncio.to_thread(codebook_csv, dataset), CSV, named, context.headers)
