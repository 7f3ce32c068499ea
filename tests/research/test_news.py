"""News from the outbox: who is notified of insights and open surveys, once, and that writes do not show how many."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from operator import not_
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from models.metadata import metadata
from models.security.publisher import PUBLISHER
from resolvers.identity import outbox
from resolvers.insight import freezing
from server.jobs.newsroom import Newsroom
from tests import factories
from tests.server.test_scheduler import as_
from tests.support.callers import User
from tests.support.eventually import becomes
from tests.support.ids import key
from tests.support.logged import logged
from tests.support.network import Network
from tests.support.population import buyer, closed, crowd, publish
from tests.support.records import Encoded, consenting, dataset
from tests.support.surveys import NO, consents, drafted, opened, participation, scheduled, submitted

Admin = asyncpg.Connection
NOTIFIED = "SELECT member_id, subject_id FROM care.notification WHERE kind = $1 AND member_id = any($2)"
QUEUE = "SELECT identity.queue_news($1, $2)"


@pytest.fixture
async def community_id(admin: Admin) -> UUID:
    """Yields the id of a new community, in the transaction of `admin`."""
    return UUID(str((await factories.community(admin))["id"]))


@pytest_asyncio.fixture
async def community_id_of_server(network: Network) -> UUID:
    """Yields the id of a new community of the server's network."""
    return UUID(str((await factories.community(network.database))["id"]))


@pytest_asyncio.fixture
async def no_server_delivers(network: Network) -> AsyncIterator[None]:
    """Keeps the server from delivering news: another process holds the lock."""
    await network.value("SELECT pg_advisory_lock($1)", outbox.NEWS_LOCK)
    yield
    await outbox.unlock_outbox(network.database, outbox.NEWS_LOCK)


async def frozen(admin: Admin, community: UUID, *members: UUID) -> Encoded:
    """A frozen wave of the community that these members, who consent, have joined."""
    for member in members:
        await factories.membership(admin, member_id=member, community_id=community)
    made = await dataset(admin, (), community_id=community)
    await made.freeze()
    return made


async def insight_of(admin: Admin, made: Encoded) -> UUID:
    """A new insight of the dataset, which is queued as news."""
    insight = UUID(str((await factories.insight(admin, dataset_id=made.id))["id"]))
    await admin.execute(QUEUE, "INSIGHT_PUBLISHED", insight)
    return insight


async def notified(admin: Admin, kind: str, members: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    return sorted((row["member_id"], row["subject_id"]) for row in await admin.fetch(NOTIFIED, kind, list(members)))


async def test_members_who_had_begun_are_notified_of_a_survey_that_closes_early(
    network: Network, survey_manager: User, community_id_of_server: UUID
) -> None:
    members = [await network.member(community_id_of_server) for _ in range(4)]
    done, begun, invited, withdrawn = members
    survey = await opened(network, survey_manager, community_id_of_server, *members)
    for who in (done, withdrawn):
        await submitted(network, who, survey)
    await network.do(withdrawn, "surveyWithdraw", "__typename", survey=survey)
    await network.do(begun, "surveySave", "__typename", survey=survey, answers=[NO])
    await network.do(survey_manager, "surveyClose", "__typename", survey=survey)
    await network.freeze()  # those who had begun can be told from those who had not, even then
    assert await participation(network, begun, survey) == await participation(network, invited, survey) == "LAPSED"
    await network.deliver()
    ids = [one.id for one in members]
    found = await network.database.fetch(NOTIFIED, "SURVEY_CLOSED", ids)
    assert sorted(row["member_id"] for row in found) == sorted([done.id, begun.id])
    assert {row["subject_id"] for row in found} == {key(survey)}
    shown = await network.ask(begun, "{ me { notifications { nodes { kind subject { id } } } } }")
    assert shown["data"]["me"]["notifications"]["nodes"] == [{"kind": "SURVEY_CLOSED", "subject": {"id": survey}}]


async def test_nobody_is_notified_of_a_survey_that_closes_on_its_day_or_never_opened(
    network: Network, survey_manager: User, community_id_of_server: UUID
) -> None:
    ada = await network.member(community_id_of_server)
    past = await opened(network, survey_manager, community_id_of_server, ada)
    await submitted(network, ada, past)
    await network.database.execute("UPDATE catalog.survey SET closes_on = current_date - 2 WHERE id = $1", key(past))
    async with network.database.transaction():
        await freezing.freeze_survey(network.database, key(past))
    waiting = await scheduled(network, survey_manager, community_id_of_server)
    await network.do(survey_manager, "surveyClose", "__typename", survey=waiting)
    await network.deliver()
    assert await network.count("care.notification", member_id=ada.id, kind="SURVEY_CLOSED") == 0


async def test_members_are_notified_of_a_dataset_once_until_they_have_read_it(admin: Admin, community_id: UUID) -> None:
    ada, ben, eve = [await consenting(admin) for _ in range(3)]
    made = await frozen(admin, community_id, ada, ben, eve)
    first = await insight_of(admin, made)
    await insight_of(admin, made)
    # A member who leaves the dataset before delivery gets no notification.
    await admin.execute("UPDATE research.consent SET granted = false, recipients = '{}' WHERE member_id = $1", eve)
    await outbox.deliver_all(admin)
    assert await notified(admin, "INSIGHT_PUBLISHED", [ada, ben, eve]) == sorted([(ada, first), (ben, first)])
    await admin.execute("UPDATE care.notification SET read_at = now() WHERE member_id = $1", ben)
    third = await insight_of(admin, made)
    await outbox.deliver_all(admin)
    expected = sorted([(ada, first), (ben, first), (ben, third)])
    assert await notified(admin, "INSIGHT_PUBLISHED", [ada, ben, eve]) == expected
    assert await admin.fetchval("SELECT count(*) FROM identity.outbox_entry") == 0


async def test_news_is_delivered_in_batches_that_can_be_repeated(admin: Admin, community_id: UUID) -> None:
    members = [UUID(int=uuid4().int >> 6) for _ in range(7)]  # all in the first part
    others = [await consenting(admin, id=UUID(int=uuid4().int | 1 << 127)) for _ in range(3)]
    for member in members:
        await factories.member(admin, id=member, kind="PATIENT")
        await factories.consent(
            admin, member_id=member, purpose="TRACKING_RESEARCH", recipients=["LABORATORY", "HOSPITAL"]
        )
    made = await frozen(admin, community_id, *members, *others)
    insight = await insight_of(admin, made)
    row = await admin.fetchrow("SELECT id, created_at FROM identity.outbox_entry")
    assert row is not None
    entry, queued = row
    deliver = "SELECT research.deliver($1, $2, 3)"
    counts = []
    for left in (True, True, False, False):  # 3, 3, 1, and none again
        assert await admin.fetchval(deliver, entry, 0) is left
        counts.append(len(await notified(admin, "INSIGHT_PUBLISHED", members)))
    assert counts == [3, 6, 7, 7]
    assert await admin.fetchval(deliver, entry, 2) is False  # not its turn
    assert await admin.fetchval("SELECT part FROM identity.outbox_entry") == 1
    # Delivered once more from the beginning, as if another process had not seen what was done.
    await admin.execute("UPDATE identity.outbox_entry SET part = 0")
    await admin.execute("UPDATE care.notification SET read_at = now() WHERE member_id = $1", members[0])
    await outbox.deliver_all(admin)
    everybody = [*members, *others]
    assert await notified(admin, "INSIGHT_PUBLISHED", everybody) == sorted((member, insight) for member in everybody)
    times = "SELECT DISTINCT created_at FROM care.notification WHERE subject_id = $1"
    assert [row["created_at"] for row in await admin.fetch(times, insight)] == [queued]


async def test_every_member_is_in_one_of_the_parts(admin: Admin) -> None:
    ends = [UUID(int=0), UUID(int=2**128 - 1)]
    ids = [*ends, *(UUID(int=part << 122) for part in range(outbox.PARTS))]
    found = [await admin.fetchval("SELECT research.part_of($1)", id) for id in ids]
    assert found == [0, outbox.PARTS - 1, *range(outbox.PARTS)]


async def test_a_survey_that_closes_before_its_news_is_delivered_invites_nobody(admin: Admin) -> None:
    made = await factories.survey(admin, status="CLOSED", no_dataset=None, offered_to=["HOSPITAL"])
    member = await consenting(admin, "SURVEY_RESEARCH")
    await factories.membership(admin, member_id=member, community_id=made["community_id"])
    for status, expected in (("CLOSED", []), ("OPEN", [(member, made["id"])])):
        await admin.execute("UPDATE catalog.survey SET status = $2 WHERE id = $1", made["id"], status)
        await admin.execute(QUEUE, "SURVEY_OPENED", made["id"])
        await outbox.deliver_all(admin)
        assert await notified(admin, "SURVEY_OPEN", [member]) == expected
        assert await admin.fetchval("SELECT count(*) FROM research.participation WHERE member_id = $1", member) == len(
            expected
        )


async def test_only_news_of_a_kind_that_can_be_delivered_is_queued(admin: Admin) -> None:
    for kind in ("MAIL", "OTHER"):
        with pytest.raises(asyncpg.CheckViolationError):
            async with admin.transaction():
                await admin.execute(QUEUE, kind, uuid4())


async def test_members_who_answer_before_they_are_invited_keep_their_answers(
    no_server_delivers: None, network: Network, survey_manager: User
) -> None:
    community = (await factories.community(network.database))["id"]
    ada, ben = await network.member(community), await network.member(community)
    for who in (ada, ben):
        await consents(network, who)
    survey = await scheduled(network, survey_manager, community)
    await network.database.execute("SELECT catalog.open_survey($1)", key(survey))
    await submitted(network, ada, survey, NO)
    assert await participation(network, ben, survey) is None
    await network.deliver()
    assert [await participation(network, who, survey) for who in (ada, ben)] == ["COMPLETED", "INVITED"]
    assert await notified(network.database, "SURVEY_OPEN", [ada.id, ben.id]) == [(ben.id, key(survey))]


async def test_the_server_delivers_news_by_itself_in_an_order_that_depends_on_ids_alone(
    network: Network, survey_manager: User
) -> None:
    community = (await factories.community(network.database))["id"]
    members = [await network.member(community) for _ in range(3)]
    for who in members:
        await consents(network, who)
    survey = await scheduled(network, survey_manager, community)
    await network.events()
    await network.database.execute("SELECT catalog.open_survey($1)", key(survey))
    about: list[str] = []

    async def published() -> list[str]:
        # They may arrive a moment after others see what was committed with them.
        about.extend(e["about"] for e in await network.events() if e["kind"] in ("surveyOpened", "notificationAdded"))
        return about

    await becomes(published, lambda found: len(found) > len(members))
    assert about == [str(community), *sorted(str(who.id) for who in members)]
    await becomes(lambda: network.count("identity.outbox_entry", subject_id=key(survey)), not_)


# Writes whose duration would otherwise depend on how many members they concern.


async def written_rows(network: Network, write: Any) -> dict[str, int]:
    """How many rows of each table have been inserted, updated or deleted by `write`, a request, in its transaction."""
    before = await network.value("SELECT pg_current_xact_id()::text::bigint")
    await write()
    after = await network.value("SELECT pg_current_xact_id()::text::bigint")
    found = {}
    for table in metadata.sorted_tables:
        rows = f"SELECT count(*) FROM {table} WHERE xmin::text::bigint > $1 AND xmin::text::bigint < $2"
        if number := await network.value(rows, before, after):
            found[table.fullname] = number
    return found


async def published_to(
    network: Network, many: int, before: str = "SELECT 1", after: str = "SELECT 1"
) -> dict[str, int]:
    """What a buyer's `insightPublish` of a dataset with so many members writes, with SQL before and after it."""
    people = await crowd(network.database, [{"q": "ABCD"[n % 4], "r": "AB"[n % 2]} for n in range(many)])
    with mock.patch.object(freezing, "FLOOR", 1):
        made = await closed(network, people)
    laboratory = await buyer(network, people.community)

    async def write() -> None:
        assert (await publish(network, laboratory, made, "q", "r"))["userErrors"] == []

    await network.database.execute(before)
    written = await written_rows(network, write)
    await network.database.execute(after)
    news = await network.count("identity.outbox_entry", kind="INSIGHT_PUBLISHED")
    assert news > 0
    await network.deliver()
    assert await network.count("research.enrolment", dataset_id=key(made)) == many
    told = "SELECT count(*) FROM care.notification WHERE member_id = any($1) AND kind = 'INSIGHT_PUBLISHED'"
    assert await network.value(told, list(people.members)) == many
    return written


@pytest.mark.slow
async def test_publishing_writes_as_many_rows_for_few_members_as_for_many(
    no_server_delivers: None, network: Network
) -> None:
    few, many = [await published_to(network, number) for number in (400, 800)]
    assert few == many
    assert few["identity.outbox_entry"] == 1
    assert "care.notification" not in few


NOTIFY_ALL = """
    CREATE FUNCTION public.notify_all() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    BEGIN
        INSERT INTO care.notification (id, member_id, kind, subject_id)
            SELECT gen_random_uuid(), e.member_id, 'INSIGHT_PUBLISHED', NEW.id FROM research.enrolment e
            WHERE e.dataset_id = NEW.dataset_id AND e.member_id IS NOT NULL
            ON CONFLICT DO NOTHING;
        RETURN NEW;
    END $$;
    CREATE TRIGGER notify_all AFTER INSERT ON insight.insight FOR EACH ROW EXECUTE FUNCTION public.notify_all();
"""


NOTIFY_NO_MORE = "DROP FUNCTION public.notify_all() CASCADE"


@pytest.mark.slow
async def test_the_check_detects_notifications_that_are_written_while_publishing(
    no_server_delivers: None, network: Network
) -> None:
    """As it was before the outbox: the buyer waited for a row of each member."""
    few, many = [await published_to(network, number, NOTIFY_ALL, NOTIFY_NO_MORE) for number in (400, 800)]
    assert few != many
    assert [written["care.notification"] for written in (few, many)] == [400, 800]


async def test_scheduling_and_opening_write_as_many_rows_for_few_members_as_for_many(
    no_server_delivers: None, network: Network, survey_manager: User
) -> None:
    written = []
    for many in (40, 400):
        people = await crowd(network.database, [{"q": "A"}] * many)
        survey = await drafted(network, survey_manager, people.community)

        async def schedule(survey: str = survey) -> None:
            payload = await network.do(survey_manager, "surveySchedule", "survey { status }", survey=survey)
            assert payload == {"survey": {"status": "WAITING"}, "userErrors": []}

        async def open_(survey: str = survey) -> None:
            await network.database.execute("SELECT catalog.open_survey($1)", key(survey))

        written.append((await written_rows(network, schedule), await written_rows(network, open_)))
        await network.deliver()
        assert await network.count("research.participation", survey_id=key(survey), status="INVITED") == many
    assert written[0] == written[1]
    assert written[0][1] == {"catalog.survey": 1, "identity.outbox_entry": 1, "research.survey_opening": 1}


@pytest.mark.usefixtures("no_server_delivers")
async def test_closing_does_the_same_for_few_participants_as_for_many(network: Network, survey_manager: User) -> None:
    done = []
    for many in (40, 400):
        people = await crowd(network.database, [{"q": "A"}] * many)

        async def close(survey: str = f"svy_{people.survey}") -> None:
            payload = await network.do(survey_manager, "surveyClose", "survey { status }", survey=survey)
            assert payload == {"survey": {"status": "CLOSED"}, "userErrors": []}

        done.append((await written_rows(network, close), network.ask.statements))
        await network.freeze()
        enrolled = "SELECT count(*) FROM research.enrolment JOIN insight.dataset d ON d.id = dataset_id"
        assert await network.value(f"{enrolled} WHERE d.survey_id = $1", people.survey) == many
    assert done[0] == done[1]
    assert {table for table in done[0][0] if table != "identity.rate_limit"} == {
        "catalog.survey",
        "identity.outbox_entry",
    }
    assert done[0][0]["catalog.survey"] == 1
    assert not any("answer" in statement or "participation" in statement for statement in done[0][1])


# One process at a time, and none that is killed loses or doubles news.


async def test_a_process_that_takes_over_continues_where_another_stopped(
    no_server_delivers: None, network: Network
) -> None:
    members = [await network.member() for _ in range(30)]
    made = (await factories.dataset(network.database))["id"]
    for who in members:
        await factories.enrolment(network.database, dataset_id=made, member_id=who.id)
    insight = (await factories.insight(network.database, dataset_id=made))["id"]
    await network.database.execute(QUEUE, "INSIGHT_PUBLISHED", insight)
    delivered: list[int] = []
    deliver_part = outbox.deliver_part

    async def stops(connection: asyncpg.Connection, news: outbox.PendingNews, part: int) -> None:
        if part == 20 and not delivered.count(20):
            delivered.append(part)
            raise asyncio.CancelledError
        await deliver_part(connection, news, part)

    async with as_(PUBLISHER, network) as first, as_(PUBLISHER, network) as second:
        newsroom = Newsroom(part_seconds=0)
        with mock.patch.object(outbox, "deliver_part", stops), suppress(asyncio.CancelledError):
            await newsroom.deliver(first, await outbox.due_news(first))
        parts = {await network.value("SELECT research.part_of($1)", who.id): who.id for who in members}
        assert await network.value("SELECT part FROM identity.outbox_entry") == 20
        early = {id for part, id in parts.items() if part < 20}
        got = {member for member, _ in await notified(network.database, "INSIGHT_PUBLISHED", list(parts.values()))}
        assert early == got & set(parts.values())
        # Two at once, as if the lock were broken.
        due = await outbox.due_news(first)
        await asyncio.gather(*(newsroom.deliver(each, list(due)) for each in (first, second)))
    ids = [who.id for who in members]
    assert await notified(network.database, "INSIGHT_PUBLISHED", ids) == sorted((id, insight) for id in ids)


async def test_news_that_fails_is_postponed_without_blocking_others_or_logging_whom_it_is_for(
    no_server_delivers: None, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    who = await network.member()
    made = (await factories.dataset(network.database))["id"]
    await factories.enrolment(network.database, dataset_id=made, member_id=who.id)
    insights = [(await factories.insight(network.database, dataset_id=made))["id"] for _ in range(2)]
    for insight in insights:
        await network.database.execute(QUEUE, "INSIGHT_PUBLISHED", insight)
    refuse = "ALTER TABLE care.notification ADD CONSTRAINT refuses CHECK (subject_id <> '{}'::uuid) NOT VALID"
    await network.database.execute(refuse.format(insights[0]))
    try:
        async with as_(PUBLISHER, network) as connection:
            await Newsroom(part_seconds=0).deliver_due(connection)
    finally:
        await network.database.execute("ALTER TABLE care.notification DROP CONSTRAINT refuses")
    assert await notified(network.database, "INSIGHT_PUBLISHED", [who.id]) == [(who.id, insights[1])]
    assert logged(caplog, "cohorte.news") == ["news could not be delivered: CheckViolationError"]
    row = await network.row("SELECT subject_id, attempts, due_at > now() AS waits FROM identity.outbox_entry")
    assert row == {"subject_id": insights[0], "attempts": 1, "waits": True}
    await network.database.execute("DELETE FROM identity.outbox_entry")


async def test_one_process_at_a_time_delivers(network: Network) -> None:
    works: list[str] = []

    def newsroom(name: str) -> Newsroom:
        made = Newsroom(part_seconds=0)

        async def work(connection: asyncpg.Connection) -> None:
            works.append(name)
            await asyncio.sleep(0)

        made.outbox.work = work
        made.outbox.lock = 7  # not the server's
        return made

    async with as_(PUBLISHER, network) as first, as_(PUBLISHER, network) as second:
        assert await outbox.lock_outbox(first, 7)
        await newsroom("second").outbox.once(second)
        assert works == []
        await outbox.unlock_outbox(first, 7)
        await newsroom("second").outbox.once(second)
        assert works == ["second"]


def test_parts_have_times_of_their_own() -> None:
    """Each part waits for its own moment after the first, however long those before it took."""
    moments: list[float] = []

    class Loop:
        def __init__(self) -> None:
            self.now = 100.0

        def time(self) -> float:
            return self.now

    loop = Loop()

    async def sleep(seconds: float) -> None:
        loop.now += max(seconds, 0)

    async def part(connection: Any, news: Any, number: int) -> None:
        moments.append(loop.now)
        loop.now += news  # the work takes as long as there are members

    async def run(takes: float) -> list[float]:
        moments.clear()
        loop.now = 100.0
        with (
            mock.patch.object(asyncio, "get_running_loop", return_value=loop),
            mock.patch.object(asyncio, "sleep", sleep),
            mock.patch.object(outbox, "deliver_part", part),
        ):
            await Newsroom(part_seconds=0.05).deliver(mock.Mock(), [takes])  # type: ignore[list-item]
        return list(moments)

    few, many = asyncio.run(run(0.0001)), asyncio.run(run(0.04))
    assert few == pytest.approx(many)
    assert len(few) == outbox.PARTS
