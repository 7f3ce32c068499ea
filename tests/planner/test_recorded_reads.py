"""Which kinds of a member's data a selection shows: what statements have beside an answer, for the trail of reads."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_object_type, parse

from models.identity.data_reads import MemberDataKind
from models.security.read_rules import MEMBER, SCOPES
from models.viewers import Audience
from planner.marks import bare, unmarked
from planner.operations import Planner
from resolvers.identity.personal_data import MEMBER_TABLES
from tests.planner.test_member_reads import marked, selection

SOMEBODY = "11111111-1111-4111-8111-111111111111"
# Each table with members' rows of which staff or another member may read some: the kind that reading it is recorded as,
RECORDED = {
    "care.profile": MemberDataKind.PROFILE,
    "care.membership": MemberDataKind.COMMUNITIES,
    "care.course": MemberDataKind.COURSES,
    "care.evaluation": MemberDataKind.EVALUATIONS,
    "care.side_effect": MemberDataKind.EVALUATIONS,
    "care.observation": MemberDataKind.OBSERVATIONS,
    "care.own_indicator": MemberDataKind.OBSERVATIONS,
    "care.own_observation": MemberDataKind.OBSERVATIONS,
    "care.own_treatment": MemberDataKind.COURSES,
    "care.own_course": MemberDataKind.COURSES,
    "care.removed_text": MemberDataKind.REMOVED_POSTS,
}
# or why it is not recorded.
NOT_RECORDED = {
    "care.member": "what every member reads of every other, and no data about health",
    "care.care_link": "between the two members who read it",
    "catalog.association": "published by an association, which is no person",
    "care.verification": "about an association, which is no person",
    "care.pin": "published to all members by an association",
    "care.discussion": "published to all members by its author",
    "care.discussion_topic": "published to all members by its author",
    "care.post": "published to all members by its author",
    "care.post_reaction": "published to all members",
    "care.appeal": "sent to moderators, in order to be read by them",
    "care.flag": "sent to moderators, in order to be read by them",
    "care.removal": "written by moderators",
    "care.catalogue_proposal": "sent to editors of the catalogue, who cannot see by whom",
    "care.suspension": "written by moderators",
    "identity.second_factor": "read by nobody but the holder of the account",
}
# Fields whose SQL names such a table and whose rows are no other member's data, each with the reason.
NO_DATA = {
    "Community.viewerMembership": "the viewer's own",
    "Community.associations": "associations, which are no persons",
    "Community.contacts": "associations, which are no persons",
    "Community.indicators": "the viewer's own observations decide whether a retired one is among them",
    "Community.treatments": "the viewer's own courses decide whether a retired one is among them",
    "Treatment.evaluations": "names courses to find evaluations, whose rows are recorded as such",
}
# Whether there is a profile that the viewer may read decides whether rows are looked for, and shows nothing of it.
WHETHER_READABLE = r"\(SELECT (\w+)\.member_id\s+FROM care\.profile AS \1\b"
OWN = {"Me", "Membership", "Viewer"}  # types whose rows are the viewer's own


def fields(planner: Planner) -> Iterator[tuple[str, str]]:
    """Each field of each type that has an id, and a document that selects it alone."""
    for prefix, kind in sorted(planner.tables.by_prefix.items()):
        for name, field in kind.fields.items():
            inner: Any = get_named_type(field.type)
            called = selection(field, name)
            if inner.name.endswith("Connection"):
                called = called.replace("{ __typename }", "{ edges { node { __typename } } }")
            yield (
                f"{kind.name}.{name}",
                f'{{ node(id: "{prefix}_{SOMEBODY}") {{ ... on {kind.name} {{ {called} }} }} }}',
            )


def plan_of(planner: Planner, document: str) -> Any:
    operation = planner.operation(parse(document), None)
    return operation.plan(operation.coerce({}))


def kinds_in(sql: str) -> set[str]:
    return {kind for kind in MemberDataKind if re.search(rf"' [A-Z_ ]*\b{kind}\b[A-Z_ ]*'", sql)}


def test_every_table_with_members_rows_is_recorded_or_has_a_reason() -> None:
    """Those alone that the policies show to nobody but the member need neither."""
    own = {f"member_id = {MEMBER}", f"author_id = {MEMBER}"}
    shown = set()
    for table in MEMBER_TABLES:
        readers = SCOPES[table].readers
        patient = readers.get(Audience.PATIENT)
        if Audience.MANAGER in readers or patient not in {None, *own}:
            shown.add(table)
    behind = {"identity.session", "research.answer", "research.answer_sheet"}  # own rows of own rows
    assert shown - behind == RECORDED.keys() | NOT_RECORDED.keys(), "classify it in test_recorded_reads.py"
    assert set(RECORDED.values()) == set(MemberDataKind)


@pytest.mark.parametrize("audience", [Audience.PATIENT, Audience.MANAGER])
def test_each_field_that_reads_such_a_table_is_recorded(
    view_planners: Mapping[Audience, Planner], audience: Audience
) -> None:
    planner, found = view_planners[audience], set()
    for field, document in fields(planner):
        plan = plan_of(planner, document)
        if plan is None or field.partition(".")[0] in OWN:
            continue
        sql = re.sub(WHETHER_READABLE, "", plan.sql)
        read = {kind for table, kind in RECORDED.items() if re.search(rf"FROM {table}\b|JOIN {table}\b", sql)}
        if field in NO_DATA or (field, audience) == ("Post.removedBody", Audience.PATIENT):  # shown to its author alone
            continue
        assert read <= kinds_in(plan.sql), f"declare what {field} shows in its type's `recorded`"
        assert plan.recorded is bool(kinds_in(plan.sql))
        found |= read
    of_staff = {MemberDataKind.PROFILE, MemberDataKind.COMMUNITIES, MemberDataKind.REMOVED_POSTS}
    of_relatives = set(MemberDataKind) - {MemberDataKind.REMOVED_POSTS}
    assert found == (of_staff if audience is Audience.MANAGER else of_relatives)


def test_what_is_reached_from_a_row_of_the_same_member_is_part_of_what_the_row_shows(
    view_planners: Mapping[Audience, Planner],
) -> None:
    planner = view_planners[Audience.PATIENT]
    link = f'node(id: "lnk_{SOMEBODY}") {{ ... on CareLink'
    cases = {
        f"{{ {link} {{ status patient {{ pseudonym }} }} }} }}": set(),
        f"{{ {link} {{ dashboard {{ __typename }} }} }} }}": {"OBSERVATIONS"},
        f"{{ {link} {{ dashboard {{ a: courses {{ evaluation {{ comment }} }} }} }} }} }}": {
            "OBSERVATIONS", "COURSES", "EVALUATIONS",
        },
        f"{{ {link} {{ dashboard {{ ...F }} }} }} }} fragment F on Dashboard {{ courses {{ dose }} }}": {
            "OBSERVATIONS", "COURSES",
        },
        '{ member(pseudonym: "a") { courses { evaluation { course { dose } } } } }': {"COURSES", "EVALUATIONS"},
        '{ member(pseudonym: "a") { id pseudonym about joinedOn suspension { until } } }': set(),
        '{ treatment(slug: "a") { evaluations { nodes { member { pseudonym region } } } } }': {
            "EVALUATIONS", "PROFILE",
        },
        '{ community(slug: "a") { members { nodes { pseudonym } } } }': {"COMMUNITIES"},
        '{ community(slug: "a") { members { edges { node { id } } } } }': {"COMMUNITIES"},
        '{ community(slug: "a") { ambassadors { id } } }': {"COMMUNITIES"},
        '{ community(slug: "a") { discussions { nodes { author { pseudonym } posts { nodes { body } } } } } }': set(),
        "{ me { courses { evaluation { comment } } dashboard { courses { dose } series { latest { id } } } } }": set(),
    }  # fmt: skip
    for document, kinds in cases.items():
        plan = plan_of(planner, document)
        assert kinds_in(plan.sql) == kinds, document
        assert plan.recorded is bool(kinds), document


def test_what_is_noted_is_not_counted(view_planners: Mapping[Audience, Planner]) -> None:
    """A care link and a community's ambassadors are noted for the trail, and count in no budget."""
    for document in (
        f'{{ node(id: "lnk_{SOMEBODY}") {{ ... on CareLink {{ dashboard {{ courses {{ dose }} }} }} }} }}',
        '{ community(slug: "a") { ambassadors { pseudonym } } }',
    ):
        assert not marked(view_planners[Audience.PATIENT], document)


def test_no_type_without_an_id_is_reached_but_from_rows_that_are_recorded(
    view_planners: Mapping[Audience, Planner],
) -> None:
    """Curves and dashboards have no member: what leads to them says whose they are."""
    planner = view_planners[Audience.PATIENT]
    tables = planner.tables
    inner = {name for name, about in tables.about.items() if about.column is None} - {"Me"}
    assert inner == {"Dashboard", "IndicatorSeries", "OwnSeries", "SeriesPoint"}
    for kind in planner.schema.type_map.values():
        if is_object_type(kind) and kind.name not in {"Me", *inner}:
            for name, field in kind.fields.items():
                if get_named_type(field.type).name in inner:
                    assert name in tables.recorded[kind.name].fields, f"{kind.name}.{name}"
                assert isinstance(kind, GraphQLObjectType)


def test_notes_are_removed_and_nothing_that_somebody_wrote() -> None:
    other = SOMEBODY.replace("1", "2")
    written = '\\"$r\\":\\"' + SOMEBODY + ' PROFILE\\",\\"$r\\":null,'
    text = (
        f'{{"a":{{"$m":"{SOMEBODY}","$r":"{SOMEBODY} PROFILE COURSES","b":"{written}"}},'
        f'"c":[{{"$r":null,"d":null}}, \n {{"$r":"{other}","d":1}},{{"$r":"{other} REMOVED_POSTS","d":2}}]}}'
    )
    expected = f'{{"a":{{"b":"{written}"}},"c":[{{"d":null}}, \n {{"d":1}},{{"d":2}}]}}'
    assert bare(text) == expected
    reads = {(SOMEBODY, "PROFILE"), (SOMEBODY, "COURSES"), (other, "REMOVED_POSTS")}
    assert unmarked(text) == (expected, {SOMEBODY}, reads)
    assert unmarked(expected) == (expected, set(), set())
    for note in ("null", f'"{SOMEBODY} PROFILE"'):  # all fields of the object are skipped
        assert bare(f'{{"nodes":[{{"$r":{note}}}]}}') == '{"nodes":[{}]}'
        assert bare(f'{{"nodes":[{{"$m":"{SOMEBODY}","$r":{note}}}]}}') == '{"nodes":[{}]}'
