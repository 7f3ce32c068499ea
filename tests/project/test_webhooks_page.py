"""docs/webhooks.md: its receiver accepts what the server signs, and nothing else, and does the work once."""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http.server import HTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.identity.webhooks import DeliveryFailure, OrganizationEvent
from resolvers.identity import webhooks_rules as rules
from resolvers.identity.webhooks import SHOWN
from resolvers.public_hosts import place_of
from server.jobs.outgoing import AGENT, SECONDS, post

PAGE = (Path(__file__).parents[2] / "docs/webhooks.md").read_text(encoding="utf-8")
BASE = "https://cohorte.example"
SECRET, PREVIOUS, OTHER = (rules.new_secret() for _ in range(3))


@pytest.fixture
def program() -> dict[str, Any]:
    """Yields the names of the page's program."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(code, names)
    return names


@pytest.fixture
def verify(program: dict[str, Any]) -> Callable[..., bool]:
    """Yields the function of the page."""
    made: Callable[..., bool] = program["verify"]
    return made


@pytest.fixture
def receiver(program: dict[str, Any]) -> Iterator[str]:
    """Yields the address of the page's program, which runs with a secret."""
    program["SECRET"] = SECRET
    with HTTPServer(("127.0.0.1", 0), program["Receiver"]) as server:
        running = threading.Thread(target=server.serve_forever, args=(0.01,))
        running.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        running.join()


def ping() -> rules.WebhookMessage:
    return rules.WebhookMessage(uuid4(), UUID(int=1), None, None, None, None, datetime.now(UTC))


def signed(message: rules.WebhookMessage, *secrets: str, ago: int = 0) -> tuple[dict[str, str], bytes]:
    """What is sent of a message, so many seconds ago: the headers and the body."""
    body = rules.body_of(message, BASE)
    return dict(rules.headers_of(message, body, secrets, int(time.time()) - ago)), body


def test_the_pages_code_verifies_what_is_signed(verify: Callable[..., bool]) -> None:
    headers, body = signed(ping(), SECRET, PREVIOUS)
    assert [verify(each, headers, body) for each in (SECRET, PREVIOUS, OTHER)] == [True, True, False]
    assert not verify(SECRET, headers, body + b" ")
    assert not verify(SECRET, headers | {"webhook-id": "dlv_other"}, body)
    assert not verify(SECRET, *signed(ping(), SECRET, ago=400))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", "nan", "é", "1" * 5_000])
def test_the_pages_code_refuses_any_other_header(verify: Callable[..., bool], name: str, value: str | None) -> None:
    headers, body = signed(ping(), SECRET)
    del headers[name]
    assert verify(SECRET, headers if value is None else headers | {name: value}, body) is False


async def test_the_pages_receiver_works_once_for_each_message(
    receiver: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place, first, second = place_of(receiver, loopback=True), ping(), ping()
    assert place is not None

    async def answers(headers: Mapping[str, str], body: bytes) -> int:
        return await post(place, headers, body)

    for message, secret, status in ((first, SECRET, 204), (first, SECRET, 204), (second, OTHER, 401)):
        assert await answers(*signed(message, secret)) == status
    assert await answers(*signed(second, SECRET)) == 204
    async with asyncio.timeout(10):
        printed = ""
        while printed.count("\n") < 2:
            printed += capsys.readouterr().out
            await asyncio.sleep(0.01)
    assert printed == f"ping {{'webhook': 'whk_{UUID(int=1)}'}}\n" * 2


def test_the_page_has_every_type_with_its_data() -> None:
    rows = re.findall(r"(?m)^\| `([a-z.]+)` \| (.*) \|$", PAGE)
    id = UUID(int=1)
    made = [rules.WebhookMessage(id, id, event, id, id, id, datetime.now(UTC)) for event in [*OrganizationEvent, None]]
    assert {kind: set(re.findall(r"`(\w+)`", data)) for kind, data in rows} == {
        rules.TEST if message.event is None else rules.TYPES[message.event]: set(rules.data_of(message, BASE))
        for message in made
    }


def test_the_page_has_every_failure_and_limit() -> None:
    for failure in DeliveryFailure:
        assert f"`{failure.value}`" in PAGE
    for text in (f"the latest {SHOWN} messages", f"within {SECONDS:.0f} seconds", f"user-agent: {AGENT}"):
        assert text in PAGE
