"""Which selections put members' ids beside an answer, so that reading them is counted."""

from collections.abc import Mapping

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_object_type, is_required_argument, parse

from models.viewers import Audience
from planner.arguments import Variables
from planner.execution import plan_of
from planner.marks import unmarked
from planner.operations import Planner
from planner.tables import Tables

MEMBER = "11111111-1111-4111-8111-111111111111"
FREE = {"id", "pseudonym", "kind", "verified", "association"}  # the last: which an association publishes
# For each field that leads to rows about members: whether they may be another member's, whom no object above is about.
LEADS_TO = {
    "Treatment.evaluations": True,
    "CourseEndPayload.course": True,  # the viewer's own, who never counts
    "CourseEvaluatePayload.evaluation": True,
    "CourseStartPayload.course": True,
    "ObservationRemovePayload.observation": True,
    "ObservationsRecordPayload.observations": True,
    "Member.courses": False,
    "Me.courses": False,
    "Me.observations": False,
    "Dashboard.courses": False,
    "IndicatorSeries.latest": False,
    "TreatmentCourse.evaluation": False,
    "TreatmentEvaluation.course": False,
}


def marked(planner: Planner, document: str, variables: Mapping[str, object] | None = None) -> bool:
    operation = planner.operation(parse(document), None)
    plan = operation.plan(operation.coerce(variables or {}))
    assert plan is not None
    return plan.marked


def selection(field: object, name: str) -> str:
    """The field with an argument for each that it requires, and one leaf of what it returns."""
    values = {"ID": '"x_1"', "Interval": "WEEK", "String": '"a"'}
    given = [f"{key}: {values[str(of.type)[:-1]]}" for key, of in field.args.items() if is_required_argument(of)]  # type: ignore[attr-defined]
    called = f"{name}({', '.join(given)})" if given else name
    return called if is_leaf_type(get_named_type(field.type)) else f"{called} {{ __typename }}"  # type: ignore[attr-defined]


def test_every_field_of_a_member_counts_but_the_free_ones(view_planners: Mapping[Audience, Planner]) -> None:
    for audience in (Audience.PATIENT, Audience.MANAGER):
        planner = view_planners[audience]
        kind = planner.schema.type_map["Member"]
        assert isinstance(kind, GraphQLObjectType)
        assert set(kind.fields) > FREE
        for name, field in kind.fields.items():
            inner = selection(field, name)
            counts = name not in FREE and audience is Audience.PATIENT
            for document in (
                f'{{ member(pseudonym: "a") {{ id {inner} }} }}',
                f'{{ member(pseudonym: "a") {{ ...F }} }} fragment F on Member {{ ... on Node {{ id }} {inner} }}',
                f'{{ community(slug: "a") {{ discussions {{ nodes {{ author {{ {inner} }} }} }} }} }}',
                f'{{ node(id: "mbr_{MEMBER}") {{ ... on Member {{ {inner} }} }} }}',
                f'{{ nodes(ids: ["mbr_{MEMBER}"]) {{ ... on Member {{ {inner} }} }} }}',
            ):
                assert marked(planner, document) == counts, document


def test_a_page_of_pseudonyms_with_posts_does_not_count(view_planners: Mapping[Audience, Planner]) -> None:
    document = """{ community(slug: "a") {
        ambassadors { id pseudonym } associations { id pseudonym } members { nodes { __typename } }
        discussions { nodes { title author { pseudonym } posts { nodes { body author { pseudonym verified } } } } }
    } }"""
    assert not marked(view_planners[Audience.PATIENT], document)


@pytest.mark.parametrize(
    "page", ["nodes { id }", "edges { node { pseudonym } }", "edges { cursor }", "pageInfo { endCursor }"]
)
def test_a_page_of_a_communitys_members_counts_whatever_shows_them(
    view_planners: Mapping[Audience, Planner], page: str
) -> None:
    for document in (
        f'{{ community(slug: "a") {{ members {{ {page} }} }} }}',
        f'{{ community(slug: "a") {{ discussions {{ nodes {{ community {{ members {{ {page} }} }} }} }} }} }}',
    ):
        assert marked(view_planners[Audience.PATIENT], document)
        assert not marked(view_planners[Audience.MANAGER], document)


def test_what_is_skipped_does_not_count(view_planners: Mapping[Audience, Planner]) -> None:
    document = 'query ($all: Boolean!) { member(pseudonym: "a") { pseudonym about @include(if: $all) } }'
    for all in (True, False):
        assert marked(view_planners[Audience.PATIENT], document, {"all": all}) is all


@pytest.mark.parametrize("prefix", ["crs", "evl", "obs"])
def test_a_row_of_a_diary_counts_by_its_id(view_planners: Mapping[Audience, Planner], prefix: str) -> None:
    for document in (
        f'{{ node(id: "{prefix}_{MEMBER}") {{ id }} }}',
        f'{{ nodes(ids: ["{prefix}_{MEMBER}"]) {{ id }} }}',
    ):
        assert marked(view_planners[Audience.PATIENT], document)


def test_every_field_that_leads_to_rows_about_members_is_classified(
    view_planners: Mapping[Audience, Planner],
) -> None:
    """A new one counts, unless its type says that its rows are the viewer's own or of the member above."""
    planner = view_planners[Audience.PATIENT]
    tables = Tables(planner.schema)
    rows = {name for name, about in tables.about.items() if about.column is not None and not about.free}
    assert rows == {"TreatmentCourse", "TreatmentEvaluation", "Observation"}
    found = {}
    for kind in planner.schema.type_map.values():
        if not is_object_type(kind) or kind.name.startswith("__"):
            continue
        for name, field in kind.fields.items():
            target = get_named_type(field.type)
            if target.name.endswith("Connection"):
                target = get_named_type(target.fields["nodes"].type)
            if target.name in rows and not kind.name.endswith(("Connection", "Edge")):
                found[f"{kind.name}.{name}"] = kind.name not in tables.about
    assert found == LEADS_TO, "say in LEADS_TO in tests/planner/test_member_reads.py whose rows they may be"


def test_the_viewers_own_diary_does_not_count(view_planners: Mapping[Audience, Planner]) -> None:
    document = """{ me { courses { dose evaluation { comment course { dose } } } observations { nodes { value } }
        dashboard { series { latest { value } } courses { dose evaluation { comment } } } } }"""
    assert not marked(view_planners[Audience.PATIENT], document)
    own = "{ me { member { communities { members { nodes { about } } } } } }"
    assert marked(view_planners[Audience.PATIENT], own)  # from there, others are reached again
    assert marked(view_planners[Audience.PATIENT], "{ me { member { about } } }")  # and left out by the server


def test_a_statement_of_one_field_is_marked_too(view_planners: Mapping[Audience, Planner]) -> None:
    """Where graphql-core executes the operation, as of a mutation."""
    planner = view_planners[Audience.PATIENT]
    operation = planner.operation(parse('{ member(pseudonym: "a") { about } }'), None)
    root = planner.schema.query_type
    assert root is not None
    nodes = [operation.node.selection_set.selections[0]]
    plan = plan_of(operation, Variables({}, None), root, nodes, ("member",), type(None))  # type: ignore[arg-type]
    assert plan.marked
    assert '"$m"' in plan.sql


def test_marks_are_removed_and_nothing_that_somebody_wrote() -> None:
    other = MEMBER.replace("1", "2")
    written = '\\"$m\\":\\"' + MEMBER + '\\",'  # as JSON has the text `"$m":"...",`
    text = (
        f'{{"a":{{"$m":"{MEMBER}","b":"{written}"}},"c":[{{"$m":"{other}","d":null}}, \n {{"$m":"{MEMBER}","d":1}}]}}'
    )
    expected = f'{{"a":{{"b":"{written}"}},"c":[{{"d":null}}, \n {{"d":1}}]}}'
    assert unmarked(text) == (expected, {MEMBER, other}, set())
    assert unmarked('{"$m":null,"a":[]}') == ('{"a":[]}', set(), set())
    assert unmarked(f'{{"$m":"{MEMBER} {other}","a":[]}}') == ('{"a":[]}', {MEMBER, other}, set())
    assert unmarked(expected) == (expected, set(), set())
