"""The attacks of the benchmark reach the server, and its report says whether each holds."""

import asyncio

import pytest

from bench import attack
from bench.attack import ATTACKS, Target
from tests.support.client import Ask

# What a patient may send is answered or refused, and nothing of it is a mistake of the attack's.
STATUSES = {"exports": {200, 429}, "connections": set[int](), "subscriptions": {101}, "frames": {101}}


@pytest.mark.parametrize("name", ATTACKS)
async def test_each_attack_is_carried_out(ask: Ask, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(attack, "AT_ONCE", 5)
    monkeypatch.setattr(attack, "HOLD_SECONDS", 0.05)
    token = (await ask.sign_in("patient")).token or ""
    target = Target(str(ask.http.base_url.host), ask.http.base_url.port or 80, token)
    statuses = await asyncio.to_thread(ATTACKS[name], target)
    assert set(statuses) <= STATUSES.get(name, {200})
    assert statuses or name == "connections"


async def test_an_attack_ends_by_itself_and_goes_on_where_the_server_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = []

    def refused(target: Target) -> list[int]:
        rounds.append(target.port)
        raise ConnectionRefusedError

    monkeypatch.setitem(ATTACKS, "refused", refused)
    monkeypatch.setattr(attack, "MOST_ROUNDS", 3)
    attack.attack("refused", Target("127.0.0.1", 9, ""), 60)
    assert rounds == [9] * 3
    attack.attack("refused", Target("127.0.0.1", 9, ""), -1)
    assert len(rounds) == 4


def test_the_report_says_whether_each_attack_holds() -> None:
    shown = attack.lines(0.002, {"exports": 0.01, "hashing": 0.0101}, 0.004, 1.25)
    assert shown[0].startswith("The load average was 1.2 before")
    assert "| exports | 10.0 | 5.0 | holds |" in shown
    assert "| hashing | 10.1 | 5.0 | over |" in shown
    assert "| none, afterwards | 4.0 | 2.0 | holds |" in shown
    assert shown[-1] == "More than 5 times the quiet p95: hashing."
    assert attack.lines(0.002, {"exports": 0.01}, 0.002, 0.1)[-1] == "None is more than 5 times the quiet p95."
