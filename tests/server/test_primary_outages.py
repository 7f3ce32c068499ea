"""Reads from a standby while the primary does not answer: what is answered, what is refused, and for how long."""

import contextlib
import math
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.members import Sharing
from models.viewers import Audience
from server.databases.standbys import EVERYTHING, Primary, Standby, Standbys
from server.telemetry.readings import readings
from tests import factories
from tests.server.test_standbys import POSTS, PROFILE, WRITTEN, Place, database, usable
from tests.support.client import ANYBODY, SIGN_OUT, Caller, serving
from tests.support.eventually import until
from tests.support.network import Network
from tests.support.silent import SilentRelay, silent_relay
from tests.support.standbys import Replica, replica

NAMES = "{ communities { nodes { name } } }"
STALE = '110 - "Response is Stale"'
LONG_SECONDS = 600  # a bound that no test reaches


class Behind(Place):
    """A place whose server reaches the primary through a relay, and the standby without one."""

    relay: SilentRelay

    async def ask(self, who: Caller, **headers: str) -> httpx.Response:
        asked = {"query": POSTS, "variables": {"id": self.discussion}}
        return await self.network.ask.http.post("/graphql", json=asked, headers=who.headers | headers)

    async def lose(self) -> None:
        """The primary is gone, and the server knows it."""
        self.relay.refuse()
        await until(lambda: self.standbys.primary.failures > 0 and not self.standbys.listening)

    async def stands_in(self) -> None:
        await until(lambda: bool(self.standbys.stand_ins()))


@pytest_asyncio.fixture(scope="module")
async def standby(template: str) -> AsyncIterator[Replica]:
    async with replica(template) as found:
        yield found


@contextlib.asynccontextmanager
async def behind(template: str, standby: Replica, seconds: int = LONG_SECONDS) -> AsyncIterator[Behind]:
    async with database(template) as address, silent_relay(address) as relay, contextlib.AsyncExitStack() as stack:
        url = standby.address(address.partition("?")[0].rpartition("/")[2])
        given: dict[str, Any] = {"publishing": (), "read_url": (url,), "read_outage_seconds": seconds}
        ask = await stack.enter_async_context(serving(relay.dsn, filled=True, **given))
        admin = await asyncpg.connect(address)
        stack.push_async_callback(admin.close)
        network = Network(ask, admin)
        community = await factories.community(admin)
        discussion = await factories.discussion(admin, community_id=community["id"])
        ada, ben = [await network.member(community["id"]) for _ in range(2)]
        found = Behind(network, address, standby, url, ada, ben, f"dis_{discussion['id']}")
        found.relay = relay
        await standby.follow(admin)
        await usable(network)
        yield found


@pytest_asyncio.fixture
async def here(template: str, standby: Replica) -> AsyncIterator[Behind]:
    async with behind(template, standby) as found:
        yield found


async def test_reads_go_on_and_the_rest_is_refused(here: Behind, caplog: pytest.LogCaptureFixture) -> None:
    await here.write(here.ada, "Hello")
    assert "warning" not in (await here.ask(here.ben)).headers
    await here.replica.follow(here.network.database)
    await here.lose()
    await here.stands_in()
    for who in (here.ada, here.ben):  # with sessions that are looked up on the standby
        answer = await here.ask(who)
        assert answer.headers["warning"] == STALE
        assert answer.json()["data"]["node"]["posts"]["nodes"] == [{"body": "Hello"}]
    given = {"input": {"discussion": here.discussion, "body": "Again"}}
    mutation = "mutation ($input: PostAddInput!) { postAdd(input: $input) { post { id } } }"
    refused = await here.network.ask.post(here.ada, mutation, given)
    assert refused.status_code == 503
    assert refused.headers["retry-after"]
    assert (await here.network.ask.http.get("/readyz")).json() == {"ready": True}
    assert here.network.ask.app.endpoint is not None
    found = {each.name: each.values() for each in readings(here.network.ask.app.endpoint, {})}
    assert found["cohorte_outage_reads"][""] >= 2
    assert 0 < found["cohorte_primary_silent_seconds"][""] < LONG_SECONDS
    here.relay.accept()
    await usable(here.network)
    await until(lambda: here.standbys.listening and not here.standbys.primary.failures)
    answer = await here.ask(here.ben)
    assert "warning" not in answer.headers
    assert answer.json()["data"]["node"]["posts"]["nodes"] == [{"body": "Hello"}]  # and nothing that was refused
    assert caplog.text.count("the primary does not answer") == 1
    assert caplog.text.count("the primary answers again") == 1


@pytest.mark.slow
async def test_what_a_standby_may_lack_is_not_read(here: Behind) -> None:
    async with here.replica.paused():
        await here.write(here.ada, "Hello")
        await here.lose()
        for who in (here.ada, here.ben, ANYBODY):  # not even by those who have written nothing
            assert (await here.network.ask.post(who, NAMES)).status_code == 503
        assert (await here.network.ask.http.get("/readyz")).status_code == 503
    await here.stands_in()
    answer = await here.ask(here.ben)
    assert answer.json()["data"]["node"]["posts"]["nodes"] == [{"body": "Hello"}]


@pytest.mark.slow
async def test_a_write_that_only_its_client_knows_of_is_not_missing(here: Behind) -> None:
    await here.lose()
    await here.stands_in()
    ((_, unknown),) = here.standbys.positions.fields(2**62, cookie=False)
    assert (await here.ask(here.ben)).status_code == 200
    assert (await here.ask(here.ben, **{WRITTEN: unknown.decode()})).status_code == 503


@pytest.mark.slow
async def test_a_session_that_was_closed_stays_closed(here: Behind) -> None:
    async with here.replica.paused():
        assert "errors" not in await here.network.ask(here.ada, SIGN_OUT)
        await here.lose()
        assert (await here.ask(here.ada)).status_code == 503  # nobody knows, and nothing is read
    await here.stands_in()
    assert (await here.ask(here.ada)).status_code == 401
    assert (await here.ask(here.ben)).status_code == 200


@pytest.mark.slow
async def test_what_is_recorded_or_counted_is_refused(here: Behind) -> None:
    staff = await here.network.staff(StaffRole.MODERATOR)
    theirs = await here.network.member(sharing=Sharing.ALL_MEMBERS)
    await here.replica.follow(here.network.database)
    await here.lose()
    await here.stands_in()
    for who in (staff, here.ben):  # whose reading is in the trail, and counts towards a daily budget
        refused = await here.network.ask.post(who, PROFILE, {"ids": [f"mbr_{theirs.id}"]})
        assert refused.status_code == 503
        assert "data" not in refused.json()
        assert (await here.network.ask.post(who, NAMES)).status_code == 200
    assert await here.network.count("care.data_read", member_id=theirs.id) == 0


@pytest.mark.slow
async def test_an_api_key_is_found_though_its_use_cannot_be_noted(here: Behind) -> None:
    buyer = await here.network.buyer()
    payload = await here.network.do(buyer, "apiKeyCreate", "secret", name="Program", expiresAt="2126-11-01T00:00:00Z")
    program = Caller("program", payload["secret"])
    await here.replica.follow(here.network.database)
    await here.lose()
    await here.stands_in()
    assert (await here.network.ask.post(program, "{ datasets { nodes { id } } }")).status_code == 200
    assert await here.network.value("SELECT last_used_at FROM insight.api_key WHERE name = 'Program'") is None


@pytest.mark.slow
async def test_the_time_is_bounded(template: str, standby: Replica, caplog: pytest.LogCaptureFixture) -> None:
    async with behind(template, standby, seconds=3) as here:
        await here.lose()
        await until(lambda: here.standbys.primary.given_up)
        assert here.standbys.stand_ins() == ()
        assert (await here.ask(here.ben)).status_code == 503
        assert (await here.network.ask.http.get("/readyz")).status_code == 503
        assert caplog.text.count("the primary has not answered for 3 s: no queries are read from standbys") == 1


@pytest.mark.slow
async def test_nothing_is_read_if_notifications_ended_before_the_primary(here: Behind) -> None:
    """Somebody may have signed out at another server, in between."""
    here.standbys.lost()
    ended = here.standbys.lost_at
    await until(lambda: here.standbys.primary.answered_at > ended)
    await here.lose()
    assert here.standbys.stand_ins() == ()
    assert (await here.ask(here.ben)).status_code == 503


async def never() -> Any:
    raise AssertionError


def watched(*positions: int) -> Standbys:
    """A primary that has written up to 100 and does not answer any more, and standbys; nobody looks at them."""
    primary, mark = Primary(never, 5, 60), uuid4()
    primary.samples.append((time.monotonic() - 30, 100, mark))
    primary.reached, primary.failures = 100, 1
    found = []
    for number, position in enumerate(positions):
        standby = Standby(f"standby {number}", never, never, primary)
        standby.position, standby.complete, standby.shown = position, True, mark
        standby.pools = {Audience.PUBLIC: object()}  # type: ignore[dict-item]
        found.append(standby)
    nothing: Any = None
    made = Standbys(primary, found, nothing, nothing, 5)
    made.listening, made.since = True, -math.inf
    return made


@pytest.mark.parametrize(
    ("positions", "usable"),
    [([100, 100], [0, 1]), ([99, 100], [1]), ([100, 120], [1]), ([99, 99], []), ([0, EVERYTHING], [1])],
)
def test_only_those_that_have_come_farthest_stand_in(positions: list[int], usable: list[int]) -> None:
    standbys = watched(*positions)
    assert standbys.stand_ins() == [standbys.standbys[number] for number in usable]


def test_a_standby_has_what_this_server_was_told_of() -> None:
    standbys = watched(100)
    standbys.notified(None, 0, "", "5f0c1d2e-3a4b-4c6d-8e9f-0123456789ab 110")
    assert standbys.stand_ins() == []
    standbys.standbys[0].position = 110
    assert standbys.stand_ins() == standbys.standbys


@pytest.mark.parametrize("change", ["complete", "shown", "pools", "outage_seconds", "since", "answers"])
def test_every_condition_is_needed(change: str) -> None:
    standbys = watched(100)
    assert standbys.stand_ins()
    match change:
        case "complete":
            standbys.standbys[0].complete = False
        case "shown":
            standbys.standbys[0].shown = uuid4()
        case "pools":
            standbys.standbys[0].pools = {}
        case "outage_seconds":
            standbys.primary.outage_seconds = 29
        case "since":
            standbys.since = time.monotonic()
        case "answers":
            standbys.primary.failures = 0
    assert not standbys.stand_ins()


def test_the_end_of_notifications_is_a_sign_until_the_primary_answers() -> None:
    standbys = watched(100)
    standbys.primary.failures = 0
    standbys.lost()
    assert standbys.stand_ins()
    standbys.primary.samples.append((time.monotonic(), 100, standbys.primary.last_mark))
    assert not standbys.stand_ins()
    standbys.primary.failures = 1  # it is gone now, and notifications had ended before
    assert not standbys.stand_ins()
