"""Sends random operations with random arguments and inputs, of the schema's own types, to each view.

None may cause an internal error, and every response must be what the schema says.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import graphql
import pytest
from graphql import GraphQLSchema, StringValueNode
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import mutations, queries

from models.viewers import Audience
from tests.graph.test_boundary_values import SmallServer, schema_of, small_server  # noqa: F401 - a fixture
from tests.support.boundary_values import CURSORS, DATES, DECIMALS, TIMES
from tests.support.conforming import faults_in, with_typenames
from tests.support.small_network import SmallNetwork

EXAMPLES = 150
SEED = 20_260_131
HOW = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
VIEWS = pytest.mark.parametrize("audience", list(Audience), ids=lambda audience: str(audience.name))
OPERATIONS: dict[Audience, st.SearchStrategy[str]] = {}
SENT: Counter[str] = Counter()  # what became of the operations
# They end the session, or the account, that the other operations are sent by.
NOT_SENT = {"signOut", "accountDelete"}
ADDRESSES = ("a@b.example", "A@B.EXAMPLE", "x", "é@b.example", "a@hôpital.example", "@", "a@b\u0000", "a" * 300)


def strings(*values: str) -> st.SearchStrategy[StringValueNode]:
    return st.sampled_from(values).map(lambda value: StringValueNode(value=value))


def scalars(network: SmallNetwork) -> dict[str, st.SearchStrategy[StringValueNode]]:
    """Values of each scalar, of which many find something and many are malformed."""
    literals = [literal.strip('"') for literal in network.values.values()]
    ids = {text for text in literals if re.fullmatch(r"[a-z]{3}_[0-9a-f-]{36}", text)}
    day = st.dates().map(lambda day: StringValueNode(value=day.isoformat()))
    moment = st.datetimes(timezones=st.just(UTC)).map(lambda each: StringValueNode(value=each.isoformat()))
    amount = st.decimals(allow_nan=False, allow_infinity=False, places=2).map(lambda it: StringValueNode(value=str(it)))
    return {
        "ID": strings(*sorted(ids)) | strings("", "x", "com_x", "svy_00000000-0000-4000-8000-000000000000")
        | st.text().map(lambda text: StringValueNode(value=text)),
        "Date": strings(*DATES) | day | strings(datetime.now(UTC).date().isoformat()),
        "DateTime": strings(*TIMES) | moment,
        "Decimal": strings(*DECIMALS) | amount,
        "Cursor": strings(*CURSORS),
        "EmailAddress": strings(*ADDRESSES),
    }  # fmt: skip


def roots(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Each root field of queries and mutations that is sent, with the function that generates its operations."""
    for kind, generate in ((schema.query_type, queries), (schema.mutation_type, mutations)):
        assert kind is not None
        yield from ((name, generate) for name in kind.fields if name not in NOT_SENT)


def operations(server: SmallServer, audience: Audience) -> st.SearchStrategy[str]:
    """Operations of one root field each, of the view's schema as clients have it."""
    if audience not in OPERATIONS:
        schema = graphql.build_schema(graphql.print_schema(schema_of(audience)))
        known = scalars(server.network)
        made = [
            generate(schema, fields=(name,), custom_scalars=known, allow_x00=False) for name, generate in roots(schema)
        ]
        OPERATIONS[audience] = st.sampled_from(made).flatmap(lambda each: each).map(with_typenames)
    return OPERATIONS[audience]


async def send(server: SmallServer, audience: Audience, document: str) -> str:
    """Sends a document, and checks the response. Returns what became of it, for counting."""
    answer = await server.post(audience, document)
    about = f"{document}\n{answer.text[:2_000]}"
    assert answer.status_code in (200, 400), about
    response = answer.json()
    for error in response.get("errors", ()):
        assert error["message"], about
        assert error["extensions"]["code"] != "INTERNAL_SERVER_ERROR", about
    if response.get("data") is None:
        assert response["errors"], about
        return str(response["errors"][0]["extensions"]["code"])
    assert faults_in(schema_of(audience), document, response["data"]) == [], about
    return "refused" if '"userErrors":[{' in answer.text.replace(" ", "") else "answered"


@pytest.mark.slow
@VIEWS
@seed(SEED)
@settings(HOW, max_examples=EXAMPLES)
@given(data=st.data())
async def test_random_operations_fit_the_schema(
    small_server: SmallServer,  # noqa: F811
    audience: Audience,
    data: st.DataObject,
) -> None:
    SENT[await send(small_server, audience, data.draw(operations(small_server, audience)))] += 1


@pytest.mark.slow
def test_random_operations_are_answered_and_refused() -> None:
    """Runs after the tests above: of their operations, many came as far as the database."""
    total = sum(SENT.values())
    assert SENT["answered"] > total / 5, SENT
    assert SENT["refused"] > total / 20, SENT
