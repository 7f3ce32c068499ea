"""Freezing: surveys that close and waves of tracking become datasets, whole or not at all, and datasets end."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.members import MemberKind
from models.identity.organizations import OrganizationKind
from models.logins import role_dsn
from models.security.publisher import PUBLISHER
from privacy import noise
from resolvers.insight import freezing
from resolvers.jobs import end_datasets, settle_surveys
from settings import Limits
from tests import factories
from tests.support.client import Caller, serving
from tests.support.population import KINDS, Crowd, buyer, closed, copy, crowd, publish
from tests.support.publishable import PRICES, expect_sound, key, paid
from tests.support.surveys import today
from tests.support.town import Person, Town

FROZEN = "dataset { id size kind wave title offeredTo frozenOn } "
EVERYBODY = [{"q": "ABC"[n % 3], "r": "AB"[n % 2]} for n in range(260)]
OWN = "SELECT cube, precision FROM insight.release WHERE dataset_id = $1 AND variables <> '{}' ORDER BY cube"


@pytest_asyncio.fixture
async def people(here: Town) -> Crowd:
    return await crowd(here.database, EVERYBODY)


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """No noise, so that a size is what a test made it."""
    monkeypatch.setattr(noise, "draw", lambda counts, *_: list(counts))


@pytest_asyncio.fixture
async def publisher(here: Town) -> AsyncIterator[asyncpg.Connection]:
    """A connection as what is due is done on."""
    endpoint = here.ask.app.endpoint
    assert endpoint is not None
    assert endpoint.settings.database_url is not None
    connection = await asyncpg.connect(role_dsn(endpoint.settings.database_url, PUBLISHER))
    try:
        yield connection
    finally:
        await connection.close()


async def close(here: Town, boss: Caller, survey: UUID, fields: str = "status dataset { id }") -> Any:
    payload = await here.do(boss, "surveyClose", f"survey {{ {fields} }}", survey=f"svy_{survey}")
    assert payload["userErrors"] == []
    return payload["survey"]


def wave(home: UUID, **given: Any) -> dict[str, Any]:
    return {"community": f"com_{home}", "wave": "first", "offeredTo": ["HOSPITAL"]} | given


async def tracking(here: Town, size: int = 260, **community: Any) -> UUID:
    """A community of so many patients who consent, some of whom follow an indicator and a treatment of its."""
    made = await crowd(here.database, [{"q": "A"}] * size)
    if community:
        column, value = next(iter(community.items()))
        await here.database.execute(f"UPDATE catalog.community SET {column} = $2 WHERE id = $1", made.community, value)
    indicator = (await factories.indicator(here.database, slug=f"pain-{made.community}"))["id"]
    treatment = (await factories.treatment(here.database, slug=f"drug-{made.community}"))["id"]
    await factories.community_indicator(here.database, community_id=made.community, indicator_id=indicator)
    await factories.community_treatment(here.database, community_id=made.community, treatment_id=treatment)
    await copy(here.database, "care.observation", "member_id indicator_id value observed_on", [
        (member, indicator, float(n % 11), today() - timedelta(days=3)) for n, member in enumerate(made.members[:100])
    ])  # fmt: skip
    return made.community


async def datasets(here: Town, community: UUID) -> list[dict[str, Any]]:
    query = "SELECT * FROM insight.dataset WHERE community_id = $1 ORDER BY frozen_on, id"
    return [dict(row) for row in await here.database.fetch(query, community)]


async def rows_of(here: Town, table: str, dataset: UUID) -> int:
    return int(await here.value(f"SELECT count(*) FROM {table} WHERE dataset_id = $1", dataset))


async def test_a_survey_that_closes_becomes_a_dataset(here: Town, boss: Person, people: Crowd, exact: None) -> None:
    lines = await here.value("SELECT count(*) FROM insight.ledger_entry")
    await here.events()
    survey = await close(here, boss, people.survey, "status title dataset { id size kind wave title offeredTo }")
    dataset = survey.pop("dataset")
    assert survey == {"status": "RELEASED", "title": dataset["title"]}
    id = key(dataset.pop("id"))
    assert dataset == {
        "size": 260, "kind": "SURVEY", "wave": f"{today():%Y-%m}", "title": dataset["title"], "offeredTo": KINDS,
    }  # fmt: skip
    row = await here.row("SELECT * FROM insight.dataset WHERE id = $1", id)
    assert (row["frozen_on"], row["ends_on"]) == (today(), today() + timedelta(days=365))
    assert (row["cap_micro_rho"], row["spent_micro_rho"]) == (250_000, PRICES[20] + PRICES[10])
    assert (row["sold_micro_rho"], row["domain_version"], row["status"]) == (0, 1, "OPEN")
    names = await here.database.fetch(
        "SELECT name, slot FROM insight.variable WHERE dataset_id = $1 ORDER BY position", id
    )
    assert [tuple(each) for each in names] == [
        (name, slot)
        for slot, name in enumerate(("age_band", "sex", "region", "kind", "time_since_diagnosis", "q", "r"))
    ]
    assert await rows_of(here, "research.enrolment", id) == await rows_of(here, "research.record", id) == 260
    links = "SELECT count(answer_sheet_id) FROM research.participation WHERE survey_id = $1"
    assert await here.value(links, people.survey) == 0
    # 15 % of the cap bear, after the size, one table of its first question.
    assert [tuple(each) for each in await here.database.fetch(OWN, id)] == [("q@v1", "WITHIN_10")]
    [size, own] = await here.database.fetch(
        "SELECT * FROM insight.ledger_entry WHERE position > $1 ORDER BY position", lines
    )
    assert (size["purpose"], size["variables"], size["micro_rho"]) == ("Size of the dataset", [], PRICES[20])
    assert (own["purpose"], own["variables"], own["micro_rho"]) == ("Participants' tables", ["q"], PRICES[10])
    assert size["organization_id"] is own["organization_id"] is None
    told = await here.events()
    assert [one["kind"] for one in told].count("notificationAdded") == 260
    insight = await here.value("SELECT id FROM insight.insight WHERE dataset_id = $1", id)
    published = {"kind": "insightPublished", "subject": str(insight), "about": str(people.community)}
    assert [one for one in told if one["kind"] == "insightPublished"] == [published]
    await expect_sound(here, f"dst_{id}")


async def test_a_dataset_of_too_few_says_nothing_but_that(here: Town, boss: Person, exact: None) -> None:
    few = await crowd(here.database, EVERYBODY[:199])
    survey = await close(here, boss, few.survey)
    assert survey == {"status": "CLOSED", "dataset": None}
    [dataset] = await datasets(here, few.community)
    assert (dataset["status"], dataset["size"], dataset["spent_micro_rho"]) == ("TOO_SMALL", 199, PRICES[20])
    assert await rows_of(here, "research.record", dataset["id"]) == 0
    reserved = "SELECT DISTINCT reserved_micro_rho FROM research.enrolment WHERE dataset_id = $1"
    assert await here.value(reserved, dataset["id"]) == PRICES[20]
    lines = "SELECT purpose FROM insight.ledger_entry WHERE dataset_id = $1"
    assert [row["purpose"] for row in await here.database.fetch(lines, dataset["id"])] == ["Size of the dataset"]
    steward = await here.staff(StaffRole.DATA_STEWARD)
    said = await publish(here, steward, f"dst_{dataset['id']}", "q")
    assert [error["code"] for error in said["userErrors"]] == ["NOT_FOUND"]
    await expect_sound(here, f"dst_{dataset['id']}")


async def test_a_survey_may_ask_for_more_than_the_floor(here: Town, boss: Person, exact: None) -> None:
    enough = await crowd(here.database, EVERYBODY, minimum_participants=260)
    assert (await close(here, boss, enough.survey))["status"] == "RELEASED"
    short = await crowd(here.database, EVERYBODY, minimum_participants=261)
    assert await close(here, boss, short.survey) == {"status": "CLOSED", "dataset": None}


async def test_a_survey_that_never_opened_has_no_dataset(here: Town, boss: Person) -> None:
    row = await factories.survey(here.database, status="WAITING", closes_on=today() + timedelta(days=9))
    assert await close(here, boss, row["id"]) == {"status": "CLOSED", "dataset": None}
    assert await datasets(here, row["community_id"]) == []


async def test_that_nobody_answered_is_no_more_told_than_that_one_did(here: Town, boss: Person) -> None:
    row = await factories.survey(
        here.database, status="OPEN", opens_on=today(), closes_on=today() + timedelta(days=9), offered_to=KINDS
    )
    assert await close(here, boss, row["id"]) == {"status": "CLOSED", "dataset": None}
    [dataset] = await datasets(here, row["community_id"])
    assert (dataset["status"], dataset["spent_micro_rho"]) == ("TOO_SMALL", PRICES[20])


async def test_freezing_is_given_more_time_than_another_request(here: Town, boss: Person, people: Crowd) -> None:
    endpoint = here.ask.app.endpoint
    assert endpoint is not None
    assert endpoint.settings.database_url is not None
    async with serving(endpoint.settings.database_url, limits=Limits(request_seconds=0.5)) as hurried:
        async with here.database.transaction():
            await here.database.execute("SELECT pg_advisory_xact_lock(hashtext('cohorte.enrol'))")
            closing = asyncio.create_task(close(Town(hurried, here.database), boss, people.survey))
            await asyncio.sleep(0.8)
        assert (await closing)["status"] == "RELEASED"


async def test_freezing_that_fails_leaves_the_survey_open_and_its_answers_linked(
    here: Town, boss: Person, people: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> list[int]:
        raise RuntimeError

    lines = await here.value("SELECT count(*) FROM insight.ledger_entry")
    with monkeypatch.context() as patched:
        patched.setattr(noise, "draw", fails)
        answer = await here.answer(boss, "surveyClose", "__typename", survey=f"svy_{people.survey}")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL_SERVER_ERROR"]
    assert await here.value("SELECT status FROM catalog.survey WHERE id = $1", people.survey) == "OPEN"
    links = "SELECT count(answer_sheet_id) FROM research.participation WHERE survey_id = $1"
    assert await here.value(links, people.survey) == 260
    assert await datasets(here, people.community) == []
    assert await here.value("SELECT count(*) FROM insight.ledger_entry") == lines
    await closed(here, people)


async def test_twins_that_close_a_survey_make_one_dataset(here: Town, boss: Person, people: Crowd) -> None:
    given = {"survey": f"svy_{people.survey}", "clientMutationId": "twins"}
    made = await asyncio.gather(*(here.do(boss, "surveyClose", "survey { dataset { id } }", **given) for _ in range(3)))
    assert all(one == made[0] for one in made)
    assert await here.refused(boss, "surveyClose", survey=f"svy_{people.survey}") == ("TOO_LATE", "input.survey")
    assert len(await datasets(here, people.community)) == 1


async def test_what_falls_due_closes_surveys_into_datasets(
    here: Town, people: Crowd, publisher: asyncpg.Connection
) -> None:
    move = "UPDATE catalog.survey SET closes_on = current_date + $2::integer WHERE id = $1"
    await here.database.execute(move, people.survey, 0)
    await settle_surveys(publisher)
    assert await datasets(here, people.community) == []  # its last day is not over
    await here.database.execute(move, people.survey, -2)
    await settle_surveys(publisher)
    await settle_surveys(publisher)
    [dataset] = await datasets(here, people.community)
    assert (dataset["status"], dataset["frozen_on"]) == ("OPEN", today())
    assert await here.value("SELECT status FROM catalog.survey WHERE id = $1", people.survey) == "RELEASED"


async def test_one_survey_that_cannot_be_frozen_keeps_no_other_from_it(
    here: Town, people: Crowd, publisher: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await crowd(here.database, EVERYBODY)
    first, second = sorted((people, other), key=lambda one: one.survey)
    late = "UPDATE catalog.survey SET closes_on = current_date - 2 WHERE id = any($1)"
    await here.database.execute(late, [first.survey, second.survey])
    whole = freezing._freeze

    async def fails(connection: Any, made: Any, *rest: Any) -> Any:
        if made.survey == first.survey:
            raise ValueError
        return await whole(connection, made, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(freezing, "_freeze", fails)
        with pytest.raises(ValueError):  # noqa: PT011 - the one that was raised
            await settle_surveys(publisher)
    assert await datasets(here, first.community) == []
    assert len(await datasets(here, second.community)) == 1
    await settle_surveys(publisher)
    assert len(await datasets(here, first.community)) == 1


@pytest.mark.parametrize("over", ["ends_on = current_date - 1", "cap_micro_rho = spent_micro_rho + 753"])
async def test_a_dataset_ends_with_its_term_or_its_budget(
    here: Town, people: Crowd, publisher: asyncpg.Connection, over: str
) -> None:
    dataset = await closed(here, people)
    who = await buyer(here, people.community)
    insight, _ = paid(await publish(here, who, dataset, "q", "r"))
    await end_datasets(publisher)
    assert await rows_of(here, "research.record", key(dataset)) == 260
    async with here.database.transaction():
        await here.database.execute("SET LOCAL session_replication_role = replica")  # no trigger: a cap never changes
        await here.database.execute(f"UPDATE insight.dataset SET {over} WHERE id = $1", key(dataset))
    await end_datasets(publisher)
    await end_datasets(publisher)
    [row] = await datasets(here, people.community)
    assert (row["status"], row["ended_on"]) == ("ENDED", today())
    assert await rows_of(here, "research.record", key(dataset)) == 0
    assert await here.value("SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1", people.survey) == 0
    assert await here.value("SELECT status FROM catalog.survey WHERE id = $1", people.survey) == "ARCHIVED"
    assert (await here.ask(who, "query ($id: ID!) { insight(id: $id) { id } }", {"id": insight}))["data"]["insight"]
    said = await publish(here, who, dataset, "r")
    assert [error["code"] for error in said["userErrors"]] == ["TOO_LATE"]


async def test_a_wave_freezes_what_a_communitys_patients_track(here: Town, boss: Person, exact: None) -> None:
    community = await tracking(here)
    relative = await here.member(community, kind=MemberKind.RELATIVE)
    await factories.consent(here.database, member_id=relative.id, purpose="TRACKING_RESEARCH", recipients=KINDS)
    name = await here.value("SELECT name FROM catalog.community WHERE id = $1", community)
    payload = await here.do(boss, "waveFreeze", FROZEN, **wave(community, wave=" 2026 "))
    id = key(payload["dataset"].pop("id"))
    assert payload == {
        "dataset": {
            "size": 260, "kind": "TRACKING", "wave": "2026", "title": f"{name}, 2026", "offeredTo": ["HOSPITAL"],
            "frozenOn": today().isoformat(),
        },
        "userErrors": [],
    }  # fmt: skip
    names = "SELECT array_agg(split_part(name, '_', 1) ORDER BY position) FROM insight.variable WHERE dataset_id = $1"
    assert await here.value(names, id) == [
        "age", "sex", "region", "kind", "time", "first", "treatments", "course", "effectiveness", "side", "level",
        "change", "months",
    ]  # fmt: skip
    [(cube, precision)] = [tuple(each) for each in await here.database.fetch(OWN, id)]
    assert (cube.startswith("level_"), precision) == (True, "WITHIN_10")
    noisy = "SELECT noisy FROM insight.release WHERE dataset_id = $1 AND cube = $2"
    counts = await here.value(noisy, id, cube)
    assert (sum(counts), counts[-1], counts[0]) == (260, 160, 10)  # 160 follow nothing; of 100, ten say 0
    await expect_sound(here, f"dst_{id}")


async def test_too_few_for_a_wave_is_told_and_what_it_cost_stays(here: Town, boss: Person, exact: None) -> None:
    community = await tracking(here, 150)
    given = wave(community, clientMutationId="once")
    payload = await here.do(boss, "waveFreeze", FROZEN, **given)
    assert payload == {"dataset": None, "userErrors": [{"code": "TOO_EARLY", "path": ["input", "community"]}]}
    [dataset] = await datasets(here, community)
    assert (dataset["status"], dataset["size"], dataset["spent_micro_rho"]) == ("TOO_SMALL", 150, PRICES[20])
    assert await here.do(boss, "waveFreeze", FROZEN, **given) == payload
    assert len(await datasets(here, community)) == 1
    await here.do(boss, "waveFreeze", FROZEN, **wave(community))  # its name is free
    assert len(await datasets(here, community)) == 2


async def test_a_community_freezes_one_wave_a_year_and_a_large_one_two(here: Town, boss: Person) -> None:
    small, large = await tracking(here), await tracking(here, member_count=5_000)
    for community, most, cap in ((small, 1, 250_000), (large, 2, 125_000)):
        for number in range(most):
            payload = await here.do(boss, "waveFreeze", FROZEN, **wave(community, wave=f"wave {number}"))
            assert payload["dataset"] is not None
        early = wave(community, wave="one more")
        assert await here.refused(boss, "waveFreeze", **early) == ("TOO_EARLY", "input.community")
        assert [row["cap_micro_rho"] for row in await datasets(here, community)] == [cap] * most
    past = "UPDATE insight.dataset SET frozen_on = frozen_on - 365 WHERE community_id = $1"
    await here.database.execute(past, small)
    assert await here.refused(boss, "waveFreeze", **wave(small, wave="wave 0")) == ("TAKEN", "input.wave")
    assert (await here.do(boss, "waveFreeze", FROZEN, **wave(small, wave="one more")))["dataset"] is not None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"community": "com_x"}, ("NOT_FOUND", "input.community")),
        ({"community": "com_00000000-0000-4000-8000-000000000000"}, ("NOT_FOUND", "input.community")),
        ({"wave": " "}, ("INVALID", "input.wave")),
        ({"wave": "w" * 61}, ("TOO_LONG", "input.wave")),
        ({"offeredTo": []}, ("INVALID", "input.offeredTo")),
    ],
)
async def test_what_is_no_wave_is_refused(
    here: Town, boss: Person, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    community = (await factories.community(here.database))["id"]
    assert await here.refused(boss, "waveFreeze", **wave(community, **change)) == expected
    assert await datasets(here, community) == []


@pytest.mark.parametrize("role", [StaffRole.MODERATOR, StaffRole.DATA_STEWARD])
async def test_only_a_survey_manager_freezes(here: Town, role: StaffRole) -> None:
    community = (await factories.community(here.database))["id"]
    answer = await here.answer(await here.staff(role), "waveFreeze", "__typename", **wave(community))
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await datasets(here, community) == []


async def test_waves_that_are_frozen_at_once_are_one(here: Town, boss: Person) -> None:
    community = await tracking(here)
    said = await asyncio.gather(
        *(here.do(boss, "waveFreeze", FROZEN, **wave(community, wave=f"wave {n}")) for n in range(3))
    )
    assert sorted(one["dataset"] is not None for one in said) == [False, False, True]
    assert len(await datasets(here, community)) == 1


async def test_a_wave_of_a_day_gone_by_is_written_down_as_of_that_day(here: Town) -> None:
    community = await tracking(here)
    day = today() - timedelta(days=100)
    async with here.database.transaction():
        frozen = await freezing.freeze_wave(
            here.database, community=community, wave="old", offered_to=[OrganizationKind.HOSPITAL], day=day
        )
    assert frozen.open
    row = await here.row("SELECT frozen_on, ends_on FROM insight.dataset WHERE id = $1", frozen.dataset)
    assert row == {"frozen_on": day, "ends_on": day + timedelta(days=365)}
    for table in ("release", "insight", "ledger_entry"):
        moments = f"SELECT DISTINCT (published_at AT TIME ZONE 'UTC')::date FROM insight.{table} WHERE dataset_id = $1"
        assert [row[0] for row in await here.database.fetch(moments, frozen.dataset)] == [day]
    await expect_sound(here, f"dst_{frozen.dataset}")
