"""Cursors: encrypted in answers, the same for all who have the key, and refused if they were changed."""

import json

import pytest

from planner.cursors import Cursors

KEY, OTHER = b"k" * 32, b"o" * 32
PLACE = '["1a2b3c4d", "2026-03-02", "00000000-0000-4000-8000-000000000000"]'


def test_a_cursor_is_read_by_every_process_that_has_the_key_and_by_no_other() -> None:
    cursor = Cursors(KEY).seal(PLACE)
    assert Cursors(KEY).opened(cursor) == json.loads(PLACE)
    assert Cursors(KEY).seal(PLACE) == cursor
    for other in (Cursors(OTHER), Cursors()):
        with pytest.raises(ValueError, match=r"^$"):
            other.opened(cursor)


def test_a_cursor_that_was_changed_is_refused() -> None:
    cursors = Cursors(KEY)
    cursor = cursors.seal(PLACE)
    other = cursors.seal(PLACE.replace("03-02", "03-03"))
    changed = [cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(0, len(cursor), 7)]
    for each in (*changed, cursor[:-4], cursor + "AAAA", cursor[4:], cursor[:24] + other[24:], "", "====", "\u00e9"):
        with pytest.raises(ValueError):  # noqa: PT011 - in the words of whatever found it
            cursors.opened(each)


@pytest.mark.parametrize("key", ["x", 'a "quoted" ] and }', "\\", "é" * 20, "\n", '{"$c" : ["x"]}'])
def test_each_cursor_of_an_answer_is_encrypted_and_nothing_else(key: str) -> None:
    cursors = Cursors(KEY)
    place = json.dumps(["tag", key, 1.5, -2, True])
    title = json.dumps('{"$c" : ["tag"]}')
    text = f'{{"title":{title},"edges":[{{"cursor":{{"$c" : {place}}}}}],"endCursor":{{"$c" : {place}}},"n":[1]}}'
    found = json.loads(cursors.sealed(text))
    assert found["title"] == '{"$c" : ["tag"]}'
    assert found["n"] == [1]
    assert found["endCursor"] == found["edges"][0]["cursor"]
    assert cursors.opened(found["endCursor"]) == ["tag", key, 1.5, -2, True]


def test_a_new_key_replaces_the_one_before() -> None:
    cursors = Cursors(OTHER)
    before = cursors.seal(PLACE)
    cursors.use(KEY)
    assert cursors.seal(PLACE) == Cursors(KEY).seal(PLACE) != before
    with pytest.raises(ValueError, match=r"^$"):
        cursors.opened(before)


@pytest.mark.parametrize("number", [0, 7, 12_345, 2_000_000_000])
def test_the_length_of_a_cursor_does_not_tell_a_number(number: int) -> None:
    assert len(Cursors(KEY).seal(f'["1a2b3c4d", {number}]')) == len(Cursors(KEY).seal('["1a2b3c4d", 1]'))
