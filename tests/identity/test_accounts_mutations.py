"""Changes that callers make to their own account and sessions, and the verification of associations by staff."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from models.identity.members import MemberKind
from models.logins import open_roles, role_dsn
from models.viewers import Audience
from tests.support import callers
from tests.support.callers import Place, Someone
from tests.support.client import ANYBODY, SIGN_IN, Caller

ME = """
    { me { member { pseudonym about } account { email locale sessions { id current } }
      birthYear sex region sharing } }
"""
WHO = "{ viewer { audience } }"
SESSIONS = "{ me { account { sessions { id current } } } }"


@pytest_asyncio.fixture
async def place(fresh: str) -> AsyncIterator[Place]:
    async with callers.place(fresh) as place:
        yield place


async def profile(place: Place, who: Caller) -> dict[str, Any]:
    answer = await place.ask(who, ME)
    me: dict[str, Any] = answer["data"]["me"]
    me["account"].pop("sessions")
    me["account"].pop("email")
    return me


async def is_open(place: Place, who: Caller) -> bool:
    answer = await place.ask(who, WHO)
    return "errors" not in answer


async def becomes_closed(place: Place, who: Caller) -> bool:
    for _ in range(500):
        if not await is_open(place, who):
            return True
        await asyncio.sleep(0.01)
    return False


async def another_session(place: Place, who: Someone) -> Caller:
    account = await place.admin.fetchval("SELECT id FROM identity.account WHERE member_id = $1", who.id)
    return await session_of(place, account)


async def session_of(place: Place, account: object) -> Caller:
    token = f"{uuid4().hex}{uuid4().hex}"[:43]
    await place.admin.execute(
        "INSERT INTO identity.session (account_id, token_hash, expires_at) VALUES ($1, sha256($2), now() + '1 day')",
        account,
        token.encode(),
    )
    return Caller("again", token)


async def id_of_session(place: Place, who: Caller) -> str:
    answer = await place.ask(who, SESSIONS)
    (id,) = [session["id"] for session in answer["data"]["me"]["account"]["sessions"] if session["current"]]
    return str(id)


async def test_a_member_revokes_another_of_their_sessions(place: Place) -> None:
    ada = await place.member()
    phone = await another_session(place, ada)
    assert await place.refusals(ada, "sessionRevoke", {"session": await id_of_session(place, phone)}) == []
    assert await becomes_closed(place, phone)
    assert await is_open(place, ada)


async def test_a_caller_can_revoke_their_current_session(place: Place) -> None:
    ada = await place.member()
    assert await place.refusals(ada, "sessionRevoke", {"session": await id_of_session(place, ada)}) == []
    assert await becomes_closed(place, ada)


async def test_another_members_session_is_not_found_and_stays_open(place: Place) -> None:
    ada, grace = await place.member(), await place.member()
    theirs = await id_of_session(place, grace)
    for session in (theirs, f"ses_{uuid4()}", f"mbr_{grace.id}", "nonsense", ""):
        assert await place.refusals(ada, "sessionRevoke", {"session": session}) == [("NOT_FOUND", "input.session")]
    assert await is_open(place, grace)


async def test_concurrent_requests_revoke_a_session_once(place: Place) -> None:
    ada = await place.member()
    phone = await id_of_session(place, await another_session(place, ada))
    both = await asyncio.gather(*(place.refusals(ada, "sessionRevoke", {"session": phone}) for _ in range(2)))
    assert sorted(both) == [[], [("NOT_FOUND", "input.session")]]
    other = await id_of_session(place, await another_session(place, ada))
    input = {"session": other, "clientMutationId": "once"}
    assert [await place.refusals(ada, "sessionRevoke", input) for _ in range(2)] == [[], []]


async def test_staff_revoke_their_own_sessions_too(place: Place) -> None:
    staff, other = await place.staff(), await place.staff()
    account = await place.admin.fetchval("SELECT id FROM identity.account WHERE staff_id = $1", staff.id)
    phone = await session_of(place, account)
    id = await place.admin.fetchval(
        "SELECT id FROM identity.session WHERE account_id = $1 ORDER BY created_at DESC LIMIT 1", account
    )
    refused = await place.refusals(other, "sessionRevoke", {"session": f"ses_{id}"})
    assert refused == [("NOT_FOUND", "input.session")]
    assert await is_open(place, phone)
    assert await place.refusals(staff, "sessionRevoke", {"session": f"ses_{id}"}) == []
    assert await becomes_closed(place, phone)


async def test_a_profile_update_changes_given_fields_and_null_clears_them(place: Place) -> None:
    ada = await place.member(pseudonym="Ada", about="Hello")
    before = await profile(place, ada)
    assert (before["birthYear"], before["sex"], before["sharing"]) == (1980, "FEMALE", "ONLY_ME")
    changed = {
        "pseudonym": "Ada Lovelace",
        "about": "  I count.  ",
        "birthYear": 1815 + 100,
        "sex": "OTHER",
        "region": "Bretagne",
        "locale": "en-GB",
        "sharing": "ALL_MEMBERS",
    }
    payload = await place.do(
        ada, "profileUpdate", changed, "me { member { pseudonym about } region } userErrors { code }"
    )
    assert payload == {
        "me": {"member": {"pseudonym": "Ada Lovelace", "about": "I count."}, "region": "Bretagne"},
        "userErrors": [],
    }
    after = {
        "member": {"pseudonym": "Ada Lovelace", "about": "I count."},
        "account": {"locale": "en-GB"},
        "birthYear": 1915,
        "sex": "OTHER",
        "region": "Bretagne",
        "sharing": "ALL_MEMBERS",
    }
    assert await profile(place, ada) == after
    assert await place.refusals(ada, "profileUpdate", {}) == []
    assert await profile(place, ada) == after
    cleared = {"about": None, "birthYear": None, "region": None}
    assert await place.refusals(ada, "profileUpdate", cleared) == []
    after["member"] = {"pseudonym": "Ada Lovelace", "about": None}
    assert await profile(place, ada) == after | {"birthYear": None, "region": None}
    assert await place.refusals(ada, "profileUpdate", {"about": "  ", "pseudonym": "ADA LOVELACE"}) == []
    assert (await profile(place, ada))["member"] == {"pseudonym": "ADA LOVELACE", "about": None}


REFUSED: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    *(({name: None}, [("INVALID", f"input.{name}")]) for name in ("pseudonym", "sex", "locale", "sharing")),
    ({"pseudonym": "me@people.example"}, [("INVALID", "input.pseudonym")]),
    ({"pseudonym": "x"}, [("INVALID", "input.pseudonym")]),
    ({"pseudonym": "x" * 31}, [("TOO_LONG", "input.pseudonym")]),
    ({"about": "x" * 1001}, [("TOO_LONG", "input.about")]),
    ({"region": "x" * 101}, [("TOO_LONG", "input.region")]),
    ({"birthYear": 2025}, [("NOT_ELIGIBLE", "input.birthYear")]),
    ({"birthYear": 1700}, [("INVALID", "input.birthYear")]),
    ({"locale": "FR"}, [("INVALID", "input.locale")]),
    ({"pseudonym": "gRaCe"}, [("TAKEN", "input.pseudonym")]),
    ({"region": "Corse", "sharing": "ALL_MEMBERS", "pseudonym": "Grace"}, [("TAKEN", "input.pseudonym")]),
]


async def test_a_refused_update_changes_nothing(place: Place) -> None:
    ada, _ = await place.member(pseudonym="Ada"), await place.member(pseudonym="Grace")
    before = await profile(place, ada)
    for given, refused in REFUSED:
        assert (given, await place.refusals(ada, "profileUpdate", given)) == (given, refused)
        assert await profile(place, ada) == before
    payload = await place.do(ada, "profileUpdate", {"sex": None}, "me { sex } userErrors { path }")
    assert payload == {"me": None, "userErrors": [{"path": ["input", "sex"]}]}


async def test_only_one_of_two_concurrent_members_gets_a_pseudonym(place: Place) -> None:
    members = [await place.member() for _ in range(4)]
    answers = await asyncio.gather(*(place.refusals(who, "profileUpdate", {"pseudonym": "Wanted"}) for who in members))
    assert sorted(answers) == [[], *[[("TAKEN", "input.pseudonym")]] * 3]


async def test_a_repeated_update_with_one_id_runs_once(place: Place) -> None:
    ada = await place.member(pseudonym="Ada")
    first = {"about": "one", "clientMutationId": "same"}
    assert await place.refusals(ada, "profileUpdate", first) == []
    assert await place.refusals(ada, "profileUpdate", {"about": "two"}) == []
    payload = await place.do(ada, "profileUpdate", first, "me { member { about } } userErrors { code }")
    assert payload == {"me": {"member": {"about": "two"}}, "userErrors": []}
    refused = await place.refusals(ada, "profileUpdate", {"about": "three", "clientMutationId": "same"})
    assert refused == [("CONFLICT", "input.clientMutationId")]
    assert (await profile(place, ada))["member"]["about"] == "two"


async def test_a_verified_association_shows_it_and_others_cannot_be_verified(place: Place) -> None:
    staff = await place.staff()
    association, patient = await place.member(MemberKind.ASSOCIATION), await place.member()
    for verified in (True, True, False, True):
        payload = await place.do(
            staff,
            "associationVerify",
            {"member": f"mbr_{association.id}", "verified": verified},
            "member { id verified } userErrors { code }",
        )
        assert payload == {"member": {"id": f"mbr_{association.id}", "verified": verified}, "userErrors": []}
    answer = await place.ask(
        patient, "query ($id: ID!) { node(id: $id) { ... on Member { verified } } }", {"id": f"mbr_{association.id}"}
    )
    assert answer["data"]["node"] == {"verified": True}
    community = await place.admin.fetchrow("SELECT id, slug FROM catalog.community ORDER BY slug LIMIT 1")
    assert community is not None
    await place.admin.execute(
        "INSERT INTO care.membership (member_id, community_id) VALUES ($1, $2)", association.id, community["id"]
    )
    answer = await place.ask(
        patient,
        "query ($of: String!) { community(slug: $of) { associations { id verified } } }",
        {"of": community["slug"]},
    )
    assert {"id": f"mbr_{association.id}", "verified": True} in answer["data"]["community"]["associations"]
    for member, code in (
        (f"mbr_{patient.id}", "NOT_ELIGIBLE"),
        (f"mbr_{uuid4()}", "NOT_FOUND"),
        (f"pst_{association.id}", "NOT_FOUND"),
    ):
        refused = await place.refusals(staff, "associationVerify", {"member": member, "verified": True})
        assert refused == [(code, "input.member")]
    assert await place.admin.fetchval("SELECT verified FROM care.member WHERE id = $1", patient.id) is False


async def test_members_cannot_verify_an_association(place: Place) -> None:
    association = await place.member(MemberKind.ASSOCIATION)
    document = 'mutation { associationVerify(input: {member: "mbr_%s", verified: true}) { userErrors { code } } }'
    for who in (association, ANYBODY):
        answer = await place.ask(who, document % association.id)
        assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert await place.admin.fetchval("SELECT verified FROM care.member WHERE id = $1", association.id) is False


async def test_signing_in_again_opens_another_session(place: Place) -> None:
    ada = await place.member()
    answer = await place.ask(ada, SIGN_IN, {"email": "patient@demo.example", "password": "demonstration"})
    assert answer["data"]["signIn"]["viewer"] == {"audience": "PATIENT"}


# The second wall: what a statement of a view's role changes, whatever a resolver forgets.
WRONG = [
    "UPDATE care.member SET about = 'mine'",
    "UPDATE care.profile SET region = 'mine', sharing = 'ALL_MEMBERS'",
    "UPDATE identity.account SET locale = 'xx'",
]


@pytest.mark.parametrize("statement", WRONG)
async def test_a_statement_without_a_condition_changes_only_the_viewers_row(fresh: str, statement: str) -> None:
    await open_roles(fresh)
    owner = await asyncpg.connect(fresh)
    patient = await asyncpg.connect(role_dsn(fresh, Audience.PATIENT))
    try:
        ada = await owner.fetchval("SELECT member_id FROM identity.account WHERE email = 'patient@demo.example'")
        assert await patient.execute(statement) == "UPDATE 0"
        async with patient.transaction():
            await patient.execute("SELECT set_config('cohorte.member', $1, true)", str(ada))
            assert await patient.execute(statement) == "UPDATE 1"
    finally:
        await owner.close()
        await patient.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE care.member SET verified = true",
        "UPDATE care.member SET pseudonym = 'other'",
        "UPDATE care.profile SET member_id = gen_random_uuid()",
        "UPDATE identity.account SET email = 'me@people.example'",
        "UPDATE identity.account SET email_verified = true",
        "DELETE FROM care.member",
        "DELETE FROM identity.account",
        "INSERT INTO identity.mail (recipient, letter, locale) VALUES ('a@b', 'VERIFY_EMAIL', 'en')",
        "SELECT * FROM identity.mail_due(1)",
        "SELECT identity.write_to('a@b', 'VERIFY_EMAIL', 'en', 'x')",
        "SELECT identity.register('a@b', 'x', 'x', 'PATIENT', 1, 'MALE', '', 'en', '1', 'x', '1 day')",
        "SELECT identity.verify_email('x')",
        "SELECT identity.reset_password('x', 'x')",
        "SELECT identity.close_sessions(gen_random_uuid())",
        "SELECT * FROM identity.credential_of_account(gen_random_uuid())",
    ],
)
async def test_members_statements_have_no_more_rights_than_their_mutations(fresh: str, statement: str) -> None:
    await open_roles(fresh)
    patient = await asyncpg.connect(role_dsn(fresh, Audience.PATIENT))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await patient.execute(statement)
    finally:
        await patient.close()


async def test_nobody_deletes_or_renames_another(fresh: str) -> None:
    await open_roles(fresh)
    owner = await asyncpg.connect(fresh)
    patient = await asyncpg.connect(role_dsn(fresh, Audience.PATIENT))
    try:
        accounts = await owner.fetch("SELECT id, member_id FROM identity.account WHERE member_id IS NOT NULL LIMIT 2")
        before = await owner.fetchval("SELECT count(*) FROM care.member")
        assert await patient.fetchval("SELECT identity.delete_account($1)", accounts[0]["id"]) is False
        assert await patient.fetchval("SELECT identity.change_pseudonym('Somebody new')") is False
        async with patient.transaction():
            await patient.execute("SELECT set_config('cohorte.member', $1, true)", str(accounts[1]["member_id"]))
            assert await patient.fetchval("SELECT identity.delete_account($1)", accounts[0]["id"]) is False
        assert await owner.fetchval("SELECT count(*) FROM care.member") == before
    finally:
        await owner.close()
        await patient.close()
