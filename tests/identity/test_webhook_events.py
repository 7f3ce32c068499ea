"""Events as they happen: what a laboratory's server and its people get of a decision, a dataset and an insight."""

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from operator import not_
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.webhooks import OrganizationEvent
from resolvers.identity.outbox import WEBHOOK_LOCK
from tests import factories
from tests.support.agreed import AGREED
from tests.support.callers import User
from tests.support.client import Caller
from tests.support.eventually import becomes
from tests.support.network import Network, network_on
from tests.support.population import close, crowd
from tests.support.publishable import free, gathered, paid, publishes
from tests.support.receiver import Received, Receiver, receiving
from tests.support.surveys import in_days

PAGE = (Path(__file__).parents[2] / "docs/webhooks.md").read_text(encoding="utf-8")
ROWS = re.findall(r"(?m)^\| `([a-z.]+)` \| (.*) \|$", PAGE)
QUERIES = [text for text in re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL) if not text.startswith("mutation")]
PROMISED = {kind: set(re.findall(r"`(\w+)`", data)) for kind, data in ROWS}  # the names in `data`
EVERY = [event.value for event in OrganizationEvent]
WAITS = "SELECT count(*) FROM identity.outbox_entry WHERE kind IN ('EVENT', 'WEBHOOK', 'MAIL')"
GRANTED, FROZEN, PUBLISHED = "Your licence was granted", "A new dataset at Cohorte", "New insights at Cohorte"


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Yields a laboratory's server."""
    async with receiving() as made:
        yield made


@dataclass
class Laboratory:
    """A user of a laboratory, their address, and the secret of its webhook."""

    user: User
    email: str
    secret: str
    key: Caller


async def laboratory(network: Network, url: str) -> Laboratory:
    user = await network.buyer()
    given = {"url": url, "description": "Rapports de Zoé", "events": EVERY}
    secret = (await network.do(user, "webhookCreate", "secret", **given))["secret"]
    key = await network.do(user, "apiKeyCreate", "secret", name="Reports", expiresAt=f"{in_days(90)}T00:00:00Z")
    email = await network.value("SELECT email FROM identity.account WHERE organization_id = $1", user.id)
    return Laboratory(user, email, secret, Caller("program", key["secret"]))


async def decides(network: Network, lab: Laboratory, community: UUID, granted: bool = True) -> str:
    """The laboratory requests a licence, and a steward decides: the licence's id."""
    days = {"startsOn": in_days(0), "endsOn": in_days(300)}
    asked = {"community": f"com_{community}", "purpose": "Sleep of Zoé", **AGREED} | days
    licence = (await network.do(lab.user, "licenceRequest", "licence { id }", **asked))["licence"]["id"]
    decision: dict[str, Any] = {"quota": 150_000} if granted else {"reason": "Ask Zoé."}
    steward = await network.staff(StaffRole.DATA_STEWARD)
    payload = await network.do(steward, "licenceDecide", "__typename", licence=licence, granted=granted, **decision)
    assert payload["userErrors"] == []
    return str(licence)


async def freezes(network: Network, survey: UUID) -> str | None:
    """Staff close a survey: the id of the dataset that it becomes, if it has enough participants."""
    manager = await network.staff(StaffRole.SURVEY_MANAGER)
    dataset = (await close(network, manager, survey, "dataset { id }"))["dataset"]
    return None if dataset is None else str(dataset["id"])


async def all_is_sent(network: Network) -> None:
    """Waits until nothing waits to be sent, so that what has not arrived by then never will."""
    await becomes(lambda: network.value(WAITS), not_)


def expect(request: Received, lab: Laboratory, kind: str, data: dict[str, str]) -> None:
    """Checks that a request is signed now, and has this type, these data and nothing else."""
    content = request.content
    assert content == {"type": kind, "timestamp": content["timestamp"], "data": data}
    assert data.keys() == PROMISED[kind]
    happened = datetime.fromisoformat(content["timestamp"])
    assert content["timestamp"].endswith("Z")
    assert -1 <= time.time() - happened.timestamp() < 300
    assert abs(time.time() - int(request.headers["webhook-timestamp"])) < 300
    assert request.is_signed_by(lab.secret)
    assert request.headers["content-type"] == "application/json"
    assert b"Zo" not in request.body


async def test_each_event_arrives_once_with_what_the_page_promises(network: Network, receiver: Receiver) -> None:
    lab, other = await laboratory(network, receiver.url()), await laboratory(network, receiver.url("/other"))
    quiet, unverified = "quiet@x.example", "new@x.example"
    of = {"organization_id": lab.user.id}
    await factories.account(network.database, **of, email=quiet, email_verified=True, mailed_events=[])
    await factories.account(network.database, **of, email=unverified, email_verified=False)
    respondents = await gathered(network)
    community = {"community": f"com_{respondents.community}"}

    licence = await decides(network, lab, respondents.community)
    dataset = await freezes(network, respondents.survey)
    assert dataset is not None
    first, _ = paid(await publishes(network, lab.user, dataset, "q", "r"))
    assert free(await publishes(network, lab.user, dataset, "q", "r", within=50)) == first
    second, _ = paid(await publishes(network, lab.user, dataset, "q", "sex"))
    requests = await receiver.ones(4)
    await all_is_sent(network)

    endpoint = network.ask.app.endpoint
    assert endpoint is not None
    base = endpoint.settings.base
    of_dataset = {"dataset": dataset, **community}
    insights = {
        insight: {"insight": insight, **of_dataset, "address": f"{base}/insights/{insight}.json"}
        for insight in (first, second)
    }
    codebook = {**of_dataset, "address": f"{base}/codebooks/{dataset}.html"}
    for request, (kind, data) in zip(
        requests,
        [
            ("licence.decided", {"licence": licence, **community}),
            ("dataset.frozen", codebook),
            *(("insight.published", data) for data in insights.values()),
        ],
        strict=True,
    ):
        expect(request, lab, kind, data)
    assert len({request.id for request in requests}) == len(receiver.received) == 4  # none to the other laboratory
    for address in (codebook["address"], *(data["address"] for data in insights.values())):
        answer = await network.ask.http.get(address.removeprefix(base), headers=lab.key.headers)
        assert answer.status_code == 200

    of_webhook, of_subject = QUERIES
    read = await network.ask(lab.user, of_webhook)
    [webhook] = read["data"]["organization"]["webhooks"]
    assert [each["status"] for each in webhook["deliveries"]] == ["DELIVERED"] * 4
    for subject in (licence, dataset, first, second):
        about = await network.ask(lab.key, of_subject, {"id": subject})
        assert "errors" not in about
        assert about["data"]["node"]

    mailbox = network.mailbox
    mails = [await mailbox.next(lab.email) for _ in range(3)]
    assert [mail["Subject"] for mail in mails] == [GRANTED, FROZEN, PUBLISHED]  # of two insights, one mail a day
    assert not any("Zo" in mail.get_content() for mail in mails)
    sent = [to for to, _ in mailbox.all()]
    assert [sent.count(to) for to in (lab.email, other.email, quiet, unverified)] == [3, 0, 0, 0]


async def test_a_refusal_is_sent_as_a_grant_is(network: Network, receiver: Receiver, community_id: UUID) -> None:
    lab = await laboratory(network, receiver.url())
    licence = await decides(network, lab, community_id, granted=False)
    [request] = await receiver.ones(1)
    expect(request, lab, "licence.decided", {"licence": licence, "community": f"com_{community_id}"})
    await all_is_sent(network)
    assert len(receiver.received) == 1
    assert (await network.mailbox.next(lab.email))["Subject"] == "Your licence was refused"


async def test_a_survey_with_few_participants_is_no_event(network: Network, receiver: Receiver) -> None:
    lab = await laboratory(network, receiver.url())
    few = await crowd(network.database, [{"q": "A"}] * 5, minimum_participants=200)
    await decides(network, lab, few.community)
    assert await freezes(network, few.survey) is None
    await all_is_sent(network)
    assert [request.content["type"] for request in receiver.received] == ["licence.decided"]
    assert [subject for to, subject in network.mailbox.all() if to == lab.email] == [GRANTED]


@pytest.mark.slow
async def test_what_happened_before_the_server_stopped_arrives_after_it_starts(fresh: str, receiver: Receiver) -> None:
    """Written while nothing is sent, then sent once without an answer: each stop loses nothing and changes no id."""
    async with network_on(fresh) as network:
        lab = await laboratory(network, receiver.url())
        respondents = await gathered(network)
        while not await network.value("SELECT pg_try_advisory_lock($1)", WEBHOOK_LOCK):  # the courier holds it briefly
            pass
        licence = await decides(network, lab, respondents.community)
        dataset = await freezes(network, respondents.survey)
        assert dataset is not None
        insight, _ = paid(await publishes(network, lab.user, dataset, "q", "r"))
        assert await network.value("SELECT count(*) FROM identity.outbox_entry WHERE kind = 'EVENT'") == 3
        assert receiver.received == []

    receiver.hangs = {"/hook"}
    async with network_on(fresh):
        [unanswered] = await receiver.ones(1)

    receiver.hangs.clear()
    async with network_on(fresh) as network:
        requests = await receiver.ones(4)
        await all_is_sent(network)
        assert len(receiver.received) == 4
        again = [request for request in requests[1:] if request.id == unanswered.id]
        assert [request.body for request in again] == [unanswered.body]
        assert len({request.id for request in requests}) == 3
        subjects = {request.content["type"]: request.content["data"] for request in requests}
        assert {kind: next(iter(data.values())) for kind, data in subjects.items()} == {
            "licence.decided": licence,
            "dataset.frozen": dataset,
            "insight.published": insight,
        }
        assert all(request.is_signed_by(lab.secret) for request in requests)
