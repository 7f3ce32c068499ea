"""Passes boundary values for every number, date, time, range and cursor: each is refused clearly or answered right."""

import json
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from graphql import GraphQLSchema, get_named_type

from models.columns import SCHEMAS
from models.logins import role_password
from models.viewers import Audience
from planner.cursors import Cursors
from resolvers.tokens import token_hash
from tests import factories
from tests.support.agreed import AGREED
from tests.support.boundary_values import (
    BOUNDARY_VALUES,
    Path,
    ReadArgument,
    as_json,
    as_literal,
    forged_cursors,
    leaves,
    read_arguments,
    values_of,
    with_placeholder,
)
from tests.support.client import ANYBODY, Caller, views
from tests.support.clusters import clone
from tests.support.documents import takes_input
from tests.support.network import Network, network_on
from tests.support.small_network import SmallNetwork, small_network
from tests.support.surveys import wanted

PUBLIC, PATIENT, BUYER, MANAGER = Audience.PUBLIC, Audience.PATIENT, Audience.BUYER, Audience.MANAGER
HEADERS = {"content-type": "application/json", "accept": "application/graphql-response+json"}
NUMBER = count(1)


@dataclass
class SmallServer:
    """A server on the small network, and a caller of each view, signed in unless the view is public."""

    server: Network
    network: SmallNetwork
    callers: dict[Audience, Caller]
    cursors: Cursors  # with the server's key
    arguments: dict[Audience, list[ReadArgument]]
    ids: dict[str, Any] = field(default_factory=dict)

    async def post(self, audience: Audience, query: str, variables: str = "{}") -> httpx.Response:
        """The response to a query; `variables` is JSON and is sent unchanged."""
        body = f'{{"query": {json.dumps(query)}, "variables": {variables}}}'
        headers = self.callers[audience].headers | HEADERS
        return await self.server.ask.http.post("/graphql", content=body.encode(), headers=headers)


@pytest_asyncio.fixture(scope="module")
async def small_server(template: str) -> AsyncIterator[SmallServer]:
    # Some operations select all fields of a page of 100.
    costs = dict.fromkeys(("cost_public", "cost_patient", "cost_buyer", "cost_manager"), 1_000_000)
    async with clone(template) as dsn, network_on(dsn, **costs) as server:
        network = await small_network(server.database)
        await server.database.execute(
            "UPDATE identity.staff SET roles = '{SURVEY_MANAGER,MODERATOR,DATA_STEWARD,CATALOGUE_EDITOR}'"
            " WHERE id = $1", network.viewers[MANAGER].staff
        )  # fmt: skip
        callers: dict[Audience, Caller] = {PUBLIC: ANYBODY}
        for audience in (PATIENT, BUYER, MANAGER):
            viewer = network.viewers[audience]
            token = secrets.token_urlsafe()
            assert viewer.account is not None
            await factories.session(server.database, account_id=viewer.account, token_hash=token_hash(token))
            callers[audience] = Caller(audience.name, token)
        key = bytes.fromhex(role_password(dsn, "cursors"))
        arguments = {each: list(read_arguments(schema_of(each), network.values)) for each in Audience}
        yield SmallServer(server, network, callers, Cursors(key), arguments)


def schema_of(audience: Audience) -> GraphQLSchema:
    schema: GraphQLSchema = views()[audience]._schema
    return schema


def arguments_of_all_views() -> list[tuple[Audience, ReadArgument]]:
    named = dict.fromkeys(
        ("slug", "pseudonym", "indicator", "discussion", "survey", "dataset", "insight", "node", "interval",
         "precision", "search"), '"?"',
    )  # fmt: skip
    return [(audience, each) for audience in Audience for each in read_arguments(schema_of(audience), named)]


READ = [(audience, each.name) for audience, each in arguments_of_all_views()]
# `make test` covers these, in the first view that has them; `make test-slow` covers all, in every view.
QUICK = ("Me.dashboard.", "Discussion.posts.", "Query.communities.")
QUICK_WRITES = ("observationsRecord", "surveySave")
FIRST = {name: audience for audience, name in reversed(READ)}
TESTED = [
    pytest.param(audience, name, marks=() if FIRST[name] is audience and name.startswith(QUICK) else pytest.mark.slow)
    for audience, name in READ
]
PAGED = [each for each in TESTED if str(each.values[1]).endswith((".after", ".before"))]


def test_every_argument_with_boundary_values_is_tested() -> None:
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
            if get_named_type(of.type).name in BOUNDARY_VALUES
        }
        tested = {name for view, name in READ if view is audience}
        assert (audience, {one for one in declared if not one.startswith(("Node.",))} - tested) == (audience, set())


CURSOR = re.compile(r'"[\w-]{24,}={0,2}"')  # encrypted: any letters may be in it


def expect_valid(answer: httpx.Response, about: Any) -> dict[str, Any]:
    """Checks that a response has no internal error, and no value that the graph's types cannot represent."""
    assert answer.status_code < 500, (about, answer.text[:500])
    text = CURSOR.sub("", answer.text)
    for word in ("INTERNAL_SERVER_ERROR", "infinity", "Infinity", "NaN", " BC"):
        assert word not in text, (about, answer.text[:500])
    read: dict[str, Any] = answer.json()
    assert "data" in read or read["errors"], about
    for error in read.get("errors", ()):
        assert error["extensions"]["code"] in {
            "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "LIMIT_EXCEEDED",
        }, (about, error)  # fmt: skip
        assert error["message"], about
    return read


@pytest.mark.parametrize(("audience", "name"), TESTED)
async def test_boundary_values_of_arguments_are_answered_or_refused(
    small_server: SmallServer, audience: Audience, name: str
) -> None:
    tested, first = [
        next(one for one in small_server.arguments[view] if one.name == name) for view in (audience, FIRST[name])
    ]
    assert tested.document.partition("{")[0] == first.document.partition("{")[0]  # with the argument's type
    for value in BOUNDARY_VALUES[tested.kind]:
        by_variable = expect_valid(
            await small_server.post(audience, tested.document, f'{{"value": {value}}}'), (name, value[:80])
        )
        if FIRST[name] is audience:  # in other views, the same type reads a literal
            literal = expect_valid(
                await small_server.post(audience, tested.with_literal(value)), (name, "literal", value[:80])
            )
            if value[0] == '"' and tested.kind != "Decimal":  # means the same in JSON and GraphQL
                assert by_variable.get("data") == literal.get("data"), (name, value[:80])
        if tested.kind == "Int" and name.rpartition(".")[2] in ("first", "last"):
            accepted = value in ("1", "null") or (value in ("1.0", "1e9") and "data" in by_variable)
            assert accepted is (by_variable.get("data") is not None), (name, value[:80])


@pytest.mark.parametrize(("audience", "name"), PAGED)
async def test_forged_cursors_are_answered_or_refused(small_server: SmallServer, audience: Audience, name: str) -> None:
    [tested] = [one for one in small_server.arguments[audience] if one.name == name]
    first = expect_valid(await small_server.post(audience, tested.document, "{}"), name)
    cursors = [each for each in values_of(first, "cursor") if each]
    if not cursors:
        pytest.skip("this list of the small network is empty")
    before, *forged = forged_cursors(small_server.cursors, cursors[0])
    for cursor in {cursors[0], *forged}:
        expect_valid(await small_server.post(audience, tested.document, json.dumps({"value": cursor})), (name, cursor))
    refused = await small_server.post(audience, tested.document, json.dumps({"value": before}))
    assert "is not a cursor of this list." in refused.json()["errors"][0]["message"]


@pytest.mark.parametrize("audience", Audience)
async def test_a_cursor_shows_none_of_the_values_that_order_its_list(
    small_server: SmallServer, audience: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = [one for one in small_server.arguments[audience] if one.name.endswith(".after")]
    assert lists

    async def cursors() -> list[str]:
        found = []
        for one in lists:
            answer = expect_valid(await small_server.post(audience, one.document), one.name)
            found += [each for key in ("cursor", "startCursor", "endCursor") for each in values_of(answer, key) if each]
        return found

    found = await cursors()
    keys = {cursor: [str(key) for key in small_server.cursors.opened(cursor) if len(str(key)) > 3] for cursor in found}
    assert keys
    assert [cursor for cursor in keys for key in keys[cursor] if key in readable(cursor)] == []
    # Nor does their length, of numbers or of short texts.
    assert {len(b64decode(cursor, b"-_")) % 32 for cursor in found} == {16}
    # As they were: base64 of the same array.
    monkeypatch.setattr(Cursors, "seal", lambda _, plain: b64encode(plain.encode()).decode())
    before = "".join(map(readable, await cursors()))
    assert all(any(key in before for key in each) for each in keys.values())


def readable(cursor: str) -> str:
    """What a cursor shows to who has no key."""
    return cursor + b64decode(cursor, b"-_").decode("latin-1")


PERIODS = [
    # from and to, as GraphQL literals, and whether the second is not before the first
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


@pytest.mark.parametrize(("first", "last", "is_valid"), PERIODS)
async def test_a_period_that_ends_before_it_begins_is_refused(
    small_server: SmallServer, first: str, last: str, is_valid: bool
) -> None:
    by_literal = await small_server.post(PATIENT, f"{{ me {{ {DASHBOARD.format(first, last)} }} }}")
    by_variable = await small_server.post(
        PATIENT, f"query ($a: Date, $b: Date) {{ me {{ {DASHBOARD.format('$a', '$b')} }} }}",
        f'{{"a": {first}, "b": {last}}}',
    )  # fmt: skip
    for answer in (by_literal, by_variable):
        read = expect_valid(answer, (first, last))
        assert ("errors" not in read) is is_valid, read
        if not is_valid:
            assert read["errors"][0]["message"] == "The argument 'to' must not be before 'from'."
    shown = set(values_of(by_literal.json(), "startsOn"))
    of_all = {"2026-03-02", "2026-03-03", "2026-03-09"}
    if "null" not in (first, last):
        assert shown == {day for day in of_all if is_valid and first[1:-1] <= day <= last[1:-1]}


Base = Callable[[SmallServer], Awaitable[dict[str, Any]]]


def given(**input: Any) -> Base:
    async def base(small_server: SmallServer) -> dict[str, Any]:
        return input

    return base


async def registration(small_server: SmallServer) -> dict[str, Any]:
    number = next(NUMBER)
    return {
        "email": f"new{number}@example.org", "password": "correct horse battery", "pseudonym": f"New {number}",
        "kind": "PATIENT", "ofAge": True, "noticeVersion": "2026-2", "termsVersion": "2026-2",
    }  # fmt: skip


async def diagnosis(small_server: SmallServer) -> dict[str, Any]:
    return {"community": f"com_{(await factories.community(small_server.server.database))['id']}"}


async def diary(small_server: SmallServer) -> dict[str, Any]:
    indicator = await factories.indicator(small_server.server.database, minimum=-1e15, maximum=1e15)
    return {"observedOn": "2026-03-02", "entries": [{"indicator": f"ind_{indicator['id']}", "value": 1}]}


async def owning(small_server: SmallServer) -> dict[str, Any]:
    return {
        "name": f"Walks {next(NUMBER)}", "scale": "QUANTITY", "unit": "km", "minimum": -1e9, "maximum": 1e9,
        "onBehalfOf": f"mbr_{await patient_of_the_viewer(small_server)}",
    }  # fmt: skip


async def patient_of_the_viewer(small_server: SmallServer) -> UUID:
    """Another patient each time, so that no member has too many indicators of their own."""
    admin, viewer = small_server.server.database, small_server.network.viewers[PATIENT].member
    link = await factories.care_link(admin, relative_id=viewer)
    patient: UUID = link["patient_id"]
    return patient


async def own_value(small_server: SmallServer) -> dict[str, Any]:
    own = await factories.own_indicator(
        small_server.server.database,
        member_id=small_server.network.viewers[PATIENT].member,
        scale="QUANTITY",
        unit="km",
        minimum=-1e15,
        maximum=1e15,
    )
    return {"ownIndicator": f"own_{own['id']}", "observedOn": "2026-03-02", "value": 1}


async def starting_own(small_server: SmallServer) -> dict[str, Any]:
    admin, viewer = small_server.server.database, small_server.network.viewers[PATIENT].member
    return {
        "ownTreatment": f"otr_{(await factories.own_treatment(admin, member_id=viewer))['id']}",
        "startedOn": "2026-03-02",
    }


async def ending_own(small_server: SmallServer) -> dict[str, Any]:
    admin, viewer = small_server.server.database, small_server.network.viewers[PATIENT].member
    made = await factories.own_course(admin, member_id=viewer)
    return {"ownCourse": f"ocr_{made['id']}", "status": "COMPLETED", "endedOn": "2026-03-02"}


async def ending(small_server: SmallServer) -> dict[str, Any]:
    made = await factories.course(small_server.server.database, member_id=small_server.network.viewers[PATIENT].member)
    return {"course": f"crs_{made['id']}", "status": "COMPLETED", "endedOn": "2026-03-02"}


async def evaluating(small_server: SmallServer) -> dict[str, Any]:
    made = await ending(small_server)
    return {"course": made["course"], "effectiveness": 1, "convenience": 2, "satisfaction": 3}


async def starting(small_server: SmallServer) -> dict[str, Any]:
    treatment = await factories.treatment(small_server.server.database)
    return {"treatment": f"trt_{treatment['id']}", "startedOn": "2026-03-02"}


def answering(kind: str) -> Base:
    async def base(small_server: SmallServer) -> dict[str, Any]:
        """An open survey with one question, which the patient may answer."""
        admin, member = small_server.server.database, small_server.network.viewers[PATIENT].member
        key = f"open {kind}"
        if key not in small_server.ids:
            community = await factories.community(admin)
            await factories.membership(admin, member_id=member, community_id=community["id"])
            survey = await factories.survey(
                admin,
                community_id=community["id"],
                status="OPEN",
                opens_on=None,
                closes_on=factories.DAY.replace(year=2999),
            )
            await factories.question(admin, survey_id=survey["id"], key="q", kind=kind)
            await admin.execute(
                "INSERT INTO research.consent (member_id, purpose, granted, recipients, notice_version)"
                " VALUES ($1, 'SURVEY_RESEARCH', true, $2, '2025-1') ON CONFLICT (member_id, purpose)"
                " DO UPDATE SET recipients = excluded.recipients, granted = true",
                member, ["HOSPITAL", "INSURER", "LABORATORY", "MUTUAL"],
            )  # fmt: skip
            small_server.ids[key] = survey["id"]
        return {"survey": f"svy_{small_server.ids[key]}", "answers": [{"question": "q"}]}

    return base


async def answered(small_server: SmallServer) -> dict[str, Any]:
    return await answering("NUMBER")(small_server) | {"answers": [{"question": "q", "number": 1}]}


async def suspended(small_server: SmallServer) -> dict[str, Any]:
    return {"member": f"mbr_{small_server.network.viewers[PATIENT].member}", "reason": "Why"}


async def allowing(small_server: SmallServer) -> dict[str, Any]:
    return {"member": f"mbr_{small_server.network.viewers[PATIENT].member}", "communities": 1}


async def definition(small_server: SmallServer) -> dict[str, Any]:
    community = await factories.community(small_server.server.database)
    number = {"key": "n", "text": "?", "kind": "NUMBER", "required": False, "bins": [0, 1e3]}
    made = wanted(community["id"], questions=[number], opensOn="2500-01-01", closesOn="2600-01-01")
    return made | {"minimumParticipants": 200, "eligibility": {}}


async def choices(small_server: SmallServer) -> dict[str, Any]:
    options = [{"code": "A", "label": "a"}, {"code": "B", "label": "b"}]
    question = {"key": "c", "text": "?", "kind": "MULTIPLE_CHOICE", "required": False, "options": options}
    return await definition(small_server) | {"questions": [question]}


async def revision(small_server: SmallServer) -> dict[str, Any]:
    made = await small_server.server.do(
        small_server.callers[MANAGER], "surveyCreate", "survey { id }", **(await definition(small_server))
    )
    questions = (await definition(small_server))["questions"]
    return {"survey": made["survey"]["id"], "questions": questions, "eligibility": {}}


async def revised_choices(small_server: SmallServer) -> dict[str, Any]:
    return await revision(small_server) | {"questions": (await choices(small_server))["questions"]}


async def request(small_server: SmallServer) -> dict[str, Any]:
    community = await factories.community(small_server.server.database)
    days = {"startsOn": "2500-01-01", "endsOn": "2500-12-31"}
    return {
        "community": f"com_{community['id']}",
        "purpose": "Why",
        **AGREED,
    } | days


async def decision(small_server: SmallServer) -> dict[str, Any]:
    licence = await factories.licence(
        small_server.server.database, status="REQUESTED", ends_on=factories.DAY.replace(year=2999)
    )
    return {
        "licence": f"lic_{licence['id']}", "granted": True, "quota": 1000,
        "price": {"amount": "1.00", "currency": "EUR"},
    }  # fmt: skip


async def scheduling(small_server: SmallServer) -> dict[str, Any]:
    return {"survey": (await revision(small_server))["survey"]}


async def freezing(small_server: SmallServer) -> dict[str, Any]:
    community = await factories.community(small_server.server.database)
    return {"community": f"com_{community['id']}", "wave": "first", "offeredTo": ["HOSPITAL"]}


def editing(entry: str, prefix: str, **given: Any) -> Base:
    async def base(small_server: SmallServer) -> dict[str, Any]:
        quantity = {"scale": "QUANTITY"} if entry == "indicator" else {}
        made = await getattr(factories, entry)(small_server.server.database, **quantity)
        return {entry: f"{prefix}_{made['id']}", "version": 1, **given}

    return base


def creating(**given: Any) -> Base:
    async def base(small_server: SmallServer) -> dict[str, Any]:
        named = {"name": f"Boundary {next(factories.numbers)}"}
        if "description" not in given:
            return named | given
        condition = await factories.condition(small_server.server.database)
        return named | given | {"condition": f"con_{condition['id']}"}

    return base


QUANTITY = {"kind": "MEASUREMENT", "scale": "QUANTITY", "minimum": -1e9, "maximum": 1e9}
QUESTIONS = "questions { minimum maximum bins maxChoices }"
SURVEY = f"survey {{ minimumParticipants opensOn closesOn eligibility {{ bornFrom bornTo }} {QUESTIONS} }}"
# For each mutation that takes a number, a date or a time: its audience, a valid input, the payload's fields that show
# the values, and another valid input for the leaves that the first cannot contain.
WRITES: Mapping[str, tuple[Audience, Base, str, dict[str, Base]]] = {
    "register": (PUBLIC, registration, "__typename", {}),
    "profileUpdate": (PATIENT, given(), "me { birthYear }", {}),
    "communityJoin": (PATIENT, diagnosis, "membership { diagnosedIn }", {}),
    "observationsRecord": (PATIENT, diary, "observations { observedOn value }", {}),
    "ownIndicatorCreate": (PATIENT, owning, "ownIndicator { minimum maximum }", {}),
    "ownObservationRecord": (PATIENT, own_value, "ownObservation { observedOn value }", {}),
    "ownCourseStart": (PATIENT, starting_own, "ownCourse { startedOn }", {}),
    "ownCourseEnd": (PATIENT, ending_own, "ownCourse { endedOn }", {}),
    "courseEnd": (PATIENT, ending, "course { endedOn }", {}),
    "courseEvaluate": (PATIENT, evaluating, "evaluation { effectiveness convenience satisfaction }", {}),
    "courseStart": (PATIENT, starting, "course { startedOn }", {}),
    "surveySave": (PATIENT, answering("NUMBER"), "participation { answers { number date } }",
                   {"date": answering("DATE"), "version": answered}),
    "memberAllowCommunities": (MANAGER, allowing, "member { id }", {}),
    "surveySubmit": (PATIENT, answering("NUMBER"), "participation { status }",
                     {"date": answering("DATE"), "version": answered}),
    "apiKeyCreate": (BUYER, given(name="Key"), "apiKey { expiresAt }", {}),
    "licenceRequest": (BUYER, request, "licence { startsOn endsOn }", {}),
    "memberSuspend": (MANAGER, suspended, "member { suspension { until } }", {}),
    "surveyCreate": (MANAGER, definition, SURVEY, {"maxChoices": choices}),
    "surveyRevise": (MANAGER, revision, SURVEY, {"maxChoices": revised_choices}),
    "surveySchedule": (MANAGER, scheduling, "survey { cap { microRho } }", {}),
    "waveFreeze": (MANAGER, freezing, "dataset { budget { cap { microRho } } }", {}),
    "conditionUpdate": (MANAGER, editing("condition", "con"), "__typename", {}),
    "communityCreate": (MANAGER, creating(description="Together."), "community { readiness { needed } }", {}),
    "communityUpdate": (MANAGER, editing("community", "com"), "community { readiness { needed } }", {}),
    "communityIndicatorsSet": (MANAGER, editing("community", "com", indicators=[]), "__typename", {}),
    "communityTreatmentsSet": (MANAGER, editing("community", "com", treatments=[]), "__typename", {}),
    "indicatorCreate": (MANAGER, creating(**QUANTITY), "indicator { minimum maximum }", {}),
    "indicatorUpdate": (MANAGER, editing("indicator", "ind"), "indicator { minimum maximum }", {}),
    "treatmentUpdate": (MANAGER, editing("treatment", "trt"), "__typename", {}),
    "licenceDecide": (MANAGER, decision, "licence { quota { microRho } price { amount } }", {}),
}  # fmt: skip


# Values that are accepted where no boundary value is.
VALID: Mapping[tuple[str, str], str | int] = {
    ("courseEnd", "endedOn"): "2026-03-02",
    ("ownCourseEnd", "endedOn"): "2026-03-02",
    ("surveySchedule", "cap"): 150_000,
    ("licenceRequest", "startsOn"): "2500-06-01",
    ("licenceRequest", "endsOn"): "2501-12-31",
    ("communityCreate", "neededCount"): 500,
    ("communityUpdate", "neededCount"): 500,
    ("apiKeyCreate", "expiresAt"): (datetime.now(UTC) + timedelta(days=1)).isoformat(),
}


CODES = ("INVALID", "NOT_ELIGIBLE", "LIMIT_REACHED", "TOO_LATE", "TAKEN", "CONFLICT")
ACCEPTED_NOWHERE = {"waveFreeze"}  # its community has too few members for a dataset


def input_leaves() -> list[tuple[Audience, str, Path, str]]:
    return [
        (audience, name, path, kind)
        for audience in Audience
        for name, each in schema_of(audience).mutation_type.fields.items()  # type: ignore[union-attr]
        if "input" in each.args
        for path, kind in leaves(get_named_type(each.args["input"].type))
    ]


def test_every_mutation_with_boundary_values_is_tested() -> None:
    assert {name for _, name, _, _ in input_leaves()} == set(WRITES)


@pytest.mark.parametrize(
    ("name", "path", "kind"),
    [
        pytest.param(name, path, kind, marks=() if name in QUICK_WRITES else pytest.mark.slow)
        for audience, name, path, kind in input_leaves()
        if WRITES[name][0] is audience
    ],
    ids=lambda each: ".".join(map(str, each)) if isinstance(each, tuple) else each,
)
async def test_boundary_values_of_inputs_are_stored_exactly_or_refused(
    small_server: SmallServer, name: str, path: Path, kind: str
) -> None:
    audience, base, shows, others = WRITES[name]
    leaf = next(step for step in reversed(path) if isinstance(step, str))
    base = others.get(leaf, base)
    declared = schema_of(audience).mutation_type.fields[name].args["input"].type  # type: ignore[union-attr]
    selection = f"{{ {shows} userErrors {{ code path message }} }}"
    valid = [json.dumps(VALID[name, leaf])] if (name, leaf) in VALID else []
    accepted, unused = 0, await base(small_server)
    for value in (*BOUNDARY_VALUES[kind], *valid):
        for by_variable in (True, False):
            input = with_placeholder(unused, path)
            answer = await (
                small_server.post(
                    audience, f"mutation ($input: {declared}) {{ {name}(input: $input) {selection} }}",
                    f'{{"input": {as_json(input, value)}}}',
                )
                if by_variable
                else small_server.post(
                    audience, f"mutation {{ {name}(input: {as_literal(input, declared, value)}) {selection} }}"
                )
            )  # fmt: skip
            payload = (expect_valid(answer, (name, path, value[:80])).get("data") or {}).get(name)
            if payload is None:
                continue
            for error in payload["userErrors"]:
                too_few = name in ACCEPTED_NOWHERE and error["code"] == "TOO_EARLY"
                assert error["code"] in CODES or too_few, error
            if not payload["userErrors"]:
                accepted += 1
                expect_stored(payload, leaf, value, kind)
                unused = await base(small_server)  # what is refused leaves its input as it was
    assert accepted or name in ACCEPTED_NOWHERE, "no value was accepted: correct the input, or add one to VALID"


def expect_stored(payload: dict[str, Any], leaf: str, value: str, kind: str) -> None:
    """Checks that the payload shows exactly what was sent: no other day, no rounded number."""
    sent = json.loads(value, parse_float=Decimal, parse_int=Decimal)
    names = {"quota": "microRho", "cap": "microRho", "neededCount": "needed"}
    for shown in values_of(payload, names.get(leaf, leaf)):
        for each in shown if isinstance(shown, list) else [shown]:
            if sent is None or each is None:
                continue
            if leaf == "bins" and each != sent:
                continue  # the other bins' edges
            if kind in ("Int", "Float"):
                assert float(each) == float(sent), (leaf, value, each)
            elif kind == "Decimal":
                assert Decimal(each) == Decimal(sent), (leaf, value, each)
            elif kind == "DateTime":
                assert datetime.fromisoformat(each) == datetime.fromisoformat(sent), (leaf, value, each)
            else:
                assert each == sent, (leaf, value, each)


RANGES: list[tuple[str, Base, dict[str, Any], str | None]] = [
    # the mutation, its valid input, changes to it, and the refused path
    ("surveyCreate", definition, {"opensOn": "2500-01-02", "closesOn": "2500-01-01"}, "closesOn"),
    ("surveyCreate", definition, {"opensOn": "2500-01-01", "closesOn": "2500-01-01"}, None),
    ("surveyCreate", definition, {"opensOn": "9999-12-31", "closesOn": "9999-12-31"}, None),
    ("surveyCreate", definition, {"opensOn": "9999-12-31", "closesOn": "2500-01-01"}, "closesOn"),
    ("surveyCreate", definition, {"eligibility": {"bornFrom": 1990, "bornTo": 1980}}, "eligibility.bornTo"),
    ("surveyCreate", definition, {"eligibility": {"bornFrom": 1990, "bornTo": 1990}}, None),
    ("surveyCreate", definition, {"offeredTo": []}, "offeredTo"),
    ("surveyRevise", revision, {"closesOn": "2499-12-31"}, "closesOn"),
    ("surveyRevise", revision, {"closesOn": "9999-12-31"}, None),
    ("surveyRevise", revision, {"opensOn": "2600-01-02"}, "opensOn"),
    ("surveyRevise", revision, {"opensOn": "2600-01-01"}, None),
    ("surveyRevise", revision, {"opensOn": "2600-01-02", "closesOn": "2600-01-01"}, "closesOn"),
    ("surveyRevise", revision, {"opensOn": None, "closesOn": "2499-12-31"}, None),
    ("surveyRevise", revision, {"eligibility": {"bornFrom": 1990, "bornTo": 1980}}, "eligibility.bornTo"),
    ("surveyRevise", revision, {"offeredTo": []}, "offeredTo"),
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
async def test_reversed_ranges_are_refused_and_single_days_accepted(
    small_server: SmallServer, name: str, base: Base, changed: dict[str, Any], refused: str | None
) -> None:
    caller = small_server.callers[WRITES[name][0]]
    expected = [] if refused is None else [("INVALID", f"input.{refused}")]
    assert await small_server.server.refusals(caller, name, **(await base(small_server) | changed)) == expected


@pytest.mark.parametrize(("changed", "refused"), BINS)
async def test_bounds_and_bins_must_be_in_order(
    small_server: SmallServer, changed: dict[str, Any], refused: str | None
) -> None:
    input = await definition(small_server)
    input["questions"] = [{k: v for k, v in (input["questions"][0] | changed).items() if v is not None}]
    expected = [] if refused is None else [("INVALID", f"input.questions.0.{refused}")]
    assert await small_server.server.refusals(small_server.callers[MANAGER], "surveyCreate", **input) == expected


async def test_no_row_has_a_value_that_the_graph_cannot_represent(small_server: SmallServer) -> None:
    """Runs after the tests above: their writes stored neither infinity nor a year beyond four digits."""
    columns = await small_server.server.database.fetch(
        """
        SELECT format('%I.%I', table_schema, table_name) AS of, format('%I', column_name) AS name, data_type AS kind
        FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = any($1) AND table_type = 'BASE TABLE'
            AND data_type IN ('date', 'timestamp with time zone', 'double precision')
            AND (table_schema, table_name) <> ('insight', 'category')  -- whose first and last bins are unbounded
        """,
        list(SCHEMAS),
    )
    assert len(columns) > 50
    for column in columns:
        low, high = ("'0001-01-01'", "'9999-12-31 23:59:59.999999+00'")
        fits = f"BETWEEN {low} AND {high}"
        if column["kind"] == "double precision":
            fits = "NOT IN ('infinity', '-infinity', 'NaN')"
        wrong = await small_server.server.database.fetchval(
            f"SELECT count(*) FROM {column['of']} WHERE NOT ({column['name']} {fits})"
        )
        assert (column["of"], column["name"], wrong) == (column["of"], column["name"], 0)
