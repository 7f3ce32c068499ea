"""Trusted documents: by id over every transport, in every view and profile, and nothing else where a view says so."""

import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
import pytest_asyncio

from app import Cohorte, create_app
from models.viewers import ANYBODY as ANYONE
from models.viewers import Audience, Viewer
from server.operations import documents as server_documents
from server.operations.manifests import ManifestFault
from server.operations.trusted_documents import is_explorer, plan_trusted
from settings import Limits, Settings
from tests.server.test_planning import stop_clock
from tests.support import subscribers
from tests.support.client import ANYBODY, MADE_ONCE, SIGN_IN, Ask, Caller, serving

HOME = "query Home($first: Int = 2) {\n  communities(first: $first) { nodes { name } }\n}\n"
OTHER = "query Other { communities(first: 1) { nodes { slug } } }"
SIGN_OUT = "mutation Out { signOut { userErrors { code } } }"
COSTLY = "query Costly($n: Int!) { communities(first: $n) { nodes { treatments(first: $n) { nodes { id } } } } }"
TWO = "query One { communities { nodes { name } } } query Two { communities { nodes { slug } } }"
ADDED = {
    "patient": "subscription Added { notificationAdded { kind } }",
    "buyer": "subscription Added { insightPublished { id } }",
    "manager": "subscription Added { flagRaised { reason } }",
}
ID = UUID(int=1)
VIEWS = ("public", "patient", "buyer", "manager")
PROFILES = ("open", "trusted", "trusted+graphiql")
TRANSPORTS = ("post", "get", "events", "socket")
NOT_FOUND, NOT_TRUSTED = "PERSISTED_QUERY_NOT_FOUND", "QUERY_NOT_IN_SAFELIST"


def sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def manifest_of(view: str) -> dict[str, str]:
    """A client's manifest in Relay's format, with ids of its own."""
    texts = {"home-1": HOME, "costly": COSTLY, "two": TWO}
    if view == "public":
        return texts | {"sign-in": SIGN_IN}
    return texts | {"sign-out": SIGN_OUT, "added": ADDED[view]}


def written(folder: Path, manifests: Mapping[str, Any] | None = None) -> Path:
    """A folder of manifests: one client's for each view, or those of `manifests` by path."""
    for path, content in (manifests or {f"{view}/web.json": manifest_of(view) for view in VIEWS}).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return folder


def profiles(profile: str) -> dict[str, Any]:
    """The settings that give each view this profile; nobody explores the public view."""
    return {f"documents_{view}": profile for view in VIEWS} | (
        {"documents_public": "trusted"} if profile == "trusted+graphiql" else {}
    )


@pytest_asyncio.fixture(scope="module", params=PROFILES)
async def served(
    request: pytest.FixtureRequest, dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[str, Ask, dict[str, Caller]]]:
    """Yields a server with trusted documents, its profile, and a caller of each view."""
    folder = written(tmp_path_factory.mktemp("manifests"))
    async with serving(dsn, manifests=folder, **profiles(request.param)) as ask:
        names = {"patient": "patient", "buyer": "laboratory", "manager": "manager"}
        callers = {"public": ANYBODY} | {view: await ask.sign_in(name) for view, name in names.items()}
        yield request.param, ask, callers


async def send(ask: Ask, who: Caller, transport: str, params: Mapping[str, Any], **headers: str) -> dict[str, Any]:
    """The response to a request with these parameters, over a transport."""
    headers = who.headers | headers
    if transport == "post":
        return dict((await ask.http.post("/graphql", json=params, headers=headers)).json())
    if transport == "get":
        encoded = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
        headers |= {"graphql-require-preflight": "1"}
        return dict((await ask.http.get("/graphql", params=encoded, headers=headers)).json())
    if transport == "events":
        headers |= {"accept": "text/event-stream"}
        async with ask.http.stream("POST", "/graphql", json=params, headers=headers) as response:
            if not response.headers["content-type"].startswith(
                "text/event-stream"
            ):  # not well-formed GraphQL over HTTP
                return dict(json.loads(await response.aread()))
            event, found = await subscribers.EventStream(response, subscribers.lines_of(response)).receive()
        assert event == "next"
        return dict(found)
    async with subscribers.socket(ask, who, additional_headers=headers) as socket:
        await socket.send("subscribe", id="1", payload=params)
        message = await socket.receive()
    return {"errors": message["payload"]} if message["type"] == "error" else dict(message["payload"])


def codes(answer: dict[str, Any]) -> list[str]:
    assert set(answer) == {"errors"}
    return [error["extensions"]["code"] for error in answer["errors"]]


def persisted(id: str) -> dict[str, Any]:
    """What Apollo's clients send."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": id}}}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("view", VIEWS)
async def test_a_document_of_the_manifest_is_answered_in_every_profile(
    served: tuple[str, Ask, dict[str, Caller]], view: str, transport: str
) -> None:
    _, ask, callers = served
    wanted = await send(ask, callers[view], transport, {"query": HOME})  # its text is trusted too
    assert len(wanted["data"]["communities"]["nodes"]) == 2
    for id in ("home-1", sha256(HOME), sha256(HOME).partition(":")[2]):
        assert await send(ask, callers[view], transport, {"documentId": id}) == wanted
        assert await send(ask, callers[view], transport, persisted(id)) == wanted
    assert await send(ask, callers[view], transport, {"documentId": "home-1"} | persisted("home-1")) == wanted
    assert await send(ask, callers[view], transport, {"documentId": "home-1", "operationName": "Home"}) == wanted
    one = await send(ask, callers[view], transport, {"documentId": "home-1", "variables": {"first": 1}})
    assert one["data"]["communities"]["nodes"] == wanted["data"]["communities"]["nodes"][:1]
    for name, selected in (("One", "name"), ("Two", "slug")):
        answer = await send(ask, callers[view], transport, {"documentId": "two", "operationName": name})
        assert set(answer["data"]["communities"]["nodes"][0]) == {selected}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("view", VIEWS)
async def test_another_text_is_answered_as_the_profile_says(
    served: tuple[str, Ask, dict[str, Caller]], view: str, transport: str
) -> None:
    profile, ask, callers = served
    if transport == "get":
        pages = [{"sec-fetch-site": "same-origin"}]
    else:
        pages = [{"origin": str(ask.http.base_url).rstrip("/")}]
    pages.append(pages[0] | {"sec-fetch-site": "same-origin"})
    foreign: list[dict[str, str]] = [{}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "none"}]
    if transport != "socket":  # which refuses other origins altogether
        foreign += [{"origin": "https://elsewhere.example"}, {"origin": "null"}, {"origin": "http://["}]
        foreign.append(pages[0] | {"origin": "https://elsewhere.example"})
    introspection = "{ __schema { queryType { name } } }"
    # Who explores is decided by the headers, whatever the text.
    asked = [
        (text, headers) for text in (HOME + " ", HOME.strip(), introspection) for headers in (pages[0], foreign[0])
    ]
    for text, headers in [*asked, *((OTHER, headers) for headers in [*pages, *foreign])]:
        explores = profile == "trusted+graphiql" and view != "public" and headers in pages
        answer = await send(ask, callers[view], transport, {"query": text}, **headers)
        if profile == "open" or explores:
            assert "data" in answer
        else:
            assert codes(answer) == [NOT_TRUSTED], (text, headers)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("view", VIEWS)
async def test_an_unknown_id_is_not_found_and_not_repeated(
    served: tuple[str, Ask, dict[str, Caller]], view: str, transport: str
) -> None:
    _, ask, callers = served
    upper = sha256(HOME).upper()
    for id in ("secret", sha256(OTHER), upper, sha256(HOME)[:-1], "md5:" + "0" * 32, " home-1", "x" * 10_000):
        answer = await send(ask, callers[view], transport, {"documentId": id})
        assert codes(answer) == [NOT_FOUND]
        assert id not in json.dumps(answer)
    assert codes(await send(ask, callers[view], transport, persisted("secret"))) == [NOT_FOUND]
    other = "added" if view == "public" else "sign-in"  # a document of other views alone
    assert codes(await send(ask, callers[view], transport, {"documentId": other})) == [NOT_FOUND]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    "params",
    [
        {"query": HOME, "documentId": "home-1"},  # even if it is the same document
        {"query": OTHER, "documentId": "home-1"},
        {"documentId": "home-1"} | persisted("two"),
        {"documentId": ""},
        {"extensions": {"persistedQuery": {"sha256Hash": ""}}},
        {"extensions": {"persistedQuery": {"sha256Hash": 1}}},
        {"extensions": {"persistedQuery": {}}},
        {"extensions": {"persistedQuery": "home-1"}},
        {"extensions": {"persistedQuery": ["home-1"]}},
    ],
    ids=str,
)
async def test_ambiguous_and_malformed_ids_are_refused(
    served: tuple[str, Ask, dict[str, Caller]], transport: str, params: dict[str, Any]
) -> None:
    _, ask, callers = served
    assert codes(await send(ask, callers["patient"], transport, params)) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("id", [1, True, ["home-1"], {"id": "home-1"}])
async def test_an_id_is_a_string(served: tuple[str, Ask, dict[str, Caller]], id: object) -> None:
    _, ask, callers = served
    for transport in ("post", "events", "socket"):
        assert codes(await send(ask, callers["patient"], transport, {"documentId": id})) == ["BAD_USER_INPUT"]


async def test_a_text_with_the_extension_is_judged_by_the_text(served: tuple[str, Ask, dict[str, Caller]]) -> None:
    profile, ask, callers = served
    answer = await send(ask, callers["patient"], "post", {"query": OTHER} | persisted(sha256(HOME)))
    assert ("data" in answer) == (profile == "open")
    # Nothing that a request sends becomes trusted.
    for id in (sha256(OTHER), sha256(OTHER)[7:]):
        await send(ask, callers["patient"], "post", {"query": OTHER} | persisted(id))
        assert codes(await send(ask, callers["patient"], "post", persisted(id))) == [NOT_FOUND]


async def test_statuses_are_those_of_documents(served: tuple[str, Ask, dict[str, Caller]]) -> None:
    profile, ask, callers = served
    refused: list[dict[str, Any]] = [{"documentId": "unknown"}] + ([{"query": OTHER}] if profile != "open" else [])
    for params in refused:
        for accept, status in (("application/json", 200), ("application/graphql-response+json", 400)):
            headers = callers["patient"].headers | {"accept": accept}
            response = await ask.http.post("/graphql", json=params, headers=headers)
            assert (response.status_code, len(response.json()["errors"])) == (status, 1)
            assert response.headers["cache-control"] == "no-store"


async def test_a_mutation_is_refused_by_get_and_a_subscription_without_a_stream(
    served: tuple[str, Ask, dict[str, Caller]],
) -> None:
    _, ask, callers = served
    headers = callers["patient"].headers | {"graphql-require-preflight": "1"}
    response = await ask.http.get("/graphql", params={"documentId": "sign-out"}, headers=headers)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    response = await ask.http.post("/graphql", json={"documentId": "added"}, headers=headers)
    assert response.status_code == 406
    assert (await ask(callers["patient"], HOME))["data"]["communities"]  # nobody was signed out


@pytest.mark.parametrize("view", list(ADDED))
async def test_a_subscription_starts_by_its_id(served: tuple[str, Ask, dict[str, Caller]], view: str) -> None:
    _, ask, callers = served
    async with subscribers.socket(ask, callers[view]) as socket:
        await socket.send("subscribe", id="1", payload={"documentId": "added"})
        await subscribers.subscribed(ask, 1)
    await subscribers.subscribed(ask, 0)
    headers = callers[view].headers | {"accept": "text/event-stream"}
    async with ask.http.stream("POST", "/graphql", json={"documentId": "added"}, headers=headers) as response:
        assert response.status_code == 200
        await subscribers.subscribed(ask, 1)
    await subscribers.subscribed(ask, 0)


async def test_costs_apply_and_are_shown(served: tuple[str, Ask, dict[str, Caller]]) -> None:
    _, ask, _ = served

    async def post(params: dict[str, Any]) -> dict[str, Any]:
        return dict((await ask.http.post("/graphql", json=params, headers={"graphql-cost": "1"})).json())

    costs = [
        (await post({"documentId": "costly", "variables": {"n": size}}))["extensions"]["cost"]["requested"]
        for size in (1, 2, 100)
    ]
    assert costs == sorted(set(costs))
    assert costs[-1] > 1_000
    answer = await post({"documentId": "costly", "variables": {"n": 100}})
    assert answer["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
    answer = await post({"documentId": "home-1", "variables": {"first": "many"}})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    # What is not looked at has no cost.
    assert "extensions" not in await post({"documentId": "unknown"})


@pytest.mark.parametrize(
    ("viewer", "headers", "explores"),
    [
        (Viewer(Audience.BUYER, account=ID), {b"sec-fetch-site": b"same-origin"}, True),
        (Viewer(Audience.BUYER, account=ID), {b"origin": b"https://A.example:1", b"host": b"a.example:1"}, True),
        (Viewer(Audience.BUYER, account=ID), {b"origin": b"https://a.example", b"host": b"a.example:1"}, False),
        (Viewer(Audience.BUYER, account=ID), {b"origin": b"", b"host": b""}, False),
        (Viewer(Audience.BUYER, account=ID), {b"origin": b"null"}, False),
        (
            Viewer(Audience.BUYER, account=ID),
            {b"origin": b"https://a.example", b"sec-fetch-site": b"same-origin"},
            False,
        ),
        (Viewer(Audience.BUYER, account=ID), {b"sec-fetch-site": b"same-site"}, False),
        (Viewer(Audience.BUYER, account=ID), {}, False),
        (Viewer(Audience.BUYER, organization=ID, api_key=ID), {b"sec-fetch-site": b"same-origin"}, False),
        (ANYONE, {b"sec-fetch-site": b"same-origin"}, False),
    ],
    ids=str,
)
def test_explorers_are_people_on_pages_of_this_server(
    viewer: Viewer, headers: dict[bytes, bytes], explores: bool
) -> None:
    assert is_explorer(viewer, headers) == explores


async def test_an_unknown_subscribe_message_still_closes_the_socket(
    served: tuple[str, Ask, dict[str, Caller]],
) -> None:
    _, ask, _ = served
    payloads: list[Any] = [{}, {"query": 1, "documentId": "home-1"}, {"variables": {}}, {"extensions": {}}, []]
    for payload in payloads:
        async with subscribers.socket(ask) as socket:
            await socket.send("subscribe", id="1", payload=payload)
            assert (await socket.closed())[0] == 4400


# Plans


def documents_of(ask: Ask, audience: Audience) -> server_documents.Documents:
    assert ask.app.endpoint is not None
    return ask.app.endpoint.views[audience].documents


async def test_trusted_documents_are_planned_at_start_and_never_read_again(dsn: str, tmp_path: Path) -> None:
    limits = Limits(statement_seconds=30, request_seconds=60, planned_at_once=60, planned_a_second=1)
    async with serving(dsn, manifests=written(tmp_path), limits=limits) as ask:
        documents = documents_of(ask, Audience.PUBLIC)
        assert ask.app.endpoint is not None
        stop_clock(ask)
        planned = list(documents.trusted.values())
        assert await send(ask, ANYBODY, "post", {"documentId": "home-1"})
        await send(ask, ANYBODY, "post", {"query": HOME})
        await send(ask, ANYBODY, "post", {"documentId": "two", "operationName": "Two"})
        assert (documents.reads, len(documents.answerable), ask.app.endpoint.planning.budgets) == (0, 0, {})
        # Once their budget for new documents is used up, callers are answered trusted ones all the same,
        refused = False
        for number in range(60):
            text = f"{{ a{number}: communities(first: 1) {{ nodes {{ name slug id }} }} }}"
            refused = refused or (await ask.post(ANYBODY, text)).status_code == 429
        assert refused
        assert "data" in await send(ask, ANYBODY, "post", {"documentId": "home-1"})
        # also with a size that nobody has requested before. These have a budget of their own.
        sized = [
            (await ask.http.post("/graphql", json={"documentId": "home-1", "variables": {"first": size}})).status_code
            for size in range(3, 60)
        ]
        assert sized[0] == 200
        assert sized[-1] == 429
        assert "data" in await send(ask, ANYBODY, "post", {"documentId": "home-1"})
        assert list(documents.trusted.values()) == planned


async def test_trusted_documents_are_not_evicted(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_documents, "KEPT", 3)
    async with serving(dsn, manifests=written(tmp_path)) as ask:
        documents = documents_of(ask, Audience.PUBLIC)
        for number in range(10):
            await ask(ANYBODY, f"{{ a{number}: communities(first: 1) {{ nodes {{ name }} }} }}")
        reads = documents.reads
        assert len(documents.answerable) == 3
        await send(ask, ANYBODY, "post", {"documentId": "home-1"})
        await send(ask, ANYBODY, "post", {"query": HOME})
        assert documents.reads == reads
        assert HOME not in documents.answerable


async def test_planning_at_start_ends_in_time_and_survives_a_fault(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("server.operations.trusted_documents.plan_ahead", lambda operation: 1 // 0)
        async with serving(dsn, manifests=folder) as ask:  # each is planned when it is requested
            assert "data" in await send(ask, ANYBODY, "post", {"documentId": "home-1"})
            views = {Audience.PUBLIC: documents_of(ask, Audience.PUBLIC)}
    ticks = iter(range(100))
    assert plan_trusted(views, 3, lambda: next(ticks)) == 2
    assert plan_trusted(views) == 5


# Caching


async def test_only_public_trusted_queries_by_get_may_be_cached(dsn: str, tmp_path: Path) -> None:
    async with serving(dsn, manifests=written(tmp_path), cache_seconds=60) as ask:
        patient = await ask.sign_in("patient")
        preflight = {"graphql-require-preflight": "1"}

        async def control(params: dict[str, str], **headers: str) -> str:
            response = await ask.http.get("/graphql", params=params, headers=preflight | headers)
            assert ("vary" in response.headers) == (response.headers["cache-control"] != "no-store")
            assert len(response.headers.get_list("cache-control")) == 1
            return str(response.headers["cache-control"])

        assert await control({"documentId": "home-1"}) == "public, max-age=60"
        assert await control({"extensions": json.dumps(persisted("home-1")["extensions"])}) == "public, max-age=60"
        assert await control({"query": HOME}) == "private, no-cache"
        assert await control({"documentId": "home-1"}, **patient.headers) == "private, no-cache"
        assert await control({"documentId": "home-1"}, accept="text/event-stream") == "no-store"
        assert await control({"documentId": "unknown"}) == "no-store"
        assert await control({"documentId": "sign-in"}) == "no-store"
        assert await control({"documentId": "costly", "variables": '{"n": 100}'}) == "no-store"
        response = await ask.http.post("/graphql", json={"documentId": "home-1"})
        assert response.headers["cache-control"] == "no-store"


async def test_a_cached_response_varies_with_the_language(dsn: str, tmp_path: Path) -> None:
    async with serving(dsn, manifests=written(tmp_path), cache_seconds=60) as ask:
        found = {}
        for language in ("en", "fr"):
            headers = {"graphql-require-preflight": "1", "accept-language": language}
            response = await ask.http.get("/graphql", params={"documentId": "home-1"}, headers=headers)
            assert response.headers["cache-control"] == "public, max-age=60"
            assert "accept-language" in response.headers["vary"].split(", ")
            assert response.headers["content-language"] == language
            found[language] = response.json()["data"]["communities"]["nodes"]
        assert found["en"] != found["fr"]


async def test_nothing_is_cached_by_default(served: tuple[str, Ask, dict[str, Caller]]) -> None:
    _, ask, _ = served
    headers = {"graphql-require-preflight": "1"}
    response = await ask.http.get("/graphql", params={"documentId": "home-1"}, headers=headers)
    assert (response.status_code, response.headers["cache-control"]) == (200, "private, no-cache")
    response = await ask.http.post("/graphql", json={"documentId": "home-1"})
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")


# Manifests that cannot be served


def created(folder: Path, **settings: Any) -> Cohorte:
    """The application with the manifests of a folder, and the views that all servers of the tests have."""
    with contextlib.ExitStack() as stack:
        for name, once in MADE_ONCE.items():
            stack.enter_context(mock.patch(name, once))
        return create_app(Settings.model_validate({"database_url": "postgresql://h/d", "manifests": folder} | settings))


def faults_of(folder: Path, **settings: Any) -> list[str]:
    with pytest.raises(ManifestFault) as caught:
        created(folder, **settings)
    return [fault.replace(f"{folder}/", "") for fault in caught.value.faults]


def test_every_document_that_is_not_valid_is_reported_at_its_place(tmp_path: Path) -> None:
    deep = "{ communities { nodes { " + "treatments { nodes { communities { nodes { " * 5 + "id" + " } }" * 11
    written(
        tmp_path,
        {
            "public/web.json": {
                "fine": HOME,
                "gone": "query Gone {\n  communities { nodes { nmae } }\n}",
                "elsewhere": "{ me { id } }",
                "broken": "query {",
                "fragments": "fragment F on Community { name }",
                "introspects": "{ __schema { types { name } } }",
                "circle": "{ communities { nodes { ...A } } } fragment A on Community { ...A }",
                "costly": COSTLY.replace("query Costly($n: Int!)", "").replace("$n", "100"),
                "long": "{ " + "__typename " * 6_000 + "}",
                "deep": deep,
            },
            "manager/back-office.json": {"members": "{ membrs { id } }"},
        },
    )
    faults = faults_of(tmp_path)
    found = {fault.split("'")[1]: fault for fault in faults}
    assert set(found) == {
        "gone", "elsewhere", "broken", "fragments", "introspects", "circle", "costly", "long", "deep", "members",
    }  # fmt: skip
    assert found["gone"].startswith("public/web.json: 'gone' line 2 column 25: Cannot query field 'nmae'")
    assert found["members"].startswith("manager/back-office.json: 'members' line 1 column 3: Cannot query field")
    assert "exceeds the limit of 1,000" in found["costly"]
    assert "limit of 5,000 tokens" in found["long"]


APOLLO: dict[str, Any] = {"format": "apollo-persisted-query-manifest", "version": 1}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "public/web.json:1: not JSON"),
        ('{\n"a":\n', "public/web.json:3: not JSON"),
        ("[]", "public/web.json: not a JSON object"),
        ("[" * 100_000, "public/web.json: cannot be read as text in UTF-8"),
        ({"a": 1}, "public/web.json: each document needs an id and a text"),
        ({"a": " "}, "public/web.json: each document needs an id and a text"),
        ('{"a": "\\ud800"}', "public/web.json: each document needs an id and a text"),
        (APOLLO, "public/web.json: neither Relay's format nor version 1 of apollo-persisted-query-manifest"),
        (APOLLO | {"operations": {}}, "public/web.json: neither Relay's format nor version 1 of"),
        (APOLLO | {"version": 2, "operations": []}, "public/web.json: neither Relay's format nor version 1 of"),
        (APOLLO | {"operations": [1]}, "public/web.json: each document needs an id and a text"),
        (APOLLO | {"operations": [{"id": "a"}]}, "public/web.json: each document needs an id and a text"),
        ({sha256(HOME): OTHER}, f"public/web.json: '{sha256(HOME)}': the id is not the SHA-256 of the text"),
        ({sha256(HOME).upper(): HOME}, "public/web.json: 'SHA256:"),
        ({"": HOME}, "public/web.json: '': an id has"),
        ({"a b": HOME}, "public/web.json: 'a b': an id has"),
        ({"md5:0": HOME}, "public/web.json: 'md5:0': an id has"),
        ({"é": HOME}, "public/web.json: 'é': an id has"),
        ({"a" * 201: HOME}, "public/web.json: 'aaa"),
        ({sha256(HOME)[7:]: OTHER, "home": HOME}, "public/web.json: 'home': the same id has another text"),
        ('{"a": "{ a }", "a": "{ b }"}', "public/web.json: 'a': the same id has another text in"),
    ],
    ids=str,
)
def test_a_manifest_that_is_tampered_with_or_malformed_is_refused(tmp_path: Path, content: object, fault: str) -> None:
    (found,) = faults_of(written(tmp_path, {"public/web.json": content}))
    assert found.startswith(fault)


def test_two_clients_may_not_use_one_id_for_two_texts(tmp_path: Path) -> None:
    written(tmp_path, {"public/app.json": {"a": HOME, "b": OTHER}, "public/web.json": {"a": OTHER, "b": OTHER}})
    (fault,) = faults_of(tmp_path)
    assert fault == "public/web.json: 'a': the same id has another text in public/app.json"


@pytest.mark.parametrize("content", [{"home-1": HOME}, APOLLO | {"operations": [{"id": "home-1", "body": HOME}]}])
@pytest.mark.parametrize("id", ["home-1", "x-web:home/1", sha256(HOME), sha256(HOME)[7:], "a/b+c=="])
def test_both_formats_and_every_kind_of_id_are_read(tmp_path: Path, content: dict[str, Any], id: str) -> None:
    content = json.loads(json.dumps(content).replace("home-1", id))
    assert created(written(tmp_path, {"public/web.json": content})).endpoint is None


def test_the_folders_are_views(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "none") == [f"{tmp_path}/none: not a folder that can be read"]
    written(tmp_path, {"visitors/web.json": {}, "web.json": {}, "public/.hidden": "-", ".git/x": "-"})
    views = "not a folder of a view: public, patient, buyer, manager"
    assert faults_of(tmp_path) == [f"visitors: {views}", f"web.json: {views}"]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_that_accepts_trusted_documents_only_needs_a_folder(tmp_path: Path, view: str) -> None:
    name = f"COHORTE_DOCUMENTS_{view.upper()}"
    wanted = [f"{name} is not open, and there is no folder {view} in COHORTE_MANIFESTS."]
    assert faults_of(tmp_path, **{f"documents_{view}": "trusted"}) == wanted
    (tmp_path / view).mkdir()  # which says that nothing is accepted
    created(tmp_path, **{f"documents_{view}": "trusted"})
