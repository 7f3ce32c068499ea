"""Rates of mutations: counted before any work, by caller and by address, in the database that servers share."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio

from resolvers import jobs
from resolvers.identity import passwords
from resolvers.rates import KINDS, Rate, Rates, Unlimited, rates_of
from schema.mutations import RATE
from schema.roots.mutation import Mutation
from server.callers.rate_limits import coarse
from server.callers.request_rates import CALLERS, INVALID_AT_ONCE, RequestRates
from server.operations.errors import RequestError
from settings import Settings, SettingsError
from tests import factories
from tests.server.test_planning import stop_clock
from tests.support import subscribers
from tests.support.client import ANYBODY, LIMITS, Ask, Caller, serving
from tests.support.clusters import clone
from tests.support.network import network_on

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PROXY = (ip_network("127.0.0.1/32"),)
FEW = "passwords=2/3/900,registrations=2/3/900,codes=2/3/900"
# What each kind counts, by hand. A new mutation names the kind whose cost it has, or says why it is not counted.
COUNTED = {
    "registrations": "register",
    "codes": "emailChange emailChangeConfirm requestPasswordReset",
    "passwords": "accountDelete emailChangeRevert organizationJoin organizationLeave passwordChange recoveryCodesRenew "
    "resetPassword "
    "secondFactorChallenge secondFactorConfirm secondFactorRemove secondFactorStart signIn signInVerify verifyEmail",
    "profile": "associationUpdate profileUpdate",
    "invitations": "careLinkInvite organizationCreate organizationUserInvite staffCreate",
    "flags": "postFlag removalAppeal",
    "posts": "discussionStart postAdd postEdit",
    "reactions": "postReact",
    "diary": "courseEnd courseEvaluate courseStart observationRemove observationsRecord ownCourseEnd ownCourseStart "
    "ownIndicatorCreate ownIndicatorDelete ownIndicatorMerge ownIndicatorRename ownObservationRecord "
    "ownObservationRemove ownTreatmentCreate ownTreatmentDelete ownTreatmentMerge ownTreatmentRename",
    "answers": "consentSet surveySave surveySubmit surveyWithdraw",
    "exports": "dataExport",
    "keys": "apiKeyCreate apiKeyRevoke webhookCreate webhookDelete "
    "webhookPause webhookResume webhookRotate webhookTest",
    "insights": "insightPlanPublish insightPublish",
    "requests": "catalogueProposalCreate dataUseLinkResults licenceRequest",
    "changes": "accountUpdate careLinkAccept careLinkEnd catalogueProposalWithdraw communityJoin communityLeave "
    "discussionPin mailedEventsChoose notificationsRead organizationUserRemove organizationUserUpdate "
    "postRemove sessionRevoke termsAccept",
    "staff": "ambassadorAppoint appealResolve associationVerify catalogueProposalsAccept catalogueProposalsDecline "
    "catalogueProposalsMerge communityClose communityCreate communityIndicatorsSet "
    "communityMerge communityOpen communityTreatmentsSet communityUpdate conditionCreate conditionRetire "
    "conditionUpdate discussionClose flagResolve indicatorCreate indicatorMerge indicatorRetire indicatorUpdate "
    "licenceDecide memberAllowCommunities memberSuspend postRestore staffReinstate "
    "staffSuspend staffUpdate surveyClose surveyCreate "
    "surveyRevise surveySchedule surveyUnschedule treatmentCreate treatmentMerge treatmentRetire treatmentUpdate "
    "waveFreeze",
}
NOT_COUNTED = {"signOut"}
ITEM = r'"[a-z-]+"(?:;[a-z]+=[0-9]+)+'  # of a structured field (RFC 9651) with a string and integer parameters


def declared() -> dict[str, str | Unlimited]:
    return {
        field.graphql_name or re.sub(r"_(.)", lambda found: found[1].upper(), field.python_name): field.metadata[RATE]
        for field in Mutation.__strawberry_definition__.fields  # type: ignore[attr-defined]
    }


def test_every_mutation_is_counted_as_something_or_says_why_not() -> None:
    found = declared()
    kinds = {kind: {name for name, rate in found.items() if rate == kind} for kind in KINDS}
    assert kinds == {kind: set(COUNTED.get(kind, "").split()) for kind in KINDS}
    unlimited = {name: rate for name, rate in found.items() if isinstance(rate, Unlimited)}
    assert set(unlimited) == NOT_COUNTED
    assert all(rate.reason for rate in unlimited.values())


def test_the_readme_has_every_rate() -> None:
    table = README.partition("## Rates")[2].partition("\n## ")[0]
    rows = [row.strip("| ").split(" | ") for row in table.splitlines() if row.startswith("| `")]
    assert {row[0].strip("`"): row[4].replace("`", "") for row in rows} == COUNTED, "README.md"
    found = {row[0].strip("`"): Rate(*(int(cell.replace(",", "")) for cell in row[1:4])) for row in rows}
    assert Rates(**found) == Rates()


def field_of(response: httpx.Response, name: str) -> dict[str, dict[str, int]]:
    """The items of a RateLimit field, by policy, with their parameters."""
    text = response.headers[name]
    assert re.fullmatch(rf"{ITEM}(?:, {ITEM})*", text), text
    items = (item.split(";") for item in text.split(", "))
    return {policy.strip('"'): {name: int(value) for name, value in map(halves, rest)} for policy, *rest in items}


def halves(parameter: str) -> tuple[str, str]:
    name, _, value = parameter.partition("=")
    return name, value


async def sent(
    ask: Ask, query: str, variables: Any = None, address: str = "203.0.113.1", who: Caller = ANYBODY
) -> httpx.Response:
    body = {"query": query, "variables": variables}
    return await ask.http.post("/graphql", json=body, headers=who.headers | {"x-forwarded-for": address})


@dataclass
class Hashes:
    """Counts the passwords that are hashed, instead of hashing them."""

    made: int = 0

    def hash(self, password: bytes) -> str:
        self.made += 1
        return "hash"

    def verify(self, hash: str, password: bytes) -> bool:
        self.made += 1
        return hash == "hash"

    def check_needs_rehash(self, hash: str) -> bool:
        return False


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hashes]:
    """Yields a count of hashes, of which none takes time."""
    counting = Hashes()
    passwords._stand_in.cache_clear()
    monkeypatch.setattr(passwords, "HASHER", counting)
    passwords._stand_in()
    counting.made = 0
    yield counting
    passwords._stand_in.cache_clear()


@dataclass
class Strict:
    """A server behind a proxy that accepts two or three of a kind, and a superuser's connection to its database."""

    ask: Ask
    owner: asyncpg.Connection


@pytest_asyncio.fixture(scope="module")
async def one_strict(template: str) -> AsyncIterator[Strict]:
    async with clone(template) as dsn, serving(dsn, trusted_proxies=PROXY, rates=rates_of(FEW)) as ask:
        owner = await asyncpg.connect(dsn)
        yield Strict(ask, owner)
        await owner.close()


@pytest_asyncio.fixture
async def strict(one_strict: Strict) -> AsyncIterator[Ask]:
    """Yields a server behind a proxy that accepts two or three of a kind, of which there was none before the test."""
    yield one_strict.ask
    for table in ("rate_limit", "attempt", "registration", "outbox_entry"):
        await one_strict.owner.execute(f"DELETE FROM identity.{table}")


MAIL, SECRET, ERRORS = '"a@people.example"', '"seven green lamps"', "{ userErrors { code } }"
HASHING = {
    "signIn": f"mutation {{ signIn(input: {{email: {MAIL}, password: {SECRET}}}) {ERRORS} }}",
    "register": f'mutation {{ register(input: {{email: {MAIL}, password: {SECRET}, kind: PATIENT, pseudonym: "Ada", '
    f'ofAge: true, noticeVersion: "2026-2", termsVersion: "2026-2"}}) {ERRORS} }}',
    "resetPassword": f'mutation {{ resetPassword(input: {{code: "x", password: {SECRET}}}) {ERRORS} }}',
    "verifyEmail": f'mutation {{ verifyEmail(input: {{code: "x", password: {SECRET}}}) {ERRORS} }}',
}


@pytest.mark.parametrize("mutation", HASHING)
async def test_strangers_who_have_used_their_rate_have_nothing_hashed(
    strict: Ask, hashes: Hashes, mutation: str
) -> None:
    for _ in range(3):
        assert (await sent(strict, HASHING[mutation])).status_code == 200
    made = hashes.made
    # A code that was never mailed is looked up, and not hashed.
    assert made == {"signIn": 3, "register": 3}.get(mutation, 0)
    strict.statements.clear()
    response = await sent(strict, HASHING[mutation])
    assert (response.status_code, hashes.made) == (429, made)
    assert len(strict.statements) == 1  # the count
    (error,) = response.json()["errors"]
    wait = int(response.headers["retry-after"])
    assert 290 < wait <= 300  # a third of fifteen minutes
    policy = "registrations-address" if mutation == "register" else "passwords-address"
    assert error == {
        "message": f"Too many requests of this kind: the limit is 3 in 900 seconds. Try again in {wait} seconds.",
        "extensions": {
            "code": "LIMIT_EXCEEDED", "limit": policy, "most": 3, "window": 900, "retryAfter": wait,
        },
    }  # fmt: skip
    assert field_of(response, "ratelimit-policy") == {policy: {"q": 3, "w": 900}}
    assert field_of(response, "ratelimit") == {policy: {"r": 0, "t": wait}}
    # Another address has its own rate, and the addresses of one IPv6 network have one.
    assert (await sent(strict, HASHING[mutation], address="203.0.113.2")).status_code == 200
    statuses = [
        (await sent(strict, HASHING[mutation], address=f"2001:db8:0:1::{number}")).status_code for number in range(4)
    ]
    assert statuses == [200, 200, 200, 429]
    assert (await sent(strict, HASHING[mutation], address="2001:db8:0:2::1")).status_code == 200


@pytest.mark.parametrize(("mutation", "most"), [("signIn", LIMITS.sign_ins), ("register", LIMITS.mails)])
async def test_what_the_limits_of_an_address_refuse_is_not_hashed(
    fresh: str, tmp_path: Path, hashes: Hashes, mutation: str, most: int
) -> None:
    async with serving(fresh, data=tmp_path) as ask:
        for _ in range(most):
            await sent(ask, HASHING[mutation])
        assert hashes.made == most
        response = await sent(ask, HASHING[mutation])
        assert response.json()["data"][mutation]["userErrors"] == [{"code": "LIMIT_REACHED"}]
        assert hashes.made == most


async def test_each_alias_is_counted(strict: Ask, hashes: Hashes) -> None:
    several = " ".join(
        f'a{number}: signIn(input: {{email: "a@people.example", password: "wrong password"}}) {{ token }}'
        for number in range(10)
    )
    response = await sent(strict, f"mutation {{ {several} }}")
    assert (response.status_code, hashes.made) == (429, 3)


async def test_a_refused_alias_leaves_the_payloads_of_those_that_were_carried_out(fresh: str, tmp_path: Path) -> None:
    async with network_on(fresh, data=tmp_path, rates=rates_of("profile=2/100/60")) as network:
        ada = await network.member()
        several = " ".join(
            f'a{number}: profileUpdate(input: {{about: "{number}"}}) {{ me {{ member {{ about }} }} }}'
            for number in range(3)
        )
        response = await network.ask.post(ada, f"mutation {{ {several} }}")
        answer = response.json()
        assert response.status_code == 200
        assert [payload and payload["me"]["member"]["about"] for payload in answer["data"].values()] == ["0", "1", None]
        (error,) = answer["errors"]
        assert (error["path"], error["extensions"]["code"]) == (["a2"], "LIMIT_EXCEEDED")
        assert error["extensions"]["retryAfter"] in (29, 30)
        assert field_of(response, "ratelimit")["profile"]["r"] == 0


async def test_a_member_is_counted_by_account_and_by_address(fresh: str, tmp_path: Path) -> None:
    rates = rates_of("flags=2/3/600")
    async with network_on(fresh, data=tmp_path, trusted_proxies=PROXY, rates=rates) as network:
        ask = network.ask
        community = UUID(str((await factories.community(network.database))["id"]))
        ada, ben = [await network.member(community) for _ in range(2)]
        discussion = await factories.discussion(network.database, community_id=community, author_id=ben.id)
        post = await factories.post(network.database, discussion_id=discussion["id"], author_id=ben.id)
        flag = f'mutation {{ postFlag(input: {{post: "pst_{post["id"]}", reason: PERSONAL_DATA}}) {ERRORS} }}'
        first = await sent(ask, flag, who=ada)
        assert field_of(first, "ratelimit-policy") == {
            "flags": {"q": 2, "w": 600}, "flags-address": {"q": 3, "w": 600},
        }  # fmt: skip
        assert field_of(first, "ratelimit")["flags"] == {"r": 1, "t": 300}
        second = await sent(ask, flag, who=ada, address="203.0.113.2")
        assert field_of(second, "ratelimit")["flags"]["r"] == 0
        refused = await sent(ask, flag, who=ada, address="203.0.113.3")
        assert refused.status_code == 429
        assert refused.json()["errors"][0]["extensions"]["limit"] == "flags"
        # What the account's rate refuses does not count for the others at its address.
        for _ in range(5):
            assert (await sent(ask, flag, who=ada)).status_code == 429
        statuses = [(await sent(ask, flag, who=who)).status_code for who in (ben, ben)]
        assert statuses == [200, 200]
        cara = await network.member(community)
        refused = await sent(ask, flag, who=cara)
        assert refused.json()["errors"][0]["extensions"]["limit"] == "flags-address"
        # Reads, and other kinds of mutations, are not counted with them.
        read = await sent(ask, "{ viewer { audience } }", who=ada)
        assert read.status_code == 200
        assert "ratelimit" not in read.headers
        assert (
            await sent(ask, 'mutation { profileUpdate(input: {about: "x"}) { userErrors { code } } }', who=ada)
        ).is_success


async def test_an_organizations_programs_share_its_rate(fresh: str, tmp_path: Path) -> None:
    async with network_on(fresh, data=tmp_path, rates=rates_of("keys=2/9/600")) as network:
        buyer = await network.buyer()
        revoke = f'mutation {{ apiKeyRevoke(input: {{apiKey: "key_{UUID(int=1)}"}}) {ERRORS} }}'
        assert [(await network.ask.post(buyer, revoke)).status_code for _ in range(3)] == [200, 200, 429]
        assert (await network.ask.post(await network.buyer(), revoke)).status_code == 200


async def test_servers_of_one_database_share_rates(fresh: str, tmp_path: Path, hashes: Hashes) -> None:
    settings: dict[str, Any] = {"trusted_proxies": PROXY, "rates": rates_of(FEW)}
    async with (
        serving(fresh, data=tmp_path / "a", **settings) as one,
        serving(fresh, data=tmp_path / "b", **settings) as two,
    ):
        answers = await asyncio.gather(*(sent(ask, HASHING["signIn"]) for ask in (one, two) * 5))
        assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 7
        assert hashes.made == 3


async def test_an_allowance_fills_up_and_its_row_is_deleted(strict: Ask, hashes: Hashes, one_strict: Strict) -> None:
    owner = one_strict.owner
    for _ in range(3):
        await sent(strict, HASHING["signIn"])
    rows = await owner.fetch("SELECT subject::text AS subject, full_at - now() AS left FROM identity.rate_limit")
    assert [890 < row["left"].total_seconds() <= 900 for row in rows] == [True]
    assert "203.0.113.1" not in rows[0]["subject"]
    assert len(rows[0]["subject"]) == 2 + 64  # a keyed digest
    await owner.execute("UPDATE identity.rate_limit SET full_at = full_at - interval '301 seconds'")
    assert [(await sent(strict, HASHING["signIn"])).status_code for _ in range(2)] == [200, 429]
    await jobs.forget_waiting(owner)
    assert await owner.fetchval("SELECT count(*) FROM identity.rate_limit") == 1
    await owner.execute("UPDATE identity.rate_limit SET full_at = now()")
    await jobs.forget_waiting(owner)
    assert await owner.fetchval("SELECT count(*) FROM identity.rate_limit") == 0
    assert (await sent(strict, HASHING["signIn"])).status_code == 200


@pytest.mark.parametrize(("most", "seconds"), [(1, 1), (3, 1), (7, 60), (1_000, 7), (300, 86_400)])
async def test_exactly_the_most_are_accepted_at_once(admin: asyncpg.Connection, most: int, seconds: int) -> None:
    # Seconds apart in the real time of a slow machine, the allowance would fill up: counted within one call.
    many = min(most, 100) if most < 1_000 else most
    rows = await admin.fetch(
        "SELECT * FROM identity.count_request($1, $2, $3)",
        [b"subject"] * (many + 1), [most] * (many + 1), [seconds] * (many + 1),
    )  # fmt: skip
    assert [row["remaining"] for row in rows[:many]] == list(range(most - 1, most - many - 1, -1))
    if many == most:
        assert (len(rows), rows[-1]["remaining"]) == (most + 1, 0)
        assert 0 <= rows[-1]["wait"] <= seconds / most


@pytest.mark.parametrize(
    ("remaining", "most", "shown"), [(30, 30, 28), (29, 30, 28), (5, 30, 1), (1, 30, 1), (0, 30, 0), (2, 3, 2)]
)
def test_what_is_left_to_an_address_is_reported_in_quarters(remaining: int, most: int, shown: int) -> None:
    assert coarse(remaining, most) == shown


# Settings


def test_rates_are_read_by_kind_and_later_entries_prevail() -> None:
    assert rates_of("posts=1/2/3") == Rates(posts=Rate(1, 2, 3))
    found = rates_of(" all=9/9/9 , flags=1/2/3 ")
    assert (found.flags, found.posts, found.staff) == (Rate(1, 2, 3), Rate(9, 9, 9), Rate(9, 9, 9))


NO_RATES: tuple[str, ...] = (
    "posts",
    "posts=",
    "posts=1/2",
    "posts=1/2/3/4",
    "posts=0/1/1",
    "posts=1/1/0",
    "other=1/1/1",
)
NO_RATES += ("posts=x/1/1", "posts=1/1/86401", "posts=1000001/1/1", "posts=1/1/1,", ",")


@pytest.mark.parametrize("text", NO_RATES)
def test_other_texts_are_not_rates(text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment({"COHORTE_RATES": text})
    assert set(raised.value.faults) == {"COHORTE_RATES"}


# Requests of any kind

JSON = {"content-type": "application/json"}


def test_requests_have_a_rate_by_caller() -> None:
    now = [100.0]
    rates = RequestRates("requests", 3, 2, lambda: now[0])
    for _ in range(3):
        rates.check("a")
        rates.count("a")
    for refused in (rates.check, rates.count, rates.count):
        with pytest.raises(RequestError) as caught:
            refused("a")
        assert (caught.value.status, caught.value.headers[0]) == (429, (b"retry-after", b"1"))
    rates.count("b")
    now[0] += 0.5
    rates.count("a")
    with pytest.raises(RequestError):
        rates.count("a")
    now[0] += 100
    for _ in range(3):
        rates.count("a")
    for number in range(CALLERS + 5):
        rates.count(number)
    assert len(rates.full_at) == CALLERS


async def test_requests_are_refused_beyond_the_callers_rate(fresh: str, tmp_path: Path) -> None:
    """Strangers before their request is read; those who have signed in as themselves, at whatever address."""
    async with serving(fresh, data=tmp_path, requests_at_once=20, requests_a_second=1) as ask:
        stop_clock(ask)
        patient = await ask.sign_in("patient")
        read = [await ask.post(patient, "{ viewer { audience } }") for _ in range(21)]
        assert [answer.status_code for answer in read[:19]] == [200] * 19
        assert read[-1].status_code == 429
        assert field_of(read[-1], "ratelimit-policy") == {"requests": {"q": 20, "w": 20}}
        assert read[-1].json()["errors"][0]["extensions"]["limit"] == "requests"
        statuses = [(await ask.http.post("/graphql", content=b"[", headers=JSON)).status_code for _ in range(25)]
        assert 400 in statuses
        assert statuses[-1] == 429
        async with subscribers.socket(ask, patient) as socket:
            for number in range(3):
                await socket.subscribe(str(number), "{ regions }")
            found = [await socket.receive() for _ in range(3)]
        assert "requests" in str([each for each in found if each["type"] == "error"])


async def test_tokens_that_are_not_valid_have_a_rate_by_address(fresh: str, tmp_path: Path) -> None:
    async with serving(fresh, data=tmp_path, trusted_proxies=PROXY) as ask:
        stop_clock(ask)
        known = await ask.sign_in("patient")
        statuses = []
        for number in range(INVALID_AT_ONCE + 60):
            guess = Caller("nobody", f"{number:043}")
            statuses.append((await sent(ask, "{ regions }", who=guess)).status_code)
        most = INVALID_AT_ONCE - 1  # or one more: tenths of a second are rounded
        assert statuses[:most] == [401] * most
        assert set(statuses[most + 1 :]) == {429}
        # Another address, and a token that is known, are answered.
        assert (await sent(ask, "{ regions }", who=guess, address="203.0.113.9")).status_code == 401
        await sent(ask, "{ regions }", who=known, address="203.0.113.9")
        assert (await sent(ask, "{ regions }", who=known)).status_code == 200
