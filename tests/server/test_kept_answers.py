"""Kept answers: no order of a read and a write serves what was revoked, or is older than what was written."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.viewers import ANYBODY as NOBODY
from planner.operations import Plan
from planner.sources import Sources
from server.databases.listening import Pulse
from server.databases.pools import ConnectionPool
from server.operations.kept_answers import LARGEST, MOST_SECONDS, KeptAnswers, body_of
from server.telemetry.readings import readings
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY, Caller
from tests.support.clusters import clone
from tests.support.eventually import until
from tests.support.insights import Published, furnished
from tests.support.network import Network, network_on

NAME = "query ($slug: String!) { community(slug: $slug) { name } }"
CELLS = "query ($id: ID!) { insight(id: $id) { cells { count } } }"
LIST = "query ($id: ID!) { dataset(id: $id) { insights(first: 50) { nodes { id } } } }"
SECONDS = 30  # for what happens at once
FROM_SQL = ("before the statement", "after the statement")


@pytest_asyncio.fixture(scope="module")
async def kept_network(template: str) -> AsyncIterator[Published]:
    """Yields a server that keeps answers, on a database with published insights."""
    async with clone(template) as address, network_on(address, kept_megabytes=16) as server:
        yield await furnished(server)


@pytest.fixture
def network(kept_network: Published) -> Network:
    return kept_network.server


def kept_of(network: Network) -> KeptAnswers:
    assert network.ask.app.endpoint is not None
    return network.ask.app.endpoint.kept


async def heard(network: Network) -> None:
    """Waits until the server has been told of all that is committed."""
    kept, since = kept_of(network), time.monotonic()
    kept.pulse.hurry()
    await until(lambda: kept.pulse.heard_at >= since)


async def data(network: Network, who: Caller, query: str, **variables: Any) -> Any:
    answer = await network.ask(who, query, variables)
    assert "errors" not in answer, answer
    return answer["data"]


class Paused:
    """Holds one read at a point, before its statement or after it, until `go_on` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
        self.reached, self.go_on, self.point = asyncio.Event(), asyncio.Event(), point
        self.read = ConnectionPool.read
        monkeypatch.setattr(ConnectionPool, "read", self.paused(monkeypatch))

    def paused(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Awaitable[str | None]]:
        async def read(pool: ConnectionPool, sql: str, values: Sequence[Any], caller: Hashable = None) -> str | None:
            monkeypatch.setattr(ConnectionPool, "read", self.read)  # this one only
            if self.point == "before the statement":
                await self.pause()
            text = await self.read(pool, sql, values, caller)
            if self.point == "after the statement":
                await self.pause()
            return text

        return read

    async def pause(self) -> None:
        self.reached.set()
        await self.go_on.wait()


@pytest_asyncio.fixture
async def editor(network: Network) -> User:
    return await network.staff(StaffRole.CATALOGUE_EDITOR)


async def community(network: Network) -> dict[str, Any]:
    made = await factories.community(network.database, name="Old", slug=f"c-{uuid4().hex[:12]}")
    await heard(network)
    return dict(made)


async def rename(network: Network, editor: User, of: dict[str, Any], name: str) -> None:
    version = await network.value("SELECT version FROM catalog.community WHERE id = $1", of["id"])
    done = await network.do(
        editor, "communityUpdate", "community { name }", community=f"com_{of['id']}", version=version, name=name
    )
    assert done["userErrors"] == []


async def test_an_answer_is_kept_and_read_without_a_statement(network: Network) -> None:
    made = await community(network)
    first = await network.ask.post(ANYBODY, NAME, {"slug": made["slug"]})
    assert len(network.ask.statements) == 1
    again = await network.ask.post(ANYBODY, NAME, {"slug": made["slug"]})
    assert network.ask.statements == []
    assert again.content == first.content
    differing = {"date", "x-request-id"}
    assert {name: value for name, value in again.headers.items() if name not in differing} == {
        name: value for name, value in first.headers.items() if name not in differing
    }


@pytest.mark.parametrize("point", FROM_SQL)
async def test_a_read_that_a_write_overtakes_keeps_nothing_old(
    network: Network, editor: User, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    assert await overtaken(network, editor, monkeypatch, point) == "New"


@pytest.mark.parametrize("point", FROM_SQL)
async def test_without_the_number_of_changes_one_of_these_orders_serves_the_past(
    network: Network, editor: User, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """What the test above is there to find."""
    monkeypatch.setattr(KeptAnswers, "is_unchanged", lambda *_: True)
    name = await overtaken(network, editor, monkeypatch, point)
    assert name == ("Old" if point == "after the statement" else "New")


async def overtaken(network: Network, editor: User, monkeypatch: pytest.MonkeyPatch, point: str) -> str:
    """The name that its author reads of a community that was renamed while another read it."""
    made = await community(network)
    paused = Paused(monkeypatch, point)
    reading = asyncio.create_task(data(network, ANYBODY, NAME, slug=made["slug"]))
    await asyncio.wait_for(paused.reached.wait(), SECONDS)
    await rename(network, editor, made, "New")
    paused.go_on.set()
    await reading
    await heard(network)
    name: str = (await data(network, ANYBODY, NAME, slug=made["slug"]))["community"]["name"]
    assert (await data(network, ANYBODY, NAME, slug=made["slug"]))["community"]["name"] == name
    return name


async def test_whoever_has_written_reads_it_though_no_notification_has_arrived(
    network: Network, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, made = kept_of(network), await community(network)
    for _ in range(2):
        await data(network, editor, NAME, slug=made["slug"])
    assert network.ask.statements == []
    unheard = Pulse()
    unheard.heard_at = time.monotonic()
    monkeypatch.setattr(kept, "pulse", unheard)
    monkeypatch.setattr("server.operations.kept_answers.MOST_SECONDS", 1_000)  # it would serve for so long
    assert kept.is_current()
    await rename(network, editor, made, "New")
    for _ in range(2):
        assert await data(network, editor, NAME, slug=made["slug"]) == {"community": {"name": "New"}}
        assert "catalog.community" in network.ask.statements[-1]
    assert unheard.woken.is_set()


async def test_another_process_drops_it_by_the_notification(
    network: Network, editor: User, kept_network: Published
) -> None:
    made = await community(network)
    address = network.ask.app.endpoint.settings.database_url  # type: ignore[union-attr]
    async with network_on(str(address), kept_megabytes=16) as other:
        for _ in range(2):
            assert (await data(other, ANYBODY, NAME, slug=made["slug"]))["community"]["name"] == "Old"
        assert other.ask.statements == []
        await rename(network, editor, made, "New")
        await heard(other)
        assert (await data(other, ANYBODY, NAME, slug=made["slug"]))["community"]["name"] == "New"
        assert kept_of(other).drops >= 1


async def test_a_row_that_is_written_by_sql_is_read(network: Network) -> None:
    made = await community(network)
    for name in ("One", "Two"):
        await network.database.execute("UPDATE catalog.community SET name = $2 WHERE id = $1", made["id"], name)
        await heard(network)
        for _ in range(2):
            assert (await data(network, ANYBODY, NAME, slug=made["slug"]))["community"]["name"] == name
        assert network.ask.statements == []


async def test_a_write_to_another_table_drops_nothing(network: Network) -> None:
    made = await community(network)
    await data(network, ANYBODY, NAME, slug=made["slug"])
    await factories.indicator(network.database)
    await heard(network)
    await data(network, ANYBODY, NAME, slug=made["slug"])
    assert network.ask.statements == []


async def licence(network: Network, of: User, status: str) -> None:
    await network.database.execute("UPDATE insight.licence SET status = $2 WHERE organization_id = $1", of.id, status)


async def test_an_insight_is_kept_for_whoever_may_read_it_and_its_right_is_asked_each_time(
    network: Network, kept_network: Published
) -> None:
    licensed, id = kept_network.who["licensed"], kept_network.ids["fatigue"]
    first = await data(network, licensed, CELLS, id=id)
    assert first["insight"]["cells"]
    assert await data(network, licensed, CELLS, id=id) == first
    (right,) = network.ask.statements
    assert "insight.licence" in right
    assert "insight.cell" not in right
    for name in ("unlicensed", "run out", "ended", "of another community", "only asked for", "not begun"):
        for _ in range(2):
            assert await data(network, kept_network.who[name], CELLS, id=id) == {"insight": None}, name
    assert await data(network, licensed, CELLS, id=id) == first


@pytest.mark.parametrize("column", ["status = 'ENDED'", "ends_on = catalog.today() - 1"])
async def test_a_licence_that_has_ended_is_read_by_nobody_though_nothing_tells_of_it(
    network: Network, kept_network: Published, column: str
) -> None:
    licensed, id = kept_network.who["licensed"], kept_network.ids["fatigue"]
    first = await data(network, licensed, CELLS, id=id)
    row = await network.row(
        "SELECT id, status, starts_on, ends_on FROM insight.licence WHERE organization_id = $1", licensed.id
    )
    await network.database.execute(f"UPDATE insight.licence SET {column} WHERE id = $1", row["id"])
    assert await data(network, licensed, CELLS, id=id) == {"insight": None}
    await network.database.execute(
        "UPDATE insight.licence SET status = $2, starts_on = $3, ends_on = $4 WHERE id = $1", *row.values()
    )
    assert await data(network, licensed, CELLS, id=id) == first


@pytest.mark.parametrize("point", FROM_SQL)
async def test_a_licence_that_ends_while_its_right_is_asked_is_not_kept_as_it_was(
    network: Network, kept_network: Published, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """The answer is read in the snapshot of the right by which it is kept."""
    licensed, id = kept_network.who["licensed"], kept_network.ids["fatigue"]
    kept_of(network).drop_all()
    paused = Paused(monkeypatch, point)
    reading = asyncio.create_task(data(network, licensed, CELLS, id=id))
    await asyncio.wait_for(paused.reached.wait(), SECONDS)
    await licence(network, licensed, "ENDED")
    paused.go_on.set()
    assert await reading == {"insight": None}
    for _ in range(2):
        assert await data(network, licensed, CELLS, id=id) == {"insight": None}
    await licence(network, licensed, "GRANTED")
    for _ in range(2):
        assert (await data(network, licensed, CELLS, id=id))["insight"]["cells"]


async def test_a_user_who_is_removed_reads_nothing_more(
    network: Network, kept_network: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    administrator, id = kept_network.who["licensed"], kept_network.ids["fatigue"]
    user = await network.signed_in("Removed", administrator.id, organization_id=administrator.id, email_verified=True)
    who = "query { organization { users { nodes { id isViewer } } } }"
    users = (await data(network, user, who))["organization"]["users"]["nodes"]
    [removed] = [each["id"] for each in users if each["isViewer"]]
    for _ in range(2):
        assert (await data(network, user, CELLS, id=id))["insight"]["cells"]
    assert network.ask.app.endpoint is not None
    sessions = network.ask.app.endpoint.sessions
    unheard = Pulse()
    unheard.heard_at = time.monotonic()
    monkeypatch.setattr(sessions, "pulse", unheard)
    monkeypatch.setattr(kept_of(network), "pulse", unheard)
    monkeypatch.setattr(sessions, "forget", lambda session: None)  # as if the notification were still under way
    done = await network.do(administrator, "organizationUserRemove", "userId", user=removed)
    assert done["userErrors"] == []
    answer = await network.ask.post(user, CELLS, {"id": id})
    assert answer.status_code == 401
    assert (await data(network, administrator, CELLS, id=id))["insight"]["cells"]


async def test_what_members_may_read_of_insights_is_not_kept(network: Network, kept_network: Published) -> None:
    member, id = kept_network.who["of the community"], kept_network.ids["fatigue"]
    before = len(kept_of(network).answers)
    for _ in range(2):
        assert (await data(network, member, CELLS, id=id))["insight"]["cells"]
        assert "insight.cell" in network.ask.statements[-1]
    await network.database.execute("DELETE FROM care.membership WHERE member_id = $1", member.id)
    assert await data(network, member, CELLS, id=id) == {"insight": None}
    assert len(kept_of(network).answers) == before


async def test_an_insight_that_is_published_is_in_lists_that_were_kept(
    network: Network, kept_network: Published
) -> None:
    licensed, dataset = kept_network.who["licensed"], kept_network.ids["dataset"]
    before = await data(network, licensed, LIST, id=dataset)
    assert await data(network, licensed, LIST, id=dataset) == before
    assert len(network.ask.statements) == 1  # which asks for the right
    made = await kept_network.wave.publish(("fatigue",), [100, 90, 80, 3])
    await heard(network)
    for _ in range(2):
        after = await data(network, licensed, LIST, id=dataset)
        known = {each["id"] for each in before["dataset"]["insights"]["nodes"]}
        assert {each["id"] for each in after["dataset"]["insights"]["nodes"]} - known == {made["fatigue"]}


async def test_a_lost_listener_serves_nothing_from_memory_until_it_listens_again(network: Network) -> None:
    kept, made = kept_of(network), await community(network)
    await data(network, ANYBODY, NAME, slug=made["slug"])
    assert kept.answers
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cohorte listener'"
    changes = kept.changes
    await network.database.execute(ended + " AND datname = current_database()")
    await until(lambda: kept.changes > changes)
    assert not kept.answers
    await until(lambda: kept.is_current())
    await data(network, ANYBODY, NAME, slug=made["slug"])
    assert len(network.ask.statements) == 1
    await data(network, ANYBODY, NAME, slug=made["slug"])
    assert network.ask.statements == []


async def test_a_listener_that_has_heard_nothing_for_a_second_serves_nothing(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, made = kept_of(network), await community(network)
    await data(network, ANYBODY, NAME, slug=made["slug"])
    silent = Pulse()
    silent.heard_at = time.monotonic() - MOST_SECONDS
    monkeypatch.setattr(kept, "pulse", silent)
    for _ in range(2):
        await data(network, ANYBODY, NAME, slug=made["slug"])
        assert len(network.ask.statements) == 1


async def test_an_answer_with_errors_is_not_kept(network: Network) -> None:
    before = len(kept_of(network).answers)
    for _ in range(2):
        answer = await network.ask(ANYBODY, '{ communities(first: 3, after: "x") { nodes { name } } }')
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert len(kept_of(network).answers) == before


async def test_languages_and_views_have_answers_of_their_own(network: Network, editor: User) -> None:
    made = await community(network)
    await network.database.execute(
        'UPDATE catalog.community SET status = \'DRAFT\', translations = \'{"fr": {"name": "Vieux"}}\' WHERE id = $1',
        made["id"],
    )
    await heard(network)
    text = "query ($slug: String!, $in: Language!) @inContext(language: $in) { community(slug: $slug) { name } }"
    for _ in range(2):
        for who, language, found in (
            (editor, "FR", {"name": "Vieux"}),
            (editor, "EN", {"name": "Old"}),
            (ANYBODY, "FR", None),  # a draft is for staff
        ):
            assert await data(network, who, text, slug=made["slug"], **{"in": language}) == {"community": found}


async def test_a_get_of_what_is_kept_has_a_tag_and_is_answered_with_304_until_it_changes(network: Network) -> None:
    made = await community(network)
    parameters = {"query": f'{{ community(slug: "{made["slug"]}") {{ name }} }}'}
    headers = {"graphql-require-preflight": "1"}
    get = network.ask.http.get
    first = await get("/graphql", params=parameters, headers=headers)
    assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache")
    assert "authorization" in first.headers["vary"]
    asked = headers | {"if-none-match": first.headers["etag"]}
    again = await get("/graphql", params=parameters, headers=asked)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert "content-length" not in again.headers
    await network.database.execute("UPDATE catalog.community SET name = 'New' WHERE id = $1", made["id"])
    await heard(network)
    changed = await get("/graphql", params=parameters, headers=asked)
    assert changed.status_code == 200
    assert changed.json() == {"data": {"community": {"name": "New"}}}
    assert changed.headers["etag"] != first.headers["etag"]


async def test_a_get_of_anything_else_has_no_tag(network: Network, editor: User) -> None:
    headers = editor.headers | {"graphql-require-preflight": "1"}
    answer = await network.ask.http.get("/graphql", params={"query": "{ viewer { audience } }"}, headers=headers)
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


async def test_metrics_count_hits_misses_drops_and_bytes(network: Network) -> None:
    made, kept, endpoint = await community(network), kept_of(network), network.ask.app.endpoint
    assert endpoint is not None
    sources = {each.name: each.values for each in readings(endpoint, {})}
    before = dict(sources["cohorte_kept_reads"]())
    for _ in range(3):
        await data(network, ANYBODY, NAME, slug=made["slug"])
    after = sources["cohorte_kept_reads"]()
    assert (after["hit"] - before["hit"], after["miss"] - before["miss"]) == (2, 1)
    assert sources["cohorte_kept_bytes"]() == {"": kept.answers.currsize}
    assert sources["cohorte_kept_drops"]() == {"": kept.drops}


def current() -> Pulse:
    pulse = Pulse()
    pulse.heard_at = time.monotonic() + 1_000
    return pulse


def test_memory_is_bounded_in_bytes_and_the_least_recently_used_are_dropped() -> None:
    most = 100_000
    kept = KeptAnswers(most, {}, current())
    tables = frozenset({"catalog.community"})
    for number in range(1_000):
        kept.keep(("public", "SELECT", f"{number:03}"), b"x" * 1_000, tables, kept.changes)
        kept.find(("public", "SELECT", "000"))
        assert kept.answers.currsize <= most
    assert 10 < len(kept.answers) < 100
    assert kept.find(("public", "SELECT", "000")) is not None
    assert kept.find(("public", "SELECT", "500")) is None
    count = len(kept.answers)
    kept.keep(("public", "SELECT", "large"), b"x" * (most // LARGEST), tables, kept.changes)
    kept.keep(("public", "S" * most, "of a long statement"), b"x", tables, kept.changes)
    assert len(kept.answers) == count


@pytest.mark.parametrize("value", [1.0, -0.0, (1.0,), object()])
def test_an_answer_by_a_value_that_equals_another_is_not_kept(value: object) -> None:
    kept = KeptAnswers(100_000, {}, current())
    kept.keep(("public", "SELECT", value), b"x", frozenset({"catalog.community"}), 0)
    assert not kept.answers


@pytest.mark.parametrize("payload", ["", "catalog.unknown", "care.post", None])
def test_what_cannot_be_told_of_one_table_drops_everything(payload: object) -> None:
    kept = KeptAnswers(100_000, {}, current())
    kept.keep(("public", "SELECT"), b"x", frozenset({"catalog.community"}), 0)
    kept.notified(None, 0, "", payload)
    assert not kept.answers
    kept.keep(("public", "SELECT"), b"x", frozenset({"catalog.community"}), 0)  # it was read before
    assert not kept.answers


def test_nothing_is_served_between_a_write_and_the_next_answer_of_the_listener() -> None:
    pulse = Pulse()
    kept = KeptAnswers(100_000, {}, pulse)
    assert not kept.is_current()  # it has heard nothing yet
    pulse.heard_at = time.monotonic()
    assert kept.is_current()
    pulse.note_write()
    assert not kept.is_current()
    assert pulse.woken.is_set()
    pulse.heard_at = time.monotonic()
    assert kept.is_current()


def test_a_server_that_may_keep_nothing_asks_no_memory() -> None:
    assert not KeptAnswers(0, {}, current()).is_current()


async def test_of_a_read_from_memory_nothing_is_asked_of_the_pool() -> None:
    kept = KeptAnswers(100_000, {}, current())
    plan, sources = Plan("SELECT", ()), Sources("public", frozenset({"catalog.community"}))
    kept.keep(("public", "SELECT", ("a", None)), body_of("{}"), sources.tables, 0)
    pool: Any = None
    assert await kept.read(plan, sources, [["a", None]], NOBODY, pool, None) == b'{"data":{}}'
