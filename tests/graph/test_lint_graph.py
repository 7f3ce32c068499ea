"""The rules for the graph's names and descriptions: the views follow them, and each rule catches what it should."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from graphql import GraphQLError

from commands.lint_graph import EXCEPTIONS, NAMED, faults, prose_faults
from commands.sdl import printed
from planner.declare import graph_enum, graph_type, sql
from privacy.described import DescribedEnum
from resolvers.identity.webhooks import KEPT_DAYS
from schema.access import PUBLIC
from schema.mutations import STORED_HOURS

ROOT = Path(__file__).parents[2]

SOUND = '''
"""The queries."""
type Query {
  """Members, by name."""
  members(
    """Number of members to return."""
    first: Int
    """Return the members after this cursor."""
    after: Cursor
  ): MemberConnection!
  """The object with an id."""
  node(
    """The id."""
    id: ID!
  ): Node
}

"""An object with an id."""
interface Node {
  """Opaque identifier."""
  id: ID!
}

"""A member."""
type Member implements Node {
  """Opaque identifier."""
  id: ID!
  """Kind of member."""
  kind: MemberKind!
}

"""The kind of a member."""
enum MemberKind {
  """A patient."""
  PATIENT
  """A relative of a patient."""
  A_RELATIVE
}

"""A page of members."""
type MemberConnection {
  """The members, with cursors."""
  edges: [MemberEdge!]!
  """The position of the page."""
  pageInfo: PageInfo!
}

"""A member of a page."""
type MemberEdge {
  """Position."""
  cursor: Cursor!
  """The member."""
  node: Member!
}

"""The position of a page."""
type PageInfo {
  """Whether there are members after the page."""
  hasNextPage: Boolean!
  """Whether there are members before the page."""
  hasPreviousPage: Boolean!
  """Cursor of the first member."""
  startCursor: Cursor
  """Cursor of the last member."""
  endCursor: Cursor
}

"""A position in a list."""
scalar Cursor

"""The mutations."""
type Mutation {
  """Changes a member."""
  memberChange(
    """Input for the mutation."""
    input: MemberChangeInput!
  ): MemberChangePayload
}

"""Input for `memberChange`."""
input MemberChangeInput {
  """Id of the member."""
  member: ID!
}

"""Result of `memberChange`."""
type MemberChangePayload {
  """The member."""
  member: Member
}
'''

# A rule, a change to the correct schema, and the place where the rule reports it.
PLANTED = [
    ("require-description", '"""A member."""\n', "", "Member"),
    ("require-description", '"""Kind of member."""\n', "", "Member.kind"),
    ("require-description", '"""A patient."""\n', "", "MemberKind.PATIENT"),
    ("require-description", '"""The id."""\n', "", "Query.node(id)"),
    ("require-description", '"""Id of the member."""\n', "", "MemberChangeInput.member"),
    ("naming-convention", "  kind: MemberKind!", "  the_kind: MemberKind!", "Member.the_kind"),
    ("naming-convention", "A_RELATIVE", "aRelative", "MemberKind.aRelative"),
    ("naming-convention", "MemberKind", "member_kind", "member_kind"),
    ("naming-convention", "MemberKind", "KindEnum", "KindEnum"),
    ("naming-convention", "members(", "listMembers(", "Query.listMembers"),
    ("naming-convention", "members(", "getMembers(", "Query.getMembers"),
    ("naming-convention", "memberChange(", "memberMutation(", "Mutation.memberMutation"),
    ("input-suffix", "MemberChangeInput", "MemberChange", "MemberChange"),
    ("input-suffix", "MemberKind", "MemberKindInput", "MemberKindInput"),
    ("payload-suffix", "MemberChangePayload", "MemberChangeResult", "Mutation.memberChange"),
    ("no-typename-prefix", "  kind: MemberKind!", "  memberKind: MemberKind!", "Member.memberKind"),
    ("unique-enum-value-names", "A_RELATIVE", "patient", "MemberKind"),
    ("require-deprecation-reason", "kind: MemberKind!", "kind: MemberKind! @deprecated", "Member.kind"),
    ("no-unreachable-types", "  kind: MemberKind!", "  kind: String!", "MemberKind"),
    ("no-hashtag-description", '"""A member."""', '"""A member."""\n# A member.', "line 25"),
    ("relay-arguments", "    first: Int\n", "    first: Int!\n", "Query.members"),
    (
        "relay-arguments",
        "    after: Cursor\n",
        '    after: Cursor\n    """The last."""\n    last: Int\n',
        "Query.members",
    ),
    ("relay-connection-types", "edges: [MemberEdge!]!", "edges: [Member!]!", "MemberConnection"),
    ("relay-connection-types", "pageInfo: PageInfo!", "info: PageInfo!", "MemberConnection"),
    ("relay-edge-types", "node: Member!", "item: Member!", "MemberEdge"),
    ("relay-page-info", "startCursor: Cursor", "startCursor: String", "PageInfo"),
    ("prose", '"""A member."""', '"""a member."""', "Member"),
    ("prose", '"""A member."""', '"""A member"""', "Member"),
    ("prose", '"""A member."""', '"""A  member."""', "Member"),
    ("prose", '"""A member."""', f'"""{"A member. " * 31}A member."""', "Member"),
    ("prose", '"""A member."""', '"""Who asks."""', "Member"),
    ("prose", '"""A member."""', '"""A member; null where it was refused."""', "Member"),
    ("names-exist", '"""A member."""', '"""A member, whose `age` is hidden."""', "Member"),
    ("names-exist", '"""A member."""', '"""A member of `Query.communities`."""', "Member"),
    ("names-exist", '"""A member."""', '"""A member, such as `one` of `kind` OTHER."""', "Member"),
    ("names-exist", '"""The id."""', '"""The id, for `last`."""', "Query.node(id)"),
]

# Numbers that no constant decides: examples, notations, names of standards, first positions, pairs.
GIVEN = re.compile(
    r"`[^`]*`|ICD-10|ISO \d+|SHA-256|JSON-stat 2\.0|64 hexadecimal|such as 1250\.00|chance is 0\.5|from 1\b|of 1\b"
    r"|\b0 to 1\b|\b[0-2] to |\b0 or more|from 0 |RFC \d+|UTF-8|BCP 47|2025/327|53\(1\)|\b410 response|\b2xx\b"
    r"|(between|of|which of) two (datasets|insights|answers)|[Ww]hy two|[Nn]o two|two decimals|three figures"
    r"|within a year"
)
NUMBER = re.compile(
    r"\d|\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|fifty|hundred|thousand)\b"
    r"|\b(within|for|about|after|every) (about )?an? (second|minute|hour|day|week|month|year)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("view", printed())
def test_the_views_follow_the_rules(view: str) -> None:
    assert [str(fault) for fault in faults(printed()[view])] == []


def test_a_correct_schema_has_no_fault() -> None:
    assert faults(SOUND) == []


@pytest.mark.parametrize(
    "text",
    ["Of kind PATIENT.", "By `Query.members`, `first` ones.", "Such as `one`: it is JSON.", "Its `2026 spring`."],
)
def test_a_description_may_name_what_its_view_has(text: str) -> None:
    assert faults(SOUND.replace("A member.", text)) == []


def test_each_name_that_no_view_has_is_still_used() -> None:
    views = "\n".join(printed().values())
    assert [name for name in NAMED if not re.search(rf"\b{re.escape(name)}\b", views)] == []


@pytest.mark.parametrize(("rule", "sound", "planted", "place"), PLANTED)
def test_each_rule_catches_what_it_should(rule: str, sound: str, planted: str, place: str) -> None:
    assert sound in SOUND
    assert (rule, place) in {(fault.rule, fault.place) for fault in faults(SOUND.replace(sound, planted))}


def test_text_that_is_no_schema_is_refused() -> None:
    with pytest.raises((GraphQLError, TypeError)):
        faults("type Query { members: [Nothing!]! }")


def test_each_listed_exception_still_applies() -> None:
    views = "\n".join(printed().values())
    assert [place for _, place in EXCEPTIONS if not re.search(rf"\b{place.rpartition('.')[2]}\b", views)] == []


def test_an_argument_without_a_description_is_named() -> None:
    def found(*, least: int) -> None: ...

    with pytest.raises(TypeError, match=r"^Query\.letters: describe its argument least"):

        @graph_type(audience=PUBLIC)
        class Query:
            """The queries."""

            letters: str | None = sql(found, "Letters.")


def test_a_description_without_an_argument_is_named() -> None:
    def letters(*, least: int) -> None: ...

    with pytest.raises(TypeError, match="letters takes no argument most"):
        sql(letters, "Letters.", arguments={"least": "The least.", "most": "The most."})


def test_an_enum_value_without_a_description_is_named() -> None:
    with pytest.raises(TypeError, match=r"Colour\.RED has no description"):

        class Colour(DescribedEnum):
            """A colour."""

            RED = "RED"


def test_an_enum_without_a_description_is_named() -> None:
    class Colour(DescribedEnum):
        RED = "RED", "The colour of blood."

    with pytest.raises(TypeError, match="Colour has no docstring"):
        graph_enum(Colour)


def test_a_description_is_not_part_of_an_enum_value() -> None:
    class Colour(DescribedEnum):
        """A colour."""

        RED = "RED", "The colour of blood."

    assert (Colour.RED.value, str(Colour.RED), Colour("RED"), Colour["RED"]) == ("RED", "RED", Colour.RED, Colour.RED)
    assert Colour.RED.description == "The colour of blood."


def test_numbers_in_descriptions_come_from_constants() -> None:
    typed = [
        f"{file.name}:{line}: {text}"
        for file in sorted((ROOT / "schema").rglob("*.py"))
        for line, text in literals(ast.parse(file.read_text(encoding="utf-8")))
        if " " in text and NUMBER.search(GIVEN.sub("", text))
    ]
    assert typed == []


@pytest.mark.parametrize("folder", ["models", "privacy", "resolvers"])
def test_numbers_in_enums_come_from_constants(folder: str) -> None:
    """Or from the name of the member that they describe, such as WITHIN_5."""
    found = [
        (f"{file.name}:{line}: {text}", re.sub(rf"\b({'|'.join(member.split('_'))})\b", "", GIVEN.sub("", text)))
        for file in sorted((ROOT / folder).rglob("*.py"))
        for line, member, text in enum_texts(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert len(found) > 10
    assert [place for place, text in found if NUMBER.search(text)] == []


@pytest.mark.parametrize(
    "text", ["within 2 years", "within two years", "kept for a month", "six digits", "within about a minute", "Five."]
)
def test_a_number_in_digits_or_words_is_found(text: str) -> None:
    assert NUMBER.search(GIVEN.sub("", text))


def test_durations_in_descriptions_are_those_of_the_database() -> None:
    functions = ROOT / "models" / "functions"
    mutations = (functions / "identity" / "mutation_results.sql").read_text(encoding="utf-8")
    webhooks = (functions / "identity" / "webhooks.sql").read_text(encoding="utf-8")
    days = [
        timedelta(days=int(each)) for each in re.findall(r"created_at < now\(\) - interval '(\d+) days?'", mutations)
    ]
    assert len(days) > 1
    assert set(days) == {timedelta(hours=STORED_HOURS)}
    assert re.findall(r"d\.created_at < now\(\) - interval '(\d+) days'", webhooks) == [str(KEPT_DAYS)]


@pytest.mark.parametrize("folder", ["planner", "resolvers", "schema", "server"])
def test_messages_follow_the_rules_for_descriptions(folder: str) -> None:
    found = [
        f"{file.name}:{line}: {text!r} {fault}"
        for file in sorted((ROOT / folder).rglob("*.py"))
        for line, text in sentences(ast.parse(file.read_text(encoding="utf-8")))
        for fault in prose_faults(text)
    ]
    assert found == []


def sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The sentences of a module that its users read, with 0 for interpolated values, and their lines."""
    documented = docstrings(tree, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented | parts:
            text = node.value
        else:
            continue
        if re.fullmatch(r"[A-Z0-9][^\n]* [^\n]*\.", text):
            yield node.lineno, text


def enum_texts(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """The texts of a module's described enums: their lines, their members' names (empty for the enum), and they."""
    for kind in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        if not any(isinstance(base, ast.Name) and base.id == DescribedEnum.__name__ for base in kind.bases):
            continue
        for part in kind.body:
            member = (
                part.targets[0].id if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name) else ""
            )
            if isinstance(part, ast.Assign | ast.Expr):
                for node in ast.walk(part.value):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                        yield node.lineno, member, node.value


def literals(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The literal texts of a module, without interpolated values, and their lines."""
    documented = docstrings(tree, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield node.lineno, node.value


def docstrings(tree: ast.Module, kinds: tuple[type[ast.AST], ...]) -> set[int]:
    """The identities of a module's docstring nodes."""
    bodies = [getattr(node, "body", None) for node in ast.walk(tree) if isinstance(node, kinds)]
    return {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}
