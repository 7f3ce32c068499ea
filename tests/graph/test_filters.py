"""Filters by one object: an unknown one matches nothing, and is refused where it would be subscribed to."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import get_named_type, is_list_type

from models.viewers import Audience
from tests.graph.test_boundary_values import SmallServer, schema_of, small_server  # noqa: F401 - a fixture
from tests.support.boundary_values import nullable, paths_to_types
from tests.support.small_network import SmallNetwork

NOWHERE = "00000000-0000-4000-8000-000000000000"
SEARCHES = {"search"}  # of words


def filters(audience: Audience, values: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Each argument of a list that is the id or slug of one object: its name, its description, and a document."""
    schema = schema_of(audience)
    assert schema.query_type is not None
    for kind, (before, after) in paths_to_types(schema, schema.query_type, values).items():
        for name, field in schema.type_map[kind].fields.items():  # type: ignore[attr-defined]
            of = get_named_type(field.type)
            listed = is_list_type(nullable(field.type)) or of.name.endswith("Connection")
            for argument, declared in field.args.items():
                one = nullable(declared.type)
                if not listed or is_list_type(one) or one.name not in ("String", "ID") or argument in SEARCHES:
                    continue
                selection = "nodes { __typename }" if of.name.endswith("Connection") else "__typename"
                others = "".join(
                    f", {each}: {values[each]}"
                    for each, other in field.args.items()
                    if each != argument and str(other.type).endswith("!")
                )
                call = f"{name}({argument}: $value{others}) {{ {selection} }}"
                document = f"query ($value: {declared.type}) {{ {before}{call}{after} }}"
                yield f"{kind}.{name}.{argument}", declared.description or "", document


def lists_in(answer: Any) -> Iterator[list[Any]]:
    for value in answer.values() if isinstance(answer, dict) else answer:
        if isinstance(value, dict):
            yield from lists_in(value)
        elif isinstance(value, list):
            yield value
            yield from lists_in(value)


@pytest.mark.parametrize("audience", list(Audience), ids=lambda audience: str(audience.name))
async def test_an_unknown_object_matches_nothing(small_server: SmallServer, audience: Audience) -> None:  # noqa: F811
    network: SmallNetwork = small_server.network
    tried = 0
    for name, description, document in filters(audience, network.values):
        kind = "id" if "$value: ID" in document else "slug"
        assert description.endswith(f"An unknown {kind} matches nothing."), name
        for value in ("", "nowhere", "RARE", f"com_{NOWHERE}", f"ind_{NOWHERE}", "\u202e", "x" * 10_000):
            answer = await small_server.server.ask(small_server.callers[audience], document, {"value": value})
            assert "errors" not in answer, (name, answer)
            innermost = list(lists_in(answer["data"]))[-1:]
            assert innermost in ([[]], []), (name, value, answer)
            tried += 1
    assert tried >= {Audience.PUBLIC: 14, Audience.PATIENT: 28}.get(audience, 14)


def test_a_subscription_says_that_an_unknown_object_is_refused() -> None:
    for audience in Audience:
        root = schema_of(audience).subscription_type
        for name, field in root.fields.items() if root else ():
            for argument, declared in field.args.items():
                assert " is refused." in (declared.description or ""), f"{name}.{argument}"
