"""Reads from a streaming replica whose replay is paused: what is read there, what is not, and when neither."""

import contextlib
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.members import Sharing
from models.replication import is_asynchronous
from models.viewers import Audience
from planner.operations import Planner
from server.databases.pools import ConnectionPool
from server.databases.positions import HEADER, Positions
from server.databases.standbys import Standby, Standbys
from server.telemetry.readings import readings
from tests import factories
from tests.golden.pairs import pairs
from tests.planner.test_plans import real_values
from tests.support.callers import User
from tests.support.client import ANYBODY, SIGN_OUT, Caller
from tests.support.clusters import clone, run
from tests.support.eventually import until
from tests.support.network import Network, network_on
from tests.support.silent import silent_relay
from tests.support.standbys import Replica, replica

POSTS = "query ($id: ID!) { node(id: $id) { ... on Discussion { posts(first: 50) { nodes { body } } } } }"
PROFILE = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Member { pseudonym sex } } }"
LONG_SECONDS = 60  # a bound that no test reaches
WRITTEN = HEADER.decode()


@dataclass
class Place:
    """A discussion of two members, and servers that read it from a standby."""

    network: Network
    database: str  # its address
    replica: Replica
    read_url: str
    ada: User
    ben: User
    discussion: str

    @property
    def standbys(self) -> Standbys:
        return of(self.network)

    @property
    def standby(self) -> Standby:
        return self.standbys.standbys[0]

    async def bodies(self, who: Caller, network: Network | None = None, **headers: str) -> list[str]:
        """The posts that a member sees, by a server."""
        http = (network or self.network).ask.http
        asked = {"query": POSTS, "variables": {"id": self.discussion}}
        answer = (await http.post("/graphql", json=asked, headers=who.headers | headers)).json()
        assert "errors" not in answer, answer
        return [each["body"] for each in answer["data"]["node"]["posts"]["nodes"]]

    async def write(self, who: Caller, body: str) -> Any:
        return await self.network.do(who, "postAdd", "post { body }", discussion=self.discussion, body=body)

    async def key(self, who: User) -> int:
        """By which a server knows a member who has written."""
        found: UUID = await self.network.value("SELECT id FROM identity.account WHERE member_id = $1", who.id)
        return found.int

    async def warm(self) -> None:
        """Has the standby follow, and read by both."""
        await self.replica.follow(self.network.database)
        await usable(self.network)
        for who in (self.ada, self.ben):
            await self.bodies(who)


def of(network: Network) -> Standbys:
    assert network.ask.app.endpoint is not None
    assert network.ask.app.endpoint.standbys is not None
    return network.ask.app.endpoint.standbys


async def usable(network: Network) -> None:
    """Waits until the first standby is read from by those who have written nothing."""
    standbys = of(network)

    def is_usable() -> bool:
        asked: Any = object()
        return standbys.pool(Audience.PUBLIC, asked, 0, {}) is not asked

    await until(is_usable)


@pytest_asyncio.fixture(scope="module")
async def standby(template: str) -> AsyncIterator[Replica]:
    async with replica(template) as found:
        yield found


@contextlib.asynccontextmanager
async def read_from(address: str, *urls: str, seconds: int = LONG_SECONDS) -> AsyncIterator[Network]:
    async with network_on(address, filled=True, publishing=(), read_url=urls, read_lag_seconds=seconds) as network:
        yield network


@contextlib.asynccontextmanager
async def place(template: str, standby: Replica, seconds: int = LONG_SECONDS) -> AsyncIterator[Place]:
    async with database(template) as address:
        url = standby.address(address.partition("?")[0].rpartition("/")[2])
        async with read_from(address, url, seconds=seconds) as network:
            community = await factories.community(network.database)
            discussion = await factories.discussion(network.database, community_id=community["id"])
            ada, ben = [await network.member(community["id"]) for _ in range(2)]
            found = Place(network, address, standby, url, ada, ben, f"dis_{discussion['id']}")
            await found.warm()
            yield found


@contextlib.asynccontextmanager
async def database(template: str) -> AsyncIterator[str]:
    """A clone whose commits are flushed, as everywhere but in tests, whose clusters keep nothing for long."""
    async with clone(template) as address:
        name = address.partition("?")[0].rpartition("/")[2]
        await run(template, f"ALTER DATABASE {name} SET synchronous_commit = 'local'")
        yield address


@pytest_asyncio.fixture
async def here(template: str, standby: Replica) -> AsyncIterator[Place]:
    async with place(template, standby) as found:
        yield found


@pytest.mark.slow
async def test_golden_queries_run_unchanged_on_a_standby(
    template: str, standby: Replica, view_planners: dict[Audience, Planner]
) -> None:
    async with database(template) as address:
        name = address.partition("?")[0].rpartition("/")[2]
        async with read_from(address, standby.address(name)) as network:
            callers = {Audience.PUBLIC: ANYBODY}
            for audience, account in (
                (Audience.PATIENT, "patient"),
                (Audience.BUYER, "laboratory"),
                (Audience.MANAGER, "moderator"),
            ):
                callers[audience] = await network.ask.sign_in(account)
            values = await real_values(network.database)
            await standby.follow(network.database)
            await usable(network)
            found = of(network).standbys[0]
            await until(lambda: found.position >= max(map(int, of(network).written.values())))
            found.reads = of(network).reads_on_primary = 0
            for number, pair in enumerate(pairs(), 1):
                variables = pair.taken(pair.operation(view_planners[pair.audience]), values)
                answer = await network.ask(callers[pair.audience], pair.text, variables)
                assert "errors" not in answer, pair.name
                assert None not in answer["data"].values(), pair.name
                assert (found.reads, of(network).reads_on_primary) == (number, 0), pair.name
            assert found.reads == len(pairs()) > 20


async def test_a_caller_reads_what_they_have_written_and_others_read_it_later(here: Place) -> None:
    async with here.replica.paused():
        payload = await here.write(here.ada, "Hello")
        assert payload["post"]["body"] == "Hello"  # read on the primary
        assert await here.bodies(here.ada) == ["Hello"]
        assert await here.bodies(here.ben) == []
    await here.replica.follow(here.network.database)
    key = await here.key(here.ada)
    await until(lambda: here.standby.position >= here.standbys.written[key])
    before = here.standby.reads
    assert [await here.bodies(who) for who in (here.ada, here.ben)] == [["Hello"], ["Hello"]]
    assert here.standby.reads == before + 2


@pytest.mark.slow
async def test_a_written_position_holds_at_other_servers(here: Place) -> None:
    async with read_from(here.database, here.read_url) as other:
        await usable(other)
        assert await here.bodies(here.ada, other) == []
        key = await here.key(here.ada)
        async with here.replica.paused():
            given = {"discussion": here.discussion, "body": "Hello"}
            mutation = "mutation ($input: PostAddInput!) { postAdd(input: $input) { post { id } } }"
            answer = await here.network.ask.post(here.ada, mutation, {"input": given})
            position = answer.headers[WRITTEN]
            assert "set-cookie" not in answer.headers  # its client has sent a token
            # Of a client that sends back what it was given, before any notification.
            assert await here.bodies(here.ben, other) == []
            assert await here.bodies(here.ben, other, **{WRITTEN: position}) == ["Hello"]
            cookie = f"a=b; __Host-cohorte_written={position}"
            assert await here.bodies(here.ben, other, cookie=cookie) == ["Hello"]
            # Of any other, once the notification is there.
            await here.write(here.ada, "Again")
            latest = of(here.network).written[key]
            await until(lambda: of(other).written.get(key, 0) >= latest)
            assert await here.bodies(here.ada, other) == ["Hello", "Again"]
            assert await here.bodies(here.ben, other) == []


@pytest.mark.slow
async def test_a_browser_keeps_its_position_in_a_cookie(here: Place) -> None:
    safe = {"graphql-require-preflight": "1"}
    cookie = f"__Host-cohorte_session={here.ada.token}"
    given = {"discussion": here.discussion, "body": "Hello"}
    mutation = "mutation ($input: PostAddInput!) { postAdd(input: $input) { post { id } } }"
    asked = {"query": mutation, "variables": {"input": given}}
    answer = await here.network.ask.http.post("/graphql", json=asked, headers=safe | {"cookie": cookie})
    kept = answer.headers["set-cookie"]
    assert kept == (
        f"__Host-cohorte_written={answer.headers[WRITTEN]}; Max-Age={LONG_SECONDS}; Path=/; HttpOnly; SameSite=Lax; "
        "Secure"
    )


async def test_a_closed_session_is_refused_at_once(here: Place) -> None:
    async with here.replica.paused():
        assert "errors" not in await here.network.ask(here.ada, SIGN_OUT)
        assert (await here.network.ask.post(here.ada, POSTS, {"id": here.discussion})).status_code == 401


@pytest.mark.slow
async def test_a_standby_that_lags_behind_the_bound_is_not_read(template: str, standby: Replica) -> None:
    async with place(template, standby, seconds=2) as here:
        assert here.standbys.lags()["standby 1"] < 2
        async with standby.paused():
            await here.network.do(here.ada, "postAdd", "post { id }", discussion=here.discussion, body="Hello")
            await until(lambda: here.standbys.lags()["standby 1"] > 2)
            before = here.standby.reads
            assert await here.bodies(here.ben) == ["Hello"]
            assert here.standby.reads == before
        await usable(here.network)
        assert await here.bodies(here.ben) == ["Hello"]
        assert here.standby.reads > before


@pytest.mark.slow
async def test_an_idle_primary_makes_no_lag(template: str, standby: Replica) -> None:
    async with place(template, standby) as here, standby.paused():
        begun, position, _ = here.standbys.primary.samples[-1]
        await until(lambda: here.standbys.primary.samples[-1][0] > begun)
        if here.standbys.primary.samples[-1][1] == position:  # nobody has written meanwhile
            await until(lambda: here.standby.current_until > begun)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["refuse", "freeze"])
async def test_a_standby_that_is_gone_or_silent_is_left_and_returned_to(
    template: str, standby: Replica, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with database(template) as address, silent_relay(standby.dsn) as relay:
        url = f"{relay.dsn.rpartition('@')[2].partition('/')[0]}/{address.partition('?')[0].rpartition('/')[2]}"
        async with read_from(address, f"postgresql://{url}") as network:
            await standby.follow(network.database)
            await usable(network)
            found, query = of(network).standbys[0], "{ communities { nodes { name } } }"
            first = await network.ask(ANYBODY, query)
            assert found.reads
            assert first["data"]
            getattr(relay, fault)()
            for _ in range(4):  # the first may have been sent to it
                assert await network.ask(ANYBODY, query) == first
            await until(lambda: not found.pools)
            assert of(network).lags()["standby 1"] == math.inf
            before, said = found.reads, caplog.text
            assert await network.ask(ANYBODY, query) == first
            assert found.reads == before
            assert "standby 1 is not read from" in said
            {"refuse": relay.accept, "freeze": relay.thaw}[fault]()
            await usable(network)
            assert await network.ask(ANYBODY, query) == first
            assert found.reads > before
            assert "standby 1 is read from" in caplog.text


@pytest.mark.slow
async def test_a_server_that_is_no_standby_is_not_read(template: str, caplog: pytest.LogCaptureFixture) -> None:
    async with database(template) as address, read_from(address, address) as network:
        await until(lambda: of(network).standbys[0].failures > 1)
        assert await network.ask(ANYBODY, "{ communities { nodes { name } } }")
        assert of(network).standbys[0].reads == 0
        assert caplog.text.count("standby 1 is not read from: it is not a standby") == 1


@pytest.mark.slow
async def test_who_reads_members_data_is_recorded_on_the_primary_or_refused(here: Place) -> None:
    staff = await here.network.staff(StaffRole.MODERATOR)
    theirs = await here.network.member(sharing=Sharing.ALL_MEMBERS)
    await here.warm()
    before = here.standby.reads
    async with here.replica.paused():
        answer = await here.network.ask(staff, PROFILE, {"ids": [f"mbr_{theirs.id}"]})
        assert answer["data"]["nodes"][0]["pseudonym"]
        assert here.standby.reads == before + 1
        assert await here.network.count("care.data_read", member_id=theirs.id) == 1
        await here.network.database.execute("ALTER TABLE care.data_read ADD CONSTRAINT never CHECK (false) NOT VALID")
        refused = await here.network.ask.post(staff, PROFILE, {"ids": [f"mbr_{theirs.id}"]})
        assert refused.status_code == 503
        assert "data" not in refused.json()


async def test_standbys_are_in_the_metrics(here: Place) -> None:
    assert here.network.ask.app.endpoint is not None
    found = {each.name: each.values() for each in readings(here.network.ask.app.endpoint, {})}
    assert found["cohorte_standby_lag_seconds"]["standby 1"] < LONG_SECONDS
    assert found["cohorte_standby_reads"]["standby 1"] == here.standby.reads > 0
    assert found["cohorte_standby_reads"]["primary"] == here.standbys.reads_on_primary


async def test_without_standbys_nothing_is_different(network: Network, ada: User, community_id: UUID) -> None:
    assert network.ask.app.endpoint is not None
    assert network.ask.app.endpoint.standbys is None
    mutation = "mutation ($input: CommunityLeaveInput!) { communityLeave(input: $input) { userErrors { code } } }"
    answer = await network.ask.post(ada, mutation, {"input": {"community": f"com_{community_id}"}})
    assert answer.status_code == 200
    assert WRITTEN not in answer.headers
    names = {each.name for each in readings(network.ask.app.endpoint, {})}
    assert not any("standby" in name for name in names)
    assert all(view.connections.primary is None for view in network.ask.app.endpoint.views.values())


def test_a_position_of_others_is_ignored() -> None:
    ours, theirs = (Positions("", key * 32, 5, plain=False) for key in "ab")
    (_, text), *more = ours.fields(2**40, cookie=False)
    assert not more
    assert ours.of_request({HEADER: text}) == 2**40
    for wrong in (text[:-2], b"", b"0/3000060", b"%", text.swapcase()):
        assert ours.of_request({HEADER: wrong}) == 0
    assert theirs.of_request({HEADER: text}) == 0
    assert text != ours.fields(2**40, cookie=False)[0][1]


async def test_a_pool_of_a_standby_hands_no_bad_value_to_the_primary() -> None:
    class Asked(ConnectionPool):
        def __init__(self, error: Exception | None) -> None:
            self.error, self.primary, self.statement_seconds, self.asked = error, None, 5.0, 0

        async def once(self, work: Any, caller: Any, *, queue_bounded: bool = True) -> Any:
            self.asked += 1
            if self.error is not None:
                raise self.error
            return "{}"

    primary = Asked(None)
    for error, taken in (
        (asyncpg.SerializationError("conflict with recovery"), 1),
        (asyncpg.ReadOnlySQLTransactionError(), 2),
        (asyncpg.ConnectionDoesNotExistError(), 3),
        (ConnectionRefusedError(), 4),
        (asyncpg.QueryCanceledError(), 4),
        (asyncpg.UndefinedTableError(), 4),
    ):
        standby = Asked(error)
        standby.primary = primary
        with contextlib.suppress(Exception):
            await standby.read("SELECT 1", ())
        assert (standby.asked, primary.asked) == (1, taken), error


@pytest.mark.slow
async def test_a_standby_that_is_connected_shows_that_the_primary_is_asynchronous(here: Place) -> None:
    """Whether or not the settings name it: it may take over."""
    assert await is_asynchronous(here.network.database)
