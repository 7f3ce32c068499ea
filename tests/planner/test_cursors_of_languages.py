"""Cursors of lists in the order of translated names belong to one language; those of other lists to none."""

from typing import Any

import pytest

from tests.support.client import ANYBODY, Ask, Caller

PAGE = """query ($after: Cursor, $in: Language!) @inContext(language: $in) {
  %s(first: 2, after: $after) { nodes { id } pageInfo { endCursor } }
}"""


async def page(ask: Ask, who: Caller, field: str, language: str, after: str | None) -> dict[str, Any]:
    return await ask(who, PAGE % field, {"in": language, "after": after})


@pytest.mark.parametrize("field", ["communities", "conditions"])
async def test_a_cursor_of_another_language_is_refused(ask: Ask, manager: Caller, field: str) -> None:
    first = (await page(ask, manager, field, "FR", None))["data"][field]
    cursor = first["pageInfo"]["endCursor"]
    second = (await page(ask, manager, field, "FR", cursor))["data"][field]
    assert len(second["nodes"]) == 2
    [error] = (await page(ask, manager, field, "EN", cursor))["errors"]
    assert error["message"] == "The argument 'after' is not a cursor of this list."
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("field", ["datasets", "treatments"])
async def test_a_cursor_of_a_list_in_another_order_is_one_in_each_language(ask: Ask, field: str) -> None:
    first = (await page(ask, ANYBODY, field, "FR", None))["data"][field]
    pages = [await page(ask, ANYBODY, field, each, first["pageInfo"]["endCursor"]) for each in ("FR", "EN")]
    assert pages[0] == pages[1]
    assert "errors" not in pages[0]
