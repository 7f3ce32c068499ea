"""Every number, date, time, range and cursor that the graph takes, at its ends: a clear refusal or a right answer."""

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import httpx
import pytest
import pytest_asyncio
from graphql import GraphQLSchema, get_named_type

from models.columns import SCHEMAS
from models.viewers import Audience
from resolvers.identity.accounts import token_hash
from tests import factories
from tests.support.callers import Place as Server
from tests.support.callers import place
from tests.support.client import ANYBODY, Caller, views
from tests.support.clusters import clone
from tests.support.documents import takes_input
from tests.support.ends import ENDS, Path, Place, as_json, as_literal, forged, found, holed, leaves, places
from tests.support.small_network import SmallNetwork, small_network
from tests.support.surveys import wanted

PUBLIC, PATIENT, BUYER, MANAGER = Audience.PUBLIC, Audience.PATIENT, Audience.BUYER, Audience.MANAGER
HEADERS = {"content-type": "application/json", "accept": "application/graphql-response+json"}
NUMBER = count(1)


@dataclass
class World:
    """A server on the small network, and somebody of each view who has signed in."""

    server: Server
    network: SmallNetwork
    callers: dict[Audience, Caller]
    ids: dict[str, Any] = field(default_factory=dict)

    async def post(self, audience: Audience, query: str, variables: str = "{}") -> httpx.Response:
        """The answer to a query whose variables are JSON as it is written here."""
        body = f'{{"query": {json.dumps(query)}, "variables": {variables}}}'
        headers = self.callers[audience].headers | HEADERS
        return await self.server.ask.http.post("/graphql", content=body.encode(), headers=headers)


@pytest_asyncio.fixture(scope="module")
async def world(template: str) -> AsyncIterator[World]:
    async with clone(template) as dsn, place(dsn) as server:
        network = await small_network(server.admin)
        await server.admin.execute(
            "UPDATE identity.staff SET roles = '{SURVEY_MANAGER,MODERATOR,DATA_STEWARD}'"
            " WHERE id = $1", network.viewers[MANAGER].staff
        )  # fmt: skip
        callers: dict[Audience, Caller] = {PUBLIC: ANYBODY}
        for audience in (PATIENT, BUYER, MANAGER):
            viewer = network.viewers[audience]
            token = secrets.token_urlsafe()
            assert viewer.account is not None
            await factories.session(server.admin, account_id=viewer.account, token_hash=token_hash(token))
            callers[audience] = Caller(audience.name, token)
        yield World(server, network, callers)


def schema_of(audience: Audience) -> GraphQLSchema:
    schema: GraphQLSchema = views()[audience]._schema
    return schema


def read_places() -> list[tuple[Audience, Place]]:
    named = dict.fromkeys(
        ("slug", "pseudonym", "indicator", "discussion", "survey", "dataset", "insight", "node", "interval",
         "precision"), '"?"',
    )  # fmt: skip
    return [(audience, each) for audience in Audience for each in places(schema_of(audience), named)]


READ = [(audience, each.name) for audience, each in read_places()]
# `make test` tries these, in the first view that has them; `make test-slow` tries all, in every view.
QUICK = ("Me.", "Discussion.posts.", "Query.communities.")
FIRST = {name: audience for audience, name in reversed(READ)}
TRIED = [
    pytest.param(audience, name, marks=() if FIRST[name] is audience and name.startswith(QUICK) else pytest.mark.slow)
    for audience, name in READ
]
PAGED = [each for each in TRIED if str(each.values[1]).endswith((".after", ".before"))]


def test_every_argument_with_ends_is_tried() -> None:
    for audience in Audience:
        schema = schema_of(audience)
        roots = {each.name for each in (schema.mutation_type, schema.subscription_type) if each is not None}
        declared = {
            f"{kind.name}.{name}.{argument}"
            for kind in schema.type_map.values()
            if hasattr(kind, "fields") and kind.name not in roots and not kind.name.startswith("__")
            for name, each in kind.fields.items()
            if hasattr(each, "args") and not takes_input(each)
            for argument, of in each.args.items()
            if get_named_type(of.type).name in ENDS
        }
        tried = {name for view, name in READ if view is audience}
        assert (audience, {one for one in declared if not one.startswith(("Node.",))} - tried) == (audience, set())


def expect_sound(answer: httpx.Response, about: Any) -> dict[str, Any]:
    """Neither an error of the server's own nor a value that the graph's types do not have."""
    assert answer.status_code < 500, (about, answer.text[:500])
    for word in ("INTERNAL_SERVER_ERROR", "infinity", "Infinity", "NaN", " BC"):
        assert word not in answer.text, (about, answer.text[:500])
    read: dict[str, Any] = answer.json()
    assert "data" in read or read["errors"], about
    for error in read.get("errors", ()):
        assert error["extensions"]["code"] in {
            "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "LIMIT_EXCEEDED",
        }, (about, error)  # fmt: skip
        assert error["message"], about
    return read


@pytest.mark.parametrize(("audience", "name"), TRIED)
async def test_what_is_read_at_the_ends_is_answered_or_refused(world: World, audience: Audience, name: str) -> None:
    [tried] = [one for one in places(schema_of(audience), world.network.values) if one.name == name]
    for value in ENDS[tried.kind]:
        by_variable = expect_sound(
            await world.post(audience, tried.document, f'{{"end": {value}}}'), (name, value[:80])
        )
        literal = expect_sound(await world.post(audience, tried.literally(value)), (name, "literal", value[:80]))
        if value[0] == '"' and tried.kind != "Decimal":  # JSON and GraphQL mean the same by it
            assert by_variable.get("data") == literal.get("data"), (name, value[:80])
        if tried.kind == "Int" and name.rpartition(".")[2] in ("first", "last"):
            accepted = value in ("1", "null") or (value in ("1.0", "1e9") and "data" in by_variable)
            assert accepted is (by_variable.get("data") is not None), (name, value[:80])


@pytest.mark.parametrize(("audience", "name"), PAGED)
async def test_a_cursor_that_is_forged_is_answered_or_refused(world: World, audience: Audience, name: str) -> None:
    [tried] = [one for one in places(schema_of(audience), world.network.values) if one.name == name]
    first = expect_sound(await world.post(audience, tried.document, "{}"), name)
    cursors = [each for each in found(first, "cursor") if each]
    if not cursors:
        pytest.skip("this list of the small network is empty")
    for cursor in {cursors[0], *forged(cursors[0])}:
        expect_sound(await world.post(audience, tried.document, json.dumps({"end": cursor})), (name, cursor))


SPANS = [
    # from, to (as GraphQL writes them), and whether it is a span
    ('"2026-03-02"', '"2026-03-09"', True),
    ('"2026-03-02"', '"2026-03-02"', True),
    ('"2026-03-03"', '"2026-03-02"', False),
    ('"9999-12-31"', '"0001-01-01"', False),
    ('"0001-01-01"', '"9999-12-31"', True),
    ('"0001-01-01"', '"0001-01-01"', True),
    ('"9999-12-31"', '"9999-12-31"', True),
    ('"9999-12-31"', "null", True),
    ("null", '"0001-01-01"', True),
    ("null", "null", True),
]
DASHBOARD = (
    "dashboard(from: {}, to: {}, interval: DAY) {{ series {{ points {{ startsOn }} }} courses {{ startedOn }} }}"
)


@pytest.mark.parametrize(("first", "last", "is_one"), SPANS)
async def test_a_span_that_ends_before_it_begins_is_refused(world: World, first: str, last: str, is_one: bool) -> None:
    by_literal = await world.post(PATIENT, f"{{ me {{ {DASHBOARD.format(first, last)} }} }}")
    by_variable = await world.post(
        PATIENT, f"query ($a: Date, $b: Date) {{ me {{ {DASHBOARD.format('$a', '$b')} }} }}",
        f'{{"a": {first}, "b": {last}}}',
    )  # fmt: skip
    for answer in (by_literal, by_variable):
        read = expect_sound(answer, (first, last))
        assert ("errors" not in read) is is_one, read
        if not is_one:
            assert read["errors"][0]["message"] == "The argument 'to' must not be before 'from'."
    shown = set(found(by_literal.json(), "startsOn"))
    of_all = {"2026-03-02", "2026-03-03", "2026-03-09"}
    if "null" not in (first, last):
        assert shown == {day for day in of_all if is_one and first[1:-1] <= day <= last[1:-1]}


Base = Callable[[World], Awaitable[dict[str, Any]]]


def given(**input: Any) -> Base:
    async def base(world: World) -> dict[str, Any]:
        return input

    return base


async def registration(world: World) -> dict[str, Any]:
    number = next(NUMBER)
    return {
        "email": f"end{number}@example.org", "password": "correct horse battery", "pseudonym": f"End {number}",
        "kind": "PATIENT", "noticeVersion": "2025-1",
    }  # fmt: skip


async def diagnosis(world: World) -> dict[str, Any]:
    return {"community": f"com_{(await factories.community(world.server.admin))['id']}"}


async def diary(world: World) -> dict[str, Any]:
    indicator = await factories.indicator(world.server.admin, minimum=-1e15, maximum=1e15)
    return {"observedOn": "2026-03-02", "entries": [{"indicator": f"ind_{indicator['id']}", "value": 1}]}


async def ending(world: World) -> dict[str, Any]:
    made = await factories.course(world.server.admin, member_id=world.network.viewers[PATIENT].member)
    return {"course": f"crs_{made['id']}", "status": "COMPLETED", "endedOn": "2026-03-02"}


async def judging(world: World) -> dict[str, Any]:
    made = await ending(world)
    return {"course": made["course"], "effectiveness": 1, "convenience": 2, "satisfaction": 3}


async def starting(world: World) -> dict[str, Any]:
    treatment = await factories.treatment(world.server.admin)
    return {"treatment": f"trt_{treatment['id']}", "startedOn": "2026-03-02"}


def answering(kind: str) -> Base:
    async def base(world: World) -> dict[str, Any]:
        """An open survey with one question, which the patient is asked."""
        admin, member = world.server.admin, world.network.viewers[PATIENT].member
        key = f"open {kind}"
        if key not in world.ids:
            home = await factories.community(admin)
            await factories.membership(admin, member_id=member, community_id=home["id"])
            survey = await factories.survey(
                admin, community_id=home["id"], status="OPEN", opens_on=None, closes_on=factories.DAY.replace(year=2999)
            )
            await factories.question(admin, survey_id=survey["id"], key="q", kind=kind)
            await admin.execute(
                "INSERT INTO research.consent (member_id, purpose, granted, recipients, notice_version)"
                " VALUES ($1, 'SURVEY_RESEARCH', true, $2, '2025-1') ON CONFLICT (member_id, purpose)"
                " DO UPDATE SET recipients = excluded.recipients, granted = true",
                member, ["HOSPITAL", "INSURER", "LABORATORY", "MUTUAL"],
            )  # fmt: skip
            world.ids[key] = survey["id"]
        return {"survey": f"svy_{world.ids[key]}", "answers": [{"question": "q"}]}

    return base


async def suspended(world: World) -> dict[str, Any]:
    return {"member": f"mbr_{world.network.viewers[PATIENT].member}", "reason": "Why"}


async def definition(world: World) -> dict[str, Any]:
    home = await factories.community(world.server.admin)
    number = {"key": "n", "text": "?", "kind": "NUMBER", "required": False, "bins": [0, 1e3]}
    made = wanted(home["id"], questions=[number], opensOn="2500-01-01", closesOn="2600-01-01")
    return made | {"minimumParticipants": 2, "eligibility": {}}


async def choices(world: World) -> dict[str, Any]:
    options = [{"code": "A", "label": "a"}, {"code": "B", "label": "b"}]
    question = {"key": "c", "text": "?", "kind": "MULTIPLE_CHOICE", "required": False, "options": options}
    return await definition(world) | {"questions": [question]}


async def revision(world: World) -> dict[str, Any]:
    made = await world.server.do(world.callers[MANAGER], "surveyCreate", await definition(world), "survey { id }")
    return {"survey": made["survey"]["id"], "questions": (await definition(world))["questions"]}


async def revised_choices(world: World) -> dict[str, Any]:
    return await revision(world) | {"questions": (await choices(world))["questions"]}


async def request(world: World) -> dict[str, Any]:
    community = await factories.community(world.server.admin)
    return {"community": f"com_{community['id']}", "purpose": "Why", "startsOn": "2500-01-01", "endsOn": "2500-12-31"}


async def decision(world: World) -> dict[str, Any]:
    licence = await factories.licence(world.server.admin, status="REQUESTED", ends_on=factories.DAY.replace(year=2999))
    return {
        "licence": f"lic_{licence['id']}", "granted": True, "quota": 1000,
        "price": {"amount": "1.00", "currency": "EUR"},
    }  # fmt: skip


QUESTIONS = "questions { minimum maximum bins maxChoices }"
# Of each mutation that takes a number, a day or a time: who sends it, an input that is carried out, what its payload
# shows of it, and another input for the leaves that the first has no place for.
WRITES: Mapping[str, tuple[Audience, Base, str, dict[str, Base]]] = {
    "register": (PUBLIC, registration, "__typename", {}),
    "profileUpdate": (PATIENT, given(), "me { birthYear }", {}),
    "communityJoin": (PATIENT, diagnosis, "membership { diagnosedIn }", {}),
    "observationsRecord": (PATIENT, diary, "observations { observedOn value }", {}),
    "courseEnd": (PATIENT, ending, "course { endedOn }", {}),
    "courseEvaluate": (PATIENT, judging, "evaluation { effectiveness convenience satisfaction }", {}),
    "courseStart": (PATIENT, starting, "course { startedOn }", {}),
    "surveySave": (PATIENT, answering("NUMBER"), "participation { answers { number date } }",
                   {"date": answering("DATE")}),
    "surveySubmit": (PATIENT, answering("NUMBER"), "participation { status }", {"date": answering("DATE")}),
    "apiKeyCreate": (BUYER, given(name="Key"), "apiKey { expiresAt }", {}),
    "licenceRequest": (BUYER, request, "licence { startsOn endsOn }", {}),
    "memberSuspend": (MANAGER, suspended, "member { suspension { until } }", {}),
    "surveyCreate": (
        MANAGER, definition,
        f"survey {{ minimumParticipants opensOn closesOn eligibility {{ bornFrom bornTo }} {QUESTIONS} }}",
        {"maxChoices": choices},
    ),
    "surveyRevise": (MANAGER, revision, f"survey {{ closesOn {QUESTIONS} }}", {"maxChoices": revised_choices}),
    "licenceDecide": (MANAGER, decision, "licence { quota { microRho } price { amount } }", {}),
}  # fmt: skip


# Values that are accepted where none of the ends is.
FITTING: Mapping[tuple[str, str], str] = {
    ("courseEnd", "endedOn"): "2026-03-02",
    ("licenceRequest", "startsOn"): "2500-06-01",
    ("licenceRequest", "endsOn"): "2501-12-31",
    ("apiKeyCreate", "expiresAt"): (datetime.now(UTC) + timedelta(days=1)).isoformat(),
}


def written() -> list[tuple[Audience, str, Path, str]]:
    return [
        (audience, name, path, kind)
        for audience in Audience
        for name, each in schema_of(audience).mutation_type.fields.items()  # type: ignore[union-attr]
        if "input" in each.args
        for path, kind in leaves(get_named_type(each.args["input"].type))
    ]


def test_every_mutation_with_ends_is_tried() -> None:
    assert {name for _, name, _, _ in written()} == set(WRITES)


@pytest.mark.parametrize(
    ("name", "path", "kind"),
    [
        # Both check questions alike, and each value needs a survey to revise.
        pytest.param(
            name, path, kind, marks=pytest.mark.slow if (name, path[0]) == ("surveyRevise", "questions") else ()
        )
        for audience, name, path, kind in written()
        if WRITES[name][0] is audience
    ],
    ids=lambda each: ".".join(map(str, each)) if isinstance(each, tuple) else each,
)
async def test_what_is_written_at_the_ends_is_kept_as_it_is_or_refused(
    world: World, name: str, path: Path, kind: str
) -> None:
    audience, base, shows, others = WRITES[name]
    leaf = next(step for step in reversed(path) if isinstance(step, str))
    base = others.get(leaf, base)
    declared = schema_of(audience).mutation_type.fields[name].args["input"].type  # type: ignore[union-attr]
    selection = f"{{ {shows} userErrors {{ code path message }} }}"
    fitting = [json.dumps(FITTING[name, leaf])] if (name, leaf) in FITTING else []
    kept = 0
    for value in (*ENDS[kind], *fitting):
        input = holed(await base(world), path)
        by_variable = await world.post(
            audience, f"mutation ($input: {declared}) {{ {name}(input: $input) {selection} }}",
            f'{{"input": {as_json(input, value)}}}',
        )  # fmt: skip
        input = holed(await base(world), path)
        literal = await world.post(
            audience, f"mutation {{ {name}(input: {as_literal(input, declared, value)}) {selection} }}"
        )
        for answer in (by_variable, literal):
            payload = (expect_sound(answer, (name, path, value[:80])).get("data") or {}).get(name)
            if payload is None:
                continue
            for error in payload["userErrors"]:
                assert error["code"] in ("INVALID", "NOT_ELIGIBLE", "LIMIT_REACHED", "TOO_LATE", "TAKEN"), error
            if not payload["userErrors"]:
                kept += 1
                expect_kept(payload, leaf, value, kind)
    assert kept, "no value was accepted: mend the input"


def expect_kept(payload: dict[str, Any], leaf: str, value: str, kind: str) -> None:
    """What is shown is what was sent: no other day, no rounded number."""
    sent = json.loads(value, parse_float=Decimal, parse_int=Decimal)
    names = {"quota": "microRho"}
    for shown in found(payload, names.get(leaf, leaf)):
        for each in shown if isinstance(shown, list) else [shown]:
            if sent is None or each is None:
                continue
            if leaf == "bins" and each != sent:
                continue  # the other edges
            if kind in ("Int", "Float"):
                assert float(each) == float(sent), (leaf, value, each)
            elif kind == "Decimal":
                assert Decimal(each) == Decimal(sent), (leaf, value, each)
            elif kind == "DateTime":
                assert datetime.fromisoformat(each) == datetime.fromisoformat(sent), (leaf, value, each)
            else:
                assert each == sent, (leaf, value, each)


RANGES: list[tuple[str, Base, dict[str, Any], str | None]] = [
    # a mutation, its input, what is changed in it, and the path that is refused
    ("surveyCreate", definition, {"opensOn": "2500-01-02", "closesOn": "2500-01-01"}, "closesOn"),
    ("surveyCreate", definition, {"opensOn": "2500-01-01", "closesOn": "2500-01-01"}, None),
    ("surveyCreate", definition, {"opensOn": "9999-12-31", "closesOn": "9999-12-31"}, None),
    ("surveyCreate", definition, {"opensOn": "9999-12-31", "closesOn": "2500-01-01"}, "closesOn"),
    ("surveyCreate", definition, {"eligibility": {"bornFrom": 1990, "bornTo": 1980}}, "eligibility.bornTo"),
    ("surveyCreate", definition, {"eligibility": {"bornFrom": 1990, "bornTo": 1990}}, None),
    ("surveyCreate", definition, {"offeredTo": []}, "offeredTo"),
    ("surveyRevise", revision, {"closesOn": "2499-12-31"}, "closesOn"),
    ("surveyRevise", revision, {"closesOn": "9999-12-31"}, None),
    ("licenceRequest", request, {"startsOn": "2500-01-02", "endsOn": "2500-01-01"}, "endsOn"),
    ("licenceRequest", request, {"startsOn": "2500-01-01", "endsOn": "2500-01-01"}, None),
    ("licenceRequest", request, {"startsOn": "9999-12-31", "endsOn": "9999-12-31"}, None),
    ("licenceRequest", request, {"startsOn": "2500-02-28", "endsOn": "2502-03-01"}, "endsOn"),
    ("licenceRequest", request, {"startsOn": "2500-01-01", "endsOn": "9999-12-31"}, "endsOn"),
    ("courseEnd", ending, {"endedOn": "1900-01-01"}, "endedOn"),
]
BINS = [
    ({"bins": []}, "bins"), ({"bins": [1]}, "bins"), ({"bins": [2, 1]}, "bins"), ({"bins": [1, 1]}, "bins"),
    ({"bins": [1, 1 + 2**-52]}, None), ({"bins": [-0.0, 0.0]}, "bins"), ({"bins": [-1e12, 1e12]}, None),
    ({"bins": [0, 1e13]}, "bins"), ({"minimum": 2, "maximum": 1}, "maximum"), ({"minimum": 1, "maximum": 1}, "maximum"),
    ({"minimum": -1e12, "maximum": 1e12}, None), ({"minimum": 1e308}, "minimum"),
    ({"kind": "SCALE", "bins": None, "minimum": 0, "maximum": 0}, "maximum"),
    ({"kind": "SCALE", "bins": None, "minimum": 1e12, "maximum": -1e12}, "maximum"),
    ({"kind": "SCALE", "bins": None, "minimum": -1e12, "maximum": 1e12}, "maximum"),
    ({"kind": "SCALE", "bins": None, "minimum": 999999999990, "maximum": 1e12}, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "base", "changed", "refused"), RANGES)
async def test_a_range_that_is_reversed_is_refused_and_one_of_a_day_is_not(
    world: World, name: str, base: Base, changed: dict[str, Any], refused: str | None
) -> None:
    caller = world.callers[WRITES[name][0]]
    expected = [] if refused is None else [("INVALID", f"input.{refused}")]
    assert await world.server.refusals(caller, name, await base(world) | changed) == expected


@pytest.mark.parametrize(("changed", "refused"), BINS)
async def test_bounds_and_bins_are_in_order(world: World, changed: dict[str, Any], refused: str | None) -> None:
    input = await definition(world)
    input["questions"] = [{k: v for k, v in (input["questions"][0] | changed).items() if v is not None}]
    expected = [] if refused is None else [("INVALID", f"input.questions.0.{refused}")]
    assert await world.server.refusals(world.callers[MANAGER], "surveyCreate", input) == expected


async def test_no_row_has_a_value_that_the_graph_cannot_show(world: World) -> None:
    """After all of the above, which runs before it: neither infinity nor a day that has no four digits."""
    columns = await world.server.admin.fetch(
        """
        SELECT format('%I.%I', table_schema, table_name) AS of, format('%I', column_name) AS name, data_type AS kind
        FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = any($1) AND table_type = 'BASE TABLE'
            AND data_type IN ('date', 'timestamp with time zone', 'double precision')
            AND (table_schema, table_name) <> ('insight', 'category')  -- whose first and last bin have no edge
        """,
        list(SCHEMAS),
    )
    assert len(columns) > 50
    for column in columns:
        low, high = ("'0001-01-01'", "'9999-12-31 23:59:59.999999+00'")
        fits = f"BETWEEN {low} AND {high}"
        if column["kind"] == "double precision":
            fits = "NOT IN ('infinity', '-infinity', 'NaN')"
        wrong = await world.server.admin.fetchval(
            f"SELECT count(*) FROM {column['of']} WHERE NOT ({column['name']} {fits})"
        )
        assert (column["of"], column["name"], wrong) == (column["of"], column["name"], 0)
