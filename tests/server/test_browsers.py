"""A real browser: what a page of an allowed origin can do with the session cookie, and a foreign one cannot."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests import factories
from tests.support.chromium import EXECUTABLE, Page, chromium
from tests.support.client import PASSWORD
from tests.support.clusters import clone
from tests.support.eventually import PATIENCE_SECONDS
from tests.support.insights import furnished
from tests.support.network import network_on

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(EXECUTABLE is None, reason="needs a browser: apt-get install chromium"),
]

EMAIL = "browser@people.example"
# What pages do, with the address of the server as `api`.
SCRIPTS = """
    const safe = {"content-type": "application/json", "graphql-require-preflight": "1"};
    const send = async (query, variables = {}, headers = safe) => {
        const body = JSON.stringify({query, variables});
        const answer = await fetch(api + "/graphql", {method: "POST", credentials: "include", headers, body});
        return answer.json();
    };
    const signIn = (email, password) => send(`
        mutation ($email: EmailAddress!, $password: String!) {
          signIn(input: {email: $email, password: $password, cookie: true}) {
            token viewer { audience } query { viewer { audience } } userErrors { code }
          }
        }`, {email, password});
    const events = (query, variables, then) => new Promise((resolve) => {
        const socket = new WebSocket(api.replace("http", "ws") + "/graphql", "graphql-transport-ws");
        const post = (message) => socket.send(JSON.stringify(message));
        socket.onopen = () => post({type: "connection_init"});
        socket.onerror = () => resolve("refused");
        socket.onclose = (event) => resolve(`closed ${event.code}`);
        socket.onmessage = async (event) => {
            const message = JSON.parse(event.data);
            if (message.type === "connection_ack") {
                post({id: "1", type: "subscribe", payload: {query, variables}});
                if (then) setTimeout(then, 500);
            }
            if (["next", "error"].includes(message.type)) { resolve(message.payload); socket.close(); }
        };
    });
    const streamed = (query) => new Promise((resolve) => {
        const address = api + "/graphql?query=" + encodeURIComponent(query);
        const source = new EventSource(address, {withCredentials: true});
        source.addEventListener("next", (event) => { resolve(JSON.parse(event.data)); source.close(); });
        source.onerror = () => { resolve("refused"); source.close(); };
    });
    const file = async (path) => {
        const answer = await fetch(api + path, {credentials: "include", headers: {"graphql-require-preflight": "1"}});
        return [answer.status, answer.headers.get("content-disposition"), (await answer.text()).split("\\n").length];
    };
    const follow = (path) => {
        const link = document.createElement("a");
        link.href = api + path;
        document.body.append(link);
        link.click();
    };
"""
WHO = "send('{ viewer { audience } }')"
PATIENT = {"data": {"viewer": {"audience": "PATIENT"}}}
FAILED = "threw TypeError: Failed to fetch"


@contextlib.asynccontextmanager
async def serving_page(host: str = "127.0.0.1") -> AsyncIterator[tuple[str, list[str]]]:
    """The origin of an empty page, and a list whose only item is the address of the server that it uses."""
    api: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            page = f'<!doctype html><body><script>const api = "{api[0]}";{SCRIPTS}</script>'.encode()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\nconnection: close\r\n")
            writer.write(b"content-length: %d\r\n\r\n%b" % (len(page), page))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}", api


@dataclass
class World:
    """A server, a page whose origin it allows, pages of other origins, and a member with a password."""

    api: str
    own: str
    foreign: tuple[str, str]  # of the same site, and of another one
    insight: str
    discussion: str


@pytest_asyncio.fixture(params=[False, True], ids=["secure", "plain"])
async def world(template: str, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Yields a server whose cookie has the attribute Secure, and one of the setting for development."""
    async with contextlib.AsyncExitStack() as stack:
        own, same_site, other_site = [
            await stack.enter_async_context(serving_page(host)) for host in ("127.0.0.1", "127.0.0.1", "localhost")
        ]
        dsn = await stack.enter_async_context(clone(template))
        async with network_on(dsn, origins=own[0], plain_cookie=request.param) as network:
            published = await furnished(network)
            database, member = network.database, published.who["patient"]
            account = await database.fetchval(
                "UPDATE identity.account SET email = $1, email_verified = true WHERE member_id = $2 RETURNING id",
                EMAIL,
                member.id,
            )
            known = "SELECT password_hash FROM identity.credential c JOIN identity.account a ON a.id = c.account_id"
            hash = await database.fetchval(f"{known} WHERE a.email = 'patient@demo.example'")
            await database.execute("DELETE FROM identity.credential WHERE account_id = $1", account)
            await factories.credential(database, account_id=account, password_hash=hash)
            community = (await factories.community(database))["id"]
            await factories.membership(database, member_id=member.id, community_id=community)
            discussion = await factories.discussion(database, author_id=member.id, community_id=community)
            api = str(network.ask.http.base_url).rstrip("/")
            for _, address in (own, same_site, other_site):
                address.append(api)
            foreign = same_site[0], other_site[0]
            yield World(api, own[0], foreign, published.ids["fatigue"], f"dis_{discussion['id']}")


@pytest_asyncio.fixture
async def page() -> AsyncIterator[Page]:
    """Yields a tab of a new browser."""
    async with chromium() as page:
        yield page


async def sign_in(page: Page, world: World) -> None:
    await page.open(world.own)
    answer = await page.run(f"signIn('{EMAIL}', '{PASSWORD}')")
    seen = {"audience": "PATIENT"}
    assert answer == {"data": {"signIn": {"token": None, "viewer": seen, "query": {"viewer": seen}, "userErrors": []}}}


async def test_a_page_of_an_allowed_origin_uses_the_cookie(world: World, page: Page) -> None:
    await sign_in(page, world)
    assert await page.run("document.cookie") == ""
    assert await page.run(WHO) == PATIENT
    query = "subscription ($id: ID!) { postAdded(discussion: $id) { body } }"
    adds = "mutation ($input: PostAddInput!) { postAdd(input: $input) { userErrors { code } } }"
    given = f"{{input: {{discussion: '{world.discussion}', body: 'From a page'}}}}"
    event = await page.run(f"events('{query}', {{id: '{world.discussion}'}}, () => send('{adds}', {given}))")
    assert event == {"data": {"postAdded": {"body": "From a page"}}}
    assert await page.run("streamed('{ viewer { audience } }')") == PATIENT
    status, name, lines = await page.run(f"file('/insights/{world.insight}.csv')")
    assert (status, lines > 10) == (200, True)
    assert "Tracking%20of%20Home" in name
    name, content = await page.downloaded(f"follow('/insights/{world.insight}.csv')")
    assert name == "Tracking of Home, 2026 spring - Fatigue, by Sex.csv"
    assert content.startswith("\ufeffsex_code,".encode())
    out = await page.run("send('mutation { signOut { userErrors { code } } }')")
    assert out == {"data": {"signOut": {"userErrors": []}}}
    assert await page.run(WHO) == {"data": {"viewer": {"audience": "PUBLIC"}}}


async def test_a_page_of_a_foreign_origin_can_do_none_of_it(world: World, page: Page) -> None:
    await sign_in(page, world)
    for origin in world.foreign:
        await page.open(origin)
        assert await page.run(f"signIn('{EMAIL}', '{PASSWORD}')") == FAILED
        assert await page.run(WHO) == FAILED
        assert await page.run("events('{ viewer { audience } }', {})") == "refused"
        assert await page.run("streamed('{ viewer { audience } }')") == "refused"
        assert await page.run(f"file('/insights/{world.insight}.csv')") == FAILED
        # What needs no preflight is sent, but not answered: neither as text nor as a form.
        body = '{"query": "mutation { signOut { userErrors { code } } }"}'
        plain = f"fetch(api + '/graphql', {{method: 'POST', credentials: 'include', mode: 'no-cors', body: '{body}'}})"
        assert await page.run(f"{plain}.then((answer) => answer.type)") in ("opaque", FAILED)
    await page.open(world.own)
    assert await page.run(WHO) == PATIENT


async def test_a_page_of_another_site_cannot_have_a_file_downloaded(world: World, page: Page) -> None:
    await sign_in(page, world)
    await page.open(world.foreign[1])
    await page.run(f"follow('/insights/{world.insight}.csv')")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (await page.address()).startswith(world.api):  # noqa: ASYNC110 - it cannot notify
            await asyncio.sleep(0.05)
    assert '"status":403' in str(await page.run("document.body.innerText"))
    assert not list(page.folder.iterdir())
