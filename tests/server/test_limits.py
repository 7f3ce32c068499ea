"""Documents compared with the limits: what is refused, in which words, and what is accepted."""

import orjson
import pytest
from graphql import parse

from server.operations.errors import RequestError
from server.operations.limits import Analysis, analyse, check_variables
from settings import Limits

LIMITS = Limits()


def refused(text: str) -> dict[str, object]:
    """The extensions of a document's refusal."""
    with pytest.raises(RequestError) as caught:
        analyse(parse(text), LIMITS)
    errors = orjson.loads(caught.value.body)["errors"]
    assert len(errors) == 1
    assert caught.value.status == 400
    extensions: dict[str, object] = errors[0]["extensions"]
    return extensions


def over(limit: str, most: int, asked: int | None = None) -> dict[str, object]:
    extensions: dict[str, object] = {"code": "LIMIT_EXCEEDED", "limit": limit, "most": most}
    return extensions if asked is None else extensions | {"asked": asked}


def nested(levels: int, inmost: str = "id") -> str:
    return "{" + "a {" * (levels - 1) + inmost + "}" * levels


def bomb(levels: int) -> str:
    """Fragments that each spread the next one twice."""
    doubled = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    return "\n".join(["{ ...F0 }", *doubled, f"fragment F{levels} on Query {{ id }}"])


@pytest.mark.parametrize(
    ("text", "extensions"),
    [
        (nested(16), over("depth", 15, 16)),
        ("{ a { ...F } } fragment F on A " + nested(15), over("depth", 15, 16)),
        ("{ a { ... on A { ...F } } } fragment F on A " + nested(15), over("depth", 15, 16)),
        ("{" + " ".join(f"a{n}: id" for n in range(101)) + "}", over("aliases", 100, 101)),
        ("{ id } " + " ".join(f"fragment F{n} on A {{ id }}" for n in range(51)), over("fragments", 50, 51)),
        ("{" + " ".join(f"f{n}" for n in range(401)) + "}", over("fields", 400, 401)),
        (
            "{ a { ...F } a { ...G } } fragment F on A {" + " ".join(f"f{n}" for n in range(200)) + "}"
            "fragment G on A {" + " ".join(f"g{n}" for n in range(201)) + "}",
            over("fields", 400, 401),
        ),
        ("{ " + "k" * 64 + ": id }", over("key_bytes", 63, 64)),
        ("{ " + "k" * 64 + " }", over("key_bytes", 63, 64)),
        ("{ id(" + "k" * 64 + ": 1) }", over("key_bytes", 63, 64)),
        ("{ id " + "@skip(if: true) " * 9 + "}", over("directives", 8, 9)),
        ("query " + "@a " * 9 + "{ id }", over("directives", 8, 9)),
        ("{ id(in: [" + "1 " * 101 + "]) }", over("input_list", 100, 101)),
        ("query ($v: [Int] = [" + "1 " * 101 + "]) { id }", over("input_list", 100, 101)),
        ("{" + "id " * 101 + "}", over("repetitions", 5_000)),
        (bomb(18), over("selections", 1_500, 786_431)),
        (bomb(49), over("selections", 1_500, 1_000_000)),
        (
            " ".join(f"query Q{n} {{ ...F }}" for n in range(30))
            + " fragment F on A {"
            + " ".join(f"f{n}" for n in range(50))
            + "}",
            over("selections", 1_500, 1_530),
        ),
        ("{" + "... {" * 100 + "id" + "}" * 101, over("nesting", 100, 101)),
        (
            "{ ...F0 }"
            + " ".join(f"fragment F{n} on A {{" + "... {" * 9 + f"...F{n + 1}" + "}" * 10 for n in range(11))
            + "fragment F11 on A { id }",
            over("nesting", 100, 101),
        ),
        ("{ __schema {" + "a {" * 29 + "b" + "}" * 31, over("introspection_depth", 30, 31)),
        ("{ __schema {" + " ".join(f"a{n}: types {{ name }}" for n in range(11)) + "} }", over("aliases", 10, 11)),
        ("mutation {" + " ".join(f"a{n}: signOut" for n in range(11)) + "}", over("mutations", 10, 11)),
        ('{ id(is: "a\\u0000") }', {"code": "BAD_USER_INPUT"}),
    ],
)
def test_a_document_over_a_limit_is_refused_with_the_limit_and_its_value(
    text: str, extensions: dict[str, object]
) -> None:
    assert refused(text) == extensions


@pytest.mark.parametrize(
    "text",
    [
        nested(15),
        "{" + " ".join(f"a{n}: id" for n in range(100)) + "}",
        "{" + " ".join(f"f{n}" for n in range(400)) + "}",
        "{ " + "k" * 63 + ": id }",
        "{ id " + "@skip(if: true) " * 8 + "}",
        "{ id(in: [" + "1 " * 100 + "]) }",
        "{" + "id " * 100 + "}",
        "{ ...Nowhere }",
    ],
)
def test_a_document_at_a_limit_is_accepted(text: str) -> None:
    assert analyse(parse(text), LIMITS) == Analysis()


def test_introspection_has_a_separate_deeper_limit() -> None:
    deep = "__schema {" + "a {" * 19 + "b" + "}" * 20
    assert analyse(parse("{" + deep + "}"), LIMITS) == Analysis(introspects=True, only_introspects=True)
    assert analyse(parse("{ __typename " + deep + "}"), LIMITS) == Analysis(introspects=True, only_introspects=True)
    assert analyse(parse("{ me " + deep + "}"), LIMITS) == Analysis(introspects=True, only_introspects=False)
    aliased = "{ __schema: me ...F } fragment F on Query { __type }"
    assert analyse(parse(aliased), LIMITS) == Analysis(introspects=True, only_introspects=False)
    assert analyse(parse("{ __typename }"), LIMITS) == Analysis()


@pytest.mark.parametrize(
    "text",
    [
        "{ ...A } fragment A on Q { ...B } fragment B on Q { ...A }",
        "{ id } fragment A on Q { a { ...A } }",
        "{ ...F } fragment F on Q { id } fragment F on Q { id }",
    ],
)
def test_cyclic_and_undefined_fragments_are_distinguished(text: str) -> None:
    assert analyse(parse(text), LIMITS) == Analysis(sound=False)


def test_fragments_that_spread_each_other_are_checked_in_linear_time() -> None:
    # Following every path through them would not end.
    each = " ".join(f"...F{n}" for n in range(50))
    text = "{ ...F0 }" + " ".join(f"fragment F{n} on Q {{ {each} }}" for n in range(50))
    assert analyse(parse(text), LIMITS) == Analysis(sound=False)


def test_the_values_of_all_variables_are_counted() -> None:
    assert check_variables({"a": 1, "b": [1, [2]], "c": {"d": {"e": 1}}}, LIMITS) == 8
    assert check_variables({"a": [[1] * 100] * 100}, LIMITS, 150) == 201  # and not 10,101
    most = LIMITS.input_values
    assert check_variables(dict.fromkeys(map(str, range(most))), LIMITS) == most
    lists = {"v": [[[1] * 100] * 100] * 4}
    for variables in (dict.fromkeys(map(str, range(most + 1))), lists, {"v": dict.fromkeys(map(str, range(most)))}):
        with pytest.raises(RequestError) as caught:
            check_variables(variables, LIMITS)
        error = orjson.loads(caught.value.body)["errors"][0]["extensions"]
        assert error == {"code": "LIMIT_EXCEEDED", "limit": "input_values", "most": most}


def test_variables_have_limits_too() -> None:
    check_variables({"a": ["x"] * 100, "b": {"c": [[1], [2]]}}, LIMITS)
    for variables in ({"a": [1] * 101}, {"a": {"b": [{"c": [1] * 101}]}}):
        with pytest.raises(RequestError) as caught:
            check_variables(variables, LIMITS)
        assert orjson.loads(caught.value.body)["errors"][0]["extensions"] == over("input_list", 100, 101)
    with pytest.raises(RequestError) as caught:
        check_variables({"a": [{"b": "secret\x00"}]}, LIMITS)
    assert caught.value.codes == ("BAD_USER_INPUT",)
    assert b"secret" not in caught.value.body
