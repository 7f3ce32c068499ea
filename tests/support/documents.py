"""Builds GraphQL documents that together select every field of every type of a schema."""

from collections.abc import Iterator, Mapping

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

Seen = set[tuple[str, str]]


# Groupings, whose fields no variable of a dataset's own has values of.
GROUPED = """{ datasets(first: 9) { __typename nodes { __typename id variables { __typename id groupings {
  __typename id groupingName groupingOf { __typename id } categories { __typename code merges }
} } } } }"""


def every_field(schema: GraphQLSchema, values: Mapping[str, str]) -> Iterator[str]:
    """A query for each root field; under it, each field of each type once, where it is first come by.

    Required arguments are taken from `values` by `field.argument` or else their name; ids by their field's name.
    """
    query = schema.query_type
    assert query is not None
    for name, field in query.fields.items():
        if takes_input(field):
            continue
        yield f"{{ {selected(query.name, name, field, schema, values, set(), DEPTH)} }}"


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
    schema: GraphQLSchema,
    values: Mapping[str, str],
    seen: Seen,
    depth: int,
) -> str:
    required = [argument for argument, declared in field.args.items() if is_non_null_type(declared.type)]
    keys = {argument: name if argument == "id" else argument for argument in required}
    keys |= {argument: f"{name}.{argument}" for argument in required if f"{name}.{argument}" in values}
    if missing := sorted(set(keys.values()) - set(values)):
        raise LookupError(f"{parent}.{name}: no value for {missing}: add one to the values in {VALUES}")
    arguments = [f"{argument}: {values[key]}" for argument, key in keys.items()]
    if "first" in field.args and depth < DEPTH:
        arguments.append(f"first: {WITHIN}")
    asked = f"{name}({', '.join(arguments)})" if arguments else name
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return asked if depth >= 0 else f"{parent}_{name}: {asked}"  # distinct from other types' fields of that name
    return f"{asked} {{ {inside(kind, schema, values, seen, depth - 1)} }}"


def inside(kind: GraphQLType, schema: GraphQLSchema, values: Mapping[str, str], seen: Seen, depth: int) -> str:
    if is_abstract_type(kind):
        types = schema.get_possible_types(kind)
        return " ".join([
            "__t: __typename",  # which graphql-core needs to resolve the type when it reads the result
            *(f"... on {one.name} {{ {inside(one, schema, values, seen, -1)} }}" for one in types),
        ])  # fmt: skip
    assert isinstance(kind, GraphQLObjectType)
    leaves = {name for name, field in kind.fields.items() if is_leaf_type(get_named_type(field.type))}
    # Taken before any is gone into, which may lead back to this type by a longer way.
    taken = {name for name in kind.fields if name not in leaves and depth > 0 and (kind.name, name) not in seen}
    seen |= {(kind.name, name) for name in taken}
    asked = {name: field for name, field in kind.fields.items() if name in leaves | taken}
    found = (selected(kind.name, name, field, schema, values, seen, depth) for name, field in asked.items())
    return " ".join(["__typename", *found])
