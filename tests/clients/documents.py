"""Named operations of each view, for generators: the golden ones, and one for each mutation and subscription."""

import re
from collections.abc import Iterator

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type

from models.viewers import Audience
from tests.golden.pairs import pairs


def operations(schema: GraphQLSchema, audience: Audience) -> dict[str, str]:
    """Name to operation."""
    found = {}
    for pair in pairs():
        if pair.audience is audience:
            name = "".join(word.capitalize() for word in pair.name.split("_"))
            body = pair.text.split("\n", 1)[1]  # without the line that names the view
            found[name] = re.sub(r"\A\s*(?:query\s*(?:\w+)?)?", f"query {name} ", body)
    for root in (schema.mutation_type, schema.subscription_type):
        found |= dict(of_root(root)) if root else {}
    return found


def of_root(root: GraphQLObjectType) -> Iterator[tuple[str, str]]:
    for field, declared in root.fields.items():
        name = f"{root.name}{field[0].upper()}{field[1:]}"
        variables = ", ".join(f"${argument}: {about.type}" for argument, about in declared.args.items())
        arguments = ", ".join(f"{argument}: ${argument}" for argument in declared.args)
        selected = "__typename"
        kind = get_named_type(declared.type)
        if isinstance(kind, GraphQLObjectType):
            leaves = [each for each, about in kind.fields.items() if is_leaf_type(get_named_type(about.type))]
            errors = " userErrors { code message path }" if "userErrors" in kind.fields else ""
            selected = " ".join([selected, *leaves]) + errors
        given = f"({variables})" if variables else "", f"({arguments})" if arguments else ""
        yield name, f"{root.name.lower()} {name}{given[0]} {{ {field}{given[1]} {{ {selected} }} }}"
