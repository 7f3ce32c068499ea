"""The language of an answer: which one a request gets, what is translated, and what stands in for what is not."""

from typing import Any

import pytest
import pytest_asyncio

from models.languages import Language, language_of
from models.viewers import ANYBODY as NOBODY
from models.viewers import Viewer
from server.http.negotiation import content_language, in_language, negotiated
from tests import factories
from tests.support import subscribers
from tests.support.callers import User
from tests.support.client import ANYBODY, Caller
from tests.support.eventually import becomes
from tests.support.network import Network

NAMES = "query ($slug: String!) { community(slug: $slug) { name description condition { name } } }"
FRENCH = {"name": "Maux de tête", "description": "Pour en parler.", "condition": {"name": "Céphalée"}}
ENGLISH = {"name": "Headache", "description": "To talk about it.", "condition": {"name": "Cephalalgia"}}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("fr", Language.FR),
        ("fr-FR, en;q=0.5", Language.FR),
        ("en;q=0.5, fr-CA", Language.FR),
        ("de, fr;q=0.3, en;q=0.7", Language.EN),
        ("fr;q=0.5, en;q=0.5", Language.FR),
        ("FR", Language.FR),
        ("fr;q=0, en", Language.EN),
        ("fr;q=0", None),
        ("*", Language.EN),
        ("en;q=0, *", Language.FR),
        ("fr;q=0, en;q=0, *", None),
        ("de", None),
        ("", None),
        (",;q=1,, fr", Language.FR),
        ("fr;q=oops", None),
        ("fr;q=2", None),
        ("fr;q=nan", None),
        ("fr;level=1", None),
        ("de," * 30 + "fr", None),  # more than are read
    ],
)
def test_a_header_is_read_by_its_weights(header: str, expected: Language | None) -> None:
    assert negotiated(header) is expected


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("fr-FR", Language.FR), ("fr", Language.FR), ("fr_CA", Language.FR), ("fra", Language.FR), ("en-GB", Language.EN),
     ("eng", Language.EN), ("de", None), ("frr", None), ("", None)],
)  # fmt: skip
def test_a_locale_has_a_language(locale: str, expected: Language | None) -> None:
    assert language_of(locale) is expected


@pytest.mark.parametrize("account", [None, *Language])
@pytest.mark.parametrize("asked", [None, *Language])
@pytest.mark.parametrize("accepted", [None, *Language])
def test_the_operation_comes_first_then_the_account_then_the_client(
    account: Language | None, asked: Language | None, accepted: Language | None
) -> None:
    headers = {} if accepted is None else {b"accept-language": accepted.tag.encode()}
    found = in_language(Viewer(language=account), asked, headers)
    assert found.language is (asked or account or accepted)
    assert content_language(found) == (b"content-language", (asked or account or accepted or Language.EN).tag.encode())
    if asked is account is None and accepted is None:
        assert in_language(NOBODY, None, {}) is NOBODY  # nothing is made for it


@pytest_asyncio.fixture(scope="module")
async def headache(network: Network) -> str:
    """Yields the slug of a community that is translated."""
    condition = await factories.condition(
        network.database, name="Cephalalgia", translations={"fr": {"name": "Céphalée"}}
    )
    made = await factories.community(
        network.database, name="Headache", description="To talk about it.", condition_id=condition["id"],
        translations={"fr": {"name": "Maux de tête", "description": "Pour en parler."}},
    )  # fmt: skip
    return str(made["slug"])


async def reader(network: Network, locale: str) -> User:
    """A member whose account has this locale."""
    member = await network.member()
    await network.database.execute("UPDATE identity.account SET locale = $1 WHERE member_id = $2", locale, member.id)
    return member


async def named(
    network: Network, who: Caller, query: str, variables: dict[str, Any], **headers: str
) -> tuple[Any, str]:
    """The community, and the language of the response."""
    response = await network.ask.http.post(
        "/graphql", json={"query": query, "variables": variables}, headers=who.headers | headers
    )
    answer = response.json()
    assert "errors" not in answer, answer
    return answer["data"]["community"], response.headers["content-language"]


async def test_names_are_in_the_language_of_the_request(network: Network, headache: str) -> None:
    slug = {"slug": headache}
    french, english = (ENGLISH | FRENCH, "fr"), (ENGLISH, "en")
    assert await named(network, ANYBODY, NAMES, slug) == english
    assert await named(network, ANYBODY, NAMES, slug, **{"accept-language": "fr-FR"}) == french
    assert await named(network, ANYBODY, NAMES, slug, **{"accept-language": "de"}) == english
    ada, ben, eva = [await reader(network, locale) for locale in ("fr-FR", "en-GB", "de-DE")]
    assert await named(network, ada, NAMES, slug) == french
    assert await named(network, ada, NAMES, slug, **{"accept-language": "en"}) == french
    assert await named(network, ben, NAMES, slug, **{"accept-language": "fr"}) == english
    assert await named(network, eva, NAMES, slug) == english
    assert await named(network, eva, NAMES, slug, **{"accept-language": "fr"}) == french
    asked = NAMES.replace(") {", ") @inContext(language: EN) {", 1)
    assert await named(network, ada, asked, slug) == english
    asked = NAMES.replace(") {", ", $in: Language!) @inContext(language: $in) {", 1)
    for language, expected in (("FR", french), ("EN", english)):
        assert await named(network, ben, asked, slug | {"in": language}) == expected
    wrong = await network.ask(ANYBODY, NAMES.replace(") {", ") @inContext(language: DE) {", 1), slug)
    assert "data" not in wrong


async def test_a_translation_that_is_missing_is_in_english(network: Network) -> None:
    made = await factories.community(
        network.database, name="Gout", description="To talk.", translations={"fr": {"name": "Goutte"}}
    )
    found, language = await named(network, ANYBODY, NAMES, {"slug": made["slug"]}, **{"accept-language": "fr"})
    assert (found["name"], found["description"], language) == ("Goutte", "To talk.", "fr")


async def test_one_statement_answers_in_every_language(network: Network, headache: str) -> None:
    slug = {"slug": headache}
    statements = set()
    for language in Language:
        query = NAMES.replace(") {", ", $in: Language!) @inContext(language: $in) {", 1)
        await network.ask(ANYBODY, query, slug | {"in": language.value})
        (statement,) = network.ask.statements
        statements.add(statement)
    assert len(statements) == 1


async def test_lists_are_in_the_order_of_the_names_that_are_shown(network: Network) -> None:
    for name, french in (
        ("A", "Zz"), ("B", "Éa"), ("C", "ébène"), ("D", "Eau"), ("E", "Œdème"), ("F", "Mal de dos"),
        ("G", "Mal d’oreille"),
    ):  # fmt: skip
        given = {"name": f"Sortable {name}", "translations": {"fr": {"name": french}}}
        await factories.community(network.database, **given)
        await factories.indicator(network.database, **given)
    query = """query ($after: Cursor, $in: Language!) @inContext(language: $in) {
        indicators(search: "sortable") { name }
        communities(search: "sortable", first: 2, after: $after) { nodes { name } pageInfo { endCursor } } }"""
    for language, expected in (
        ("EN", [f"Sortable {name}" for name in "ABCDEFG"]),
        # Whatever the accents and capitals, and with an apostrophe before letters.
        ("FR", ["Éa", "Eau", "ébène", "Mal d’oreille", "Mal de dos", "Œdème", "Zz"]),
    ):
        pages, after = [], None
        for _ in range(4):
            found = (await network.ask(ANYBODY, query, {"after": after, "in": language}))["data"]
            assert [each["name"] for each in found["indicators"]] == expected
            pages += [each["name"] for each in found["communities"]["nodes"]]
            after = found["communities"]["pageInfo"]["endCursor"]
        assert pages == expected


async def test_everyday_names_and_units_have_translations(network: Network) -> None:
    await factories.indicator(
        network.database, name="Countable", lay_names=["Tired"], unit="days",
        translations={"fr": {"lay_names": ["Crevé", "À plat"], "unit": "jours"}},
    )  # fmt: skip
    for language, expected in (("FR", (["Crevé", "À plat"], "jours")), ("EN", (["Tired"], "days"))):
        query = f'query @inContext(language: {language}) {{ indicators(search: "countable") {{ layNames unit }} }}'
        (found,) = (await network.ask(ANYBODY, query))["data"]["indicators"]
        assert (found["layNames"], found["unit"]) == expected


async def test_notices_and_terms_are_in_the_viewers_language_unless_another_is_asked(network: Network) -> None:
    query = "query ($in: Language) { notices(language: $in) { language } terms(language: $in) { language } }"
    ada = await reader(network, "fr-FR")
    for who, asked, expected in ((ada, None, "FR"), (ada, "EN", "EN"), (ANYBODY, None, "EN"), (ANYBODY, "FR", "FR")):
        found = (await network.ask(who, query, {"in": asked} if asked else {}))["data"]
        assert {each["language"] for each in (*found["notices"], found["terms"])} == {expected}


async def test_the_undertakings_of_a_licence_are_in_the_viewers_language(network: Network) -> None:
    buyer = await network.buyer()
    for language in Language:
        query = f"query @inContext(language: {language}) {{ undertakings {{ language text }} }}"
        found = (await network.ask(buyer, query))["data"]["undertakings"]
        assert found["language"] == language
    other = (await network.ask(buyer, "query @inContext(language: EN) { undertakings(language: FR) { text } }"))["data"]
    assert other["undertakings"]["text"] == found["text"]


async def test_a_payload_is_in_the_language_of_its_mutation(network: Network) -> None:
    community = await factories.community(network.database, name="Gout", translations={"fr": {"name": "Goutte"}})
    ada = await reader(network, "fr-FR")
    for directive, name in (("", "Goutte"), ("@inContext(language: EN)", "Gout")):
        query = f"""mutation ($c: ID!) {directive} {{ communityJoin(input: {{community: $c}}) {{
            query {{ node(id: $c) {{ ... on Community {{ name }} }} }} }} }}"""
        answer = await network.ask(ada, query, {"c": f"com_{community['id']}"})
        assert answer["data"]["communityJoin"]["query"]["node"] == {"name": name}


async def test_a_new_locale_counts_at_once_in_every_session(network: Network, headache: str) -> None:
    slug = {"slug": headache}
    ada = await reader(network, "fr-FR")
    assert (await named(network, ada, NAMES, slug))[1] == "fr"
    await network.do(ada, "profileUpdate", "__typename", locale="en-GB")
    assert (await named(network, ada, NAMES, slug))[1] == "en"
    # By another session, of which this server learns from the database.
    await network.database.execute("UPDATE identity.account SET locale = 'fr-CA' WHERE member_id = $1", ada.id)
    await becomes(lambda: named(network, ada, NAMES, slug), lambda found: found[1] == "fr")


async def test_sockets_and_event_streams_have_a_language_too(network: Network, headache: str) -> None:
    slug = {"slug": headache}
    headers = {"accept-language": "fr"}
    async with subscribers.socket(network.ask, ANYBODY, additional_headers=headers) as socket:
        await socket.send("subscribe", id="1", payload={"query": NAMES, "variables": slug})
        assert (await socket.receive())["payload"]["data"]["community"]["name"] == "Maux de tête"
    streamed = headers | {"accept": "text/event-stream"}
    params = {"query": NAMES, "variables": slug}
    async with network.ask.http.stream("POST", "/graphql", json=params, headers=streamed) as response:
        assert response.headers["content-language"] == "fr"
        event, found = await subscribers.EventStream(response, subscribers.lines_of(response)).receive()
    assert (event, found["data"]["community"]["name"]) == ("next", "Maux de tête")


async def test_an_error_before_the_caller_is_known_is_in_the_language_of_the_client(network: Network) -> None:
    stale = Caller("stale", "x" * 43)
    for accepted, language, start in (("fr-FR", "fr", "Jeton non valable"), ("en", "en", "Invalid or expired token")):
        headers = stale.headers | {"accept-language": accepted}
        response = await network.ask.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
        assert (response.status_code, response.headers["content-language"]) == (401, language)
        assert response.json()["errors"][0]["message"].startswith(start)


async def test_a_fault_is_in_the_language_of_the_client(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise LookupError

    monkeypatch.setattr("server.operations.endpoint.Endpoint.answer", fails)
    response = await network.ask.http.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"accept-language": "fr"}
    )
    assert (response.status_code, response.headers["content-language"]) == (500, "fr")
    assert response.json()["errors"][0]["message"] == "Erreur interne du serveur."


async def test_an_error_for_developers_does_not_say_that_it_is_translated(network: Network) -> None:
    response = await network.ask.http.post("/graphql", json={"query": "{ nothing }"}, headers={"accept-language": "fr"})
    assert response.headers["content-language"] == "en"
