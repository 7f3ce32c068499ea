"""Exports of members' data: what they hold, their formats, and the one-time addresses they are downloaded from."""

import asyncio
import io
import json
import re
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from models.identity.data_exports import DataExportFormat
from models.languages import Language
from models.viewers import Audience, Viewer
from privacy.budget import YEARLY
from resolvers.exporting import ExportColumn, ExportKind
from resolvers.rates import rates_of
from server.callers.request_rates import REQUESTS, TOKENS, RequestRates
from server.callers.turns import Turns
from server.files.downloads import A_SECOND, AT_ONCE, Downloads
from server.files.export_files import CHUNK_ROWS, cell, write_export
from server.operations.request_context import RequestContext
from tests.support.callers import open_session
from tests.support.client import ANYBODY, SIGN_OUT, Ask, Caller, serving
from tests.support.clusters import clone
from tests.support.eventually import until
from tests.support.exports import REQUEST, downloaded, exported, exported_files, requested, rows
from tests.support.small_network import SMALL, SmallNetwork, at_rest

ID = re.compile(r"[a-z]{3}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ADDRESS = re.compile(r"/exports/[A-Za-z0-9_-]{43}")
GONE = (404, "NOT_FOUND")


@dataclass
class Exporting:
    """A signed-in member with rows of every kind."""

    ask: Ask
    owner: asyncpg.Connection
    who: Caller
    viewer: Viewer

    @property
    def downloads(self) -> Downloads:
        assert self.ask.app.downloads is not None
        return self.ask.app.downloads

    async def other(self) -> Caller:
        """Another member, signed in."""
        account = await self.owner.fetchval(
            """
            INSERT INTO identity.account (email, email_verified, member_id)
            SELECT 'other@small.example', true, id FROM care.member WHERE pseudonym = 'Small Association'
            ON CONFLICT (email) DO UPDATE SET email_verified = true RETURNING id
            """
        )
        return Caller("other", await open_session(self.owner, account))


@asynccontextmanager
async def exports_of(template: str, network: SmallNetwork, data: Path) -> AsyncIterator[Exporting]:
    viewer = network.viewers[Audience.PATIENT]
    async with clone(template, SMALL) as dsn:
        owner = await asyncpg.connect(dsn)
        await at_rest(owner)
        async with serving(dsn, data=data, pool_size=4) as ask:
            assert viewer.account is not None
            yield Exporting(ask, owner, Caller("member", await open_session(owner, viewer.account)), viewer)
        await owner.close()


@pytest_asyncio.fixture
async def own_exporting(template: str, in_small_template: SmallNetwork, tmp_path: Path) -> AsyncIterator[Exporting]:
    """Yields a member with rows of every kind, which the test may change, and a server that no other test uses."""
    async with exports_of(template, in_small_template, tmp_path) as made:
        yield made


@pytest_asyncio.fixture(scope="module")
async def shared(
    template: str, in_small_template: SmallNetwork, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Exporting]:
    async with exports_of(template, in_small_template, tmp_path_factory.mktemp("exports")) as made:
        yield made


@pytest_asyncio.fixture
async def exporting(shared: Exporting) -> AsyncIterator[Exporting]:
    """Yields a member with rows of every kind in a session of the test's own, who has made no export before."""
    account, downloads = shared.viewer.account, shared.downloads
    assert account is not None
    downloads.turns = Turns(downloads.turns.most, AT_ONCE, A_SECOND)
    locale = await shared.owner.fetchval("SELECT locale FROM identity.account WHERE id = $1", account)
    yield replace(shared, who=Caller("member", await open_session(shared.owner, account)))
    await shared.owner.execute("DELETE FROM identity.data_export")
    await shared.owner.execute("UPDATE identity.account SET locale = $2 WHERE id = $1", account, locale)
    downloads.took.clear()
    downloads.accounts.clear()


# What it holds


async def test_an_export_conforms_to_the_schema_that_it_names(exporting: Exporting) -> None:
    await a_record(exporting)
    answer = await downloaded(exporting.ask, await requested(exporting.ask, exporting.who))
    document = answer.json()
    assert (document["format"], document["version"]) == ("cohorte-export", 2)
    served = await exporting.ask.http.get(document["schema"])
    assert (served.status_code, served.headers["content-type"]) == (200, "application/schema+json")
    assert list(faults(served.json(), document)) == []
    described = list(columns(served.json()))
    assert len(described) > 130
    assert [path for path, schema in described if not schema.get("description")] == []
    assert [kind for kind, found in document["data"].items() if not found] == ["pins", "consentChanges"]
    for wrong in ({"version": 1}, {"more": 1}, {"exportedAt": 5}, {"data": document["data"] | {"members": [{}]}}):
        assert list(faults(served.json(), document | wrong)) != []


def columns(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for kind, found in schema["properties"]["data"]["properties"].items():
        yield kind, found
        for name, column in found["items"]["properties"].items():
            yield f"{kind}.{name}", column


TYPES: Mapping[str, Any] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    "null": type(None),
}  # fmt: skip


def faults(schema: Mapping[str, Any], value: Any, at: str = "") -> Iterator[str]:
    """Where a value does not conform to a schema, by the keywords that ours has."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, TYPES[kind]) for kind in kinds):
        yield f"{at} is no {kinds}"
        return
    if ("const" in schema and value != schema["const"]) or ("enum" in schema and value not in schema["enum"]):
        yield f"{at} is another value"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{at} does not match"
    if isinstance(value, dict):
        missing = set(schema["required"]) - set(value)
        yield from [f"{at}.{name} is missing" for name in missing]
        for name, each in value.items():
            if name not in schema["properties"]:
                yield f"{at}.{name} is not in the schema"
            else:
                yield from faults(schema["properties"][name], each, f"{at}.{name}")
    if isinstance(value, list):
        for place, each in enumerate(value):
            yield from faults(schema["items"], each, f"{at}[{place}]")


async def test_every_id_of_a_node_finds_it_in_the_graph(exporting: Exporting) -> None:
    await a_record(exporting)
    given = await exported(exporting.ask, exporting.who)
    found = {id for id in texts(given) if ID.fullmatch(id)}
    types = {}
    for id in found:
        answer = await exporting.ask(exporting.who, "query ($id: ID!) { node(id: $id) { __typename } }", {"id": id})
        if answer["data"]["node"] is not None:
            types[id[:3]] = answer["data"]["node"]["__typename"]
    expected = {
        "com": "Community", "crs": "TreatmentCourse", "dis": "Discussion", "dst": "Dataset", "ind": "Indicator",
        "mbr": "Member", "ntf": "Notification", "obs": "Observation", "pst": "Post", "svy": "Survey",
        "trt": "Treatment",
    }  # fmt: skip
    assert expected.items() <= types.items()


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


async def test_an_export_has_the_words_beside_the_ids(exporting: Exporting) -> None:
    given = await exported(exporting.ask, exporting.who)
    assert {(row["indicator"], row["unit"]) for row in given["observations"]} == {("Rare tiredness", "h")}
    assert [row["observedOn"] for row in given["observations"]] == ["2026-03-02", "2026-03-03", "2026-03-09"]
    assert {row["indicator"] for row in given["sideEffects"]} == {"Rare tiredness"}
    assert {row["treatment"] for row in [*given["courses"], *given["evaluations"]]} == {"Rare tea"}
    assert {row["community"] for row in given["memberships"]} == {"Rare fatigue"}
    assert {(row["patient"], row["relative"]) for row in given["careLinks"]} == {("Small Patient", "Small Association")}
    assert {row["discussion"] for row in given["posts"]} == {"Rare question"}
    (answer,) = given["answers"]
    question = await exporting.owner.fetchrow(
        "SELECT q.id, q.text FROM catalog.question q JOIN research.answer a ON a.question_id = q.id"
        " WHERE a.text = 'words'"
    )
    options = await exporting.owner.fetch(
        "SELECT code, label FROM catalog.question_option WHERE question_id = $1 ORDER BY position, code",
        UUID(answer["questionId"].removeprefix("qst_")),
    )
    assert question is not None
    assert (answer["questionId"], answer["question"]) == (f"qst_{question['id']}", question["text"])
    assert answer["options"] == [f"{option['code']}: {option['label']}" for option in options]
    assert answer["codes"] == ["c1"]
    assert answer["labels"] == [option["label"] for option in options if option["code"] == "c1"]
    assert {(row["noticeVersion"], row["noticeLanguage"]) for row in given["consents"]} == {("2026-01", "FR")}


TRANSLATED = {
    "catalog.survey": "title", "catalog.question": "text", "catalog.question_option": "label",
    "insight.dataset": "title", "insight.variable": "label", "insight.category": "label",
}  # fmt: skip


async def test_the_words_of_an_export_are_in_the_members_language(own_exporting: Exporting) -> None:
    await a_record(own_exporting)
    ask, owner, who = own_exporting.ask, own_exporting.owner, own_exporting.who
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")  # what is frozen could not be changed
        for table, column in TRANSLATED.items():
            await owner.execute(
                f"UPDATE {table} SET translations ="
                f" jsonb_build_object('fr', jsonb_build_object('{column}', 'En français : ' || {column}))"
            )
        await owner.execute("UPDATE identity.account SET locale = 'fr-FR' WHERE id = $1", own_exporting.viewer.account)
    address = await requested(ask, who)
    answer = await ask.http.get(address, headers={"accept-language": "en"})
    assert answer.headers["content-language"] == "fr"
    given = answer.json()["data"]
    assert {(row["indicator"], row["unit"]) for row in given["observations"]} == {("Fatigue rare", "heures")}
    for kind in ("courses", "evaluations"):
        assert {row["treatment"] for row in given[kind]} == {"Fatigue rare"}
    assert {row["community"] for row in given["memberships"]} == {"Fatigue rare"}
    (answered,) = given["answers"]
    words = [answered["question"], *answered["labels"], *(each.partition(": ")[2] for each in answered["options"])]
    words += [row["survey"] for kind in ("answerSheets", "participations") for row in given[kind]]
    words += [row["dataset"] for kind in ("enrolments", "records") for row in given[kind]]
    words += [text for row in given["records"] for text in (row["label"], *row["labels"])]
    assert len(words) > 10
    assert [text for text in words if not text.startswith("En français")] == []
    assert "fois sur 100" in given["privacyLoss"][0]["statement"]
    again = await ask.http.get("/me/export.zip", headers=who.headers)
    assert again.headers["content-language"] == "fr"
    with zipfile.ZipFile(io.BytesIO(again.content)) as archive:
        assert "heures" in archive.read("observations.csv").decode()


async def a_record(exporting: Exporting) -> UUID:
    """The dataset that the member has a record in."""
    found = await exporting.owner.fetchrow(
        """
        INSERT INTO research.record (dataset_id, member_id, codes)
        SELECT e.dataset_id, e.member_id, '\\x0100' FROM research.enrolment e
        JOIN insight.dataset d ON d.id = e.dataset_id WHERE e.member_id = $1 AND d.status = 'OPEN' LIMIT 1
        ON CONFLICT (dataset_id, member_id) DO UPDATE SET codes = excluded.codes RETURNING dataset_id
        """,
        exporting.viewer.member,
    )
    assert found is not None
    return UUID(str(found["dataset_id"]))


async def test_an_export_has_the_members_record_and_no_other(exporting: Exporting) -> None:
    dataset = await a_record(exporting)
    other = await exporting.other()
    given = (await exported(exporting.ask, exporting.who))["records"]
    expected = await exporting.owner.fetch(
        """
        SELECT v.name, v.label, c.code, c.label AS category FROM insight.variable v
        JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
        WHERE v.dataset_id = $1 AND c.place = CASE v.slot WHEN 0 THEN 1 ELSE 0 END AND v.slot < 2 AND v.groups = ''
        ORDER BY v.position
        """,
        dataset,
    )
    assert len(expected) == 2
    assert [(row["datasetId"], row["variable"], row["label"], row["codes"], row["labels"]) for row in given] == [
        (f"dst_{dataset}", row["name"], row["label"], [row["code"]], [row["category"]]) for row in expected
    ]
    assert (await exported(exporting.ask, other))["records"] == []


async def test_data_uses_and_privacy_loss_are_those_of_the_graph(exporting: Exporting) -> None:
    given = await exported(exporting.ask, exporting.who)
    query = """
        { me {
          dataUses(first: 100) { nodes { ledgerEntry { position } purpose cost { microRho } } }
          privacyLoss { spent { microRho } reserved { microRho } statement }
        } }
    """
    me = (await exporting.ask(exporting.who, query))["data"]["me"]
    uses = [(row["position"], row["purpose"], row["microRho"]) for row in given["dataUses"]]
    assert uses != []
    assert uses == [
        (row["ledgerEntry"]["position"], row["purpose"], row["cost"]["microRho"])
        for row in reversed(me["dataUses"]["nodes"])
    ]
    loss = me["privacyLoss"]
    assert given["privacyLoss"] == [
        {
            "reservedMicroRho": loss["reserved"]["microRho"],
            "spentMicroRho": loss["spent"]["microRho"],
            "allowanceMicroRho": YEARLY,
            "statement": loss["statement"],
        }
    ]


# CSV


async def test_csv_files_have_the_same_rows_as_the_json_document(exporting: Exporting) -> None:
    await a_record(exporting)
    given = await exported(exporting.ask, exporting.who)
    files = await exported_files(exporting.ask, exporting.who)
    assert list(files) == [f"{kind}.csv" for kind in given] + ["columns.csv"]
    described = [row[2] for row in files["columns.csv"][1:]]
    for kind, found in given.items():
        header, *cells = files[f"{kind}.csv"]
        assert len(cells) == len(found)
        for row, texts_of in zip(found, cells, strict=True):
            assert header == list(row)
            if kind not in ("sessions", "privacyLoss"):  # which the second request has changed
                assert texts_of == [plain(value) for value in row.values()]
        described = described[len(header) :] if described[: len(header)] == header else ["not described"]
    assert described == []


def plain(value: Any) -> str:
    if isinstance(value, list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        ("", '""'),
        (True, "true"),
        (-5, "-5"),
        (-0.5, "-0.5"),
        (1e-7, "1e-07"),
        ("a, b", '"a, b"'),
        ('say "no"', '"say ""no"""'),
        ("one\ntwo", '"one\ntwo"'),
        ("=1+1", '"\'=1+1"'),
        ("+33 1", '"\'+33 1"'),
        ("-5", '"\'-5"'),
        ("@SUM(A1)", '"\'@SUM(A1)"'),
        ("\t=1", '"\'\t=1"'),
        ("\n=1", '"\'\n=1"'),
        ("  =1+1", '"\'  =1+1"'),
        ("\u00a0=1+1", '"\'\u00a0=1+1"'),
        ("\uff1d1+1", '"\'\uff1d1+1"'),
        ("\uff20x", '"\'\uff20x"'),
        ("\u200b\ufeff=1+1", '"\'\u200b\ufeff=1+1"'),
        ("\u202e-1", '"\'\u202e-1"'),
        ("'quoted", "\"''quoted\""),
        ("a=1", '"a=1"'),
        (["=1", "b"], '"[""=1"",""b""]"'),
    ],
)
def test_a_cell_is_quoted_and_no_formula(value: Any, written: str) -> None:
    assert cell(value) == written


async def test_what_members_write_is_text_in_every_file(own_exporting: Exporting) -> None:
    formula = '=HYPERLINK("http://x.example","go")\n"quoted", and more'
    await own_exporting.owner.execute(
        "UPDATE care.observation SET note = $2 WHERE member_id = $1", own_exporting.viewer.member, formula
    )
    answer = await downloaded(own_exporting.ask, await requested(own_exporting.ask, own_exporting.who, "CSV_ZIP"))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        text = archive.read("observations.csv").decode()
    assert text.count("\r\n") == 4
    header, *cells = rows(text)
    assert [row[header.index("note")] for row in cells] == ["'" + formula] * 3
    assert {kind["note"] for kind in (await exported(own_exporting.ask, own_exporting.who))["observations"]} == {
        formula
    }


# Addresses


async def test_a_download_is_a_private_attachment(exporting: Exporting) -> None:
    for format, kind, suffix in (("JSON", "application/json", "json"), ("CSV_ZIP", "application/zip", "zip")):
        address = await requested(exporting.ask, exporting.who, format)
        assert ADDRESS.fullmatch(address)
        answer = await downloaded(exporting.ask, address)
        headers = answer.headers
        assert (answer.status_code, headers["content-type"]) == (200, kind)
        assert re.fullmatch(
            rf'attachment; filename="cohorte-export-\d{{4}}-\d\d-\d\d\.{suffix}"', headers["content-disposition"]
        )
        assert int(headers["content-length"]) == len(answer.content)
        private = ("cache-control", "referrer-policy", "x-content-type-options")
        assert [headers[name] for name in private] == ["no-store", "no-referrer", "nosniff"]


async def refused(ask: Ask, address: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    answer = await ask.http.get(address, headers=headers)
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


async def test_an_address_works_once(exporting: Exporting) -> None:
    address = await requested(exporting.ask, exporting.who)
    answers = await asyncio.gather(*(downloaded(exporting.ask, address) for _ in range(5)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {404, 503}  # 503: while the first is in progress
    assert await refused(exporting.ask, address) == GONE
    assert await exporting.owner.fetchval("SELECT count(*) FROM identity.data_export") == 0


async def test_an_address_ends_with_its_time_its_session_or_a_newer_one(exporting: Exporting) -> None:
    replaced = await requested(exporting.ask, exporting.who)
    expired = await requested(exporting.ask, exporting.who)
    assert await refused(exporting.ask, replaced) == GONE
    await exporting.owner.execute("UPDATE identity.data_export SET expires_at = now()")
    assert await refused(exporting.ask, expired) == GONE
    closed = await requested(exporting.ask, exporting.who)
    await exporting.owner.execute(
        "UPDATE identity.session SET expires_at = now() WHERE id = (SELECT session_id FROM identity.data_export)"
    )
    assert await refused(exporting.ask, closed) == GONE
    assert exporting.viewer.account is not None
    again = Caller("again", await open_session(exporting.owner, exporting.viewer.account))
    left = await requested(exporting.ask, again)
    await exporting.ask(again, SIGN_OUT)
    assert await refused(exporting.ask, left) == GONE
    for made_up in ("x" * 43, "x", "%00" * 43, "é" * 43, "a/b", "x" * 44, "x" * 5000):
        assert (await exporting.ask.http.get(f"/exports/{made_up}")).status_code == 404


async def test_the_callers_own_token_is_checked_if_there_is_one(exporting: Exporting) -> None:
    address = await requested(exporting.ask, exporting.who)
    other = await exporting.other()
    assert await refused(exporting.ask, address, other.headers) == GONE
    assert await refused(exporting.ask, address, {"authorization": "Bearer no"}) == (401, "UNAUTHENTICATED")
    assert (await downloaded(exporting.ask, address, exporting.who)).status_code == 200


async def test_a_head_request_leaves_the_address_usable(exporting: Exporting) -> None:
    address = await requested(exporting.ask, exporting.who)
    answer = await exporting.ask.http.head(address)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert (await exporting.ask.http.post(address)).status_code == 405
    assert (await downloaded(exporting.ask, address)).status_code == 200


async def test_only_the_digest_of_an_address_is_stored_and_it_is_deleted(exporting: Exporting) -> None:
    address = await requested(exporting.ask, exporting.who)
    token = address.rpartition("/")[2]
    row = await exporting.owner.fetchval("SELECT t::text FROM identity.data_export t")
    assert token not in row
    await exporting.owner.execute("UPDATE identity.data_export SET expires_at = now()")
    await exporting.owner.execute("SELECT identity.forget_waiting()")
    assert await exporting.owner.fetchval("SELECT count(*) FROM identity.data_export") == 0


async def test_nobody_else_can_request_an_export(exporting: Exporting) -> None:
    for who in (ANYBODY, Caller("nobody", "x" * 43)):
        answer = await exporting.ask(who, "mutation { dataExport(input: {format: JSON}) { address } }")
        assert answer["errors"][0]["extensions"]["code"] in ("GRAPHQL_VALIDATION_FAILED", "UNAUTHENTICATED")
    assert await exporting.owner.fetchval("SELECT count(*) FROM identity.data_export") == 0


async def test_an_export_that_fails_shows_no_detail_and_frees_its_place(
    exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    column = ExportColumn("x", "", {"type": "string"})
    broken = ExportKind("broken", "", (column,), "SELECT 'umbrella'::int, $1::uuid")
    monkeypatch.setattr(exporting.downloads, "kinds", (*exporting.downloads.kinds, broken))
    for _ in range(3):
        answer = await downloaded(exporting.ask, await requested(exporting.ask, exporting.who))
        assert answer.status_code == 500
        assert answer.json()["errors"][0]["extensions"].keys() == {"code", "id"}
        assert "umbrella" not in answer.text
    monkeypatch.undo()
    assert (await exported(exporting.ask, exporting.who))["members"] != []


@asynccontextmanager
async def no_turn_left(downloads: Downloads) -> AsyncIterator[None]:
    """Within the block, others have every turn."""
    async with AsyncExitStack() as held:
        for number in range(downloads.turns.most):
            await held.enter_async_context(downloads.turns.turn(number, 0))
        yield


async def test_an_account_has_one_export_in_progress_and_others_wait(exporting: Exporting) -> None:
    ask, who, other = exporting.ask, exporting.who, await exporting.other()
    downloads = exporting.downloads
    async with no_turn_left(downloads):
        first = asyncio.create_task(downloaded(ask, await requested(ask, who)))
        await until(lambda: downloads.accounts)
        again = await downloaded(ask, "/me/export.json", who)
        assert (again.status_code, again.headers["retry-after"]) == (503, "2")
        for _ in range(30):  # strangers take no place
            assert await refused(ask, f"/exports/{'x' * 43}") == GONE
        second = asyncio.create_task(downloaded(ask, await requested(ask, other)))
        await until(lambda: len(downloads.accounts) >= 2)
        assert not first.done()
    assert [(await each).status_code for each in (first, second)] == [200, 200]
    assert downloads.accounts == set()


async def test_whoever_waits_for_too_long_is_told_when_to_try_again_and_their_address_works_on(
    exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, downloads = exporting.ask, exporting.downloads
    monkeypatch.setattr(downloads, "wait_seconds", 0.05)
    address = await requested(ask, exporting.who)
    async with no_turn_left(downloads):
        for path, who in ((address, ANYBODY), ("/me/export.zip", exporting.who)):
            answer = await downloaded(ask, path, who)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        monkeypatch.setattr("server.files.downloads.MAX_WAITING", 0)
        assert await refused(ask, address) == (503, "INTERNAL_SERVER_ERROR")
        monkeypatch.undo()
    assert (await downloaded(ask, address)).status_code == 200


async def test_exports_are_made_side_by_side_and_long_ones_leave_a_place(exporting: Exporting) -> None:
    """Half of the connections make exports. Members whose last one took long have all of these but one."""
    downloads, large, larger = exporting.downloads, uuid4(), uuid4()
    assert (downloads.patient.size, downloads.turns.most) == (4, 2)
    done, begun = asyncio.Event(), list[UUID]()

    async def export(account: UUID) -> None:
        async with downloads.turn(account):
            begun.append(account)
            await done.wait()

    downloads.took.update({large: AT_ONCE, larger: AT_ONCE})
    exports = [asyncio.create_task(export(account)) for account in (large, larger)]
    for _ in range(2):
        assert (await exported(exporting.ask, exporting.who))["members"] != []
    assert begun == [large]
    done.set()
    await asyncio.gather(*exports)
    assert begun == [large, larger]
    assert exporting.viewer.account in downloads.took


async def test_a_member_pays_for_long_exports_by_waiting_and_nobody_else_does(
    exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, downloads, account = exporting.ask, exporting.downloads, exporting.viewer.account
    downloads.took[account] = 2 * AT_ONCE
    assert (await downloaded(ask, "/me/export.json", exporting.who)).status_code == 200  # which is charged
    assert downloads.took[account] < AT_ONCE
    monkeypatch.setattr(downloads, "wait_seconds", 0.05)
    assert (await downloaded(ask, "/me/export.json", exporting.who)).status_code == 503
    assert (await downloaded(ask, "/me/export.json", await exporting.other())).status_code == 200


async def test_exports_without_a_one_time_address_have_the_same_rate(
    own_exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, who = own_exporting.ask, own_exporting.who
    assert ask.app.endpoint is not None
    monkeypatch.setattr(ask.app.endpoint.rates, "rates", rates_of("exports=2/100/3600"))
    assert (await ask.http.head("/me/export.json", headers=who.headers)).status_code == 200
    answers = [await downloaded(ask, "/me/export.json", who) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert '"exports";r=0' in answers[1].headers["ratelimit"]
    assert int(answers[2].headers["retry-after"]) > 60
    assert (await ask.post(who, REQUEST, {"format": "JSON"})).status_code == 429
    assert (await downloaded(ask, "/me/export.json", await own_exporting.other())).status_code == 200


async def test_requests_of_exports_and_guesses_of_addresses_and_tokens_are_counted(
    exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, guess = exporting.ask, Caller("nobody", "x" * 43)
    assert ask.app.endpoint is not None
    for path, who, status in ((f"/exports/{'x' * 43}", ANYBODY, 404), ("/me/export.json", guess, 401)):
        monkeypatch.setattr(ask.app.endpoint, "invalid", RequestRates(TOKENS, 3, 1))
        statuses = [(await downloaded(ask, path, who)).status_code for _ in range(5)]
        assert statuses[:3] == [status] * 3
        assert 429 in statuses[3:]
    monkeypatch.undo()
    for path in (f"/exports/{'x' * 43}", "/me/export.json"):
        monkeypatch.setattr(ask.app.endpoint, "requests", RequestRates(REQUESTS, 3, 1))
        assert 429 in [(await downloaded(ask, path)).status_code for _ in range(5)]


async def test_the_log_has_a_line_of_each_export(exporting: Exporting, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, lines = exporting.ask, list[tuple[RequestContext, int]]()
    assert ask.app.endpoint is not None
    monkeypatch.setattr(ask.app.endpoint, "log_operation", lambda *line: lines.append(line))
    address = await requested(ask, exporting.who)
    lines.clear()
    answers = [await downloaded(ask, address) for _ in range(2)]
    found = [(line.id, line.viewer.account, line.kind, status, line.codes) for line, status in lines]
    ids = [answer.headers["x-request-id"] for answer in answers]
    account = exporting.viewer.account
    assert found == [(ids[0], account, "query", 200, ()), (ids[1], None, "query", 404, ("NOT_FOUND",))]
    assert lines[0][0].size == len(answers[0].content)


async def test_an_export_over_its_time_limit_is_refused(exporting: Exporting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting.downloads, "seconds", 0.0)
    answer = await downloaded(exporting.ask, await requested(exporting.ask, exporting.who))
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["limit"]) == (503, "export_seconds")
    assert answer.headers["retry-after"] == "5"
    monkeypatch.undo()
    assert (await exported(exporting.ask, exporting.who))["members"] != []


# Size


@pytest.mark.parametrize(
    "format", [DataExportFormat.JSON, pytest.param(DataExportFormat.CSV_ZIP, marks=pytest.mark.slow)]
)
async def test_a_large_export_is_written_in_chunks_and_not_held_in_memory(
    own_exporting: Exporting, format: DataExportFormat
) -> None:
    count, owner = 20_000, own_exporting.owner
    await owner.execute(
        """
        INSERT INTO care.observation (member_id, indicator_id, value, observed_on, note)
        SELECT $1, (SELECT id FROM catalog.indicator WHERE slug = 'rare'), 1, '1900-01-01'::date + n, md5(n::text)
        FROM generate_series(1, $2) n
        """,
        own_exporting.viewer.member,
        count,
    )
    downloads = own_exporting.downloads
    assert count / 10 > CHUNK_ROWS
    async with downloads.patient.snapshot(own_exporting.viewer) as connection:
        tracemalloc.start()
        try:
            file = await write_export(connection, downloads.kinds, own_exporting.viewer.member, format, Language.EN)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    size = file.tell()
    file.close()
    uncompressed = count * 200
    assert size > (uncompressed if format is DataExportFormat.JSON else count * 20)
    assert peak < uncompressed, f"{peak:,} bytes"
    if format is DataExportFormat.JSON:
        assert len((await exported(own_exporting.ask, own_exporting.who))["observations"]) == count + 3


async def test_a_signed_in_member_downloads_their_export_without_a_one_time_address(exporting: Exporting) -> None:
    ask, who = exporting.ask, exporting.who
    for suffix, type in (("json", "application/json"), ("zip", "application/zip")):
        for _ in range(2):  # the address is not used up
            answer = await downloaded(ask, f"/me/export.{suffix}", who)
            assert (answer.status_code, answer.headers["content-type"]) == (200, type)
            assert answer.headers["cache-control"] == "no-store"
        assert re.search(
            rf'filename="cohorte-export-\d{{4}}-\d\d-\d\d\.{suffix}"', answer.headers["content-disposition"]
        )
        head = await ask.http.head(f"/me/export.{suffix}", headers=who.headers)
        assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", type)
        assert head.headers["content-disposition"] == answer.headers["content-disposition"]
        assert "content-length" not in head.headers
    assert (await downloaded(ask, "/me/export.json", who)).json()["data"] == await exported(ask, who)
    cookie = {"cookie": f"__Host-cohorte_session={who.token}"}
    linked = await ask.http.get("/me/export.json", headers=cookie | {"sec-fetch-site": "same-origin"})
    assert linked.json()["data"] == await exported(ask, who)


async def test_nobody_else_downloads_an_export_by_the_members_address(exporting: Exporting) -> None:
    ask, who = exporting.ask, exporting.who
    cookie = {"cookie": f"__Host-cohorte_session={who.token}"}
    for headers, expected in (
        ({}, (401, "UNAUTHENTICATED")),
        ({"authorization": "Bearer nonsense"}, (401, "UNAUTHENTICATED")),
        (cookie, (403, "FORBIDDEN")),
        (cookie | {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, (403, "FORBIDDEN")),
    ):
        for method in ("GET", "HEAD"):
            answer = await ask.http.request(method, "/me/export.json", headers=headers)
            assert (answer.status_code, answer.headers["content-type"]) == (expected[0], "application/problem+json")
        assert (await ask.http.get("/me/export.json", headers=headers)).json()["code"] == expected[1]
    staff = await exporting.owner.fetchval(
        "INSERT INTO identity.account (email, email_verified, staff_id)"
        " SELECT 'staff@small.example', true, id FROM identity.staff LIMIT 1 RETURNING id"
    )
    manager = Caller("staff", await open_session(exporting.owner, staff))
    answer = await downloaded(ask, "/me/export.json", manager)
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
    assert (await downloaded(ask, "/me/export.xml", who)).status_code == 404
    await ask(who, SIGN_OUT)
    assert (await downloaded(ask, "/me/export.json", who)).status_code == 401


# Language of refusals

INVALID = {
    "fr": "Cette adresse n’est pas valable. Elle ne sert qu’une fois et pendant quelques minutes\u00a0: demandez un"
    " nouvel export.",
    "en": "This address is not valid. It works once and for a few minutes: request another export.",
}
SIGNED_OUT = {
    "fr": "Ce fichier n’est pas public",
    "en": "This file is not public",
}
BUSY = {"fr": "Un autre export de vos données est en cours.", "en": "Another export of yours is in progress."}
NO_FILE = {
    "fr": "Ce fichier n’existe pas, ou vous n’y avez pas accès.",
    "en": "There is no such file, or you may not read it.",
}


async def reason(ask: Ask, address: str, headers: Mapping[str, str], expected: str) -> str:
    """Why an address is refused, from a response whose headers say that it is in this language."""
    answer = await ask.http.get(address, headers=headers)
    assert answer.headers["content-language"] == expected
    assert "accept-language" in answer.headers["vary"].lower()
    found = answer.json()
    return str(found["errors"][0]["message"] if "errors" in found else found["detail"])


@pytest.mark.parametrize(("accepted", "language"), [("fr-FR", "fr"), ("en", "en"), ("de", "en")])
async def test_strangers_are_refused_in_the_language_of_their_client(ask: Ask, accepted: str, language: str) -> None:
    headers = {"accept-language": accepted}
    assert await reason(ask, f"/exports/{'x' * 43}", headers, language) == INVALID[language]
    assert (await reason(ask, "/me/export.json", headers, language)).startswith(SIGNED_OUT[language])


@pytest.mark.parametrize(("locale", "language"), [("fr-FR", "fr"), ("en-GB", "en"), ("nl-NL", "fr")])
async def test_members_are_refused_in_the_language_of_their_account_or_else_of_their_client(
    exporting: Exporting, locale: str, language: str
) -> None:
    ask, account = exporting.ask, exporting.viewer.account
    assert ask.app.downloads is not None
    assert account is not None
    await exporting.owner.execute("UPDATE identity.account SET locale = $2 WHERE id = $1", account, locale)
    who = Caller("reader", await open_session(exporting.owner, account))
    client = {"accept-language": "en" if locale == "fr-FR" else "fr"}
    assert await reason(ask, "/me/export.xml", who.headers | client, language) == NO_FILE[language]
    address = await requested(ask, who)
    ask.app.downloads.accounts.add(account)
    assert (await reason(ask, address, client, language)).startswith(BUSY[language])  # of whom the address tells
    assert await reason(ask, f"/exports/{'x' * 43}", who.headers | client, language) == INVALID[language]
