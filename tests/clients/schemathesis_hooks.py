"""Tells schemathesis what the graph's scalars look like, and which responses are correct. Runs in .venv/conformance."""

from typing import Any

import schemathesis  # type: ignore[import-not-found, unused-ignore]
from hypothesis import strategies as st
from schemathesis.graphql import nodes  # type: ignore[import-not-found, unused-ignore]

TYPES = ("application/json", "application/graphql-response+json")
# The schema cannot express every rule, such as the range of `first`: a response may refuse a value, with one of these.
REFUSALS = {
    "BAD_USER_INPUT",
    "FORBIDDEN",
    "GRAPHQL_VALIDATION_FAILED",
    "INVALID",
    "LIMIT_EXCEEDED",
    "NOT_FOUND",
    "UNAUTHENTICATED",
}

schemathesis.graphql.scalar("Cursor", st.text(max_size=40).map(nodes.String))
schemathesis.graphql.scalar("Decimal", st.decimals(allow_nan=False, allow_infinity=False).map(str).map(nodes.String))
schemathesis.graphql.scalar("EmailAddress", st.emails().map(nodes.String))


def answers_or_refuses(context: Any, response: Any, case: Any) -> None:
    """A response has data, or errors that each say why by a code; it is never an internal error."""
    assert response.status_code == 200, f"the status is {response.status_code}"
    assert response.headers["content-type"][0].split(";")[0] in TYPES
    body = response.json()
    errors = body.get("errors")
    assert set(body) <= {"data", "errors", "extensions"}
    assert "data" in body or errors, "there are neither data nor errors"
    codes = [error["extensions"]["code"] for error in errors or []]
    assert set(codes) <= REFUSALS, f"the codes are {codes}"
    assert errors is None or (errors and all(error["message"] for error in errors))


schemathesis.check(answers_or_refuses)
