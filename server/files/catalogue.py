"""The catalogue's route. What writes its files is loaded by the first request: rdflib takes memory in each process."""

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from server.files.file_making import FileMaking
from server.operations.endpoint import Endpoint

if TYPE_CHECKING:
    from server.files.catalogue_files import CatalogueFiles

ROUTE = "/catalogue.{name}"


class LazyCatalogue:
    """Serves the catalogue's files, as CatalogueFiles does."""

    def __init__(self, endpoint: Endpoint, making: FileMaking) -> None:
        self.endpoint, self.making = endpoint, making
        self.files: CatalogueFiles | None = None

    async def answer(self, request: Request) -> Response:
        if self.files is None:
            loaded = await asyncio.to_thread(self.load)
            self.files = self.files or loaded  # another request may have been as early
        return await self.files.answer(request)

    def load(self) -> "CatalogueFiles":
        from server.files.catalogue_files import CatalogueFiles

        return CatalogueFiles(self.endpoint, self.making)
