"""Documents that the GraphQL specification forbids are refused by the server, before any SQL runs."""

import pytest

from tests.support.client import Ask, Caller

NODES = "{ nodes { slug } }"
POST = 'mutation { postAdd(input: {discussion: "x", body: "y"'

# The section of the specification, and documents that break its rule.
LANGUAGE = {
    "Language": ["{ viewer { audience } } \x01", "{ viewer { audience } } ?", "{ viewer { audience } "],
    "Descriptions": ['"d" { viewer { audience } }'],
    "Selection Sets": ["{ }", "query Q"],
    "Arguments": ["{ communities() { nodes { slug } } }"],
    "Fragments": ["fragment on on Query { __typename }", "{ ...on }"],
    "Int Value": [
        f"{{ communities(first: {number}) {NODES} }}" for number in ("00", "01", "1a", "0x1", "1.", "1_0", "-", "+1")
    ],
    "Float Value": [f"{{ communities(first: {number}) {NODES} }}" for number in ("1.0.0", "1.5a", "01.5", ".5", "1e")],
    "String Value": [
        f"{{ node(id: {text}) {{ id }} }}"
        for text in ('"', '"a\nb"', r'"\x"', r'"\u12"', r'"\uD800"', r'"\u{110000}"', r'"\uDC00\uD800"', '"""a')
    ],
    "Enum Value": ["query ($a: K = $b) { viewer { audience } }"],
    "Variables": ["query ($: Int) { viewer { audience } }", "query ($a: Int = $b) { viewer { audience } }"],
}
VALIDATION = {
    "Executable Definitions": [
        "{ viewer { audience } } type T { id: ID }",
        "{ viewer { audience } } extend type Query { x: Int }",
    ],
    "Operation Name Uniqueness": ["query A { viewer { audience } } query A { __typename }"],
    "Lone Anonymous Operation": ["{ viewer { audience } } query A { __typename }"],
    "Single Root Field": [
        "subscription { a: notificationAdded { kind } b: notificationAdded { kind } }",
        "subscription { __typename }",
        "subscription { notificationAdded @include(if: true) { kind } }",
        "subscription { ...F } fragment F on Subscription { notificationAdded { kind } x: notificationAdded { kind } }",
    ],
    "Field Selections": ["{ viewer { nothing } }", "{ node(id: 1) { kind } }", "{ nothing }"],
    "Field Selection Merging": [
        "{ viewer { a: audience a: __typename } }",
        f"{{ communities(first: 1) {NODES} communities(first: 2) {NODES} }}",
        "{ node(id: 1) { ... on Post { x: body } ... on Community { x: memberCount } } }",
    ],
    "Leaf Field Selections": ["{ viewer { audience { x } } }", "{ viewer }"],
    "Argument Names": [
        f"{{ communities(nothing: 1) {NODES} }}",
        "{ viewer { audience @include(if: true, nothing: 1) } }",
    ],
    "Argument Uniqueness": [f"{{ communities(first: 1, first: 1) {NODES} }}"],
    "Required Arguments": ["{ node { id } }", "{ node(id: null) { id } }", "{ viewer { audience @skip } }"],
    "Fragment Name Uniqueness": ["{ ...F } fragment F on Query { __typename } fragment F on Query { __typename }"],
    "Fragment Spread Type Existence": ["{ ... on Nothing { id } }", "{ ...F } fragment F on Nothing { id }"],
    "Fragments on Object, Interface or Union Types": [
        "{ viewer { ... on Audience { x } } }",
        "{ viewer { ...F } } fragment F on Int { x }",
        "{ viewer { ... on PostAddInput { body } } }",
    ],
    "Fragments Must Be Used": ["{ __typename } fragment F on Query { __typename }"],
    "Fragment Spread Target Defined": ["{ ...F }"],
    "Fragment Spreads Must Not Form Cycles": [
        "{ ...F } fragment F on Query { ...F }",
        "{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }",
    ],
    "Fragment Spread Is Possible": [
        "{ viewer { ... on Community { slug } } }",
        "{ node(id: 1) { ... on Viewer { x } } }",
    ],
    "Values of Correct Type": [
        f"{{ communities(first: {value}) {NODES} }}" for value in ('"1"', "1.5", "true", "2147483648", "ONE", "[1, 2]")
    ],
    "Input Object Field Names": [f"{POST}, nothing: 1}}) {{ userErrors {{ code }} }} }}"],
    "Input Object Field Uniqueness": [f'{POST}, body: "z"}}) {{ userErrors {{ code }} }} }}'],
    "Input Object Required Fields": [
        "mutation { postAdd(input: {body: null}) { userErrors { code } } }",
        'mutation { postAdd(input: {body: "y"}) { userErrors { code } } }',
    ],
    "Directives Are Defined": ["{ viewer @nothing { audience } }"],
    "Directives Are in Valid Locations": [
        "query @include(if: true) { __typename }",
        '{ __typename @deprecated(reason: "x") }',
    ],
    "Directives Are Unique per Location": ["{ __typename @skip(if: true) @skip(if: false) }"],
    "Variable Uniqueness": [f"query ($a: Int, $a: Int) {{ communities(first: $a) {NODES} }}"],
    "Variables Are Input Types": ["query ($a: Community) { node(id: $a) { id } }", "query ($a: [Me!]) { __typename }"],
    "All Variable Uses Defined": [
        f"{{ communities(first: $a) {NODES} }}",
        f"{{ ...F }} fragment F on Query {{ communities(first: $a) {NODES} }}",
        f"query A ($a: Int) {{ ...F }} query B {{ ...F }} fragment F on Query {{ communities(first: $a) {NODES} }}",
    ],
    "All Variables Used": ["query ($a: Int) { __typename }"],
    "All Variable Usages Are Allowed": [
        "query ($a: ID) { node(id: $a) { id } }",
        f"query ($a: String) {{ communities(first: $a) {NODES} }}",
        f"query ($a: [Int]) {{ communities(first: $a) {NODES} }}",
        "query ($a: ID) { nodes(ids: [$a]) { id } }",
    ],
}


def of(rules: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(section, document) for section, documents in rules.items() for document in documents]


async def code_of(ask: Ask, who: Caller, document: str) -> str:
    """The code with which a document is refused; it must have no data and must not reach the database."""
    await ask(who, "{ __typename }")
    ask.statements.clear()
    answer = await ask.http.post("/graphql", json={"query": document}, headers=who.headers | ACCEPT)
    assert (answer.status_code, set(answer.json())) == (400, {"errors"}), document
    assert ask.statements == [], document
    (code,) = {error["extensions"]["code"] for error in answer.json()["errors"]}
    return str(code)


ACCEPT = {"accept": "application/graphql-response+json"}


@pytest.mark.parametrize(("section", "document"), of(LANGUAGE))
async def test_a_text_that_is_no_document_is_a_syntax_error(
    ask: Ask, patient: Caller, section: str, document: str
) -> None:
    assert await code_of(ask, patient, document) == "GRAPHQL_PARSE_FAILED", section


@pytest.mark.parametrize(("section", "document"), of(VALIDATION))
async def test_a_document_that_breaks_a_rule_is_not_executed(
    ask: Ask, patient: Caller, section: str, document: str
) -> None:
    assert await code_of(ask, patient, document) == "GRAPHQL_VALIDATION_FAILED", section
