"""The examples of GraphiQL are true: each is carried out in its view, and those of the README stand among them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, OperationType, TokenKind, parse, print_ast, validate

from commands.node import ROOT
from models.viewers import Audience
from server.demonstration_accounts import NAMES
from tests.project.test_readme import README, block_after
from tests.support.client import ANYBODY, Ask

EXAMPLES = ROOT / "web/src/graphiql/examples"
SESSION = ROOT / "web/src/session"
OF_README = {
    "**A visitor**": "Search",
    "**A patient**": "Dashboard",
    "**A laboratory** sees": "Trial",
    "**A moderator**": "Flags",
    "record today's symptoms": "RecordSymptoms",
    "As the laboratory, publish an insight": "PublishInsight",
    "Anyone can read the ledger": "DataUses",
}


@dataclass(frozen=True)
class Example:
    """An operation of a view's file, and the sentence above it."""

    audience: Audience
    name: str
    kind: OperationType
    text: str
    sentence: str


def examples() -> Iterator[Example]:
    for audience in Audience:
        document = parse((EXAMPLES / f"{audience.view}.graphql").read_text(encoding="utf-8"))
        for node in document.definitions:
            assert isinstance(node, OperationDefinitionNode)
            assert node.name is not None
            assert node.loc is not None
            token, words = node.loc.start_token.prev, list[str]()
            while token is not None and token.kind is TokenKind.COMMENT:
                words.insert(0, str(token.value).strip())
                token = token.prev
            yield Example(audience, node.name.value, node.operation, print_ast(node), " ".join(words))


ALL = list(examples())
READS = [example for example in ALL if example.kind is OperationType.QUERY]


def unnamed(text: str) -> str:
    """An operation as it is printed, without its name."""
    return re.sub(r"^(query |mutation )\w+ ?", lambda found: "" if found[1] == "query " else found[1], text)


def account_of(example: Example) -> str:
    """The account of the demonstration that the sentence names, or the one that a click on the view signs in."""
    found = re.search(r"(\w+)@demo\.example", example.sentence)
    assert found is None or found[1] in NAMES[example.audience]
    return found[1] if found else NAMES[example.audience][0]


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.name)
def test_an_example_fits_its_view_and_has_a_sentence(example: Example, schemas: dict[Audience, GraphQLSchema]) -> None:
    assert validate(schemas[example.audience], parse(example.text)) == []
    assert re.fullmatch(r"[A-Z].{20,150}\.", example.sentence)


def test_every_view_has_examples_with_names_of_their_own() -> None:
    assert {example.audience for example in ALL} == set(Audience)
    assert len({example.name for example in ALL}) == len(ALL)


@pytest.mark.parametrize("example", READS, ids=lambda example: example.name)
async def test_an_example_finds_something(example: Example, ask: Ask) -> None:
    signed_in = await ask.sign_in(account_of(example)) if example.audience in NAMES else ANYBODY
    answer = await ask(signed_in, example.text)
    assert "errors" not in answer
    for name, found in answer["data"].items():
        assert found, name
        assert found != {"nodes": []}, name


@pytest.mark.parametrize(
    "example", [each for each in ALL if each.kind is OperationType.SUBSCRIPTION], ids=lambda example: example.name
)
async def test_an_example_can_be_subscribed_to(example: Example, ask: Ask) -> None:
    caller = await ask.sign_in(account_of(example))
    headers = caller.headers | {"accept": "text/event-stream"}
    async with ask.http.stream("POST", "/graphql", json={"query": example.text}, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")


async def test_the_mutations_are_carried_out(own_ask: Ask) -> None:
    texts = {example.name: example.text for example in ALL}
    patient, laboratory = await own_ask.sign_in("patient"), await own_ask.sign_in("laboratory")
    found = await own_ask(patient, '{ indicators(search: "tired", first: 1) { id } }')
    indicator = found["data"]["indicators"][0]["id"]
    answer = await own_ask(patient, texts.pop("RecordSymptoms").replace("ind_...", indicator))
    assert answer["data"]["observationsRecord"] == {"observations": [{"value": 4}], "userErrors": []}
    found = await own_ask(laboratory, '{ community(slug: "rheumatoid-arthritis") { datasets { nodes { id } } } }')
    (dataset,) = found["data"]["community"]["datasets"]["nodes"]
    answer = await own_ask(laboratory, texts.pop("PublishInsight").replace("dst_...", dataset["id"]))
    assert answer["data"]["insightPublish"]["userErrors"] == []
    assert answer["data"]["insightPublish"]["insight"]["cells"]
    assert [example.name for example in ALL if example.kind is OperationType.MUTATION and example.name in texts] == []


@pytest.mark.parametrize(("words", "name"), OF_README.items())
def test_the_examples_of_the_readme_are_among_them(words: str, name: str) -> None:
    (example,) = [each for each in ALL if each.name == name]
    assert print_ast(parse(block_after(words))) == unnamed(example.text)


def test_no_operation_of_the_readme_is_left_out() -> None:
    blocks = re.findall(r"\n\n((?:(?: {4}.*)?\n)+)", README)
    operations = [block for block in blocks if re.match(r"\s+(\{ |mutation \{)", block)]
    # One is refused, as the README says, and one only signs in.
    assert len(operations) == len(OF_README) + 2


@pytest.mark.parametrize("path", sorted(SESSION.rglob("*.graphql")), ids=lambda path: path.name)
def test_what_pages_send_to_sign_in_is_as_a_manifest_prints_it(
    path: Path, schemas: dict[Audience, GraphQLSchema]
) -> None:
    text = path.read_text(encoding="utf-8").rstrip()
    assert text == print_ast(parse(text))
    views = (
        [Audience.PUBLIC]
        if path.parent.name == "public"
        else [each for each in Audience if each is not Audience.PUBLIC]
    )
    for audience in views:
        assert validate(schemas[audience], parse(text)) == []
