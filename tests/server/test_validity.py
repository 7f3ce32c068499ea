"""What is found wrong with a document is what graphql-core's `validate` finds."""

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate
from graphql.validation import ASTValidationRule
from graphql.validation.validation_context import VariableUsageVisitor

from server.operations.expectations import RULES
from server.operations.validity import faults

SCHEMA = build_schema(
    """
    directive @once on FIELD | QUERY
    directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
    directive @stream(if: Boolean! = true, label: String, initialCount: Int = 0) on FIELD
    interface Named { name: String }
    type Person implements Named { name: String age(unit: Unit, near: Range): Int friends: [Person] of(id: ID!): Named }
    type Place implements Named { name: String visits: Int }
    enum Unit { DAY YEAR }
    input Range { low: Int! high: Int }
    type Query { me: Person, any: Named }
    type Mutation { leave: Person }
    type Subscription { joined: Person, left: Person }
    """
)
VALID = """
    query A($unit: Unit = DAY, $id: ID!, $yes: Boolean!) @once {
      me { ...person again: age(unit: $unit, near: {low: 1}) of(id: $id) { ... on Place { visits } } }
      any @include(if: $yes) { name ...on Person { friends { name } } }
      __schema { types { name } }
    }
    mutation B { leave { ...person } }
    subscription C { joined { name } }
    fragment person on Person { name friends @skip(if: false) { friends { age(unit: YEAR) } } }
"""
# By the rule, a document that breaks it.
BROKEN = {
    "ExecutableDefinitionsRule": "{ me { name } } type Other { name: String }",
    "KnownOperationTypesRule": "mutation { leave { name } }",
    "UniqueOperationNamesRule": "query A { me { name } } query A { any { name } }",
    "LoneAnonymousOperationRule": "{ me { name } } query A { any { name } }",
    "SingleFieldSubscriptionsRule": "subscription { joined { name } left { name } }",
    "KnownTypeNamesRule": "{ any { ... on Nobody { name } } }",
    "FragmentsOnCompositeTypesRule": "{ any { ... on Unit { name } } }",
    "VariablesAreInputTypesRule": "query ($a: Person) { me { name } }",
    "ScalarLeafsRule": "{ me }",
    "FieldsOnCorrectTypeRule": "{ me { friends { visits } } }",
    "UniqueFragmentNamesRule": "{ me { ...a } } fragment a on Person { name } fragment a on Person { name }",
    "KnownFragmentNamesRule": "{ me { ...a } }",
    "NoUnusedFragmentsRule": "{ me { name } } fragment a on Person { name }",
    "PossibleFragmentSpreadsRule": "{ me { ... on Place { name } } }",
    "NoFragmentCyclesRule": "{ me { ...a } } fragment a on Person { friends { ...a } }",
    "UniqueVariableNamesRule": "query ($a: Unit, $a: Unit) { me { age(unit: $a) } }",
    "NoUndefinedVariablesRule": "{ me { ...a } } fragment a on Person { age(unit: $a) }",
    "NoUnusedVariablesRule": "query ($a: Unit) { me { name } }",
    "KnownDirectivesRule": "{ me { name @nothing } }",
    "UniqueDirectivesPerLocationRule": "{ me { name @once @once } }",
    "DeferStreamDirectiveOnRootField": "mutation { ... @defer { leave { name } } }",
    "DeferStreamDirectiveOnValidOperationsRule": "subscription { joined { ... @defer { name } } }",
    "DeferStreamDirectiveLabel": "query ($a: String) { me { ... @defer(label: $a) { name } } }",
    "StreamDirectiveOnListField": "{ me { name @stream } }",
    "KnownArgumentNamesRule": "{ me { age(other: 1) } }",
    "UniqueArgumentNamesRule": "{ me { age(unit: DAY, unit: DAY) } }",
    "ValuesWithoutRepeating": "{ me { age(near: {low: 1, high: {}}) } }",
    "ProvidedRequiredArgumentsRule": "{ me { of { name } } }",
    "VariablesInAllowedPositionRule": "query ($a: ID) { me { of(id: $a) { name } } }",
    "OverlappingFieldsCanBeMergedRule": "{ me { a: name ...b } } fragment b on Person { a: age }",
    "UniqueInputFieldNamesRule": "{ me { age(near: {low: 1, low: 1}) } }",
    "MaxIntrospectionDepthRule": "{ __schema { types { fields { type { fields { type { fields { type "
    "{ fields { name } } } } } } } } } }",
}
WITHOUT_MUTATIONS = build_schema("type Query { me: Person } type Person { name: String }")


EVERYTHING = " ".join(text.replace("query A", f"query Q{at}A") for at, text in enumerate(BROKEN.values()))
MOST = 20


def expect_same(schema: GraphQLSchema, text: str, rules: tuple[type[ASTValidationRule], ...] = RULES) -> int:
    """The number of a document's errors, all of which are those that graphql-core finds, in their order."""
    document = parse(text)
    for most, hidden in ((MOST, False), (MOST, True), (1, True)):
        theirs = validate(schema, document, rules, max_errors=most, hide_suggestions=hidden)
        ours = faults(schema, document, rules, most, hide_suggestions=hidden)
        assert [each.formatted for each in ours] == [each.formatted for each in theirs]
    return len(ours)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_each_rule_is_asked(rule: type[ASTValidationRule]) -> None:
    schema = WITHOUT_MUTATIONS if rule.__name__ == "KnownOperationTypesRule" else SCHEMA
    assert expect_same(schema, BROKEN[rule.__name__], (rule,))
    assert expect_same(schema, BROKEN[rule.__name__])
    assert not expect_same(SCHEMA, VALID, (rule,))


def test_no_rule_looks_at_names() -> None:
    """What is found wrong with a document would be less if one did: the walk passes them over."""
    named = [f"{when}_name" for when in ("enter", "leave")]
    assert not [rule for rule in (*RULES, VariableUsageVisitor) for each in named if hasattr(rule, each)]


def test_a_document_that_breaks_no_rule_is_valid() -> None:
    assert not expect_same(SCHEMA, VALID)


def test_all_errors_are_in_order_and_there_are_at_most_so_many() -> None:
    document = parse(EVERYTHING)
    assert expect_same(SCHEMA, EVERYTHING) == 2
    found = faults(SCHEMA, document, RULES, MOST, hide_suggestions=True)
    assert len(found) == MOST + 1
    assert found[-1].message.endswith("Validation aborted.")
    assert found[-1].__traceback__ is None
    theirs, ours = (
        validate(SCHEMA, document, RULES, 10_000),
        faults(SCHEMA, document, RULES, 10_000, hide_suggestions=False),
    )
    assert [each.formatted for each in ours] == [each.formatted for each in theirs]
    assert len(ours) > len(BROKEN)


def test_a_rule_looks_on_after_what_it_skips() -> None:
    """Of a wrong value, nothing within is looked at; of the next one, all."""
    rules = tuple(rule for rule in RULES if "Values" in rule.__name__)
    assert expect_same(SCHEMA, "{ me { age(near: {low: 1, high: 2}) of(id: {}) { name } } }", rules) == 1


def test_fragments_nested_too_deeply_are_not_valid() -> None:
    deep = "".join(f"fragment f{at} on Person {{ friends {{ ...f{at + 1} }} }} " for at in range(2_000))
    document = parse(f"{{ me {{ ...f0 }} }} {deep} fragment f2000 on Person {{ name }}")
    assert validate(SCHEMA, document, RULES)
    assert faults(SCHEMA, document, RULES, MOST, hide_suggestions=True)
