"""Serves the catalogue of datasets in HealthDCAT-AP to everybody, in pages: `/catalogue.ttl` and `.jsonld`."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import orjson
from cachetools import LRUCache
from rdflib import RDF, Graph, Namespace, URIRef
from starlette.requests import Request
from starlette.responses import Response

from models.languages import Language
from server.files.catalogue_graph import PREFIXES, Holder, graph_of
from server.files.file_documents import CATALOGUE
from server.files.file_making import FileMaking
from server.files.insight_files import Files, as_file
from server.http.problems import no_file
from server.operations.endpoint import Endpoint
from server.operations.request_context import RequestContext

PAGE = 10  # datasets: a stranger may have so many by the default cost, and their graph is written within a second
FORMATS = {"ttl": ("turtle", "text/turtle; charset=utf-8"), "jsonld": ("json-ld", "application/ld+json")}
KEPT_BYTES = 32_000_000  # of datasets' graphs as they were written
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
CONTEXT = {name: str(iri) for name, iri in {**PREFIXES, "hydra": HYDRA}.items()}


class CatalogueFiles(Files):
    """The pages of the catalogue. A dataset is written again only if its description has changed."""

    def __init__(self, endpoint: Endpoint, making: FileMaking) -> None:
        super().__init__(endpoint, making)
        self.holder = Holder.of(endpoint.settings)
        self.written: LRUCache[bytes, str] = LRUCache(KEPT_BYTES, getsizeof=len)

    async def file(self, context: RequestContext, name: str) -> Response:
        """The page of the catalogue after the cursor in the request's query. Raises RequestError."""
        if name not in FORMATS:
            raise no_file()
        after = Request(context.scope).query_params.get("after")
        texts = {
            language: (await self.data(context, CATALOGUE, self.variables(after, language)))["datasets"]
            for language in Language
        }
        format, media_type = FORMATS[name]
        first, *_ = texts.values()
        next_page = self.address(name, first["pageInfo"]["endCursor"]) if first["pageInfo"]["hasNextPage"] else None
        parts = [await self.part(context, each, format) for each in datasets_in(texts)]
        parts.append(written(page_of(self.address(name, after), next_page), format))
        more = {} if next_page is None else {"link": f'<{next_page}>; rel="next"'}
        return await as_file(joined(parts, format), media_type, more, context.headers)

    def variables(self, after: str | None, language: Language) -> dict[str, Any]:
        return {"first": PAGE, "after": after, "language": language.value}

    def address(self, name: str, after: str | None) -> str:
        return f"{self.holder.base}/catalogue.{name}" + ("" if after is None else f"?after={quote(after, safe='')}")

    async def part(self, context: RequestContext, dataset: Mapping[Language, Any], format: str) -> str:
        """The graph of one dataset as it was written, or is now. Raises RequestError if too many files are made."""
        given = [format, *([language.value, each] for language, each in dataset.items())]
        key = sha256(orjson.dumps(given)).digest()
        made: str | None = self.written.get(key)
        if made is None:
            made = await self.making.run(
                self.endpoint.caller(context),
                lambda: written(graph_of(dataset, self.holder), format),
                lambda: self.written.get(key),  # others may want the same
            )
            if len(made) <= KEPT_BYTES:
                self.written[key] = made
        return made


def datasets_in(texts: Mapping[Language, Any]) -> list[dict[Language, Any]]:
    """The datasets of a page in every language; one that was frozen between the queries is on the next request's."""
    by_id = {language: {each["id"]: each for each in page["nodes"]} for language, page in texts.items()}
    first, *others = by_id.values()
    found = [id for id in first if all(id in other for other in others)]
    return [{language: each[id] for language, each in by_id.items()} for id in found]


def page_of(address: str, next_page: str | None) -> Graph:
    """What a page says of itself: where the next one is."""
    graph = Graph(bind_namespaces="none")
    graph.bind("hydra", HYDRA)
    graph.add((URIRef(address), RDF.type, HYDRA.PartialCollectionView))
    if next_page is not None:
        graph.add((URIRef(address), HYDRA.next, URIRef(next_page)))
    return graph


def written(graph: Graph, format: str) -> str:
    """A graph as a part of a file: in Turtle, which may repeat its prefixes, or as the nodes of JSON-LD."""
    if format == "turtle":
        return graph.serialize(format=format)
    found = orjson.loads(graph.serialize(format=format, context=CONTEXT, sort_keys=True))
    nodes = found.get("@graph") or [{key: value for key, value in found.items() if key != "@context"}]
    return ",".join(orjson.dumps(each).decode() for each in nodes)


def joined(parts: Sequence[str], format: str) -> str:
    """A whole file of parts."""
    if format == "turtle":
        return "".join(parts)
    return f'{{"@context":{orjson.dumps(CONTEXT).decode()},"@graph":[{",".join(parts)}]}}'
