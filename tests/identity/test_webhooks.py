"""Webhooks of organizations over HTTP: who may make them, what they are sent, and the mails alike."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from models.identity.organization_users import UserRole
from models.identity.registrations import MailTemplate
from models.identity.webhooks import OrganizationEvent
from resolvers import public_hosts
from resolvers.identity.mail_templates import mail_text
from resolvers.identity.outbox import due_events, notify_organizations
from resolvers.identity.webhooks import SHOWN
from resolvers.identity.webhooks_mutations import MOST
from resolvers.jobs import forget_deliveries
from tests import factories
from tests.support.client import Caller
from tests.support.eventually import becomes
from tests.support.ids import key
from tests.support.network import Network, network_on
from tests.support.receiver import Receiver, receiving

WEBHOOK = "webhook { id url description events status failingSince previousUntil deliveries { id } }"
OWN = """{ organization { webhooks { id status previousUntil
    deliveries { id event status attempts failure responseStatus } } } }"""
EVERY = [event.value for event in OrganizationEvent]
MAILS = "SELECT recipient, letter, locale, about FROM identity.outbox_entry WHERE kind = 'MAIL' ORDER BY recipient"


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Yields a laboratory's server."""
    async with receiving() as made:
        yield made


async def created(network: Network, who: Caller, url: str, **given: Any) -> tuple[str, str]:
    """A new webhook: its id and its secret."""
    asked = {"url": url, "description": "Reports", "events": EVERY} | given
    payload = await network.do(who, "webhookCreate", "webhook { id } secret", **asked)
    assert payload["userErrors"] == []
    return payload["webhook"]["id"], payload["secret"]


async def webhooks(network: Network, who: Caller) -> list[dict[str, Any]]:
    answer = await network.ask(who, OWN)
    found: list[dict[str, Any]] = answer["data"]["organization"]["webhooks"]
    return found


async def delivery_becomes(network: Network, who: Caller, status: str) -> dict[str, Any]:
    """The latest delivery, once it has a status."""

    async def latest() -> dict[str, Any]:
        [webhook] = await webhooks(network, who)
        return next(iter(webhook["deliveries"]), {})

    return await becomes(latest, lambda delivery: delivery.get("status") == status)


async def test_a_webhook_is_made_tested_and_shown(network: Network, receiver: Receiver) -> None:
    buyer = await network.buyer()
    url = receiver.url()
    payload = await network.do(
        buyer, "webhookCreate", f"{WEBHOOK} secret", url=url, description=" Reports ", events=["LICENCE_DECIDED"] * 2
    )
    secret, webhook = payload["secret"], payload["webhook"]
    id = webhook.pop("id")
    assert webhook == {
        "url": url,
        "description": "Reports",
        "events": ["LICENCE_DECIDED"],
        "status": "ACTIVE",
        "failingSince": None,
        "previousUntil": None,
        "deliveries": [],
    }
    tested = await network.do(buyer, "webhookTest", "delivery { id event status }", webhook=id)
    delivery = tested["delivery"]["id"]
    assert tested["delivery"] == {"id": delivery, "event": None, "status": "PENDING"}
    [request] = await receiver.ones(1)
    assert (request.id, request.content["type"]) == (delivery, "ping")
    assert request.is_signed_by(secret)
    assert await delivery_becomes(network, buyer, "DELIVERED") == {
        "id": delivery,
        "event": None,
        "status": "DELIVERED",
        "attempts": 1,
        "failure": None,
        "responseStatus": 204,
    }


async def test_a_secret_is_shown_once_and_encrypted_if_there_is_a_key(fresh: str, receiver: Receiver) -> None:
    async with network_on(fresh, second_factor_key="k" * 32) as network:
        buyer = await network.buyer()
        given = {"url": receiver.url(), "description": "Reports", "events": EVERY, "clientMutationId": "1"}
        first = await network.do(buyer, "webhookCreate", "webhook { id } secret", **given)
        again = await network.do(buyer, "webhookCreate", "webhook { id } secret", **given)
        assert again["webhook"] == first["webhook"]
        assert again["secret"] is None
        secret = first["secret"].removeprefix("whsec_").encode()
        assert await network.count("insight.webhook") == 1
        assert secret not in await network.value("SELECT secret FROM insight.webhook")
        assert secret.decode() not in str(
            await network.value("SELECT string_agg(m::text, '') FROM identity.mutation m")
        )
        await network.do(buyer, "webhookTest", "delivery { id }", webhook=first["webhook"]["id"])
        [request] = await receiver.ones(1)
        assert request.is_signed_by(first["secret"])


async def test_after_a_rotation_both_secrets_sign(network: Network, receiver: Receiver) -> None:
    buyer = await network.buyer()
    id, first = await created(network, buyer, receiver.url())
    payload = await network.do(buyer, "webhookRotate", "webhook { previousUntil } secret", webhook=id)
    second = payload["secret"]
    assert payload["webhook"]["previousUntil"] is not None
    left = "SELECT previous_until - now() BETWEEN '23 h 50 min' AND '24 h' FROM insight.webhook WHERE id = $1"
    assert await network.value(left, key(id))
    await network.do(buyer, "webhookTest", "delivery { id }", webhook=id)
    [request] = await receiver.ones(1)
    assert [request.is_signed_by(each) for each in (first, second)] == [True, True]
    await network.value("UPDATE insight.webhook SET previous_until = now() WHERE id = $1", key(id))
    assert (await webhooks(network, buyer))[0]["previousUntil"] is None


async def test_a_paused_webhook_is_sent_nothing_but_tests(network: Network, receiver: Receiver) -> None:
    buyer = await network.buyer()
    licence = await factories.licence(network.database, organization_id=buyer.id, status="REQUESTED")
    id, _ = await created(network, buyer, receiver.url())
    assert await network.do(buyer, "webhookPause", "webhook { status }", webhook=id) == {
        "webhook": {"status": "PAUSED"},
        "userErrors": [],
    }
    await network.value("SELECT identity.queue_event('LICENCE_DECIDED', $1)", licence["id"])
    await network.do(buyer, "webhookTest", "delivery { id }", webhook=id)
    assert [each.content["type"] for each in await receiver.ones(1)] == ["ping"]
    await network.do(buyer, "webhookResume", "webhook { status }", webhook=id)
    await network.value("SELECT identity.queue_event('LICENCE_DECIDED', $1)", licence["id"])
    assert [each.content["type"] for each in await receiver.ones(2)] == ["ping", "licence.decided"]


async def test_pausing_cancels_what_waits(network: Network, receiver: Receiver) -> None:
    buyer = await network.buyer()
    receiver.answers["/hook"] = b"HTTP/1.1 500 No\r\n\r\n"
    licence = await factories.licence(network.database, organization_id=buyer.id, status="REQUESTED")
    id, _ = await created(network, buyer, receiver.url())
    await network.value("SELECT identity.queue_event('LICENCE_DECIDED', $1)", licence["id"])
    await receiver.ones(1)
    await network.do(buyer, "webhookPause", "webhook { status }", webhook=id)
    [webhook] = await webhooks(network, buyer)
    assert [each["status"] for each in webhook["deliveries"]] == ["CANCELLED"]
    waits = "SELECT count(*) FROM identity.outbox_entry o JOIN insight.webhook_delivery d ON d.id = o.delivery_id"
    assert await network.value(f"{waits} WHERE d.webhook_id = $1", key(id)) == 0


async def test_a_deleted_webhook_leaves_nothing(network: Network, receiver: Receiver) -> None:
    buyer = await network.buyer()
    receiver.answers["/hook"] = b"HTTP/1.1 500 No\r\n\r\n"
    licence = await factories.licence(network.database, organization_id=buyer.id, status="REQUESTED")
    id, _ = await created(network, buyer, receiver.url())
    await network.value("SELECT identity.queue_event('LICENCE_DECIDED', $1)", licence["id"])
    await receiver.ones(1)
    payload = await network.do(buyer, "webhookDelete", "webhookId", webhook=id)
    assert payload == {"webhookId": id, "userErrors": []}
    assert await webhooks(network, buyer) == []
    assert await network.count("insight.webhook_delivery", webhook_id=key(id)) == 0


URLS = [
    "http://hooks.example/", "https://127.0.0.1/", "https://user:pass@hooks.example/", "https://hooks.example:22/",
    "https://db.internal/", "nonsense",
]  # fmt: skip


@pytest.mark.parametrize("url", URLS)
async def test_an_address_that_is_not_accepted_makes_no_webhook(network: Network, url: str) -> None:
    buyer = await network.buyer()
    given = {"url": url, "description": "Reports", "events": EVERY}
    assert await network.refused(buyer, "webhookCreate", **given) == ("INVALID", "input.url")
    assert await network.count("insight.webhook", organization_id=buyer.id) == 0


@pytest.mark.parametrize(
    ("addresses", "refusals"),
    [
        (["10.0.0.1"], [("INVALID", "input.url")]),
        (["1.1.1.1", "::1"], [("INVALID", "input.url")]),
        ([], [("INVALID", "input.url")]),
        (["1.1.1.1"], []),
    ],
)
async def test_a_host_is_looked_up_when_a_webhook_is_made(
    network: Network, addresses: Sequence[str], refusals: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    monkeypatch.setattr(public_hosts, "resolve", resolve)
    buyer = await network.buyer()
    given = {"url": "https://hooks.laboratory.example/", "description": "Reports", "events": EVERY}
    assert await network.refusals(buyer, "webhookCreate", **given) == refusals
    assert await network.count("insight.webhook", organization_id=buyer.id) == (0 if refusals else 1)


async def test_only_the_demonstration_accepts_this_machine(fresh: str, receiver: Receiver) -> None:
    async with network_on(fresh, demo=False) as network:
        buyer = await network.buyer()
        given = {"url": receiver.url(), "description": "Reports", "events": EVERY}
        assert await network.refused(buyer, "webhookCreate", **given) == ("INVALID", "input.url")
        made = await factories.webhook(network.database, organization_id=buyer.id, url=receiver.url())
        await network.do(buyer, "webhookTest", "delivery { id }", webhook=f"whk_{made['id']}")
        assert (await delivery_becomes(network, buyer, "FAILED"))["failure"] == "ADDRESS"
        assert receiver.connections == 0


async def test_an_organization_has_few_webhooks(network: Network, receiver: Receiver) -> None:
    buyer = await network.buyer()
    for _ in range(MOST):
        await factories.webhook(network.database, organization_id=buyer.id)
    given = {"url": receiver.url(), "description": "Reports", "events": EVERY}
    assert await network.refused(buyer, "webhookCreate", **given) == ("LIMIT_REACHED", "input")
    assert await network.count("insight.webhook", organization_id=buyer.id) == MOST


@pytest.mark.parametrize("mutation", ["webhookTest", "webhookRotate", "webhookPause", "webhookResume", "webhookDelete"])
async def test_anothers_webhook_is_as_none(network: Network, mutation: str) -> None:
    buyer, webhook = await network.buyer(), await factories.webhook(network.database)
    for id in (webhook["id"], uuid4()):
        assert await network.refused(buyer, mutation, webhook=f"whk_{id}") == ("NOT_FOUND", "input.webhook")
    same = await network.row("SELECT * FROM insight.webhook WHERE id = $1", webhook["id"])
    assert same == dict(webhook)
    assert await network.count("insight.webhook_delivery", webhook_id=webhook["id"]) == 0
    assert await webhooks(network, buyer) == []


async def test_a_program_manages_no_webhooks(network: Network, receiver: Receiver) -> None:
    buyer = await network.buyer()
    made = await network.do(buyer, "apiKeyCreate", "secret", name="Program", expiresAt="2027-06-01T00:00:00Z")
    program = Caller("program", made["secret"])
    given = {"url": receiver.url(), "description": "Reports", "events": EVERY}
    for mutation, asked in (("webhookCreate", given), ("mailedEventsChoose", {"events": []})):
        answer = await network.answer(program, mutation, "__typename", **asked)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await network.count("insight.webhook", organization_id=buyer.id) == 0
    assert (await network.ask(program, "{ viewer { mailedEvents } }"))["data"] == {"viewer": {"mailedEvents": []}}


async def test_few_deliveries_are_shown_and_old_ones_deleted(network: Network) -> None:
    buyer = await network.buyer()
    webhook = await factories.webhook(network.database, organization_id=buyer.id)
    insert = """
        INSERT INTO insight.webhook_delivery (webhook_id, status, created_at)
        SELECT $1, $2, now() - $3::text::interval FROM generate_series(1, $4)
    """
    for status, age, count in (("DELIVERED", "1 day", SHOWN), ("FAILED", "31 days", 2), ("PENDING", "31 days", 1)):
        await network.value(insert, webhook["id"], status, age, count)
    [shown] = await webhooks(network, buyer)
    assert [each["status"] for each in shown["deliveries"]] == ["DELIVERED"] * SHOWN
    await forget_deliveries(network.database)
    assert await network.count("insight.webhook_delivery", webhook_id=webhook["id"]) == SHOWN + 1


# Whom an event concerns, without a courier that would take it.


@pytest_asyncio.fixture
async def database(fresh: str) -> AsyncIterator[asyncpg.Connection]:
    """Yields a connection to a database without a server."""
    connection = await asyncpg.connect(fresh)
    try:
        yield connection
    finally:
        await connection.close()


async def organization(database: asyncpg.Connection, name: str, **given: Any) -> tuple[UUID, UUID]:
    """A laboratory with an account and a webhook: the ids of the laboratory and of the webhook."""
    made = await factories.organization(database, name=name)
    await factories.account(
        database, organization_id=made["id"], email=f"{name}@x.example", email_verified=True, locale="fr-FR"
    )
    webhook = await factories.webhook(database, organization_id=made["id"], **given)
    return made["id"], webhook["id"]


async def licence(database: asyncpg.Connection, organization: UUID, community: UUID, **given: Any) -> UUID:
    term = await database.fetchrow("SELECT catalog.today() - 1 AS starts_on, catalog.today() + 1 AS ends_on")
    assert term is not None
    made = await factories.licence(
        database, organization_id=organization, community_id=community, **(dict(term) | given)
    )
    return UUID(str(made["id"]))


async def happens(database: asyncpg.Connection, event: str, subject: UUID) -> None:
    await database.execute("SELECT identity.queue_event($1, $2)", event, subject)
    for each in await due_events(database):
        await notify_organizations(database, each)
        await notify_organizations(database, each)  # a second time, as after a crash


async def sent(database: asyncpg.Connection) -> list[tuple[Any, ...]]:
    """What waits to be sent: webhook, event and subject of each."""
    rows = await database.fetch(
        "SELECT d.webhook_id, d.event, d.subject_id FROM identity.outbox_entry o"
        " JOIN insight.webhook_delivery d ON d.id = o.delivery_id WHERE o.kind = 'WEBHOOK'"
    )
    return [tuple(row) for row in rows]


async def test_an_event_concerns_those_who_may_read_the_dataset(database: asyncpg.Connection) -> None:
    community = (await factories.community(database))["id"]
    dataset = (await factories.dataset(database, community_id=community, offered_to=["LABORATORY"]))["id"]
    today = await database.fetchval("SELECT catalog.today()")
    given = {
        "licensed": {},
        "requested": {"status": "REQUESTED"},
        "over": {"ends_on": today.replace(year=today.year - 1), "starts_on": today.replace(year=today.year - 1)},
        "later": {"starts_on": today.replace(year=today.year + 1), "ends_on": today.replace(year=today.year + 1)},
    }
    hooks = {}
    for name, licensed in given.items():
        id, hooks[name] = await organization(database, name)
        await licence(database, id, community, **licensed)
    elsewhere, _ = await organization(database, "elsewhere")
    await licence(database, elsewhere, (await factories.community(database))["id"])
    insurer, _ = await organization(database, "insurer")
    await database.execute("UPDATE insight.organization SET kind = 'INSURER' WHERE id = $1", insurer)
    await licence(database, insurer, community)
    await happens(database, "DATASET_FROZEN", dataset)
    assert await sent(database) == [(hooks["licensed"], "DATASET_FROZEN", dataset)]
    assert [row["recipient"] for row in await database.fetch(MAILS)] == ["licensed@x.example"]
    assert await database.fetchval("SELECT count(*) FROM identity.outbox_entry WHERE kind = 'EVENT'") == 0


async def test_a_webhook_is_sent_the_events_that_it_asks_for(database: asyncpg.Connection) -> None:
    community = (await factories.community(database))["id"]
    id, _ = await organization(database, "lab", events=["INSIGHT_PUBLISHED"])
    granted = await licence(database, id, community)
    for status in ("PAUSED", "DISABLED"):
        await factories.webhook(database, organization_id=id, status=status)
    wanted = await factories.webhook(database, organization_id=id, events=["LICENCE_DECIDED"])
    await happens(database, "LICENCE_DECIDED", granted)
    assert await sent(database) == [(wanted["id"], "LICENCE_DECIDED", granted)]
    assert await database.fetch(MAILS) == []  # the decision itself has queued the mail


async def test_new_insights_are_mailed_once_a_day(database: asyncpg.Connection) -> None:
    community = await factories.community(database, name="Gout", translations={"fr": {"name": "Goutte"}})
    id, hook = await organization(database, "lab")
    await licence(database, id, community["id"])
    dataset = (await factories.dataset(database, community_id=community["id"], offered_to=["LABORATORY"]))["id"]
    insights = [(await factories.insight(database, dataset_id=dataset))["id"] for _ in range(3)]
    for insight in insights[:2]:
        await happens(database, "INSIGHT_PUBLISHED", insight)
    assert sorted(await sent(database)) == sorted((hook, "INSIGHT_PUBLISHED", insight) for insight in insights[:2])
    once = ("lab@x.example", "INSIGHT_PUBLISHED", "fr-FR", "Goutte")
    assert [tuple(row) for row in await database.fetch(MAILS)] == [once]
    await database.execute("UPDATE identity.account SET insights_mailed_on = insights_mailed_on - 1")
    await happens(database, "INSIGHT_PUBLISHED", insights[2])
    assert [tuple(row) for row in await database.fetch(MAILS)] == [once] * 2


@pytest.mark.parametrize("event", ["INSIGHT_PUBLISHED", "DATASET_FROZEN"])
async def test_who_wants_no_mail_gets_none(database: asyncpg.Connection, event: str) -> None:
    community = (await factories.community(database))["id"]
    id, hook = await organization(database, "lab")
    await licence(database, id, community)
    dataset = (await factories.dataset(database, community_id=community, offered_to=["LABORATORY"]))["id"]
    subject = dataset if event == "DATASET_FROZEN" else (await factories.insight(database, dataset_id=dataset))["id"]
    await database.execute("UPDATE identity.account SET mailed_events = array_remove($1, $2)", EVERY, event)
    await happens(database, event, subject)
    assert await sent(database) == [(hook, event, subject)]
    assert await database.fetch(MAILS) == []


@pytest.mark.parametrize(
    ("event", "told"),
    [("INSIGHT_PUBLISHED", {"ADMINISTRATOR", "ANALYST", "READER"}), ("DATASET_FROZEN", {"ADMINISTRATOR", "ANALYST"})],
)
async def test_mail_about_what_is_new_goes_to_users_by_role(
    database: asyncpg.Connection, event: str, told: set[str]
) -> None:
    community = (await factories.community(database))["id"]
    id = (await factories.organization(database))["id"]
    of = {"organization_id": id, "email_verified": True}
    roles = {(await factories.account(database, **of, role=role))["email"]: role.value for role in UserRole}
    await licence(database, id, community)
    dataset = (await factories.dataset(database, community_id=community, offered_to=["LABORATORY"]))["id"]
    subject = dataset if event == "DATASET_FROZEN" else (await factories.insight(database, dataset_id=dataset))["id"]
    await happens(database, event, subject)
    mails = await database.fetch(MAILS)
    assert {row["letter"] for row in mails} == {event}
    assert sorted(roles[row["recipient"]] for row in mails) == sorted(told)


async def test_people_choose_what_they_are_mailed(network: Network) -> None:
    one, other = await network.buyer(), await network.buyer()
    choice = "query { viewer { mailedEvents } }"
    fields = "query { viewer { mailedEvents } }"
    payload = await network.do(one, "mailedEventsChoose", fields, events=["DATASET_FROZEN", "DATASET_FROZEN"])
    assert payload == {"query": {"viewer": {"mailedEvents": ["DATASET_FROZEN"]}}, "userErrors": []}
    assert (await network.ask(other, choice))["data"]["viewer"]["mailedEvents"] == EVERY
    payload = await network.do(one, "mailedEventsChoose", fields, events=[])
    assert payload["query"]["viewer"]["mailedEvents"] == []


@pytest.mark.parametrize("status", ["GRANTED", "REFUSED"])
async def test_a_decision_is_an_event_and_mailed_to_who_wants_it(database: asyncpg.Connection, status: str) -> None:
    id, hook = await organization(database, "lab")
    await factories.account(
        database, organization_id=id, email="no@x.example", email_verified=True, mailed_events=["DATASET_FROZEN"]
    )
    asked = await licence(database, id, (await factories.community(database))["id"], status="REQUESTED")
    await database.execute("UPDATE insight.licence SET status = $2 WHERE id = $1", asked, status)
    mails = await database.fetch(MAILS)
    assert [(row["recipient"], row["letter"]) for row in mails] == [("lab@x.example", f"LICENCE_{status}")]
    for event in await due_events(database):
        await notify_organizations(database, event)
    assert await sent(database) == [(hook, "LICENCE_DECIDED", asked)]


@pytest.mark.parametrize(
    "letter", [MailTemplate.INSIGHT_PUBLISHED, MailTemplate.DATASET_FROZEN, MailTemplate.WEBHOOK_DISABLED]
)
@pytest.mark.parametrize(("locale", "hello"), [("fr-FR", "Bonjour,"), ("en-GB", "Hello,")])
def test_a_mail_is_in_the_accounts_language(letter: MailTemplate, locale: str, hello: str) -> None:
    text = mail_text(letter, locale, None, "Asthma")
    assert text.body.startswith(hello)
    assert "\nAsthma\n" in text.body


@pytest.mark.parametrize("kind", ["LICENCE_GRANTED", "DATASET_FROZEN", "INSIGHT_PUBLISHED"])
async def test_mails_name_the_community_in_the_language_of_each_account(
    database: asyncpg.Connection, kind: str
) -> None:
    community = (await factories.community(database, name="Gout", translations={"fr": {"name": "Goutte"}}))["id"]
    id, _ = await organization(database, "french")
    for locale in ("en-GB", "de"):
        given = {
            "organization_id": id,
            "email": f"{locale.lower()}@x.example",
            "email_verified": True,
            "locale": locale,
        }
        await factories.account(database, **given)
    asked = await licence(database, id, community, status="REQUESTED" if kind == "LICENCE_GRANTED" else "GRANTED")
    if kind == "LICENCE_GRANTED":
        await database.execute("UPDATE insight.licence SET status = 'GRANTED' WHERE id = $1", asked)
    else:
        subject = (await factories.dataset(database, community_id=community, offered_to=["LABORATORY"]))["id"]
        if kind == "INSIGHT_PUBLISHED":
            subject = (await factories.insight(database, dataset_id=subject))["id"]
        await happens(database, kind, subject)
    named = {row["locale"]: row["about"] for row in await database.fetch(MAILS) if row["letter"] == kind}
    assert named == {"fr-FR": "Goutte", "en-GB": "Gout", "de": "Gout"}
