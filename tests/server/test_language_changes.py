"""What is open when an account's language changes stays open, and goes on in the new language, in every process."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from models.viewers import Audience, Viewer
from server.callers.sessions import ChangedSessions, Sessions
from tests import factories
from tests.server.test_events import EventNetwork, event_network
from tests.support.client import Ask, Caller, serving
from tests.support.clusters import clone
from tests.support.eventually import becomes
from tests.support.network import Network
from tests.support.subscribers import announce, event_stream, socket, subscribed

OPENED = "subscription($community: String) { surveyOpened(community: $community) { title } }"
OPENED_IN_FRENCH = OPENED.replace("{", "@inContext(language: FR) {", 1)
CHANGE = "mutation($to: String) { profileUpdate(input: {locale: $to}) { userErrors { code } } }"
REFUSED = 'mutation { postAdd(input: {discussion: "dis_", body: "x"}) { userErrors { message } } }'
TITLES = {"en": "Sleep", "fr": "Sommeil"}
REFUSALS = {"en": "does not exist", "fr": "n’existe pas"}


@pytest_asyncio.fixture(scope="module")
async def processes(template: str) -> AsyncIterator[tuple[EventNetwork, Ask]]:
    """Yields a network, and another process on its database."""
    async with clone(template) as dsn, event_network(dsn) as network, serving(dsn) as there:
        yield network, there


@pytest_asyncio.fixture
async def opened(processes: tuple[EventNetwork, Ask]) -> tuple[EventNetwork, Ask, Caller, dict[str, str]]:
    """Yields a network, another process on its database, a member, and a community as a variable."""
    network, there = processes
    await subscribed(there, 0)
    community = await factories.community(network.owner)
    return network, there, await network.ask.sign_in("patient"), {"community": community["slug"]}


async def change(ask: Ask, who: Caller, language: str) -> None:
    answer = await ask(who, CHANGE, {"to": language})
    assert answer == {"data": {"profileUpdate": {"userErrors": []}}}


async def open_survey(network: EventNetwork, variables: dict[str, str]) -> None:
    """Opens a survey with a title in both languages, and publishes it."""
    about = await network.owner.fetchval("select id from catalog.community where slug = $1", variables["community"])
    texts = {"title": TITLES["en"], "translations": {"fr": {"title": TITLES["fr"]}}}
    survey = await factories.survey(network.owner, community_id=about, **texts)
    await announce(network.owner, "surveyOpened", survey["id"], about)


async def test_sockets_go_on_in_the_new_language(opened: tuple[EventNetwork, Ask, Caller, dict[str, str]]) -> None:
    network, there, who, variables = opened
    async with socket(there, who) as made, socket(there, who) as other:
        for number, each in enumerate((made, other), 1):
            await each.subscribe("1", OPENED, variables)
            await subscribed(there, number)
        await made.subscribe("stays", OPENED_IN_FRENCH, variables)
        await subscribed(there, 3)
        for language in ("fr", "en", "fr"):
            await change(network.ask, who, language)
            await open_survey(network, variables)
            received = [await made.receive() for _ in range(2)]
            titles = {each["id"]: each["payload"]["data"]["surveyOpened"]["title"] for each in received}
            assert titles == {"1": TITLES[language], "stays": TITLES["fr"]}
            assert (await other.data("1"))["surveyOpened"]["title"] == TITLES[language]
            await made.subscribe("now", REFUSED)
            (error,) = (await made.data("now"))["postAdd"]["userErrors"]
            assert REFUSALS[language] in error["message"]
            assert (await made.receive())["type"] == "complete"


async def test_event_streams_go_on_in_the_new_language(
    opened: tuple[EventNetwork, Ask, Caller, dict[str, str]],
) -> None:
    network, there, who, variables = opened
    async with event_stream(there, who, OPENED, variables) as made:
        assert await made.receive() == (":", None)
        for language in ("fr", "en", "fr"):
            await change(network.ask, who, language)
            await open_survey(network, variables)
            kind, received = await made.receive()
            assert (kind, received["data"]["surveyOpened"]["title"]) == ("next", TITLES[language])
            # Their other answers too: the same connection of the process has notified it of both.
            (error,) = (await there(who, REFUSED))["data"]["postAdd"]["userErrors"]
            assert REFUSALS[language] in error["message"]


SETTINGS = "{ viewer { locale } }"
OWN_CHANGE = "mutation($to: String!) { accountUpdate(input: {locale: $to}) { userErrors { message } } }"


def is_worded(words: str, answer: Any) -> bool:
    """Whether the only refusal has these words."""
    [error] = answer["data"]["accountUpdate"]["userErrors"]
    return bool(words in error["message"])


@pytest.mark.parametrize("account", ["patient", "laboratory", "manager"])
async def test_everybody_who_signs_in_reads_and_changes_their_language(
    processes: tuple[EventNetwork, Ask], account: str
) -> None:
    network, there = processes
    who = await network.ask.sign_in(account)
    for locale, words in (("en-GB", "must be a language tag"), ("fr-CA", "étiquette BCP 47")):
        assert await network.ask(who, OWN_CHANGE, {"to": locale}) == {"data": {"accountUpdate": {"userErrors": []}}}
        assert await network.ask(who, SETTINGS) == {"data": {"viewer": {"locale": locale}}}
        refused = partial(there, who, OWN_CHANGE, {"to": "??"})
        await becomes(refused, partial(is_worded, words))  # by the other process, once it is notified
        assert await there(who, SETTINGS) == {"data": {"viewer": {"locale": locale}}}  # mails have it


async def test_nobody_changes_or_reads_the_language_of_another_account(network: Network) -> None:
    one, other = await network.staff(), await network.buyer()
    id = await network.value("SELECT id FROM identity.account WHERE organization_id = $1", other.id)
    before = await network.value("SELECT locale FROM identity.account WHERE id = $1", id)
    async with network.database.transaction():
        await network.database.execute("SELECT set_config('cohorte.staff', $1, true)", str(one.id))
        await network.database.execute("SELECT identity.change_locale($1, 'pt-BR')", id)
        assert await network.value("SELECT identity.account_locale($1)", id) is None
    assert await network.value("SELECT locale FROM identity.account WHERE id = $1", id) == before != "pt-BR"


class OneAccount:
    """Stands in for the pool: the account's language changes during the look-up."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.sessions = Sessions(self, demonstration=True)  # type: ignore[arg-type]  # a stand-in
        self.sessions.listening = True
        self.payload: UUID | str | None = None

    async def run(self, work: object, caller: object, *, repeatable: bool) -> object:
        if self.payload is not None:
            ChangedSessions(self.sessions).notified(None, 0, "", str(self.payload))
        return self.viewer, datetime.now(UTC) + timedelta(days=1), False


@pytest.mark.parametrize("readable", [True, False])
async def test_a_language_changed_during_a_look_up_is_not_cached(readable: bool) -> None:
    viewer = Viewer(Audience.PATIENT, uuid4(), uuid4(), uuid4())
    pool, token = OneAccount(viewer), b"Bearer " + b"a" * 43
    pool.payload = viewer.session if readable else "nonsense"
    await pool.sessions.viewer(token)
    assert pool.sessions.known(token) is None
    pool.payload = None
    await pool.sessions.viewer(token)
    assert pool.sessions.known(token) == viewer
    ChangedSessions(pool.sessions).notified(None, 0, "", str(viewer.session if readable else "nonsense"))
    assert pool.sessions.known(token) is None
