"""Freezing: closed surveys and waves of tracking become datasets, completely or not at all, and datasets end."""

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
from resolvers.insight.drawing import NoiseFailed
from resolvers.insight.first_tables import publish_first
from resolvers.jobs import end_datasets, forget_records, freeze_datasets, settle_surveys
from tests import factories
from tests.support.callers import User
from tests.support.client import Caller
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import KINDS, Crowd, buyer, close, closed, copy, crowd, publish
from tests.support.publishable import PRICES, expect_sound, paid
from tests.support.surveys import today

pytestmark = pytest.mark.usefixtures("hurried")

FROZEN = "id status progress size kind wave title offeredTo frozenOn"
EVERYBODY = [{"q": "ABC"[n % 3], "r": "AB"[n % 2]} for n in range(300)]
OWN = "SELECT cube, precision FROM insight.release WHERE dataset_id = $1 AND variables <> '{}' ORDER BY cube"


@pytest_asyncio.fixture
async def respondents(network: Network) -> Crowd:
    """Yields the test's own crowd, whose survey is still open."""
    return await crowd(network.database, EVERYBODY)


@pytest.fixture
def without_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Yields nothing; switches the noise off, so that a published size is exact."""
    monkeypatch.setattr(noise, "draw", lambda counts, *_: list(counts))


@pytest_asyncio.fixture
async def publisher(network: Network) -> AsyncIterator[asyncpg.Connection]:
    """Yields a connection as the publisher's role, as scheduled work uses it."""
    endpoint = network.ask.app.endpoint
    assert endpoint is not None
    assert endpoint.settings.database_url is not None
    connection = await asyncpg.connect(role_dsn(endpoint.settings.database_url, PUBLISHER))
    try:
        yield connection
    finally:
        await connection.close()


async def reason(network: Network, survey_manager: Caller, survey: UUID) -> tuple[str, str | None]:
    """The status of a survey that is closed, and why it has no dataset."""
    closed = await close(network, survey_manager, survey, "status dataset { id } noDataset")
    assert (closed["dataset"] is None) == (closed["noDataset"] is not None)
    return closed["status"], closed["noDataset"]


def wave(community_id: UUID, **given: Any) -> dict[str, Any]:
    return {"community": f"com_{community_id}", "wave": "first", "offeredTo": ["HOSPITAL"]} | given


async def tracking(network: Network, size: int = 300, **community: Any) -> UUID:
    """A community of consenting patients, some of whom track one of its indicators and treatments."""
    made = await crowd(network.database, [{"q": "A"}] * size)
    if community:
        column, value = next(iter(community.items()))
        await network.database.execute(
            f"UPDATE catalog.community SET {column} = $2 WHERE id = $1", made.community, value
        )
    indicator = (await factories.indicator(network.database, slug=f"pain-{made.community}"))["id"]
    treatment = (await factories.treatment(network.database, slug=f"drug-{made.community}"))["id"]
    await factories.community_indicator(network.database, community_id=made.community, indicator_id=indicator)
    await factories.community_treatment(network.database, community_id=made.community, treatment_id=treatment)
    await copy(network.database, "care.observation", "member_id indicator_id value observed_on", [
        (member, indicator, float(n % 11), today() - timedelta(days=3)) for n, member in enumerate(made.members[:100])
    ])  # fmt: skip
    return made.community


async def freezes(network: Network, survey_manager: Caller, **given: Any) -> dict[str, Any]:
    """A wave that is requested, and then frozen."""
    payload = await network.do(survey_manager, "waveFreeze", f"dataset {{ {FROZEN} }}", **given)
    assert payload["userErrors"] == []
    asked = payload["dataset"]
    assert (asked["status"], asked["progress"] < 100, asked["size"]) == ("FREEZING", True, 0)
    await network.freeze()
    query = f"query ($id: ID!) {{ dataset(id: $id) {{ {FROZEN} }} }}"
    frozen: dict[str, Any] = (await network.ask(survey_manager, query, {"id": asked["id"]}))["data"]["dataset"]
    assert frozen["progress"] == 100
    return frozen


async def datasets(network: Network, community: UUID) -> list[dict[str, Any]]:
    query = "SELECT * FROM insight.dataset WHERE community_id = $1 ORDER BY frozen_on, id"
    return [dict(row) for row in await network.database.fetch(query, community)]


async def rows_of(network: Network, table: str, dataset: UUID) -> int:
    return int(await network.value(f"SELECT count(*) FROM {table} WHERE dataset_id = $1", dataset))


async def test_a_survey_that_closes_becomes_a_dataset(
    network: Network, survey_manager: User, respondents: Crowd, without_noise: None
) -> None:
    lines = await network.value("SELECT count(*) FROM insight.ledger_entry")
    await network.events()
    survey = await close(
        network, survey_manager, respondents.survey, "status title dataset { id size kind wave title offeredTo }"
    )
    dataset = survey.pop("dataset")
    assert survey == {"status": "RELEASED", "title": dataset["title"]}
    id = key(dataset.pop("id"))
    assert dataset == {
        "size": 300, "kind": "SURVEY", "wave": f"{today():%Y-%m}", "title": dataset["title"], "offeredTo": KINDS,
    }  # fmt: skip
    row = await network.row("SELECT * FROM insight.dataset WHERE id = $1", id)
    assert (row["frozen_on"], row["ends_on"]) == (today(), today() + timedelta(days=364))
    assert row["collected_from"] == await network.value(
        "SELECT opens_on FROM catalog.survey WHERE id = $1", respondents.survey
    )
    assert row["collected_from"] is not None
    assert (row["cap_micro_rho"], row["spent_micro_rho"]) == (200_000, 6 * PRICES[20])
    assert (row["sold_micro_rho"], row["domain_version"], row["status"]) == (0, 1, "OPEN")
    names = await network.database.fetch(
        "SELECT name, slot FROM insight.variable WHERE dataset_id = $1 ORDER BY position", id
    )
    assert [tuple(each) for each in names] == [
        (name, slot)
        for slot, name in enumerate(("age_band", "sex", "region", "kind", "time_since_diagnosis", "q", "r"))
    ]
    assert await rows_of(network, "research.enrolment", id) == await rows_of(network, "research.record", id) == 300
    links = "SELECT count(answer_sheet_id) FROM research.participation WHERE survey_id = $1"
    assert await network.value(links, respondents.survey) == 0
    # 15 % of the cap pay for the size and five tables, of the questions first.
    assert [tuple(each) for each in await network.database.fetch(OWN, id)] == [
        (f"{name}@v1", "WITHIN_20") for name in ("age_band", "q", "r", "region", "sex")
    ]
    [size, own, *others] = await network.database.fetch(
        "SELECT * FROM insight.ledger_entry WHERE position > $1 AND dataset_id IS NOT NULL ORDER BY position", lines
    )
    assert (size["purpose"], size["variables"], size["micro_rho"]) == ("Size of the dataset", [], PRICES[20])
    assert (own["purpose"], own["variables"], own["micro_rho"]) == ("Participants' tables", ["q"], PRICES[20])
    assert [each["variables"] for each in others] == [["r"], ["age_band"], ["sex"], ["region"]]
    assert size["organization_id"] is own["organization_id"] is None
    await network.deliver()
    events = await network.events()
    assert [one["kind"] for one in events].count("notificationAdded") == 300
    insights = await network.database.fetch("SELECT id FROM insight.insight WHERE dataset_id = $1", id)
    told = [(one["subject"], one["about"]) for one in events if one["kind"] == "insightPublished"]
    assert sorted(told) == sorted((str(one["id"]), str(respondents.community)) for one in insights)
    assert len(told) == 5
    await expect_sound(network, f"dst_{id}")


async def test_a_dataset_with_too_few_members_reveals_only_that(
    network: Network, survey_manager: User, without_noise: None
) -> None:
    few = await crowd(network.database, EVERYBODY[:199])
    survey = await close(network, survey_manager, few.survey, "status dataset { id }")
    assert survey == {"status": "CLOSED", "dataset": None}
    [dataset] = await datasets(network, few.community)
    # Its size is what was drawn, which nobody reads.
    assert (dataset["status"], dataset["size"], dataset["spent_micro_rho"]) == ("TOO_SMALL", 0, PRICES[20])
    assert await network.value("SELECT noisy FROM insight.release WHERE dataset_id = $1", dataset["id"]) == [199, 199]
    await forget_records(network.database)
    assert await rows_of(network, "research.record", dataset["id"]) == 0
    reserved = "SELECT DISTINCT reserved_micro_rho FROM research.enrolment WHERE dataset_id = $1"
    assert await network.value(reserved, dataset["id"]) == PRICES[20]
    lines = "SELECT purpose FROM insight.ledger_entry WHERE dataset_id = $1"
    assert [row["purpose"] for row in await network.database.fetch(lines, dataset["id"])] == ["Size of the dataset"]
    steward = await network.staff(StaffRole.DATA_STEWARD)
    result = await publish(network, steward, f"dst_{dataset['id']}", "q")
    assert [error["code"] for error in result["userErrors"]] == ["NOT_FOUND"]
    await expect_sound(network, f"dst_{dataset['id']}")


async def test_a_survey_may_require_more_members_than_the_minimum(
    network: Network, survey_manager: User, without_noise: None
) -> None:
    enough = await crowd(network.database, EVERYBODY, minimum_participants=300)
    assert await reason(network, survey_manager, enough.survey) == ("RELEASED", None)
    short = await crowd(network.database, EVERYBODY, minimum_participants=301)
    assert await reason(network, survey_manager, short.survey) == ("CLOSED", "TOO_FEW")


@pytest.mark.parametrize(("published", "deciding", "opens"), [(150, 200, True), (900, 199, False)])
async def test_the_draw_that_decides_about_a_dataset_is_not_the_published_one(
    network: Network,
    survey_manager: User,
    respondents: Crowd,
    monkeypatch: pytest.MonkeyPatch,
    published: int,
    deciding: int,
    opens: bool,
) -> None:
    def drawn(counts: list[int], charge: int, many: int, _: int) -> list[int]:
        if many == 1:
            return list(counts)
        assert (counts, charge, many) == ([300, 300], PRICES[20], 2)
        return [published, deciding]

    monkeypatch.setattr(noise, "draw", drawn)
    await close(network, survey_manager, respondents.survey, "status")
    [dataset] = await datasets(network, respondents.community)
    assert (dataset["status"], dataset["size"]) == (("OPEN", published) if opens else ("TOO_SMALL", 0))
    release = await network.row(
        "SELECT * FROM insight.release WHERE dataset_id = $1 AND variables = '{}'", dataset["id"]
    )
    assert (release["noisy"], release["contributions"], release["margin"]) == ([published, deciding], 2, 29)
    own = [each["precision"] for each in await network.database.fetch(OWN, dataset["id"])]
    assert own == (["WITHIN_10"] if opens else [])  # as of a dataset of 200
    await expect_sound(network, f"dst_{dataset['id']}")


async def test_a_survey_that_never_opened_becomes_no_dataset(network: Network, survey_manager: User) -> None:
    row = await factories.survey(network.database, status="WAITING", closes_on=today() + timedelta(days=9))
    assert await reason(network, survey_manager, row["id"]) == ("CLOSED", "NOT_OPENED")
    assert await datasets(network, row["community_id"]) == []


async def test_no_answers_and_one_answer_are_indistinguishable(network: Network, survey_manager: User) -> None:
    row = await factories.survey(
        network.database, status="OPEN", opens_on=today(), closes_on=today() + timedelta(days=9), offered_to=KINDS
    )
    assert await reason(network, survey_manager, row["id"]) == ("CLOSED", "TOO_FEW")
    [dataset] = await datasets(network, row["community_id"])
    assert (dataset["status"], dataset["spent_micro_rho"]) == ("TOO_SMALL", PRICES[20])


async def test_publishing_that_fails_is_attempted_again_and_loses_no_record(
    network: Network, survey_manager: User, respondents: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> list[int]:
        raise RuntimeError

    lines = await network.value("SELECT count(*) FROM insight.ledger_entry")
    with monkeypatch.context() as patched:
        patched.setattr(noise, "draw", fails)
        with pytest.raises(NoiseFailed):
            await close(network, survey_manager, respondents.survey, "id")
    query = "query ($id: ID!) { survey(id: $id) { status dataset { status progress size } noDataset } }"
    answer = await network.ask(survey_manager, query, {"id": f"svy_{respondents.survey}"})
    assert answer["data"]["survey"] == {
        "status": "CLOSED",
        "dataset": {"status": "FREEZING", "progress": 94, "size": 0},
        "noDataset": None,
    }
    [dataset] = await datasets(network, respondents.community)
    assert await rows_of(network, "research.record", dataset["id"]) == 300
    assert await network.value("SELECT count(*) FROM insight.ledger_entry") == lines
    await network.freeze()
    [dataset] = await datasets(network, respondents.community)
    assert (dataset["status"], await rows_of(network, "research.record", dataset["id"])) == ("OPEN", 300)


async def test_concurrent_requests_to_close_a_survey_create_one_dataset(
    network: Network, survey_manager: User, respondents: Crowd
) -> None:
    given = {"survey": f"svy_{respondents.survey}", "clientMutationId": "twins"}
    made = await asyncio.gather(
        *(network.do(survey_manager, "surveyClose", "survey { status }", **given) for _ in range(3))
    )
    assert all(one == {"survey": {"status": "CLOSED"}, "userErrors": []} for one in made)
    assert await network.refused(survey_manager, "surveyClose", survey=f"svy_{respondents.survey}") == (
        "TOO_LATE",
        "input.survey",
    )
    for _ in range(2):
        await network.freeze()
    assert len(await datasets(network, respondents.community)) == 1


async def test_scheduled_work_freezes_what_staff_have_closed(
    network: Network, survey_manager: User, respondents: Crowd, publisher: asyncpg.Connection
) -> None:
    waiting = await factories.survey(network.database, status="WAITING", closes_on=today() + timedelta(days=9))
    for survey in (respondents.survey, waiting["id"]):
        payload = await network.do(survey_manager, "surveyClose", "survey { status }", survey=f"svy_{survey}")
        assert payload == {"survey": {"status": "CLOSED"}, "userErrors": []}
    assert await datasets(network, respondents.community) == []
    for _ in range(2):
        await settle_surveys(publisher)
        await freeze_datasets(publisher)
    [dataset] = await datasets(network, respondents.community)
    assert (dataset["status"], dataset["survey_id"]) == ("OPEN", respondents.survey)
    found = "SELECT status, no_dataset FROM catalog.survey WHERE id = $1"
    assert await network.row(found, respondents.survey) == {"status": "RELEASED", "no_dataset": None}
    assert await network.row(found, waiting["id"]) == {"status": "CLOSED", "no_dataset": "NOT_OPENED"}
    assert await datasets(network, waiting["community_id"]) == []


async def test_scheduled_work_closes_surveys_into_datasets(
    network: Network, respondents: Crowd, publisher: asyncpg.Connection
) -> None:
    move = "UPDATE catalog.survey SET closes_on = current_date + $2::integer WHERE id = $1"
    await network.database.execute(move, respondents.survey, 0)
    await settle_surveys(publisher)
    assert await datasets(network, respondents.community) == []  # the last day is not over
    await network.database.execute(move, respondents.survey, -2)
    for _ in range(2):
        await settle_surveys(publisher)
        await freeze_datasets(publisher)
    [dataset] = await datasets(network, respondents.community)
    assert (dataset["status"], dataset["frozen_on"]) == ("OPEN", today())
    assert await network.value("SELECT status FROM catalog.survey WHERE id = $1", respondents.survey) == "RELEASED"


async def test_a_survey_that_cannot_be_frozen_does_not_block_others(
    network: Network, respondents: Crowd, publisher: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await crowd(network.database, EVERYBODY)
    first, second = sorted((respondents, other), key=lambda one: one.survey)
    late = "UPDATE catalog.survey SET closes_on = current_date - 2 WHERE id = any($1)"
    await network.database.execute(late, [first.survey, second.survey])
    await settle_surveys(publisher)
    whole = publish_first

    async def fails(connection: Any, id: UUID, *rest: Any) -> Any:
        if await network.value("SELECT survey_id FROM insight.dataset WHERE id = $1", id) == first.survey:
            raise ValueError
        return await whole(connection, id, *rest)

    status = "SELECT status FROM insight.dataset WHERE survey_id = $1"
    with monkeypatch.context() as patched:
        patched.setattr(freezing, "publish_first", fails)
        with pytest.raises(ValueError):  # noqa: PT011 - the one that was raised
            await freeze_datasets(publisher)
    assert await network.value(status, first.survey) == "FREEZING"
    assert await network.value(status, second.survey) == "OPEN"
    await freeze_datasets(publisher)
    assert await network.value(status, first.survey) == "OPEN"


@pytest.mark.parametrize("over", ["ends_on = current_date - 1", "cap_micro_rho = spent_micro_rho + 753"])
async def test_a_dataset_ends_when_its_term_or_budget_is_over(
    network: Network, respondents: Crowd, publisher: asyncpg.Connection, over: str
) -> None:
    dataset = await closed(network, respondents)
    who = await buyer(network, respondents.community)
    insight, _ = paid(await publish(network, who, dataset, "q", "r"))
    await end_datasets(publisher)
    assert await rows_of(network, "research.record", key(dataset)) == 300
    async with network.database.transaction():
        await network.database.execute(
            "SET LOCAL session_replication_role = replica"
        )  # no trigger: a cap never changes
        await network.database.execute(f"UPDATE insight.dataset SET {over} WHERE id = $1", key(dataset))
    await end_datasets(publisher)
    await end_datasets(publisher)
    [row] = await datasets(network, respondents.community)
    assert (row["status"], row["ended_on"]) == ("ENDED", today())
    await forget_records(network.database)
    assert await rows_of(network, "research.record", key(dataset)) == 0
    assert (
        await network.value("SELECT count(*) FROM research.answer_sheet WHERE survey_id = $1", respondents.survey) == 0
    )
    assert await network.value("SELECT status FROM catalog.survey WHERE id = $1", respondents.survey) == "ARCHIVED"
    assert (await network.ask(who, "query ($id: ID!) { insight(id: $id) { id } }", {"id": insight}))["data"]["insight"]
    result = await publish(network, who, dataset, "kind")
    assert [error["code"] for error in result["userErrors"]] == ["TOO_LATE"]


async def test_a_wave_freezes_the_tracking_of_a_communitys_patients(
    network: Network, survey_manager: User, without_noise: None
) -> None:
    community = await tracking(network)
    relative = await network.member(community, kind=MemberKind.RELATIVE)
    await factories.consent(network.database, member_id=relative.id, purpose="TRACKING_RESEARCH", recipients=KINDS)
    name = await network.value("SELECT name FROM catalog.community WHERE id = $1", community)
    frozen = await freezes(network, survey_manager, **wave(community, wave=" 2026 "))
    id = key(frozen.pop("id"))
    assert frozen == {
        "status": "OPEN", "progress": 100, "size": 300, "kind": "TRACKING", "wave": "2026", "title": f"{name}, 2026",
        "offeredTo": ["HOSPITAL"], "frozenOn": today().isoformat(),
    }  # fmt: skip
    names = "SELECT array_agg(split_part(name, '_', 1) ORDER BY position) FROM insight.variable WHERE dataset_id = $1"
    assert await network.value(names, id) == [
        "age", "sex", "region", "kind", "time", "first", "treatments", "course", "effectiveness", "side", "level",
        "change", "months",
    ]  # fmt: skip
    own = await network.database.fetch(OWN, id)
    assert [(each["cube"].split("_")[0], each["precision"]) for each in own] == [
        (name, "WITHIN_20") for name in ("age", "change", "first", "level", "sex@v1")
    ]
    cube = own[3]["cube"]
    noisy = "SELECT noisy FROM insight.release WHERE dataset_id = $1 AND cube = $2"
    counts = await network.value(noisy, id, cube)
    assert (sum(counts), counts[-1], counts[0]) == (300, 200, 10)  # 200 track nothing; ten of 100 have the value 0
    await expect_sound(network, f"dst_{id}")


async def test_a_wave_with_too_few_members_is_too_small_and_its_charge_stays(
    network: Network, survey_manager: User, without_noise: None
) -> None:
    community = await tracking(network, 150)
    given = wave(community, clientMutationId="once")
    frozen = await freezes(network, survey_manager, **given)
    assert (frozen["status"], frozen["size"]) == ("TOO_SMALL", 0)
    [dataset] = await datasets(network, community)
    assert (dataset["status"], dataset["size"], dataset["spent_micro_rho"]) == ("TOO_SMALL", 0, PRICES[20])
    payload = await network.do(survey_manager, "waveFreeze", "dataset { status }", **given)
    assert payload == {"dataset": {"status": "TOO_SMALL"}, "userErrors": []}
    assert len(await datasets(network, community)) == 1
    await freezes(network, survey_manager, **wave(community))  # the name is free
    assert len(await datasets(network, community)) == 2


async def test_a_community_freezes_one_wave_a_year_and_a_large_one_two(network: Network, survey_manager: User) -> None:
    small, large = await tracking(network), await tracking(network, member_count=5_000)
    for community, most, cap in ((small, 1, 200_000), (large, 2, 100_000)):
        for number in range(most):
            await freezes(network, survey_manager, **wave(community, wave=f"wave {number}"))
        early = wave(community, wave="one more")
        assert await network.refused(survey_manager, "waveFreeze", **early) == ("TOO_EARLY", "input.community")
        assert [row["cap_micro_rho"] for row in await datasets(network, community)] == [cap] * most
    past = "UPDATE insight.dataset SET frozen_on = frozen_on - 365 WHERE community_id = $1"
    await network.database.execute(past, small)
    assert await network.refused(survey_manager, "waveFreeze", **wave(small, wave="wave 0")) == ("TAKEN", "input.wave")
    assert (await freezes(network, survey_manager, **wave(small, wave="one more")))["status"] == "OPEN"


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
async def test_an_invalid_wave_is_refused(
    network: Network, survey_manager: User, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    community = (await factories.community(network.database))["id"]
    assert await network.refused(survey_manager, "waveFreeze", **wave(community, **change)) == expected
    assert await datasets(network, community) == []


@pytest.mark.parametrize("role", [StaffRole.MODERATOR, StaffRole.DATA_STEWARD])
async def test_only_survey_managers_freeze_waves(network: Network, role: StaffRole) -> None:
    community = (await factories.community(network.database))["id"]
    answer = await network.answer(await network.staff(role), "waveFreeze", "__typename", **wave(community))
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await datasets(network, community) == []


async def test_concurrent_requests_freeze_one_wave(network: Network, survey_manager: User) -> None:
    community = await tracking(network)
    result = await asyncio.gather(
        *(
            network.do(survey_manager, "waveFreeze", "dataset { id }", **wave(community, wave=f"wave {n}"))
            for n in range(3)
        )
    )
    assert sorted(one["dataset"] is not None for one in result) == [False, False, True]
    assert len(await datasets(network, community)) == 1


async def test_a_wave_of_an_earlier_day_is_recorded_with_that_day(network: Network) -> None:
    community = await tracking(network)
    day = today() - timedelta(days=100)
    async with network.database.transaction():
        frozen = await freezing.freeze_wave(
            network.database, community=community, wave="old", offered_to=[OrganizationKind.HOSPITAL], day=day
        )
    assert frozen.open
    row = await network.row("SELECT frozen_on, ends_on FROM insight.dataset WHERE id = $1", frozen.dataset)
    assert row == {"frozen_on": day, "ends_on": day + timedelta(days=364)}
    for table in ("release", "insight", "ledger_entry"):
        moments = f"SELECT DISTINCT (published_at AT TIME ZONE 'UTC')::date FROM insight.{table} WHERE dataset_id = $1"
        assert [row[0] for row in await network.database.fetch(moments, frozen.dataset)] == [day]
    await expect_sound(network, f"dst_{frozen.dataset}")
