"""Reads and plans the trusted documents of each view when the server starts."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from models.security.kept_tables import kept_tables
from models.security.read_rules import open_tables
from models.viewers import Audience, Viewer
from planner.cursors import Cursors
from planner.operations import Planner
from planner.shapes import plan_ahead
from schema.build import View
from server.files.file_documents import OWN
from server.http.origins import is_own
from server.operations.documents import Document, Documents
from server.operations.errors import RequestError, document_not_found, document_not_trusted
from server.operations.manifests import Manifest, ManifestFault, read_manifests
from server.operations.requests import GraphQLParams
from server.telemetry import logs
from server.telemetry.digests import Digests
from settings import Settings, variable

PLANNING_SECONDS = 20.0  # at start; what is not planned by then is planned when it is requested


def documents_of_views(
    views: Mapping[Audience, View], settings: Settings, digests: Digests, cursors: Cursors | None = None
) -> dict[Audience, Documents]:
    """The documents of each view, with its trusted ones.

    Raises ManifestFault with everything that is wrong with the manifests: a document that is not valid in its view, or
    exceeds a limit, would fail for each client that sends it.
    """
    manifests = {} if settings.manifests is None else read_manifests(settings.manifests)
    found: dict[Audience, Documents] = {}
    faults: list[str] = []
    for audience, view in views.items():
        documents = found[audience] = Documents(
            Planner(
                view._schema,
                audience,
                open_tables(audience),
                settings.limits.answer_bytes,
                kept_tables(audience),
                cursors,
            ),
            audience,
            settings.limits,
            introspection=settings.demo or audience is not Audience.PUBLIC,
            most_cost=settings.most_cost(audience.view),
            digests=digests,
            profile=settings.documents(audience.view),
        )
        manifest = manifests.get(audience)
        if documents.restricted:
            trust_own(documents)
        if manifest is not None:
            faults += trust(documents, manifest)
        elif documents.restricted:
            name = variable(f"documents_{audience.view}")
            faults.append(f"{name} is not open, and there is no folder {audience.view} in {variable('manifests')}.")
    if faults:
        raise ManifestFault(faults)
    return found


def trust_own(documents: Documents) -> None:
    """Adds the queries of files that the view has the fields of."""
    for text in OWN:
        with suppress(RequestError):
            documents.trust(text)


def trust(documents: Documents, manifest: Manifest) -> list[str]:
    """Adds a manifest's documents to those of its view. Returns what is wrong, a line for each fault."""
    faults = []
    ids = {text: id for id, text in reversed(manifest.ids.items())}
    for text, place in manifest.places.items():
        try:
            documents.trust(text)
        except RequestError as refused:
            faults += [f"{place}: {ids[text]!r}{at(error)}: {error['message']}" for error in refused.errors]
    documents.trusted_ids = manifest.ids
    return faults


def at(error: Mapping[str, Any]) -> str:
    """Where in the document an error is, as ` line 1 column 2`."""
    place = next(iter(error.get("locations", ())), None)
    return "" if place is None else f" line {place['line']} column {place['column']}"


def plan_trusted(
    views: Mapping[Audience, Documents], seconds: float = PLANNING_SECONDS, clock: Callable[[], float] = time.monotonic
) -> int:
    """Plans the trusted documents of all views, for as long as `seconds`. Returns how many operations are planned."""
    ends, planned = clock() + seconds, 0
    for documents in views.values():
        for document in documents.trusted.values():
            for operation in {id(each): each for each in document.operations.values()}.values():
                if clock() >= ends:
                    return planned
                try:
                    plan_ahead(operation)
                except Exception as error:  # it is planned when it is requested, and fails then for this caller alone
                    logs.fault("planning", error)
                planned += 1
    return planned


def admitted(
    documents: Documents, params: GraphQLParams, viewer: Viewer, headers: Mapping[bytes, bytes]
) -> Document | None:
    """The trusted document that is requested by its id or its text; None for another text, from an explorer.

    Call it for a request with an id, and for every request to a restricted view. Sets the text of `params` if it has an
    id. Raises NotAdmitted.
    """
    if params.document_id is not None:
        text = documents.trusted_ids.get(params.document_id)
        if text is None:
            raise document_not_found(documents.audience)
        params.query = text
        return documents.trusted[text]
    trusted = documents.trusted.get(params.query)
    if trusted is None and not (documents.explorable and is_explorer(viewer, headers)):
        raise document_not_trusted()
    return trusted


def is_explorer(viewer: Viewer, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request is that of a person with an account who uses a page of this server, such as GraphiQL.

    Browsers say truthfully which page sends a request, other programs need not: this keeps programs from relying on
    texts by accident, and an account answers for the rest.
    """
    return viewer.account is not None and sent_by_own_page(headers)


def sent_by_own_page(headers: Mapping[bytes, bytes]) -> bool:
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
    if site is not None and site != b"same-origin":
        return False
    return site is not None if origin is None else is_own(origin, headers.get(b"host", b""))
