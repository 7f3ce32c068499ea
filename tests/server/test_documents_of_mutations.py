"""Documents of several mutations, of which one ends the caller's session, opens another or changes what they may do."""

from typing import Any

import pytest

from tests.support.client import ANYBODY, PASSWORD, serving
from tests.support.network import network_on

UPDATE = 'accountUpdate(input: {locale: "fr"}) { userErrors { code } }'
SIGNED_OUT: dict[str, Any] = {"userErrors": [], "query": None}


def sign_in(name: str, fields: str = "") -> str:
    return (
        f'signIn(input: {{email: "{name}@demo.example", password: "{PASSWORD}"}}) {{ userErrors {{ code }} {fields} }}'
    )


def errors(answer: dict[str, Any]) -> list[tuple[list[str], str]]:
    return [(error["path"], error["extensions"]["code"]) for error in answer.get("errors", ())]


async def test_after_sign_out_there_is_no_graph_and_no_other_mutation(fresh: str) -> None:
    async with serving(fresh) as ask:
        patient, again = await ask.sign_in("patient"), await ask.sign_in("patient")
        locale = await ask(again, "{ viewer { locale } }")
        answer = await ask(
            patient,
            f"mutation {{ a: signOut {{ userErrors {{ code }} query {{ viewer {{ audience }} }} }} b: {UPDATE} }}",
        )
        assert answer["data"] == {"a": SIGNED_OUT, "b": None}
        assert errors(answer) == [(["b"], "UNAUTHENTICATED")]
        assert await ask(again, "{ viewer { locale } }") == locale


async def test_after_a_deleted_account_there_is_no_graph_and_no_other_mutation(fresh: str) -> None:
    async with serving(fresh) as ask:
        patient = await ask.sign_in("patient")
        document = f"""mutation ($p: String!) {{
            a: accountDelete(input: {{password: $p}}) {{
              userErrors {{ code }} query {{ me {{ member {{ pseudonym }} }} }}
            }}
            b: {UPDATE}
            c: {sign_in("relative")}
        }}"""
        answer = await ask(patient, document, {"p": PASSWORD})
        assert answer["data"] == {"a": SIGNED_OUT, "b": None, "c": {"userErrors": []}}
        assert errors(answer) == [(["b"], "UNAUTHENTICATED")]
        assert (await ask.post(patient, "{ viewer { audience } }")).status_code == 401


async def test_a_refused_end_ends_nothing(fresh: str) -> None:
    async with serving(fresh) as ask:
        patient = await ask.sign_in("patient")
        answer = await ask(
            patient,
            'mutation { a: accountDelete(input: {password: "no"}) { userErrors { code } query { viewer { audience } } }'
            f" b: {UPDATE} }}",
        )
        payload = {"userErrors": [{"code": "WRONG_CREDENTIALS"}], "query": {"viewer": {"audience": "PATIENT"}}}
        assert answer == {"data": {"a": payload, "b": {"userErrors": []}}}


@pytest.mark.parametrize("view", ["anybody", "relative", "manager"])
async def test_each_sign_in_of_a_document_is_answered_for_whom_it_signed_in(fresh: str, view: str) -> None:
    async with serving(fresh) as ask:
        caller = ANYBODY if view == "anybody" else await ask.sign_in(view)
        fields = "viewer { audience } query { viewer { audience } }"
        answer = await ask(caller, f"mutation {{ a: {sign_in('patient', fields)} b: {sign_in('laboratory', fields)} }}")
        seen = {"anybody": ("PATIENT", "BUYER"), "relative": ("PATIENT", None), "manager": (None, None)}[view]
        for name, audience, graph in zip("ab", ("PATIENT", "BUYER"), seen, strict=True):
            assert answer["data"][name] == {
                "userErrors": [],
                "viewer": {"audience": audience},
                "query": None if graph is None else {"viewer": {"audience": graph}},
            }


@pytest.mark.parametrize(
    ("view", "first"), [("anybody", True), ("patient", True), ("relative", True), ("manager", False)]
)
@pytest.mark.parametrize("whose", ["patient", "relative"])
async def test_a_session_that_was_opened_has_the_graph_until_a_mutation_ends_it(
    fresh: str, view: str, first: bool, whose: str
) -> None:
    """A reset password closes all sessions of its account."""
    async with network_on(fresh, demo=True) as network:
        caller = ANYBODY if view == "anybody" else await network.ask.sign_in(view)
        await network.database.execute(
            "INSERT INTO identity.password_reset (code_hash, account_id, expires_at)"
            " SELECT sha256('CODE'), id, now() + interval '1 hour' FROM identity.account WHERE email = $1",
            f"{whose}@demo.example",
        )
        fields = "query { viewer { audience } }"
        document = f"""mutation ($code: String!) {{
            a: {sign_in("patient", fields)}
            b: resetPassword(input: {{code: $code, password: "many green lamps"}}) {{ userErrors {{ code }} {fields} }}
            c: resetPassword(input: {{code: $code, password: "many green lamps"}}) {{ userErrors {{ code }} {fields} }}
        }}"""
        answer = await network.ask(caller, document, {"code": "CODE"})
        graph = {"viewer": {"audience": "PATIENT"}}
        left = graph if first and whose == "relative" else None
        assert answer == {
            "data": {
                "a": {"userErrors": [], "query": graph if first else None},
                "b": {"userErrors": [], "query": left},
                "c": {"userErrors": [{"code": "INVALID"}], "query": left},
            }
        }


async def test_after_another_has_signed_in_nothing_is_written_for_either(fresh: str) -> None:
    async with serving(fresh) as ask:
        relative, patient = await ask.sign_in("relative"), await ask.sign_in("patient")
        before = [await ask(who, "{ viewer { locale } }") for who in (relative, patient)]
        answer = await ask(relative, f"mutation {{ a: {sign_in('patient')} b: {UPDATE} }}")
        assert answer["data"] == {"a": {"userErrors": []}, "b": None}
        assert errors(answer) == [(["b"], "UNAUTHENTICATED")]
        assert [await ask(who, "{ viewer { locale } }") for who in (relative, patient)] == before


async def test_what_is_read_after_a_sign_in_is_recorded_for_whom_it_was_read(fresh: str) -> None:
    async with network_on(fresh, demo=True) as network:
        manager = await network.ask.sign_in("manager")
        member = await network.value("SELECT member_id FROM care.profile WHERE sharing = 'ALL_MEMBERS' LIMIT 1")
        fields = f'query {{ node(id: "mbr_{member}") {{ ... on Member {{ sex }} }} }}'
        answer = await network.ask(manager, f"mutation {{ a: {sign_in('moderator', fields)} }}")
        assert answer["data"]["a"]["query"]["node"]["sex"] is not None
        reader = await network.value(
            "SELECT a.email FROM care.data_read r JOIN identity.account a USING (staff_id) WHERE r.member_id = $1",
            member,
        )
        assert reader == "moderator@demo.example"


async def test_a_sign_in_is_answered_in_the_language_that_the_operation_asks_for(fresh: str) -> None:
    async with serving(fresh) as ask:
        first = "communities(first: 1) { nodes { name } }"
        for asked in ("EN", "FR"):
            wanted = await ask(ANYBODY, f"query @inContext(language: {asked}) {{ {first} }}")
            answer = await ask(
                ANYBODY, f"mutation @inContext(language: {asked}) {{ {sign_in('patient', f'query {{ {first} }}')} }}"
            )
            assert answer["data"]["signIn"]["query"] == wanted["data"]
