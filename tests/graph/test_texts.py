"""Texts of inputs: line ends, control characters and invisible characters, in every field that takes a text."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLNamedType,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)
from graphql.type import GraphQLSchema

from models.identity.accounts import StaffRole
from models.research.surveys import QuestionKind
from models.viewers import Audience
from resolvers.community.discussions_rules import body_in, note_in, title_in
from resolvers.identity.accounts_rules import about_of
from resolvers.research.participations_rules import AnswerEntry, accepted_answers
from resolvers.research.surveys_rules import definition_refusals
from resolvers.research.visibility_rules import OptionDefinition, QuestionDefinition
from resolvers.texts import has_control_characters, is_blank, with_line_feeds
from resolvers.transactions import Refused, line_within, optional_text_within, text_within
from schema.inputs import Visit
from tests.support.client import ANYBODY, Caller, views
from tests.support.network import Network

VIEWS = views()
DUMMIES: dict[str, Any] = {
    "Int": 1, "Float": 1.0, "Boolean": True, "String": "text", "ID": "x", "EmailAddress": "a@people.example",
    "Date": "2026-01-31", "DateTime": "2026-01-31T00:00:00Z", "Decimal": "1", "Cursor": "x",
}  # fmt: skip
CONTROL = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r"]
LINE_ENDS = [
    ("a\r\nb", "a\nb"),
    ("a\rb", "a\nb"),
    ("a\nb", "a\nb"),
    ("a\r\r\nb\n\rc", "a\n\nb\n\nc"),
    ("\r\n", "\n"),
    ("a\tb", "a\tb"),
    ("", ""),
]
BLANK = [
    "", " ", "\t\n", "\u00a0", "\u3000", "\u2028", "\u200b", "\u3164", "\u2800", "\u00ad", "\ufe0f", "\ufe0e\ufe0f",
    "\U000e0100", "\u2060", "\ufeff", "\u034f", "\u115f\u1160", "\uffa0", "\u17b4", "\u180e", "\u200e\u200f", "\u202e",
    "\u2066\u2069", "\U000e0041", "\U0001d173", " \u200b \u3164 \u2800 ",
]  # fmt: skip
LINES = [
    ("cafe\u0301", "café"),
    (" \u200b caf\u200be\u00ad\u0301\ufeff\u2060 ", "café"),
    ("Écho  thérapie", "Écho thérapie"),
    ("Écho \u00a0\u200b\u3000thérapie", "Écho thérapie"),
    ("Fatigue\u00a0: le bilan", "Fatigue\u00a0: le bilan"),  # French typography stays
    ("\u202eoga\u202c", "oga"),
    *((each, each) for each in ("❤\ufe0f", "👩\u200d🔬", "می\u200cخواهم", "🏴\U000e0067\U000e0062\U000e007f")),
]
VISIBLE = ["a", "é", "e\u0301", "❤\ufe0f", "👩\u200d🔬", "می\u200cخواهم", ".", "0", "ㅤa", "\u200bx", "한", "־"]


def value_of(kind: GraphQLNamedType) -> Any:
    """A minimal value of a type."""
    if is_enum_type(kind):
        return next(iter(kind.values))
    if is_input_object_type(kind):
        return minimal(kind)
    return DUMMIES[kind.name]


def minimal(kind: GraphQLInputObjectType) -> dict[str, Any]:
    return {
        name: [] if is_list_type(field.type.of_type) else value_of(get_named_type(field.type))
        for name, field in kind.fields.items()
        if is_non_null_type(field.type)
    }


def texts_of(kind: GraphQLInputObjectType, text: str, seen: tuple[str, ...] = ()) -> Iterator[tuple[list[str], Any]]:
    """For each field that takes a text: its path, and a minimal input with `text` there."""
    for name, field in kind.fields.items():
        named = get_named_type(field.type)
        listed = is_list_type(field.type) or (is_non_null_type(field.type) and is_list_type(field.type.of_type))
        step = [name, "0"] if listed else [name]
        if named.name == "String":
            yield step, minimal(kind) | {name: [text] if listed else text}
        elif is_input_object_type(named) and named.name not in seen:
            for path, value in texts_of(named, text, (*seen, named.name)):
                yield [*step, *path], minimal(kind) | {name: [value] if listed else value}


def all_texts(schema: GraphQLSchema, text: str) -> Iterator[tuple[str, str, list[str], Any]]:
    assert schema.mutation_type is not None
    for name, field in schema.mutation_type.fields.items():
        if "input" in field.args:
            kind = get_named_type(field.args["input"].type)
            assert isinstance(kind, GraphQLInputObjectType)
            for path, value in texts_of(kind, text):
                yield name, kind.name, path, value


@pytest.mark.parametrize("audience", list(Audience))
async def test_control_characters_are_refused_in_every_text_of_every_mutation(
    network: Network, audience: Audience
) -> None:
    callers: dict[Audience, Caller] = {
        Audience.PUBLIC: ANYBODY,
        Audience.PATIENT: await network.member(),
        Audience.BUYER: await network.buyer(),
        Audience.MANAGER: await network.staff(*StaffRole),
    }
    # Credentials that no password matches.
    await network.value(
        "INSERT INTO identity.credential (account_id, password_hash) SELECT id, 'none' FROM identity.account"
        " ON CONFLICT DO NOTHING"
    )
    tried = 0
    for mutation, kind, path, value in all_texts(VIEWS[audience]._schema, "a\x07b"):
        if path[-1] == "password":
            continue
        document = f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{ code path }} }} }}"
        answer = await network.ask(callers[audience], document, {"input": value})
        errors = answer["data"][mutation]["userErrors"]
        # The other values may be refused as well, at their own paths.
        there = [error for error in errors if error["path"] == ["input", *path]]
        assert (mutation, there) == (mutation, [{"code": "INVALID", "path": ["input", *path]}])
        tried += 1
    assert tried >= 10


@pytest.mark.parametrize("character", CONTROL)
def test_control_characters_are_recognized(character: str) -> None:
    assert has_control_characters(f"a{character}b")
    visit = Visit()
    visit.leaf(("note",), f"a{character}b")
    assert [refusal.path for refusal in visit.refusals] == [("note",)]


def test_tabs_and_line_ends_are_allowed() -> None:
    assert not any(has_control_characters(f"a{character}b") for character in ("\t", "\n", "\r", "\r\n", "\u2028", "é"))


@pytest.mark.parametrize(("written", "read"), LINE_ENDS)
def test_line_ends_are_read_as_line_feeds(written: str, read: str) -> None:
    one, other = Visit(), Visit()
    assert with_line_feeds(written) == one.leaf(("note",), written) == other.leaf(("note",), read) == read
    assert one.digestible() == other.digestible()  # a repeated request is the same from every system


def test_a_password_is_not_changed() -> None:
    visit = Visit()
    assert visit.leaf(("password",), "a\r\nb\x07") == "a\r\nb\x07"
    assert visit.refusals == []


@pytest.mark.parametrize("text", BLANK)
def test_a_text_of_invisible_characters_is_blank(text: str) -> None:
    assert is_blank(text)
    with pytest.raises(Refused):
        text_within(text, 99, "a")
    with pytest.raises(Refused):
        title_in(text, "a")
    with pytest.raises(Refused):
        body_in(text, "a")
    assert (optional_text_within(text, 99, "a"), note_in(text, "a"), about_of(text, "a")) == (None, None, None)
    label = (OptionDefinition("a", text), OptionDefinition("b", "B"))
    kind = QuestionKind.SINGLE_CHOICE
    questions = (QuestionDefinition(key="q", text=text, kind=kind, help=text, options=label),)
    assert [refusal.path for refusal in definition_refusals(questions)] == [
        (0, "text"),
        (0, "help"),
        (0, "options", 0, "label"),
    ]
    why = (QuestionDefinition(key="why", text="Why?", kind=QuestionKind.TEXT, required=True),)
    kept, refusals = accepted_answers(why, [AnswerEntry("why", text=text)], "answers", whole=True)
    assert (kept, len(refusals)) == ({}, 1)


@pytest.mark.parametrize("text", VISIBLE)
def test_a_text_with_a_visible_character_is_accepted(text: str) -> None:
    assert not is_blank(text)
    assert text_within(text, 99, "a") == body_in(text, "a") == text


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\u2028b", "a\u2029b"])
def test_a_text_of_one_line_contains_no_line_ends_or_tabs(text: str) -> None:
    with pytest.raises(Refused):
        line_within(text, 99, "a")
    assert line_within(f" {text[0]} \n", 99, "a") == "a"


@pytest.mark.parametrize(("written", "stored"), LINES)
def test_a_line_is_stored_in_one_form(written: str, stored: str) -> None:
    assert line_within(written, len(stored), "a") == stored


async def test_texts_are_stored_with_line_feeds(network: Network, community_id: Any) -> None:
    ada = await network.member(community_id)
    community = f"com_{community_id}"
    written, stored = "one\r\ntwo\rthree\n\nfour", "one\ntwo\nthree\n\nfour"
    payload = await network.do(ada, "profileUpdate", "me { member { about } }", about=written)
    assert payload["me"]["member"]["about"] == stored
    given = {"community": community, "title": "A title", "body": written}
    payload = await network.do(ada, "discussionStart", "discussion { id posts { nodes { body } } }", **given)
    assert payload["discussion"]["posts"]["nodes"] == [{"body": stored}]
    payload = await network.do(ada, "postAdd", "post { id body }", discussion=payload["discussion"]["id"], body=written)
    assert payload["post"]["body"] == stored
    ben = await network.member(community_id)
    await network.do(ben, "postFlag", "__typename", post=payload["post"]["id"], reason="SPAM", note=written)
    assert await network.value("SELECT note FROM care.flag WHERE member_id = $1", ben.id) == stored
