"""docs/webhooks.md: its code verifies what the server signs, and nothing else."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from resolvers.identity import webhooks_rules as rules

PAGE = (Path(__file__).parents[2] / "docs/webhooks.md").read_text(encoding="utf-8")


@pytest.fixture
def verify() -> Callable[..., bool]:
    """Yields the function of the page."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    made: Callable[..., bool] = names["verify"]
    return made


def test_the_pages_code_verifies_what_is_signed(verify: Callable[..., bool]) -> None:
    message = rules.WebhookMessage(uuid4(), uuid4(), None, None, None, None, datetime.now(UTC))
    body, now = rules.body_of(message, "https://cohorte.example"), int(time.time())
    secret, previous, other = (rules.new_secret() for _ in range(3))
    headers = dict(rules.headers_of(message, body, [secret, previous], now))
    assert [verify(each, headers, body) for each in (secret, previous, other)] == [True, True, False]
    assert not verify(secret, headers, body + b" ")
    assert not verify(secret, headers | {"webhook-id": "dlv_other"}, body)
    assert not verify(secret, dict(rules.headers_of(message, body, [secret], now - 400)), body)


def test_the_page_has_every_type() -> None:
    for kind in (rules.TEST, *rules.TYPES.values()):
        assert f"| `{kind}` |" in PAGE
