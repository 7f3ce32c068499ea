"""A crowd of members whose survey answers the test knows, and the buyers who publish from them."""

import contextlib
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from models.identity.accounts import StaffRole
from models.identity.organization_users import UserRole
from models.identity.organizations import OrganizationKind
from models.insight.licences import LicenceStatus
from tests import factories
from tests.support.callers import open_session
from tests.support.client import Caller
from tests.support.network import Network
from tests.support.surveys import NOTICE

KINDS = [kind.value for kind in OrganizationKind]
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PUBLISH = """
    mutation Publish($input: InsightInput!) {
      insightPublish(input: $input) {
        insight { id cost { microRho } } charged { microRho } userErrors { code message path }
      }
    }
"""
CELLS = """
    query Cells($id: ID!) {
      insight(id: $id) {
        marginOfError
        cells(includeUnreliable: true) { category { code } by { code } count }
      }
    }
"""


@dataclass(frozen=True)
class Crowd:
    """A community's open survey that all members have completed; `answers` has each member's answers by question."""

    community: UUID
    survey: UUID
    members: tuple[UUID, ...]
    answers: tuple[Mapping[str, str], ...]


async def crowd(
    database: asyncpg.Connection,
    answers: Sequence[Mapping[str, str]],
    codes: Mapping[str, Sequence[str]] | None = None,
    **survey: Any,
) -> Crowd:
    """One member for each set of single-choice answers, with options A to D or `codes`; all consent to everything."""
    community = (await factories.community(database))["id"]
    offered = {"offered_to": KINDS, "minimum_participants": 200} | survey
    made = await factories.survey(
        database,
        community_id=community,
        status="OPEN",
        opens_on=date(2026, 5, 1),
        closes_on=datetime.now(UTC).date() + timedelta(days=9),
        **offered,
    )
    questions = {key: uuid4() for key in answers[0]}
    members, sheets = [uuid4() for _ in answers], [uuid4() for _ in answers]
    await copy(database, "catalog.question", "id survey_id version position key text kind required", [
        (id, made["id"], made["version"], place, key, f"{key}?", "SINGLE_CHOICE", False)
        for place, (key, id) in enumerate(questions.items(), start=1)
    ])  # fmt: skip
    await copy(database, "catalog.question_option", "question_id code label position", [
        (id, code, f"Answer {code}", place)
        for key, id in questions.items() for place, code in enumerate((codes or {}).get(key, "ABCD"))
    ])  # fmt: skip
    await copy(database, "care.member", "id pseudonym kind joined_on", [
        (id, f"crowd-{id}", "PATIENT", date(2025, 1, 1)) for id in members
    ])  # fmt: skip
    years = random.Random(7)
    async with untriggered(database):
        await copy(database, "care.profile", "member_id birth_year sex sharing", [
            (id, years.randint(1940, 2005), years.choice(("FEMALE", "MALE")), "ONLY_ME") for id in members
        ])  # fmt: skip
        await copy(database, "care.membership", "member_id community_id sharing", [
            (id, community, "ONLY_ME") for id in members  # as its trigger copies it from the profile
        ])  # fmt: skip
        for table in ("consent", "consent_change"):
            columns = "member_id purpose granted recipients notice_version changed_at"
            await copy(database, f"research.{table}", columns, [
                (id, purpose, True, KINDS, NOTICE, NOON) for id in members
                for purpose in ("SURVEY_RESEARCH", "TRACKING_RESEARCH")
            ])  # fmt: skip
        await copy(database, "research.answer_sheet", "id survey_id", [(id, made["id"]) for id in sheets])
        await copy(database, "research.participation", "member_id survey_id status completed_at answer_sheet_id", [
            (id, made["id"], "COMPLETED", NOON, sheet) for id, sheet in zip(members, sheets, strict=True)
        ])  # fmt: skip
        await copy(database, "research.answer", "answer_sheet_id question_id codes", [
            (sheet, questions[key], [code])
            for sheet, given in zip(sheets, answers, strict=True) for key, code in given.items()
        ])  # fmt: skip
    return Crowd(community, made["id"], tuple(members), tuple(answers))


async def copy(database: asyncpg.Connection, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
    schema, name = table.split(".")
    await database.copy_records_to_table(name, schema_name=schema, columns=columns.split(), records=rows)


@contextlib.asynccontextmanager
async def untriggered(database: asyncpg.Connection) -> AsyncIterator[None]:
    """Lets rows be written without foreign keys and triggers.

    Most of the time of writing a crowd is theirs, who look for what new patients lack. It says what they fill in.
    """
    await database.execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        await database.execute("RESET session_replication_role")


async def closed(network: Network, crowd: Crowd) -> str:
    """Closes the crowd's survey as staff do; returns the dataset's id in the graph."""
    survey_manager = await network.staff(StaffRole.SURVEY_MANAGER)
    return str((await close(network, survey_manager, crowd.survey, "dataset { id }"))["dataset"]["id"])


async def close(network: Network, survey_manager: Caller, survey: UUID, fields: str) -> Any:
    """Closes a survey as staff do, and lets it be frozen; returns its `fields`."""
    graph_id = f"svy_{survey}"
    assert (await network.do(survey_manager, "surveyClose", "__typename", survey=graph_id))["userErrors"] == []
    await network.freeze()
    query = f"query ($id: ID!) {{ survey(id: $id) {{ {fields} }} }}"
    return (await network.ask(survey_manager, query, {"id": graph_id}))["data"]["survey"]


async def buyer(
    network: Network,
    *communities: UUID,
    quota: int = 250_000,
    role: UserRole = UserRole.ADMINISTRATOR,
    **organization: Any,
) -> Caller:
    """A user of a new organization, which is licensed for these communities for a year."""
    made = await factories.organization(network.database, **{"kind": OrganizationKind.LABORATORY} | organization)
    today = datetime.now(UTC).date()
    for community in communities:
        await factories.licence(
            network.database,
            organization_id=made["id"],
            community_id=community,
            status=LicenceStatus.GRANTED,
            starts_on=today,
            ends_on=today + timedelta(days=365),
            quota_micro_rho=quota,
        )
    account = await factories.account(network.database, organization_id=made["id"], role=role)
    return Caller(made["name"], await open_session(network.database, account["id"]))


async def publish(
    network: Network, who: Caller, dataset: str, variable: str, *by: str, within: int = 20
) -> dict[str, Any]:
    """The payload of publishing an insight."""
    return await send_question(network, who, PUBLISH, dataset, variable, *by, within=within)


async def send_question(
    network: Network, who: Caller, document: str, dataset: str, variable: str, *by: str, within: int = 20
) -> dict[str, Any]:
    """The result of a document's one root field, whose `$input` asks a dataset for a variable within a margin."""
    question = {"dataset": dataset, "variable": variable, "by": list(by), "precision": f"WITHIN_{within}"}
    answer = await network.ask(who, document, {"input": question})
    assert "errors" not in answer, answer["errors"]
    result: dict[str, Any]
    [result] = answer["data"].values()
    return result


async def cells(network: Network, who: Caller, insight: str) -> dict[tuple[str, ...], int]:
    """Every cell's noisy count, by the codes of its category and groups."""
    answer = await network.ask(who, CELLS, {"id": insight})
    assert "errors" not in answer, answer["errors"]
    return {
        (cell["category"]["code"], *(each["code"] for each in cell["by"])): cell["count"]
        for cell in answer["data"]["insight"]["cells"]
    }
