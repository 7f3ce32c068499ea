"""Every object type is a `Node` that `node` finds again by its id, or is listed here with the reason why not.

The ids are those that every field of every view returns, whose values are of the types that the views promise.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, is_object_type, parse
from sqlalchemy import Enum, Integer, Uuid

from models.identity.accounts import StaffRole
from models.insight.datasets import DatasetStatus
from models.languages import Language
from models.logins import open_roles, pool
from models.research.surveys import ConsentPurpose, SurveyStatus
from models.security.read_rules import open_tables
from models.viewers import Audience, Viewer
from planner.declared import PAGE_LIMIT
from planner.operations import Planner
from planner.tables import Tables
from schema.build import build_views
from schema.roots import NODES
from tests import factories
from tests.graph.test_every_field import answered, answers_to, expect_promised
from tests.support.client import views
from tests.support.clusters import clone
from tests.support.documents import every_field
from tests.support.small_network import SmallNetwork, small_network

# Types of which there is one object, or one for each mutation, list or refusal.
ROOTS = ("Query", "Mutation", "Subscription")
SCAFFOLDING = ("Payload", "Connection", "Edge")
WITHOUT_ID = {
    "Answer": "part of a participation: an id of its own would lead to the answers after the survey has closed",
    "AssociationDescription": "part of an association: its language identifies it there",
    "Category": "part of a variable, which never changes: its code identifies it there",
    "Cell": "part of an insight, which never changes",
    "CohortReadiness": "part of a community",
    "Dashboard": "what the arguments of its field make of a member's diary",
    "Eligibility": "part of a survey",
    "HelpLine": "a number to dial, and what it is",
    "IndicatorSeries": "part of a dashboard",
    "IndicatorTranslation": "part of an indicator: its language identifies it there",
    "InsightQuote": "the answer to one question",
    "Interval95": "two numbers",
    "MatchedName": "the answer to one search",
    "LedgerProof": "part of an insight or a dataset, which never changes",
    "MissingTranslation": "a row of a list, which is gone once the text is translated",
    "Change": "what is computed of two insights",
    "ShareChange": "part of a change",
    "MeanChange": "part of a change",
    "InsightChange": "what is computed of two insights",
    "TrendWave": "part of a trend",
    "TrendPoint": "part of a trend",
    "ShareTrend": "part of a trend",
    "MeanTrend": "part of a trend",
    "InsightTrend": "what is computed of several insights",
    "Money": "an amount",
    "Network": "three figures, of which there is one row",
    "OptionTranslation": "part of an option: its language identifies it there",
    "OwnSeries": "part of a dashboard",
    "PageInfo": "part of a page",
    "InsightPlanQuote": "the answer to one question",
    "PlannedQuestionQuote": "part of a quote",
    "PrecisionPrice": "part of a quote",
    "PrivacyBudget": "part of a dataset",
    "PrivacyCost": "a number in three units",
    "PrivacyLoss": "part of the viewer's own data",
    "QuestionOption": "part of a question: its code identifies it there",
    "QuoteObstacle": "part of a quote",
    "QuoteSuggestion": "part of a quote",
    "QuestionTranslation": "part of a question: its language identifies it there",
    "ReactionCount": "part of a post",
    "ReconciledTable": "what is computed of an insight, and of those published with it so far",
    "ResultLink": "its ledger entry has one",
    "SeriesPoint": "part of a series",
    "SideEffect": "part of an evaluation",
    "Total": "part of an insight, which never changes",
    "Statistic": "part of an insight, which never changes",
    "SurveyCheck": "the answer to one question",
    "SurveyProgress": "part of a survey",
    "SurveyTranslation": "part of a survey: its language identifies it there",
    "TerminologyCode": "part of a variable or a category",
    "Translation": "part of an entry of the catalogue: its language identifies it there",
    "Undertakings": "a text and its version, not a row",
    "UserError": "part of a payload",
    "VisibilityRule": "part of a question",
}
# The types whose objects only some viewers of the view may see: for others, their ids are those of nothing.
GUARDED = {
    Audience.PUBLIC: "Viewer",
    Audience.PATIENT: "Account Appeal CareLink CatalogueProposal Consent DataRead Insight Me Membership Notification "
    "OwnCourse OwnIndicator OwnObservation OwnTreatment Participation SecondFactor Session Suspension "
    "Verification Viewer",
    Audience.BUYER: "ApiKey Insight Licence OrganizationUser SecondFactor Viewer Webhook WebhookDelivery",
    Audience.MANAGER: "SecondFactor Staff StaffChange Viewer",
}
VIEWS = {audience: view._schema for audience, view in views().items()}
PLANNERS = {
    audience: Planner(schema, audience, open_tables=open_tables(audience)) for audience, schema in VIEWS.items()
}
NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
SEVERAL = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"

each_view = pytest.mark.parametrize("audience", list(Audience), ids=lambda audience: audience.view)


def object_types(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    for kind in schema.type_map.values():
        if is_object_type(kind) and not kind.name.startswith("__") and kind.name not in ROOTS:
            yield kind


def unclassified(schema: GraphQLSchema) -> set[str]:
    return {
        kind.name
        for kind in object_types(schema)
        if not kind.name.endswith(SCAFFOLDING)
        if (kind.name in WITHOUT_ID) == any(each.name == "Node" for each in kind.interfaces)
    }


@each_view
def test_every_type_is_a_node_or_has_a_reason_not_to_be(audience: Audience) -> None:
    assert unclassified(VIEWS[audience]) == set(), (
        "give the type an id (`class T(Node)`, `prefix=`, NODES in schema/roots/query.py), or say in WITHOUT_ID in "
        "tests/graph/test_nodes.py why clients cannot ask for it again"
    )


@each_view
def test_a_type_has_an_id_exactly_if_it_is_a_node(audience: Audience) -> None:
    for kind in object_types(VIEWS[audience]):
        assert ("id" in kind.fields) == any(each.name == "Node" for each in kind.interfaces), kind.name


def test_each_reason_is_still_needed_and_a_new_type_is_noticed() -> None:
    assert set(WITHOUT_ID) <= {kind.name for schema in VIEWS.values() for kind in object_types(schema)}
    schema = build_views()[Audience.PUBLIC]._schema
    schema.type_map["Novelty"] = GraphQLObjectType("Novelty", {})
    assert unclassified(schema) == {"Novelty"}


def test_every_node_type_is_registered_under_a_prefix_of_its_own() -> None:
    prefixes: dict[str, set[str]] = defaultdict(set)
    names = set[str]()
    for schema in VIEWS.values():
        for name, prefix in Tables(schema).prefixes.items():
            prefixes[prefix].add(name)
            names.add(name)
    assert {prefix: kinds for prefix, kinds in prefixes.items() if len(kinds) > 1 or "_" in prefix} == {}
    assert names == {kind.__name__ for kind in NODES}


@each_view
def test_a_key_is_never_null_and_only_its_last_column_may_contain_the_separator(audience: Audience) -> None:
    tables = Tables(VIEWS[audience])
    for kind in tables.prefixes.keys() & tables.table_of.keys():
        columns = [tables.table_of[kind].__table__.columns[name] for name in tables.keys[kind]]  # type: ignore[attr-defined]
        assert not any(column.nullable for column in columns), kind
        assert all(isinstance(column.type, (Enum, Integer, Uuid)) for column in columns[:-1]), kind


@dataclass
class Readers:
    """The small network in a database of its own, read as any viewer."""

    network: SmallNetwork
    admin: asyncpg.Connection
    pools: "dict[Audience, asyncpg.Pool[asyncpg.Record]]"
    known: dict[Audience, dict[str, object]] = field(default_factory=dict)

    async def ask(self, viewer: Viewer, text: str, **variables: Any) -> Any:
        return await answered(PLANNERS[viewer.audience], self.pools[viewer.audience], text, viewer, variables)

    async def found(self, viewer: Viewer, id: str) -> Any:
        """What `node` returns, which is what `nodes` returns."""
        found = (await self.ask(viewer, NODE, id=id))["node"]
        assert (await self.ask(viewer, SEVERAL, ids=["", id, id]))["nodes"] == [None, found, found], id
        return found

    async def answers(self, audience: Audience) -> dict[str, object]:
        """The answers to documents that select the view's every field, by document."""
        if audience not in self.known:
            documents = every_field(VIEWS[audience], self.network.values)
            asking = PLANNERS[audience], self.pools[audience], documents, self.network.viewers[audience]
            self.known[audience] = await answers_to(*asking)
        return self.known[audience]

    async def ids(self, audience: Audience) -> dict[str, list[str]]:
        """The ids that the view's every field returns, by type."""
        found: dict[str, list[str]] = defaultdict(list)
        for answer in (await self.answers(audience)).values():
            for kind, id in ids_in(answer):
                found[kind] += [] if id in found[kind] else [id]
        return found

    async def another(self, audience: Audience) -> Viewer:
        """A viewer of the same view who has nothing to do with the network."""
        others = [role for role in StaffRole if role is not StaffRole.ADMINISTRATOR]  # who read all staff
        given: dict[Audience, Any] = {
            Audience.PATIENT: lambda: factories.member(self.admin),
            Audience.BUYER: lambda: factories.organization(self.admin),
            Audience.MANAGER: lambda: factories.staff(self.admin, roles=others),
        }
        if audience is Audience.PUBLIC:
            return Viewer()
        id, name = (await given[audience]())["id"], {"PATIENT": "member", "BUYER": "organization", "MANAGER": "staff"}
        account = await factories.account(self.admin, **{f"{name[audience.value]}_id": id})
        return Viewer(audience, account["id"], uuid4(), **{name[audience.value]: id})


def ids_in(answer: object) -> Iterator[tuple[str, str]]:
    """The type and the id of every object in a response."""
    if isinstance(answer, list):
        for each in answer:
            yield from ids_in(each)
    if isinstance(answer, dict):
        kind = answer.get("__typename") or answer.get("__t")
        yield from ((str(kind), answer[key]) for key in ("id", f"{kind}_id") if key in answer)
        yield from ids_in(list(answer.values()))


@asynccontextmanager
async def reading(dsn: str) -> AsyncIterator[Readers]:
    await open_roles(dsn)
    admin = await asyncpg.connect(dsn)
    pools = {audience: await pool(dsn, audience, 1, 30.0) for audience in Audience}
    try:
        yield Readers(await small_network(admin), admin, pools)
    finally:
        for each in pools.values():
            await each.close()
        await admin.close()


@pytest_asyncio.fixture(scope="module")
async def readers(template: str) -> AsyncIterator[Readers]:
    """Yields readers of the small network, to which the module's tests only add."""
    async with clone(template) as dsn, reading(dsn) as opened:
        yield opened


@each_view
async def test_every_field_returns_what_its_type_promises(readers: Readers, audience: Audience) -> None:
    expect_promised(audience, views()[audience], PLANNERS[audience], await readers.answers(audience))


@pytest.mark.parametrize(
    "audience",
    [
        Audience.PUBLIC,
        Audience.PATIENT,
        *(pytest.param(audience, marks=pytest.mark.slow) for audience in (Audience.BUYER, Audience.MANAGER)),
    ],
    ids=lambda audience: audience.view,
)
async def test_every_node_is_found_again_by_its_viewer_and_by_nobody_else(readers: Readers, audience: Audience) -> None:
    viewer, other = readers.network.viewers[audience], await readers.another(audience)
    ids = await readers.ids(audience)
    kinds = {kind.name for kind in VIEWS[audience].get_possible_types(VIEWS[audience].type_map["Node"])}  # type: ignore[arg-type]
    assert kinds == set(ids), "make a row of the type in tests/support/small_network.py"
    guarded = set(GUARDED[audience].split()) - ({"Viewer"} if audience is Audience.PUBLIC else set())
    for kind, (id, *_) in ids.items():
        assert await readers.found(viewer, id) == {"__typename": kind, "id": id}
        assert await readers.found(other, id) == (None if kind in guarded else {"__typename": kind, "id": id})
    every = [(kind, id) for kind, found in ids.items() for id in found]
    for at in range(0, len(every), PAGE_LIMIT):
        page = every[at : at + PAGE_LIMIT]
        asked = [id for _, id in page]
        nodes = [{"__typename": kind, "id": id} for kind, id in page]
        assert (await readers.ask(viewer, SEVERAL, ids=asked))["nodes"] == nodes
        own = f"stf_{other.staff}"  # whom an administrator sees too
        seen = [None if node["__typename"] in guarded and node["id"] != own else node for node in nodes]
        assert (await readers.ask(other, SEVERAL, ids=asked))["nodes"] == seen


async def test_no_two_objects_share_an_id(readers: Readers) -> None:
    """A normalized cache may hold what several viewers have read, one after the other."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for audience in Audience:
        for kind, ids in (await readers.ids(audience)).items():
            for id in ids:
                kinds[id].add(kind)
    assert {id: found for id, found in kinds.items() if len(found) > 1} == {}
    assert len(kinds) > 40


@each_view
async def test_an_id_of_a_type_that_the_view_lacks_names_nothing(readers: Readers, audience: Audience) -> None:
    lacking = [
        id
        for other in Audience
        for kind, ids in (await readers.ids(other)).items()
        for id in ids[:1]
        if kind not in VIEWS[audience].type_map
    ]
    assert lacking
    viewer = readers.network.viewers[audience]
    assert (await readers.ask(viewer, SEVERAL, ids=lacking))["nodes"] == [None] * len(lacking)
    for id in lacking:
        assert await readers.found(viewer, id) is None


MINE = "{ me { id member { id } account { id } memberships { id } consents { id } } viewer { id } }"


async def test_two_viewers_have_nothing_of_their_own_in_common(readers: Readers) -> None:
    patient = readers.network.viewers[Audience.PATIENT]
    other = await readers.another(Audience.PATIENT)
    assert other.member is not None
    await factories.profile(readers.admin, member_id=other.member)
    community = await readers.admin.fetchval("SELECT id FROM catalog.community LIMIT 1")
    await factories.membership(readers.admin, member_id=other.member, community_id=community)
    await factories.consent(readers.admin, member_id=other.member)
    theirs, ours = [set(all_ids(await readers.ask(who, MINE))) for who in (other, patient)]
    assert (len(theirs), len(ours), theirs & ours) == (6, 7, set())  # we have been in another community too


def all_ids(answer: Any) -> Iterator[str]:
    if isinstance(answer, dict):
        for key, value in answer.items():
            yield from [value] if key == "id" else all_ids(value)
    elif isinstance(answer, list):
        for each in answer:
            yield from all_ids(each)


async def test_the_rows_that_no_list_shows_are_not_found(readers: Readers) -> None:
    """Where the policies of PostgreSQL admit more than the graph shows."""
    admin, viewers = readers.admin, readers.network.viewers
    patient, now = viewers[Audience.PATIENT], datetime.now(UTC)
    expired = await factories.session(admin, account_id=patient.account, expires_at=now - timedelta(seconds=1))
    assert await readers.found(patient, f"ses_{expired['id']}") is None

    purpose = (await factories.notice(admin, version="2999.1_b", in_force_on=date(2999, 1, 1)))["purpose"]
    await factories.notice(admin, version="1999.1_b", in_force_on=date(1999, 1, 1))
    for viewer in viewers.values():
        for language in Language:
            assert await readers.found(viewer, f"ntc_{purpose}.{language.name}.2999.1_b") is None
            assert await readers.found(viewer, f"ntc_{purpose}.{language.name}.1999.1_b") is not None

    await factories.terms(admin, version="2999.1_b", in_force_on=date(2999, 1, 1))
    await factories.terms(admin, version="1999.1_b", in_force_on=date(1999, 1, 1))
    for viewer in viewers.values():
        for language in Language:
            assert await readers.found(viewer, f"trm_{language.name}.2999.1_b") is None
            assert await readers.found(viewer, f"trm_{language.name}.1999.1_b") is not None

    small = await factories.dataset(admin, status=DatasetStatus.TOO_SMALL)
    await factories.variable(admin, dataset_id=small["id"], position=1)
    for audience in Audience:  # staff who freeze datasets see which came to nothing
        found = [await readers.found(viewers[audience], id) for id in (f"dst_{small['id']}", f"var_{small['id']}.1")]
        assert [each is not None for each in found] == [audience is Audience.MANAGER] * 2

    draft = await factories.survey(admin, status=SurveyStatus.DRAFT)
    hidden = await factories.participation(admin, member_id=patient.member, survey_id=draft["id"])
    assert await readers.found(patient, f"prt_{hidden['id']}") is None

    other = await readers.another(Audience.PATIENT)
    for until, is_found in ((now + timedelta(days=1), True), (now - timedelta(seconds=1), False)):
        await admin.execute("DELETE FROM care.suspension WHERE member_id = $1", other.member)
        await factories.suspension(admin, member_id=other.member, until=until)
        for viewer in (other, viewers[Audience.MANAGER]):
            assert (await readers.found(viewer, f"sus_{other.member}") is not None) == is_found


def strange_keys(readers: Readers) -> Iterator[str]:
    member, one = readers.network.viewers[Audience.PATIENT].member, UUID(int=1)
    for prefix in ("me", "mbr", "acc", "use", "vwr"):
        yield from (f"{prefix}_", prefix, f"{prefix}_{member}.", f"{prefix}_{member}.{one}", f"_{member}", str(member))
        yield from (f"{prefix}_{prefix}_{member}", f"{prefix}__{member}", f" {prefix}_{member}", f"{prefix}_{one}")
    for key in ("", ".", f"{member}", f"{member}.", f".{member}", f"{member}.{one}", f"{member}.{one}.{one}", "a.b"):
        yield f"mbs_{key}"
    for place in ("0", "01", "+1", "-1", "1 ", "1.0", "1e0", "x", "", "2147483648", "9" * 400, "¹", "\u0661", "\0"):
        yield f"var_{json.loads(readers.network.values['dataset'])[4:]}.{place}"
    for purpose in ("", "NOWHERE", "survey_research", "SURVEY_RESEARCH ", *(each.name for each in ConsentPurpose)):
        yield from (f"cns_{one}.{purpose}", f"ntc_{purpose}.", f"ntc_{purpose}", f"ntc_{purpose}.EN", f"ntc_.EN.{one}")
        yield from (f"ntc_{purpose}.EN{key}" for key in (".", ".\ud800", "2026-1"))
        yield from (f"ntc_{purpose}.2026-1.EN", f"ntc_{purpose}.DE.2026-1", f"ntc_{purpose}.en.2026-1")


@each_view
async def test_a_malformed_id_names_nothing(readers: Readers, audience: Audience) -> None:
    viewer, strange = readers.network.viewers[audience], list(strange_keys(readers))
    for at in range(0, len(strange), PAGE_LIMIT):
        page = strange[at : at + PAGE_LIMIT]
        assert (await readers.ask(viewer, SEVERAL, ids=page))["nodes"] == [None] * len(page)
    operation = PLANNERS[audience].operation(parse(NODE), None)
    for id in strange:
        coerced = operation.coerce({"id": id})
        plan = operation.plan(coerced)
        assert plan is not None
        found = await readers.pools[audience].fetchval(plan.sql, *plan.values(coerced, viewer))
        assert json.loads(found) == {"node": None}, id


async def test_at_most_a_page_of_ids_is_taken(readers: Readers) -> None:
    id = json.loads(readers.network.values["node"])
    full = [id] * PAGE_LIMIT
    assert (await readers.ask(Viewer(), "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=full))["nodes"] == [
        {"id": id}
    ] * PAGE_LIMIT
    for ids in ([*full, id], [""] * (PAGE_LIMIT + 1)):
        with pytest.raises(GraphQLError, match=f"^The argument 'ids' must have at most {PAGE_LIMIT} ids\\."):
            await readers.ask(Viewer(), SEVERAL, ids=ids)
    assert await readers.ask(Viewer(), SEVERAL, ids=[]) == {"nodes": []}


async def test_one_list_is_read_by_one_statement_for_each_set_of_prefixes(readers: Readers) -> None:
    text = 'query ($a: ID!, $ids: [ID!]!) { one: nodes(ids: [$a, "org_x"]) { id } nodes(ids: $ids) { id } }'
    operation = PLANNERS[Audience.PUBLIC].operation(parse(text), None)
    statements = set()
    for a, ids in (("com_x", ["org_y", "com_y"]), ("com_z", ["com_y", "org_y", "com_z"]), ("zzz_z", ["yyy_y"])):
        coerced = operation.coerce({"a": a, "ids": ids})
        plan = operation.plan(coerced)
        assert plan is not None
        statements.add(plan.sql)
    assert len(statements) == 2
