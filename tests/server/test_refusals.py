"""Errors of refused operations: their words, and that they run no SQL and repeat no value."""

import json
from typing import Any

import pytest

from models.tracking.treatments import TreatmentKind
from tests.server.test_edge import POST, PUBLIC, WHO, asking, refused
from tests.server.test_limits import bomb
from tests.support.client import ANYBODY, Ask, Caller

A_KIND = f"Expected a value of type 'TreatmentKind': {', '.join(kind.name for kind in TreatmentKind)}."


@pytest.mark.parametrize(
    ("document", "limit", "most"),
    [
        ("{" + "viewer { audience } " * 1_667 + "}", "tokens", 5_000),
        ("# a\n" * 5_001 + WHO, "comments", 5_000),
        ("{" + "a {" * 15 + "b" + "}" * 16, "depth", 15),
        ("{" + " ".join(f"a{n}: viewer {{ audience }}" for n in range(101)) + "}", "aliases", 100),
        ("{ " + "a" * 64 + ": viewer { audience } }", "key_bytes", 63),
        (bomb(18), "selections", 1_500),
        ("{" * 3_000, None, None),
        ("{" + "a {" * 2_000, "nesting", 100),
    ],
)
async def test_a_document_over_a_limit_is_refused_before_any_sql(
    ask: Ask, document: str, limit: str | None, most: int | None
) -> None:
    for _ in range(2):  # the second time from the cache
        status, error = await refused(ask, asking(document))
        assert status == 400
        if limit:
            assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": limit, "most": most} | (
                {"asked": error["extensions"]["asked"]} if "asked" in error["extensions"] else {}
            )
            assert error["message"].endswith(".")
    lenient = await ask.http.post("/graphql", content=asking(document), headers=POST | {"accept": "application/json"})
    assert (lenient.status_code, set(lenient.json())) == (200, {"errors"})


async def test_cyclic_fragments_are_named(ask: Ask) -> None:
    document = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
    status, error = await refused(ask, asking(document))
    assert (status, error["extensions"]["code"]) == (400, "GRAPHQL_VALIDATION_FAILED")
    assert error["message"] == "Cannot spread fragment 'A' within itself via 'B'."


async def test_undefined_fragments_are_named(ask: Ask) -> None:
    status, error = await refused(ask, asking("{ ...X }"))
    assert (status, error["message"]) == (400, "Unknown fragment 'X'.")


async def test_an_unknown_operation_name_is_refused_without_being_repeated(ask: Ask) -> None:
    two = "query A { viewer { audience } } query B { viewer { audience } }"
    for name in ("secret", None):
        status, error = await refused(ask, asking(two, operationName=name))
        assert (status, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
        assert "secret" not in error["message"]
    assert (await ask.http.post("/graphql", content=asking(two, operationName="B"))).status_code == 415
    assert (await ask.http.post("/graphql", content=asking(two, operationName="B"), headers=POST)).json() == PUBLIC


async def test_at_most_twenty_errors_are_reported(ask: Ask) -> None:
    answer = await ask.post(ANYBODY, "{" + " ".join(f"nothing{n}" for n in range(100)) + "}")
    assert len(answer.json()["errors"]) == 21
    assert answer.json()["errors"][-1]["message"].startswith("Too many validation errors")


async def test_a_field_of_another_view_does_not_exist_and_visitors_get_a_hint(
    ask: Ask, laboratory: Caller, anybody: Caller
) -> None:
    answer = await ask.post(anybody, "{ me { region } }")
    assert answer.status_code == 400
    assert answer.json() == {
        "errors": [
            {
                "message": "Cannot query field 'me' on type 'Query'. It may be available after signing in.",
                "locations": [{"line": 1, "column": 3}],
                "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
            }
        ]
    }
    assert ask.statements == []
    answer = await ask.post(laboratory, "{ me { region } }")
    assert answer.json()["errors"][0]["message"] == "Cannot query field 'me' on type 'Query'."


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ('{ community(slug: "x" "planted") { name } }', "Syntax Error: Expected Name, found String."),
        ("{ community(slug: $) planted", "Syntax Error: Expected Name, found ')'."),
        ("planted { viewer }", "Syntax Error: Unexpected Name."),
        ('{ community(slug: "planted) { name } }', "Syntax Error: Unterminated string."),
        ('{ community(slug: "\\uplanted") { name } }', "Syntax Error: Invalid Unicode escape sequence."),
        ('{ communities(first: "planted") { nodes { name } } }', "Expected a value of type 'Int'."),
        (
            '{ treatments(kind: "planted") { nodes { name } } }',
            A_KIND,
        ),
        (
            "{ treatments(kind: planted) { nodes { name } } }",
            A_KIND,
        ),
        (
            "{ treatments(kind: {planted: 1}) { nodes { name } } }",
            A_KIND,
        ),
        ("{ community(slug: 31337) { name } }", "Expected a value of type 'String'."),
        (
            'mutation { signIn(input: {email: "planted@b.c"}) { token } }',
            "Expected a value of type 'SignInInput' to include required field 'password'.",
        ),
        (
            'mutation { signIn(input: {email: "a@b.c", password: "p", zzyzx: "planted"}) { token } }',
            "Type 'SignInInput' has no field 'zzyzx'.",
        ),
        (
            'mutation { signIn(input: {email: 31337, password: "p"}) { token } }',
            "EmailAddress takes an e-mail address.",
        ),
    ],
)
async def test_document_errors_do_not_repeat_the_document(ask: Ask, document: str, message: str) -> None:
    status, error = await refused(ask, asking(document))
    assert (status, error["message"]) == (400, message)
    assert "planted" not in json.dumps(error)


@pytest.mark.parametrize(
    ("declared", "value", "message"),
    [
        ("Int", "planted", "Variable '$v' has an invalid value. Expected a value of type 'Int'."),
        ("Int", 2**31, "Variable '$v' has an invalid value. Expected a value of type 'Int'."),
        ("Int", 1.5, "Variable '$v' has an invalid value. Expected a value of type 'Int'."),
        ("Int", {"planted": 1}, "Variable '$v' has an invalid value. Expected a value of type 'Int'."),
    ],
)
async def test_variable_errors_do_not_repeat_the_value(ask: Ask, declared: str, value: Any, message: str) -> None:
    document = f"query ($v: {declared}) {{ communities(first: $v) {{ nodes {{ name }} }} }}"
    status, error = await refused(ask, asking(document, variables={"v": value}))
    assert (status, error["message"]) == (400, message)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_a_variable_that_is_not_sent_is_missing(ask: Ask) -> None:
    document = "query ($v: String!, $w: [ID!]!) { community(slug: $v) { name } nodes(ids: $w) { id } }"
    answer = await ask.post(ANYBODY, document, {})
    assert [error["message"] for error in answer.json()["errors"]] == [
        "Variable '$v' is missing. Expected a value of type 'String!'.",
        "Variable '$w' is missing. Expected a value of type '[ID!]!'.",
    ]


async def test_a_literal_field_that_its_type_does_not_have_is_named(ask: Ask) -> None:
    for written, message in (
        ("{email: 1, password: 2, zzyzx: 3}", "Type 'SignInInput' has no field 'zzyzx'."),
        (
            '{email: "a@b.example", passwort: "planted"}',
            "Type 'SignInInput' has no field 'passwort'. Did you mean 'password'?",
        ),
    ):
        answer = await ask.post(ANYBODY, f"mutation {{ signIn(input: {written}) {{ token }} }}")
        assert message in [error["message"] for error in answer.json()["errors"]]
        assert "planted" not in answer.text


async def test_variable_errors_name_the_path_within_the_variable(ask: Ask) -> None:
    document = "mutation ($input: SignInInput!) { signIn(input: $input) { token } }"
    for given, message in (
        (
            {"email": 31337, "password": "p"},
            "Variable '$input' has an invalid value at email. EmailAddress takes an e-mail address.",
        ),
        (
            {"email": "a@b.example"},
            "Variable '$input' has an invalid value. Expected a value of type 'SignInInput' to include",
        ),
        (None, "Variable '$input' has an invalid value. Expected a value of type 'SignInInput!'."),
    ):
        status, error = await refused(ask, asking(document, variables={"input": given}))
        assert (status, error["message"][: len(message)]) == (400, message)
        assert "31337" not in json.dumps(error)


async def faults_of(ask: Ask, document: str, **variables: Any) -> list[tuple[str, list[str] | None]]:
    answer = await ask.http.post("/graphql", json={"query": document, "variables": variables})
    errors = answer.json()["errors"]
    assert all(error["extensions"]["code"] == "BAD_USER_INPUT" for error in errors), errors
    return [(error["message"], error["extensions"].get("path")) for error in errors]


REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { userErrors { code } } }"
FITTING = {"email": "a@b.example", "password": "p", "pseudonym": "A", "kind": "PATIENT", "noticeVersion": "1",
           "termsVersion": "1"}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "place", "expected"),
    [
        ({"kind": "planted"}, "kind", "Expected a value of type 'MemberKind': PATIENT, RELATIVE, ASSOCIATION."),
        ({"kind": 31337}, "kind", "Expected a value of type 'MemberKind': PATIENT, RELATIVE, ASSOCIATION."),
        ({"kind": None}, "kind", "Expected a value of type 'MemberKind!': PATIENT, RELATIVE, ASSOCIATION."),
        ({"birthYear": "planted"}, "birthYear", "Expected a value of type 'Int'."),
        ({"birthYear": 2**31}, "birthYear", "Expected a value of type 'Int'."),
        ({"pseudonym": ["planted"]}, "pseudonym", "Expected a value of type 'String'."),
        ({"email": 31337}, "email", "EmailAddress takes an e-mail address."),
        ({"birthYaer": "planted"}, "birthYaer", "Type 'RegisterInput' has no such field. Did you mean 'birthYear'?"),
        ({"zzyzx_9": "planted"}, "zzyzx_9", "Type 'RegisterInput' has no such field."),
        ({"I was planted.": 1}, "", "Type 'RegisterInput' has no such field."),
        ({"x" * 64: "planted"}, "", "Type 'RegisterInput' has no such field."),
    ],
)
async def test_a_misfitting_field_of_a_variable_is_named(
    ask: Ask, changed: dict[str, Any], place: str, expected: str
) -> None:
    [(message, path)] = await faults_of(ask, REGISTER, input=FITTING | changed)
    where = f" at {place}" if place else ""
    assert message == f"Variable '$input' has an invalid value{where}. {expected}"
    assert path == (["input", place] if place else None)
    assert "planted" not in message


async def test_every_misfitting_field_of_variables_is_named(ask: Ask, manager: Caller) -> None:
    document = (
        "mutation ($input: SurveyCreateInput!, $n: Int) { surveyCreate(input: $input) { userErrors { code } }"
        " again: surveyCreate(input: $input) { query { communities(first: $n) { nodes { id } } } } }"
    )
    question = {"key": "a", "text": "?", "kind": "planted", "required": "planted", "options": [{"label": "planted"}]}
    given = {"title": 31337, "description": "", "closesOn": "2999-01-01", "questions": [question], "offeredTo": ["x"]}
    answer = await ask(manager, document, {"input": given, "n": "planted"})
    assert sorted(".".join(error["extensions"].get("path", ["$n"])) for error in answer["errors"]) == [
        "$n",
        "input.community",
        "input.offeredTo.0",
        "input.questions.0.kind",
        "input.questions.0.options.0.code",
        "input.questions.0.required",
        "input.title",
    ]
    assert not any(word in json.dumps(answer) for word in ("planted", "31337"))


@pytest.mark.parametrize(
    ("document", "column"),
    [
        ("{ }", 3),
        ("{}", 2),
        ("query Q { viewer { } }", 20),
        ("{ viewer { audience ... { } } }", 27),
        ("{ viewer { ... on Viewer { } } }", 28),
        ("{ viewer { ...F } } fragment F on Viewer { }", 44),
        ("{ viewer { audience } } fragment Unused on Viewer { }", 53),
        ("mutation { }", 12),
        ("mutation { signOut { } }", 22),
        ("{ __schema { } }", 14),
    ],
)
async def test_an_empty_selection_is_refused(ask: Ask, document: str, column: int) -> None:
    status, error = await refused(ask, asking(document))
    assert (status, error["message"]) == (400, "Syntax Error: Expected Name, found '}'.")
    assert error["locations"] == [{"line": 1, "column": column}]
    assert error["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ me { id } }", "Cannot query field 'me' on type 'Query'. It may be available after signing in."),
        ("{ vieweer { audience } }", "Cannot query field 'vieweer' on type 'Query'. Did you mean 'viewer'?"),
        ('{ node(id: "x") { ... on Post { id } } }', "Unknown type 'Post'. It may be available after signing in."),
        (
            "subscription { notificationAdded { id } }",
            "The subscription operation is not supported by the schema. Subscriptions are available after signing in.",
        ),
    ],
)
async def test_what_needs_signing_in_says_so_unless_another_name_was_meant(
    ask: Ask, document: str, message: str
) -> None:
    _, error = await refused(ask, asking(document))
    assert error["message"] == message


async def test_a_browser_that_opens_the_endpoint_is_sent_to_graphiql(ask: Ask) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "sec-fetch-site": "none"}
    answer = await ask.http.get("/graphql", headers=browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/graphiql")
    query = {"query": "{ viewer { audience } }"}
    refusal = (await ask.http.get("/graphql", params=query, headers=browser)).json()["errors"][0]
    assert "/graphiql" in refusal["message"]
    assert "GraphQL-Require-Preflight: 1" in refusal["message"]
    assert (await ask.http.post("/graphql", json=query, headers=browser)).json() == {
        "data": {"viewer": {"audience": "PUBLIC"}}
    }


async def test_a_text_with_a_null_character_is_refused(ask: Ask) -> None:
    for body in (
        asking('{ community(slug: "\\u0000") { name } }'),
        asking("query ($s: String!) { community(slug: $s) { name } }", variables={"s": "a\x00"}),
    ):
        status, error = await refused(ask, body)
        assert (status, error["message"]) == (400, "Strings must not contain the character U+0000.")


async def test_a_missing_object_is_null_without_an_error(ask: Ask, patient: Caller, anybody: Caller) -> None:
    assert await ask(anybody, '{ community(slug: "nowhere") { name } }') == {"data": {"community": None}}
    for id in ("", "nonsense", "com_", "com_nonsense", "com_00000000-0000-4000-8000-000000000000", "'; --"):
        query = "query ($id: ID!) { node(id: $id) { id } }"
        assert await ask(anybody, query, {"id": id}) == {"data": {"node": None}}
        query = "query ($id: ID!) { discussion(id: $id) { title } }"
        assert await ask(patient, query, {"id": id}) == {"data": {"discussion": None}}


@pytest.mark.parametrize("first", [0, -1, 101, 1_000_000])
async def test_a_page_has_from_1_to_100_rows(ask: Ask, first: int) -> None:
    for body in (
        asking(f"{{ communities(first: {first}) {{ nodes {{ name }} }} }}"),
        asking("query ($n: Int) { communities(first: $n) { nodes { name } } }", variables={"n": first}),
    ):
        status, error = await refused(ask, body)
        assert (status, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
        assert "100" in error["message"]


async def test_an_invalid_cursor_is_refused_without_being_repeated(ask: Ask) -> None:
    for cursor in ("planted", "", "e30", "W10", "x" * 5_000):
        query = "query ($after: Cursor) { communities(after: $after) { nodes { name } } }"
        status, error = await refused(ask, asking(query, variables={"after": cursor}))
        assert (status, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
        assert "planted" not in error["message"]
