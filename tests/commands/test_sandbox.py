"""Sandboxes: twins are drawn from public domains alone, spend nothing, are marked, and have no members."""

import asyncio
import csv
import io
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import unquote
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from cohorte import AsyncClient
from commands import sandbox
from commands.databases import at
from commands.owner import NotDone
from commands.sandbox import described_at, open_organization
from commands.twins import COLUMNS, RESPONDENTS, Description, fill, records_of
from models.identity.organizations import OrganizationKind
from models.insight.undertakings import IN_FORCE
from models.logins import role_dsn
from models.viewers import Audience
from resolvers.insight.ledger import fault
from resolvers.jobs import PUBLISHING
from tests import factories
from tests.clients.processes import ROOT
from tests.support.blank import BLANK
from tests.support.client import ANYBODY, Ask, Caller, serving
from tests.support.clusters import clone
from tests.support.network import Network
from tests.support.newcomers import REGISTER, REQUEST_RESET, done, newcomer
from tests.support.receiver import receiving

# Columns of a dataset that its twin has of its own.
DRAWN = {"title", "translations", "demonstration", "status", "progress", "size", "spent_micro_rho", "sold_micro_rho"}
DRAWN |= {"survey_id"}
TWIN_TABLES = {  # with what orders their rows, and what is drawn with noise or is the time
    "insight.dataset": ("id", "size"),
    "insight.variable": ("dataset_id, position", ""),
    "insight.category": ("dataset_id, variable, place", ""),
    "care.member": ("id", ""),
    "research.enrolment": ("dataset_id, member_id", "enrolled_at"),
    "research.record": ("dataset_id, member_id", ""),
}
DATASETS = """
    { datasets(first: 10) { nodes {
        id title synthetic size budget { spent { microRho } remaining { microRho } cap { microRho } }
        variables { name maxPerMember categories { code } }
    } } }
"""
PUBLISH = """
    mutation ($input: InsightInput!) { insightPublish(input: $input) {
        insight { id synthetic title: dataset { title synthetic } cost { microRho } ledgerEntry { synthetic line }
          cells(includeUnreliable: true) { count marginOfError reliability } csv jsonStat }
        charged { microRho } userErrors { code message }
    } }
"""


@asynccontextmanager
async def empty(server: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to an empty database of its own, as its owner."""
    async with clone(server, BLANK) as dsn:
        connection = await asyncpg.connect(dsn)
        try:
            yield connection
        finally:
            await connection.close()


async def address(connection: asyncpg.Connection, server: str) -> str:
    return at(server, await connection.fetchval("SELECT current_database()"))


async def described(dsn: str) -> Description:
    return await described_at(role_dsn(dsn, Audience.PUBLIC))


async def filled(connection: asyncpg.Connection, description: Description) -> None:
    async with connection.transaction():
        await fill(connection, description)


async def rows_of(connection: asyncpg.Connection, table: str) -> list[dict[str, Any]]:
    order, drawn = TWIN_TABLES[table]
    rows = await connection.fetch(f"SELECT * FROM {table} ORDER BY {order}")
    return [{name: value for name, value in row.items() if name not in drawn.split()} for row in rows]


@pytest_asyncio.fixture(scope="module")
async def twins(blank: str) -> AsyncIterator[tuple[Ask, Caller, asyncpg.Connection]]:
    """Yields the server of a sandbox that has published its first tables, a laboratory with a key, and the owner."""
    async with clone(blank) as real, empty(blank) as owner:
        await filled(owner, await described(real))
        for job in PUBLISHING:
            await job(owner)
        async with owner.transaction():
            key = await open_organization(owner, "Laboratoire Essai", OrganizationKind.LABORATORY)
        async with serving(await address(owner, blank), demo=False) as ask:
            yield ask, Caller("laboratory", key), owner


@pytest.mark.slow
async def test_a_twin_has_the_variables_and_categories_of_its_dataset(blank: str) -> None:
    async with clone(blank) as dsn, empty(blank) as owner:
        await filled(owner, await described(dsn))
        real = await asyncpg.connect(dsn)
        open_today = await real.fetch("SELECT * FROM insight.dataset WHERE status = 'OPEN' ORDER BY id")
        assert open_today
        ids = [row["id"] for row in open_today]
        for table, order in (("variable", "dataset_id, position"), ("category", "dataset_id, variable, place")):
            query = f"SELECT * FROM insight.{table} WHERE dataset_id = any($1) ORDER BY {order}"
            expected = [{**row, "demonstration": False} for row in await real.fetch(query, ids)]
            if table == "variable":
                groupings = {(row["dataset_id"], row["position"]) for row in expected if row["groups"]}
            expected = [
                row for row in expected if (row["dataset_id"], row.get("position") or row["variable"]) not in groupings
            ]
            assert [dict(row) for row in await owner.fetch(query, ids)] == expected
        twins = await owner.fetch("SELECT * FROM insight.dataset ORDER BY id")
        for row, twin in zip(open_today, twins, strict=True):
            assert twin["title"] == f"{row['title']} (synthetic data)"
            french = json.loads(row["translations"])["fr"]["title"]
            assert json.loads(twin["translations"])["fr"]["title"] == f"{french} (données synthétiques)"
            assert {name for name in row.keys() if row[name] != twin[name]} <= DRAWN  # noqa: SIM118 - of a record
        await real.close()


@pytest.mark.slow
async def test_two_populations_have_the_same_twin(blank: str) -> None:
    async with clone(blank) as one, clone(blank) as other, empty(blank) as first, empty(blank) as second:
        changed = await asyncpg.connect(other)
        before = await changed.fetchval("SELECT count(*) FROM research.record")
        assert before > 100
        await changed.execute("DELETE FROM research.record WHERE get_byte(uuid_send(member_id), 0) < 160")
        await changed.execute("UPDATE research.record SET codes = set_byte(codes, 0, 0)")
        await changed.execute(
            "UPDATE insight.dataset SET size = 77777, spent_micro_rho = cap_micro_rho - 10000 WHERE status = 'OPEN'"
        )
        await changed.execute("UPDATE catalog.community SET member_count = 88880, consenting_count = 66660")
        assert await changed.fetchval("SELECT count(*) FROM research.record") < before / 2
        await changed.close()
        descriptions = [await described(one), await described(other)]
        assert descriptions[0] == descriptions[1]
        for owner, description in zip((first, second), descriptions, strict=True):
            await filled(owner, description)
        for table in TWIN_TABLES:
            found = await rows_of(first, table)
            assert found
            assert found == await rows_of(second, table)
        assert await first.fetchval("SELECT sum(member_count + consenting_count) FROM catalog.community") == 0


def test_a_record_has_distinct_categories_and_each_is_as_likely() -> None:
    variables = [
        {"position": 1, "name": "a", "slot": 0, "max_per_member": 1},
        {"position": 2, "name": "b", "slot": 1, "max_per_member": 3},
    ]
    categories = [
        {"variable": position, "place": place, "code": code}
        for position in (1, 2)
        for place, code in enumerate(("X", "Y", "Z", "UNKNOWN"))
    ]
    records = list(records_of(variables, categories, 8_000))
    assert all(len(record) == 4 for record in records)
    for place in range(4):
        for at_byte in (0, 1):
            # Of 8,000 with a probability of a quarter: five standard deviations.
            assert abs(sum(record[at_byte] == place for record in records) - 2_000) < 5 * 39
    for record in records:
        several = [each for each in record[1:] if each != 255]
        assert len(several) == len(set(several))
        assert several == [3] or 3 not in several
    assert records == list(records_of(variables, categories, 8_000))
    assert records != list(records_of(variables, categories, 8_000, seed=1))


@pytest.mark.slow
async def test_questions_spend_nothing_and_never_end(twins: tuple[Ask, Caller, asyncpg.Connection]) -> None:
    ask, laboratory, owner = twins
    dataset = (await ask(laboratory, DATASETS))["data"]["datasets"]["nodes"][0]
    cap = dataset["budget"]["cap"]["microRho"]
    assert dataset["budget"]["spent"]["microRho"] == 0
    assert abs(dataset["size"] - RESPONDENTS) < 200
    left = dataset["budget"]["remaining"]
    single = [
        each["name"] for each in dataset["variables"] if each["maxPerMember"] == 1 and len(each["categories"]) < 12
    ]
    asked, prices = 0, 0
    for variable, by in combinations(single, 2):
        answer = await publish(ask, laboratory, dataset["id"], variable, by)
        assert answer["userErrors"] == []
        assert answer["charged"]["microRho"] == 0
        prices += answer["insight"]["cost"]["microRho"]
        asked += 1
        if prices > 2 * cap:
            break
    assert prices > 2 * cap
    after = (await ask(laboratory, DATASETS))["data"]["datasets"]["nodes"][0]
    assert after["budget"]["spent"]["microRho"] == 0
    assert after["budget"]["remaining"] == left
    assert await owner.fetchval("SELECT count(*) FROM insight.ledger_entry WHERE organization_id IS NOT NULL") >= asked
    async with owner.transaction(isolation="repeatable_read"):
        assert await fault(owner) is None


async def test_what_is_published_has_noise_and_is_marked(twins: tuple[Ask, Caller, asyncpg.Connection]) -> None:
    ask, laboratory, _ = twins
    dataset = (await ask(laboratory, DATASETS))["data"]["datasets"]["nodes"][0]
    assert dataset["synthetic"] is True
    assert dataset["title"].endswith(" (synthetic data)")
    insight = (await publish(ask, laboratory, dataset["id"], "age_band", "sex"))["insight"]
    assert (insight["synthetic"], insight["title"]["synthetic"], insight["ledgerEntry"]["synthetic"]) == (
        True,
        True,
        True,
    )
    assert json.loads(insight["ledgerEntry"]["line"])["dataset_title"].endswith(" (synthetic data)")
    assert all(cell["marginOfError"] > 0 for cell in insight["cells"])
    header, *lines = csv.reader(io.StringIO(insight["csv"]))
    assert header[0] == "synthetic"
    assert {line[0] for line in lines} == {"true"}
    as_json = json.loads(insight["jsonStat"])
    assert as_json["extension"]["synthetic"] is True
    assert " (synthetic data): " in as_json["label"]
    file = await ask.http.get(f"/insights/{insight['id']}.fr.csv", headers=laboratory.headers)
    assert "(synthetic data)" in unquote(file.headers["content-disposition"])
    first, line, *_ = file.content.decode("utf-8-sig").splitlines()
    assert (first.split(";")[0], line.split(";")[0]) == ("synthetic", "true")
    # Each further way by which a figure or its description leaves the server.
    described = (await ask.http.get(f"/insights/{insight['id']}.csv-metadata.json", headers=laboratory.headers)).json()
    assert "(synthetic data)" in described["dc:title"]
    assert described["notes"][0]["synthetic"] is True
    first = described["tableSchema"]["columns"][0]
    assert (first["name"], first["datatype"]) == ("synthetic", "boolean")
    for suffix, delimiter in (("trend.csv", ","), ("trend.fr.csv", ";")):
        trend = await ask.http.get(f"/insights/{insight['id']}.{suffix}", headers=laboratory.headers)
        header, *lines = csv.reader(io.StringIO(trend.content.decode("utf-8-sig"), newline=""), delimiter=delimiter)
        assert header[0] == "synthetic"
        assert {line[0] for line in lines} == {"true"}
    about_trend = await ask.http.get(f"/insights/{insight['id']}.trend.csv-metadata.json", headers=laboratory.headers)
    assert about_trend.json()["notes"][0]["synthetic"] is True
    assert about_trend.json()["tableSchema"]["columns"][0]["datatype"] == "boolean"
    page = await ask.http.get(f"/codebooks/{dataset['id']}.html", headers={"accept-language": "fr"})
    assert "<strong>Données synthétiques d’un bac à sable" in page.text
    assert "(données synthétiques)" in page.text
    header, *lines = csv.reader(io.StringIO((await ask.http.get(f"/codebooks/{dataset['id']}.csv")).text, newline=""))
    assert header[0].removeprefix("\ufeff") == "synthetic"
    assert {line[0] for line in lines} == {"true"}
    for format in ("ttl", "jsonld"):
        catalogue = (await ask.http.get(f"/catalogue.{format}")).text
        assert "(synthetic data)" in catalogue
        assert "Synthetic data of a sandbox" in catalogue
        assert "Members recorded the data" not in catalogue
    uses = await ask(ANYBODY, "{ dataUses(first: 1) { nodes { synthetic datasetTitle ledgerEntry { synthetic } } } }")
    [use] = uses["data"]["dataUses"]["nodes"]
    assert (use["synthetic"], use["ledgerEntry"]["synthetic"]) == (True, True)
    assert use["datasetTitle"].endswith(" (synthetic data)")


async def test_every_page_of_a_sandbox_says_so_in_both_languages(blank: str, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    for name in ("index", "graphiql"):
        (tmp_path / f"{name}.html").write_text((ROOT / f"web/{name}.html").read_text("utf-8"), encoding="utf-8")
    (tmp_path / "addresses.json").write_text('["/lab", "/ledger"]')
    banner = re.compile(r'<aside id="sandbox" aria-label="[^"]*"( hidden)?>')
    shown = {}
    with mock.patch("app.BUILT_PAGES", tmp_path):
        for mark in (True, False):
            async with empty(blank) as owner:
                if mark:
                    await owner.execute("UPDATE insight.ledger SET sandbox = true")
                async with serving(await address(owner, blank), demo=False, web=True) as ask:
                    for path in ("/", "/lab", "/ledger", "/graphiql"):
                        page = (await ask.http.get(path, headers={"accept": "text/html"})).text
                        [hidden] = banner.findall(page)
                        shown[mark, path] = not hidden
                        assert "All data are synthetic" in page
                        assert "Toutes les données sont synthétiques" in page
    assert shown == {(mark, path): mark for mark, path in shown}


async def test_mails_and_webhooks_of_a_sandbox_say_so(blank: str) -> None:
    async with empty(blank) as owner, receiving() as receiver:
        await owner.execute("UPDATE insight.ledger SET sandbox = true")
        async with serving(await address(owner, blank), demo=True) as ask:  # which may send to this machine
            network = Network(ask, owner)
            hospital = await network.buyer(OrganizationKind.HOSPITAL)
            given = {"url": receiver.url(), "description": "Reports", "events": ["LICENCE_DECIDED"]}
            webhook = (await network.do(hospital, "webhookCreate", "webhook { id }", **given))["webhook"]["id"]
            await network.do(hospital, "webhookTest", "delivery { id }", webhook=webhook)
            async with asyncio.timeout(10):
                await receiver.arrived.wait()
            email = await network.value("SELECT email FROM identity.account WHERE organization_id = $1", hospital.id)
            assert await done(ask, ANYBODY, REQUEST_RESET, {"email": email}) == []
            mail = await network.mailbox.next(email)
    [request] = receiver.received
    assert request.content["data"] == {"webhook": webhook, "synthetic": True}
    assert mail["Subject"] == "[Sandbox] Your code for a new password"
    assert mail.get_content().startswith("This e-mail is from a sandbox. All data are synthetic")


@pytest.mark.slow
async def test_the_twin_of_a_survey_has_its_questions_and_no_survey(blank: str) -> None:
    async with clone(blank) as dsn, empty(blank) as owner:
        description = await described(dsn)
        survey = {**description["insight.dataset"][0], "kind": "SURVEY", "collected_from": "2026-11-01"}
        await filled(owner, {**description, "insight.dataset": [survey]})
        for job in PUBLISHING:
            await job(owner)
        async with owner.transaction():
            key = await open_organization(owner, "Laboratoire Essai", OrganizationKind.LABORATORY)
        async with serving(await address(owner, blank), demo=False) as ask:
            found = await ask(
                Caller("laboratory", key), "{ datasets { nodes { kind survey { id } variables { name } } } }"
            )
    [dataset] = found["data"]["datasets"]["nodes"]
    assert (dataset["kind"], dataset["survey"]) == ("SURVEY", None)
    assert dataset["variables"]


async def test_the_python_client_says_it_too(twins: tuple[Ask, Caller, asyncpg.Connection]) -> None:
    ask, laboratory, _ = twins
    async with AsyncClient(laboratory.token, str(ask.http.base_url)) as client:
        [dataset] = await client.catalogue()
        assert dataset.synthetic
        insight = (await client.publish(dataset.id, "sex", ["age_band"])).insight
        assert insight.provenance.synthetic
        assert insight.provenance.to_dict()["synthetic"] is True
        assert insight.provenance.citation().startswith("SYNTHETIC DATA of a sandbox")
        assert (await client.verify(insight.id)).hash == insight.provenance.ledger_hash


async def test_the_real_graph_says_that_it_is_not_synthetic(ask: Ask, laboratory: Caller) -> None:
    found = await ask(
        laboratory, "{ datasets(first: 1) { nodes { synthetic } } ledgerEntries(first: 1) { nodes { synthetic } } }"
    )
    assert found["data"] == {
        "datasets": {"nodes": [{"synthetic": False}]},
        "ledgerEntries": {"nodes": [{"synthetic": False}]},
    }


async def test_a_requested_licence_is_granted_at_once(twins: tuple[Ask, Caller, asyncpg.Connection]) -> None:
    ask, _, owner = twins
    network = Network(ask, owner)
    hospital = await network.buyer(OrganizationKind.HOSPITAL)
    dataset = (await ask(hospital, DATASETS))["data"]["datasets"]["nodes"][0]
    [refusal] = (await publish(ask, hospital, dataset["id"], "sex"))["userErrors"]
    assert refusal["code"] == "LICENCE_REQUIRED"
    community = await owner.fetchval("SELECT community_id FROM insight.dataset")
    requested = {"community": f"com_{community}", "purpose": "Trying it", "purposeKind": "PUBLIC_HEALTH"}
    requested |= {"undertakings": IN_FORCE, "startsOn": str(datetime.now(UTC).date() + timedelta(days=1))}
    fields = "licence { status price { amount } quota { microRho } }"
    later = await network.do(hospital, "licenceRequest", fields, **requested, endsOn=requested["startsOn"])
    assert later["licence"] == {"status": "GRANTED", "price": None, "quota": {"microRho": 1_000_000}}
    requested["startsOn"] = str(datetime.now(UTC).date())
    await network.do(hospital, "licenceRequest", "licence { id }", **requested, endsOn=requested["startsOn"])
    published = await publish(ask, hospital, dataset["id"], "region", "sex")
    assert (published["userErrors"], published["charged"]["microRho"]) == ([], 0)
    assert await network.count("insight.release", organization_id=hospital.id) == 1
    spent = await ask(hospital, "{ viewer { organization { licences { spent { microRho } } } } }")
    assert spent["data"]["viewer"]["organization"]["licences"] == [{"spent": {"microRho": 0}}] * 2


async def test_a_sandbox_has_no_members_and_counts_nobody(twins: tuple[Ask, Caller, asyncpg.Connection]) -> None:
    ask, _, owner = twins
    answer = await ask(ANYBODY, REGISTER, {"input": newcomer("Nobody")})
    [refusal] = answer["data"]["register"]["userErrors"]
    assert (refusal["code"], refusal["path"]) == ("NOT_ELIGIBLE", ["input"])
    assert await owner.fetchval("SELECT count(*) FROM identity.registration") == 0
    member = await owner.fetchval("SELECT id FROM care.member LIMIT 1")
    with pytest.raises(asyncpg.CheckViolationError, match="no members"):
        await owner.execute("INSERT INTO identity.account (email, member_id) VALUES ('a@example.org', $1)", member)
    assert await owner.fetchval("SELECT count(*) FROM catalog.network_count") == 0
    assert await owner.fetchval("SELECT count(*) FROM insight.count_release") == 0
    network = await ask(ANYBODY, "{ network { activeMembers countedOn } }")
    assert network["data"]["network"] is None or network["data"]["network"]["countedOn"] is None


async def test_no_real_database_becomes_a_sandbox_and_no_sandbox_a_real_one(blank: str) -> None:
    mark = "UPDATE insight.ledger SET sandbox = true"
    async with clone(blank) as dsn:
        real = await asyncpg.connect(dsn)
        with pytest.raises(NotDone, match="database of its own"):
            await filled(real, await described(dsn))
        with pytest.raises(asyncpg.CheckViolationError):
            await real.execute(mark)
        assert await real.fetchval("SELECT insight.is_sandbox()") is False
        with pytest.raises(NotDone, match="not a sandbox"):
            await open_organization(real, "Laboratoire Essai", OrganizationKind.LABORATORY)
        await real.close()
    async with empty(blank) as owner:
        await factories.staff(owner)
        await factories.account(owner, staff_id=await owner.fetchval("SELECT id FROM identity.staff"))
        with pytest.raises(asyncpg.CheckViolationError):  # one account suffices
            await owner.execute(mark)
    async with empty(blank) as owner:
        await owner.execute(mark)
        for undone in ("sandbox = false", "id = gen_random_uuid()"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await owner.execute(f"UPDATE insight.ledger SET {undone}")
        assert await owner.fetchval("SELECT insight.is_sandbox()") is True


@pytest.mark.slow
async def test_a_second_description_adds_the_twins_that_are_missing(blank: str) -> None:
    async with clone(blank) as dsn, empty(blank) as owner:
        description = await described(dsn)
        await filled(owner, description)
        first = await rows_of(owner, "research.record")
        more = {table: [*rows] for table, rows in description.items()}
        survey = {"id": str(uuid4()), "kind": "SURVEY", "wave": "2026-11", "collected_from": "2026-11-01"}
        more["insight.dataset"].append({**more["insight.dataset"][0], **survey})
        for table in ("insight.variable", "insight.category"):
            more[table] += [{**row, "dataset_id": survey["id"]} for row in description[table]]
        for _ in range(2):
            await filled(owner, more)
            kinds = await owner.fetch("SELECT kind FROM insight.dataset ORDER BY id <> $1", UUID(survey["id"]))
            assert [row["kind"] for row in kinds] == [
                "SURVEY",
                *(row["kind"] for row in description["insight.dataset"]),
            ]
        assert [
            row for row in await rows_of(owner, "research.record") if row["dataset_id"] != UUID(survey["id"])
        ] == first
        for job in PUBLISHING:
            await job(owner)
        assert await owner.fetchval("SELECT count(*) FROM insight.dataset WHERE status = 'OPEN'") == len(kinds)
        with pytest.raises(NotDone, match="describe"):
            await filled(owner, {"insight.dataset": []})
    async with empty(blank) as owner:
        with pytest.raises(NotDone, match="no dataset"):  # of a network that is new: it stays what it is
            await filled(owner, {**description, "insight.dataset": []})
        assert await owner.fetchval("SELECT insight.is_sandbox()") is False


async def test_the_command_describes_fills_and_prints_a_key(
    blank: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COHORTE_DEMO", "0")
    async with clone(blank) as dsn, empty(blank) as owner:
        monkeypatch.setenv("COHORTE_DATABASE_URL", dsn)
        assert await asyncio.to_thread(sandbox.main, ["describe"]) == 0
        file = tmp_path / "datasets.json"
        file.write_text(capsys.readouterr().out, encoding="utf-8")
        assert json.loads(file.read_text("utf-8")).keys() == COLUMNS.keys()
        assert await asyncio.to_thread(sandbox.main, ["fill", str(file)]) == 1
        assert "database of its own" in capsys.readouterr().err
        monkeypatch.setenv("COHORTE_DATABASE_URL", await address(owner, blank))
        assert await asyncio.to_thread(sandbox.main, ["fill", str(file)]) == 0
        assert capsys.readouterr().out.endswith("Their server publishes them.\n")
        keys = set()
        for _ in range(2):
            assert await asyncio.to_thread(sandbox.main, ["key", "Hôpital Essai", "--kind", "HOSPITAL"]) == 0
            keys.add(capsys.readouterr().out)
        assert len(keys) == 2
        assert all(key.startswith("ck_") for key in keys)
        assert await owner.fetchval("SELECT count(*) FROM insight.organization") == 1
        licences = await owner.fetch("SELECT DISTINCT status FROM insight.licence")
        assert [row["status"] for row in licences] == ["GRANTED"]
        communities: list[UUID] = await owner.fetchval("SELECT array_agg(DISTINCT community_id) FROM insight.dataset")
        assert await owner.fetchval("SELECT count(*) FROM insight.licence") == len(communities)


async def publish(ask: Ask, who: Caller, dataset: str, variable: str, *by: str) -> Any:
    question = {"dataset": dataset, "variable": variable, "by": list(by), "precision": "WITHIN_10"}
    answer = await ask(who, PUBLISH, {"input": question})
    assert "errors" not in answer, answer
    return answer["data"]["insightPublish"]
