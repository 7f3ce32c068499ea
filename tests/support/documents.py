"""Builds GraphQL documents that together select every field of every type of a schema."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    get_named_type,
    is_abstract_type,
    is_input_object_type,
    is_leaf_type,
    is_non_null_type,
)

DEPTH = 9
VALUES = (
    "tests/support/small_network.py, tests/planner/test_oracle.py, tests/planner/test_open_tables.py and, if buyers "
    "see it, tests/graph/test_reach.py"
)
WITHIN = 5  # in nested lists: pages as large as at the root would be thousands of rows
DETOUR = 1  # the steps more than to the nearest object of a type, after which another one's fields are not gone into
LISTS = ("Connection", "Edge")  # types that are gone through wherever they are, to the items

# Groupings, whose fields no variable of a dataset's own has values of.
GROUPED = """{ datasets(first: 9) { __typename nodes { __typename id variables { __typename id groupings {
  __typename id groupingName groupingOf { __typename id } categories { __typename code merges }
} } } } }"""
# Of whose other fields any community has values.
MERGED = '{ community(slug: "former") { __typename mergedInto { __typename id } } }'
# Insights that count people, which no root field leads to at once.
COUNTED = """{ dataUses(first: 9) { __typename nodes { __typename insight { __typename id countedBy { __typename id }
  totals { __typename count unknown sum marginOfError unknownMarginOfError sumMarginOfError by { __typename code } }
  proof { __typename variables { __typename id } }
} } } }"""


def every_field(schema: GraphQLSchema, values: Mapping[str, str]) -> Iterator[str]:
    """A query for each root field; under it, each field of each type once, unless other root fields are much nearer.

    Objects that are farther have their leaves alone, and lists their items. Required arguments are taken from `values`
    by `field.argument` or else their name; ids by their field's name.
    """
    nearest = distances(schema)
    return documents(lambda: Walk(schema, values, nearest))


def every_field_however_far(schema: GraphQLSchema, values: Mapping[str, str]) -> Iterator[str]:
    """As `every_field`, with each field of each type under each root field: more than twice as much."""
    return documents(lambda: Walk(schema, values))


@dataclass
class Walk:
    """What is known on the way through a schema: which fields were gone into, and how near each type is."""

    schema: GraphQLSchema
    values: Mapping[str, str]
    nearest: Mapping[str, int] | None = None  # steps from the query to each type; None to go however far
    seen: set[tuple[str, str]] = dataclasses.field(default_factory=set)

    def goes_into(self, kind: GraphQLObjectType, name: str, depth: int) -> bool:
        """Whether a field that is no leaf is selected here, as many steps from the query as `depth` is below DEPTH."""
        if depth <= 0:
            return False
        if self.nearest is not None and kind.name.endswith(LISTS):
            return True
        near = self.nearest is None or DEPTH - depth <= self.nearest[kind.name] + DETOUR
        return near and (kind.name, name) not in self.seen


def documents(walk: Callable[[], Walk]) -> Iterator[str]:
    """A query for each root field, each by a new walk."""
    query = walk().schema.query_type
    assert query is not None
    for name, field in query.fields.items():
        if not takes_input(field):
            yield f"{{ {selected(query.name, name, field, walk(), DEPTH)} }}"


def distances(schema: GraphQLSchema) -> dict[str, int]:
    """The number of steps from the query to each type of object that its fields lead to."""
    assert schema.query_type is not None
    found: dict[str, int] = {}
    reached = [schema.query_type]
    while reached:
        steps = max(found.values(), default=-1) + 1
        found |= {kind.name: steps for kind in reached}
        below = [get_named_type(field.type) for kind in reached for field in kind.fields.values()]
        reached = [kind for kind in below if isinstance(kind, GraphQLObjectType) and kind.name not in found]
    return found


def elsewhere(schema: GraphQLSchema) -> Iterator[str]:
    """Queries of fields that only objects farther away have values of, in the small network."""
    yield from (GROUPED, MERGED)
    if "Insight" in schema.type_map:
        yield COUNTED


def takes_input(field: GraphQLField) -> bool:
    """Whether a field needs an input object: such fields are computed and have tests of their own."""
    return any(
        is_non_null_type(argument.type) and is_input_object_type(get_named_type(argument.type))
        for argument in field.args.values()
    )


def selected(
    parent: str,
    name: str,
    field: GraphQLField,
    walk: Walk,
    depth: int,
) -> str:
    required = [argument for argument, declared in field.args.items() if is_non_null_type(declared.type)]
    keys = {argument: name if argument == "id" else argument for argument in required}
    keys |= {argument: f"{name}.{argument}" for argument in required if f"{name}.{argument}" in walk.values}
    if missing := sorted(set(keys.values()) - set(walk.values)):
        raise LookupError(f"{parent}.{name}: no value for {missing}: add one to the values in {VALUES}")
    arguments = [f"{argument}: {walk.values[key]}" for argument, key in keys.items()]
    if "first" in field.args and depth < DEPTH:
        arguments.append(f"first: {WITHIN}")
    asked = f"{name}({', '.join(arguments)})" if arguments else name
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return asked if depth >= 0 else f"{parent}_{name}: {asked}"  # distinct from other types' fields of that name
    return f"{asked} {{ {inside(kind, walk, depth - 1)} }}"


def inside(kind: GraphQLType, walk: Walk, depth: int) -> str:
    if is_abstract_type(kind):
        types = walk.schema.get_possible_types(kind)
        return " ".join([
            "__t: __typename",  # which graphql-core needs to resolve the type when it reads the result
            *(f"... on {one.name} {{ {inside(one, walk, -1)} }}" for one in types),
        ])  # fmt: skip
    assert isinstance(kind, GraphQLObjectType)
    leaves = {name for name, field in kind.fields.items() if is_leaf_type(get_named_type(field.type))}
    # Taken before any is gone into, which may lead back to this type by a longer way.
    taken = {name for name in kind.fields if name not in leaves and walk.goes_into(kind, name, depth)}
    walk.seen |= {(kind.name, name) for name in taken}
    asked = {name: field for name, field in kind.fields.items() if name in leaves | taken}
    found = (selected(kind.name, name, field, walk, depth) for name, field in asked.items())
    return " ".join(["__typename", *found])
