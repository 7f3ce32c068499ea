"""Mutations as they are declared: what a declaration is refused for, and that refusals name what can be refused."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin
from uuid import UUID, uuid4

import pytest
from strawberry.types.base import get_object_definition

import models.parameters
from models.database import Connection
from models.parameters import NO_ROW, CommunityId, IndicatorIdOrNone, NodeId, TopicId
from models.viewers import Viewer
from planner.tables import Tables
from resolvers.transactions import UNSET, Maybe, Refused
from schema import mutations, roots
from schema.access import PATIENT
from schema.inputs import NESTED, Visit, graph_path, input_type, parameters_of, read
from schema.mutations import Declared, mutation
from tests.support.client import views

ROOT = Path(__file__).parents[2]
RESOLVERS = sorted((ROOT / "resolvers").rglob("*.py"))
# Each takes the path of what it refuses: after how many arguments, where they are not keywords.
REFUSING = {
    "not_found": 0, "invalid": 1, "taken": 1, "too_long": 1, "too_early": 1, "too_late": 1, "not_eligible": 1,
    "limit_reached": 1, "conflict": 1, "refused": 2, "text_within": 2, "optional_text_within": 2, "day_within": 2,
    "Refusal": 2, "_invalid": 1, "title_in": 1, "body_in": 1, "note_in": 1, "expect_writer": 3,
    "expect_not_suspended": 2, "at": 0, "free": 2, "refuse": 1,
    "pseudonym_of": 1, "birth_year_of": 3, "locale_of": 1, "about_of": 1, "region_of": 1,
    "check_notice": 2, "accepted_answers": 2, "definition_refusals": 1, "_text_refusals": 2, "_faults": 2,
}  # fmt: skip


def steps(tree: ast.AST) -> Iterator[ast.Constant]:
    """The names in the paths of refusals: arguments of what refuses, tuples that go on from a path, and `path=`."""
    for node in ast.walk(tree):
        parts: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if name in REFUSING:
                parts += node.args[REFUSING[name] :]
            parts += [each.value for each in node.keywords if each.arg == "path"]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(each, ast.Name) and each.id in ("path", "place") for each in targets) and node.value:
                parts.append(node.value)
        elif isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):  # of names and values
            parts += [each for each in ast.walk(node.iter) if isinstance(each, ast.Constant)]
        elif isinstance(node, ast.Tuple) and any(isinstance(each, ast.Starred) for each in node.elts):
            parts.append(node)
        for part in parts:
            found = part.elts if isinstance(part, ast.Tuple) else [part]
            if isinstance(part, ast.IfExp):
                found = [each for branch in (part.body, part.orelse) for each in ast.walk(branch)]  # type: ignore[misc]
            yield from (each for each in found if isinstance(each, ast.Constant) and isinstance(each.value, str))


def declared_names() -> set[str]:
    """The parameters of all write functions that are declared, and the fields of the dataclasses that they take."""
    names = {each.name for _, parameters in NESTED.values() for each in parameters} | {"client_mutation_id"}
    for part in roots.Mutation.__mro__:
        definition: Any = get_object_definition(part)
        for field in definition.fields if definition else ():
            for argument in field.arguments:
                names |= {each.python_name for each in get_object_definition(argument.type, strict=True).fields}
    return names


@pytest.mark.parametrize("file", RESOLVERS, ids=lambda file: file.name)
def test_a_refusal_names_a_parameter_that_there_is(file: Path) -> None:
    known = declared_names()
    found = list(steps(ast.parse(file.read_text(encoding="utf-8"))))
    unknown = [f"{file.name}:{step.lineno}: {step.value!r}" for step in found if step.value not in known]
    assert unknown == [], "a refusal's path is of a write function's own parameters, in Python's names"


def test_the_walk_finds_refusals() -> None:
    found = {step.value for file in RESOLVERS for step in steps(ast.parse(file.read_text(encoding="utf-8")))}
    assert {"discussion", "entries", "value", "visible_when", "born_from", "by", "price", "amount"} <= found


@pytest.mark.parametrize("path", [*RESOLVERS, *sorted((ROOT / "schema").rglob("*.py"))], ids=lambda path: path.name)
def test_nobody_writes_the_graphs_own_argument_by_hand(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tuples = [node.elts for node in ast.walk(tree) if isinstance(node, ast.Tuple | ast.List)]
    calls = [node.args for node in ast.walk(tree) if isinstance(node, ast.Call)]
    written = [
        each.lineno
        for elements in (*tuples, *calls)
        for each in elements
        if isinstance(each, ast.Constant) and each.value == "input"
    ]
    assert not written


def test_every_id_has_the_prefix_of_a_type() -> None:
    aliases = [each for each in vars(models.parameters).values() if get_origin(each) is Annotated]
    used = {prefix for each in aliases for prefix in get_args(each)[1].prefixes}
    known = {prefix for view in views().values() for prefix in Tables(view._schema).by_prefix}
    assert len(used) >= 15
    assert used <= known


async def write(
    connection: Connection,
    viewer: Viewer,
    *,
    community: CommunityId,
    about: list[TopicId] | None = None,
    indicator: IndicatorIdOrNone,
    note: str | None,
    count: int = 3,
    year: Maybe[int] = UNSET,
) -> UUID:
    raise NotImplementedError


ABOUT = dict.fromkeys(("community", "about", "indicator", "note", "count", "year"), "It.")


def test_a_parameter_without_a_description_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^PostAddInput: describe the parameter 'year'$"):
        input_type("PostAddInput", "It.", parameters_of(write), without("year"))
    with pytest.raises(TypeError, match=r"^PostAddInput: there is no parameter 'years'$"):
        input_type("PostAddInput", "It.", parameters_of(write), ABOUT | {"years": "They."})

    class Posts:
        post_add = mutation(write, "Add.", only=PATIENT, rate="posts", **without("community"))

    assert isinstance(Posts.post_add, Declared)
    with pytest.raises(TypeError, match=r"^PostAddInput: describe the parameter 'community'$"):
        mutations.mutations(Posts)


def test_a_mutation_without_a_known_rate_is_refused() -> None:
    with pytest.raises(TypeError, match="'rate'"):
        mutation(write, "Add.", only=PATIENT, **without("rate"))
    with pytest.raises(ValueError, match=r"^write names the unknown rate letters$"):
        mutation(write, "Add.", only=PATIENT, rate="letters", **without("rate"))


def without(name: str) -> dict[str, Any]:
    return {each: about for each, about in ABOUT.items() if each != name}


def taken(**given: Any) -> tuple[dict[str, Any], Visit]:
    parameters = parameters_of(write)
    visit = Visit()
    made = input_type("TakenInput", "It.", parameters, ABOUT)
    return read(parameters, made(**given), visit), visit


def test_an_input_is_read_in_one_visit() -> None:
    community, treatment, indicator = uuid4(), uuid4(), uuid4()
    values, visit = taken(
        community=f"com_{community}", about=[f"trt_{treatment}", f"ind_{indicator}"], indicator=f"ind_{indicator}",
        note="A", count=5, year=2001,
    )  # fmt: skip
    assert values == {
        "community": community,
        "about": [NodeId("trt", treatment), NodeId("ind", indicator)],
        "indicator": indicator,
        "note": "A",
        "count": 5,
        "year": 2001,
    }
    assert visit.refusals == []
    visit.faults().refuse()


def test_what_is_left_out_takes_the_default_of_the_write_function() -> None:
    indicator = f"ind_{uuid4()}"
    omitted, visit = taken(community=f"com_{uuid4()}", indicator=indicator)
    assert set(omitted) == {"community", "indicator", "note"}  # the others have a default
    null, same = taken(community=f"com_{omitted['community']}", indicator=indicator, count=None, year=None)
    assert null == {**omitted, "year": None}  # and not `count`, which has no null
    assert visit.digestible() == same.digestible()


def test_an_id_of_another_type_is_refused_where_it_stands() -> None:
    bad, key = f"dis_{uuid4()}", uuid4()
    values, visit = taken(community=f"com_{key}", about=[f"trt_{key}", bad, "x"], indicator=bad, note="a\0b")
    assert values["indicator"] is None  # for the write function to report
    assert values["about"] == [NodeId("trt", key), NodeId("", NO_ROW), NodeId("", NO_ROW)]
    assert values["note"] == ""
    with pytest.raises(Refused) as refused:
        visit.faults().refuse()
    assert [(one.code, one.path) for one in refused.value.refusals] == [
        ("NOT_FOUND", ("about", 1)),
        ("NOT_FOUND", ("about", 2)),
        ("INVALID", ("note",)),
    ]


def test_a_digest_is_of_each_value_at_its_place() -> None:
    one = {"community": f"com_{uuid4()}", "indicator": f"ind_{uuid4()}", "note": "a"}
    changes: list[dict[str, Any]] = [
        {}, {"note": None}, {"note": ""}, {"count": 1}, {"year": 1}, {"about": []}, {"about": ["x"]},
    ]  # fmt: skip
    assert len({taken(**one | change)[1].digestible() for change in changes}) == len(changes)


def test_a_path_is_told_in_the_names_of_the_graph() -> None:
    assert graph_path(("side_effects", 0, "indicator")) == ["input", "sideEffects", "0", "indicator"]
    assert graph_path(()) == ["input"]


@dataclass(frozen=True)
class Line:
    text: str


async def add_lines(connection: Connection, viewer: Viewer, *, lines: list[Line]) -> None:
    raise NotImplementedError


def test_a_dataclass_without_an_input_type_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^Line: declare its input type with `nested`$"):
        parameters_of(add_lines)
