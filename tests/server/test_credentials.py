"""Sessions of browsers: the cookie, what a request with it must show, and signing in with a token that is not valid."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus

from tests.support.client import PASSWORD, Ask, Caller, serving
from tests.support.newcomers import REGISTER, newcomer
from tests.support.subscribers import dialled

APP, FOREIGN = "https://app.example", "https://foreign.example"
WHO = "{ viewer { audience } }"
SIGN_IN = """
    mutation ($email: EmailAddress!, $password: String!, $cookie: Boolean!) {
      signIn(input: {email: $email, password: $password, cookie: $cookie}) {
        token viewer { audience } query { viewer { audience } } userErrors { code path }
      }
    }
"""
SAFE = {"graphql-require-preflight": "1", "origin": APP}
PATIENT = {"data": {"viewer": {"audience": "PATIENT"}}}
PUBLIC = {"data": {"viewer": {"audience": "PUBLIC"}}}


async def send(ask: Ask, query: str, headers: Mapping[str, str], **variables: Any) -> httpx.Response:
    body = {"query": query, "variables": variables}
    accept = {"accept": "application/graphql-response+json"}
    return await ask.http.post("/graphql", json=body, headers=accept | dict(headers))


async def sign_in(
    ask: Ask, headers: Mapping[str, str], *, cookie: bool = True, name: str = "patient"
) -> httpx.Response:
    answer = await send(ask, SIGN_IN, headers, email=f"{name}@demo.example", password=PASSWORD, cookie=cookie)
    ask.http.cookies.clear()  # httpx would send them with every request; each test says which do
    return answer


async def in_cookie(ask: Ask) -> str:
    """The Cookie header of a new session of the patient."""
    answer = await sign_in(ask, SAFE)
    assert answer.json()["data"]["signIn"]["userErrors"] == []
    return answer.headers["set-cookie"].partition(";")[0]


async def by_get(ask: Ask, headers: Mapping[str, str]) -> httpx.Response:
    return await ask.http.get(f"/graphql?query={quote(WHO)}", headers=dict(headers))


@pytest_asyncio.fixture(scope="module")
async def of_app(dsn: str) -> AsyncIterator[Ask]:
    """Yields a server whose application has an origin of its own."""
    async with serving(dsn, origins=APP) as ask:
        yield ask


async def test_a_page_keeps_its_session_in_a_cookie_that_scripts_cannot_read(of_app: Ask) -> None:
    answer = await sign_in(of_app, SAFE)
    payload = answer.json()["data"]["signIn"]
    assert payload == {
        "token": None,
        "viewer": {"audience": "PATIENT"},
        "query": {"viewer": {"audience": "PATIENT"}},
        "userErrors": [],
    }
    first, *attributes = answer.headers["set-cookie"].split("; ")
    name, _, token = first.partition("=")
    assert (name, len(token)) == ("__Host-cohorte_session", 43)
    assert attributes == ["Max-Age=2592000", "Path=/", "HttpOnly", "SameSite=Lax", "Secure"]
    assert (await send(of_app, WHO, SAFE | {"cookie": f"other=1; {first}; more=2"})).json() == PATIENT


async def test_a_session_without_a_cookie_sets_none(ask: Ask) -> None:
    answer = await sign_in(ask, SAFE, cookie=False)
    assert "set-cookie" not in answer.headers
    assert len(answer.json()["data"]["signIn"]["token"]) == 43


async def test_a_refused_sign_in_sets_no_cookie(of_app: Ask) -> None:
    answer = await send(of_app, SIGN_IN, SAFE, email="patient@demo.example", password="wrong", cookie=True)
    assert answer.json()["data"]["signIn"]["userErrors"] == [{"code": "WRONG_CREDENTIALS", "path": ["input"]}]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": APP}, {"graphql-require-preflight": "1", "origin": FOREIGN}, SAFE | {"origin": "null"}],
)
async def test_no_other_page_can_sign_a_browser_in(of_app: Ask, headers: dict[str, str]) -> None:
    answer = await sign_in(of_app, headers)
    assert answer.json()["data"]["signIn"]["userErrors"] == [{"code": "INVALID", "path": ["input", "cookie"]}]
    assert "set-cookie" not in answer.headers
    assert answer.json()["data"]["signIn"]["viewer"] is None


async def test_a_cookie_counts_only_if_no_page_of_another_site_sent_it(of_app: Ask) -> None:
    cookie = {"cookie": await in_cookie(of_app)}
    own = {"origin": str(of_app.http.base_url).rstrip("/")}
    header = {"graphql-require-preflight": ""}
    same = {"sec-fetch-site": "same-origin"}
    for headers in (header, header | own, SAFE, header | same):
        assert (await send(of_app, WHO, cookie | headers)).json() == PATIENT, headers
    # By GET a browser's EventSource cannot send the header, but says where it comes from.
    for headers in (header, same, {"origin": APP}):
        assert (await by_get(of_app, cookie | headers)).json() == PATIENT, headers
    for headers in (
        {}, own, same, {"origin": APP}, {"sec-fetch-site": "same-site"},
        header | {"origin": FOREIGN}, header | {"origin": "null"}, header | {"origin": APP + ".foreign.example"},
        header | {"origin": APP.replace("https", "http")}, header | {"origin": APP + ":444"},
        header | {"origin": ""}, header | {"origin": "http://["}, same | {"origin": FOREIGN},
    ):  # fmt: skip
        answer = await send(of_app, WHO, cookie | headers)
        error = answer.json()["errors"][0]
        assert (answer.status_code, error["extensions"]["code"]) == (403, "FORBIDDEN"), headers
        assert "GraphQL-Require-Preflight: 1" in error["message"]
    for headers in ({}, {"sec-fetch-site": "same-site"}, {"origin": FOREIGN}, same | {"origin": FOREIGN}):
        assert (await by_get(of_app, cookie | headers)).status_code == 400, headers
    assert (await by_get(of_app, cookie | header | {"origin": FOREIGN})).status_code == 403


async def test_a_token_takes_precedence_over_a_cookie_and_needs_no_header(of_app: Ask) -> None:
    cookie = {"cookie": await in_cookie(of_app)}
    manager = await of_app.sign_in("manager")
    answer = await send(of_app, WHO, cookie | manager.headers)
    assert answer.json() == {"data": {"viewer": {"audience": "MANAGER"}}}


async def test_an_empty_or_foreign_cookie_is_no_session(ask: Ask) -> None:
    for cookie in ("", "__Host-cohorte_session=", "cohorte_session=x", "a=__Host-cohorte_session=x", ";;="):
        assert (await send(ask, WHO, {"cookie": cookie})).json() == PUBLIC
    for value in ("x", "x" * 43, '"quoted"', "x y"):
        answer = await send(ask, WHO, SAFE | {"origin": "", "cookie": f"__Host-cohorte_session={value}"})
        assert answer.status_code == 403
        answer = await send(ask, WHO, {"graphql-require-preflight": "1", "cookie": f"__Host-cohorte_session={value}"})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("ends", ["mutation { signOut { userErrors { code } } }", "sessionRevoke"])
async def test_closing_the_session_clears_its_cookie(fresh: str, ends: str) -> None:
    async with serving(fresh, origins=APP) as ask:
        headers = SAFE | {"cookie": await in_cookie(ask)}
        answer = await send(ask, "{ me { account { sessions { id current } } } }", headers)
        sessions = {each["current"]: each["id"] for each in answer.json()["data"]["me"]["account"]["sessions"]}
        other = await ask.sign_in("patient")
        if ends == "sessionRevoke":
            ends = f'mutation {{ sessionRevoke(input: {{session: "{sessions[True]}"}}) {{ userErrors {{ code }} }} }}'
        kept = await send(ask, "mutation { profileUpdate(input: {}) { userErrors { code } } }", headers)
        assert "set-cookie" not in kept.headers
        cleared = (await send(ask, ends, headers)).headers["set-cookie"]
        assert cleared == "__Host-cohorte_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure"
        assert (await send(ask, WHO, headers)).status_code == 401
        # A client with a token has no cookie to clear.
        answer = await send(ask, "mutation { signOut { userErrors { code } } }", other.headers)
        assert "set-cookie" not in answer.headers


async def test_a_cookie_without_secure_is_for_development_alone(dsn: str) -> None:
    async with serving(dsn, origins=APP, plain_cookie=True) as ask:
        cookie = (await sign_in(ask, SAFE)).headers["set-cookie"]
        assert cookie.startswith("cohorte_session=")
        assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax")
        assert (await send(ask, WHO, SAFE | {"cookie": cookie.partition(";")[0]})).json() == PATIENT
        named = "__Host-" + cookie.partition(";")[0]
        assert (await send(ask, WHO, SAFE | {"cookie": named})).json() == PUBLIC


STALE = ("Bearer " + "x" * 43, "Bearer nonsense", "Basic eDp5", "", "Bearer ck_00000000_" + "x" * 43)


@pytest.mark.parametrize("stale", STALE)
async def test_signing_in_does_not_mind_a_token_that_is_not_valid(ask: Ask, stale: str) -> None:
    answer = await sign_in(ask, {"authorization": stale}, cookie=False)
    payload = answer.json()["data"]["signIn"]
    assert payload["viewer"] == payload["query"]["viewer"] == {"audience": "PATIENT"}
    assert (await send(ask, WHO, {"authorization": stale})).status_code == 401


async def test_no_mutation_of_strangers_minds_a_token_that_is_not_valid(fresh: str) -> None:
    stale = Caller("stale", "x" * 43)
    async with serving(fresh) as ask:
        answer = await ask(stale, REGISTER, {"input": newcomer("Stale")})
        assert answer["data"]["register"]["userErrors"] == []
        for document in (
            'mutation { requestPasswordReset(input: {email: "a@people.example"}) { userErrors { code } } }',
            'mutation { resetPassword(input: {code: "x", password: "x"}) { userErrors { code } } }',
            'mutation { verifyEmail(input: {code: "x", password: "x"}) { userErrors { code } } }',
        ):
            assert "data" in await ask(stale, document)


async def test_a_cookie_that_is_stale_or_unsafe_does_not_keep_anybody_from_signing_in(of_app: Ask) -> None:
    stale = {"cookie": "__Host-cohorte_session=" + "x" * 43}
    answer = await sign_in(of_app, SAFE | stale)
    assert "set-cookie" in answer.headers
    assert (await sign_in(of_app, stale, cookie=False)).json()["data"]["signIn"]["token"]


async def test_a_cookie_that_is_stale_is_cleared_so_that_its_page_can_read_as_a_stranger(of_app: Ask) -> None:
    stale = {"cookie": "__Host-cohorte_session=" + "x" * 43}
    answer = await send(of_app, WHO, SAFE | stale)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["set-cookie"].startswith("__Host-cohorte_session=; Max-Age=0;")
    # A cookie that other pages may have caused to be sent is left alone, and so is one that was not looked at.
    for headers in ({}, SAFE | {"origin": FOREIGN}, SAFE | {"authorization": "Bearer " + "x" * 43}):
        answer = await send(of_app, WHO, stale | headers)
        assert answer.status_code in (401, 403)
        assert "set-cookie" not in answer.headers, headers


@pytest.mark.parametrize(
    "document",
    [
        WHO,
        "mutation { signOut { userErrors { code } } }",
        "mutation { nothing }",
        "{",
        'subscription { postAdded(discussion: "dis_1") { id } }',
        "mutation A { __typename } query B { viewer { audience } }",
    ],
)
async def test_everything_else_needs_a_valid_token_or_none(ask: Ask, document: str) -> None:
    answer = await ask.post(Caller("stale", "x" * 43), document)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


async def test_the_payload_is_read_as_whoever_signed_in_unless_the_view_is_another(ask: Ask, patient: Caller) -> None:
    for name, seen in (("relative", {"viewer": {"audience": "PATIENT"}}), ("manager", None)):
        answer = await sign_in(ask, patient.headers, cookie=False, name=name)
        payload = answer.json()["data"]["signIn"]
        assert payload["query"] == seen
    document = SIGN_IN.replace("query { viewer { audience } }", "query { me { member { pseudonym } } }")
    answer = await send(ask, document, patient.headers, email="relative@demo.example", password=PASSWORD, cookie=False)
    payload = answer.json()["data"]["signIn"]
    own = await ask(Caller("new", payload["token"]), "{ me { member { pseudonym } } }")
    assert payload["query"]["me"] == own["data"]["me"]


async def test_a_socket_takes_the_cookie_of_pages_whose_origin_is_allowed(of_app: Ask) -> None:
    cookie = {"cookie": await in_cookie(of_app)}
    own = str(of_app.http.base_url).rstrip("/")
    for origin, seen in ((APP, PATIENT), (own, PATIENT), (None, PUBLIC)):
        async with dialled(of_app, additional_headers=cookie, origin=origin) as made:
            await made.send("connection_init")
            assert await made.receive() == {"type": "connection_ack"}
            await made.subscribe("1", WHO)
            assert await made.data("1") == seen["data"]
    for origin in (FOREIGN, "null", APP + ":8443", APP.upper().replace("HTTPS", "http")):
        with pytest.raises(InvalidStatus):
            async with dialled(of_app, additional_headers=cookie, origin=origin):
                pass


async def test_a_socket_cannot_set_a_cookie_but_signs_in(dsn: str) -> None:
    async with serving(dsn, origins=APP) as ask, dialled(ask, additional_headers=SAFE) as made:
        await made.send("connection_init")
        await made.receive()
        given = {"email": "patient@demo.example", "password": PASSWORD}
        await made.subscribe("1", SIGN_IN, given | {"cookie": True})
        assert (await made.data("1"))["signIn"]["userErrors"] == [{"code": "INVALID", "path": ["input", "cookie"]}]


async def test_closing_the_session_of_a_cookie_ends_its_streams(fresh: str) -> None:
    async with serving(fresh, origins=APP) as ask:
        headers = SAFE | {"cookie": await in_cookie(ask)}
        async with dialled(ask, additional_headers=headers) as made:
            await made.send("connection_init")
            await made.receive()
            await send(ask, "mutation { signOut { userErrors { code } } }", headers)
            assert (await made.closed())[0] == 4403
