"""The cache of documents: the most recently used ones, bounded by their number and by their weight."""

from models.viewers import Audience
from server.operations.documents import OPERATION_TOKENS, Recent
from tests.support.client import ANYBODY, Ask


def test_the_least_recently_used_are_given_up_once_there_are_too_many() -> None:
    recent: Recent[int] = Recent(3, 100)
    for number, key in enumerate("abc"):
        recent.keep(key, number, 1)
    assert recent.get("a") == 0
    recent.keep("d", 3, 1)
    assert [key in recent for key in "abcd"] == [True, False, True, True]
    assert (len(recent), recent.get("b"), recent.weight) == (3, None, 3)


def test_as_many_are_given_up_as_a_heavy_one_needs() -> None:
    recent: Recent[str] = Recent(10, 100)
    for key in "abcde":
        recent.keep(key, key, 20)
    recent.keep("f", "f", 50)
    assert ["".join(recent.found), recent.weight] == ["def", 90]
    recent.keep("e", "replaced", 60)
    assert [*recent.found.items()] == [("e", ("replaced", 60))]
    recent.keep("all", "all", 100)
    assert ("".join(recent.found), recent.weight) == ("all", 100)


async def test_a_document_of_many_operations_weighs_what_is_prepared_for_them(ask: Ask) -> None:
    text = " ".join(f"query Many{number} {{ regions }}" for number in range(40))
    answer = await ask.http.post("/graphql", json={"query": text, "operationName": "Many1"}, headers=ANYBODY.headers)
    assert "errors" not in answer.json()
    assert ask.app.endpoint is not None
    _, weight = ask.app.endpoint.views[Audience.PUBLIC].documents.answerable.found[text]
    assert weight >= 40 * (OPERATION_TOKENS + 5)
