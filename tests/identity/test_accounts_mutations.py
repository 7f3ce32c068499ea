"""Changes that callers make to their own account and sessions, and the verification of associations by staff."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from models.identity.accounts import StaffRole
from models.identity.members import MemberKind, Sharing
from models.logins import open_roles, role_dsn
from models.viewers import Audience
from tests.support.callers import User
from tests.support.client import ANYBODY, SIGN_IN, Caller
from tests.support.network import Network
from tests.support.newcomers import becomes_closed

ME = """
    { me { member { pseudonym about } account { email locale sessions { id current } }
      birthYear sex region sharing } }
"""
WHO = "{ viewer { audience } }"
SESSIONS = "{ me { account { sessions { id current } } } }"


async def profile(network: Network, who: Caller) -> dict[str, Any]:
    answer = await network.ask(who, ME)
    me: dict[str, Any] = answer["data"]["me"]
    me["account"].pop("sessions")
    me["account"].pop("email")
    return me


async def is_open(network: Network, who: Caller) -> bool:
    answer = await network.ask(who, WHO)
    return "errors" not in answer


async def another_session(network: Network, who: User) -> Caller:
    account = await network.value("SELECT id FROM identity.account WHERE member_id = $1", who.id)
    return await session_of(network, account)


async def session_of(network: Network, account: object) -> Caller:
    token = f"{uuid4().hex}{uuid4().hex}"[:43]
    await network.database.execute(
        "INSERT INTO identity.session (account_id, token_hash, expires_at) VALUES ($1, sha256($2), now() + '1 day')",
        account,
        token.encode(),
    )
    return Caller("again", token)


async def id_of_session(network: Network, who: Caller) -> str:
    answer = await network.ask(who, SESSIONS)
    (id,) = [session["id"] for session in answer["data"]["me"]["account"]["sessions"] if session["current"]]
    return str(id)


async def test_a_member_revokes_another_of_their_sessions(network: Network) -> None:
    ada = await network.member()
    phone = await another_session(network, ada)
    assert await network.refusals(ada, "sessionRevoke", session=await id_of_session(network, phone)) == []
    await becomes_closed(network.ask, phone)
    assert await is_open(network, ada)


async def test_a_caller_can_revoke_their_current_session(network: Network) -> None:
    ada = await network.member()
    assert await network.refusals(ada, "sessionRevoke", session=await id_of_session(network, ada)) == []
    await becomes_closed(network.ask, ada)


async def test_another_members_session_is_not_found_and_stays_open(network: Network) -> None:
    ada, grace = await network.member(), await network.member()
    theirs = await id_of_session(network, grace)
    for session in (theirs, f"ses_{uuid4()}", f"mbr_{grace.id}", "nonsense", ""):
        assert await network.refusals(ada, "sessionRevoke", session=session) == [("NOT_FOUND", "input.session")]
    assert await is_open(network, grace)


async def test_concurrent_requests_revoke_a_session_once(network: Network) -> None:
    ada = await network.member()
    phone = await id_of_session(network, await another_session(network, ada))
    both = await asyncio.gather(*(network.refusals(ada, "sessionRevoke", session=phone) for _ in range(2)))
    assert sorted(both) == [[], [("NOT_FOUND", "input.session")]]
    other = await id_of_session(network, await another_session(network, ada))
    input = {"session": other, "clientMutationId": "once"}
    assert [await network.refusals(ada, "sessionRevoke", **input) for _ in range(2)] == [[], []]


async def test_staff_revoke_their_own_sessions_too(network: Network) -> None:
    staff, other = await network.staff(), await network.staff()
    account = await network.value("SELECT id FROM identity.account WHERE staff_id = $1", staff.id)
    phone = await session_of(network, account)
    id = await network.value(
        "SELECT id FROM identity.session WHERE account_id = $1 ORDER BY created_at DESC LIMIT 1", account
    )
    refused = await network.refusals(other, "sessionRevoke", session=f"ses_{id}")
    assert refused == [("NOT_FOUND", "input.session")]
    assert await is_open(network, phone)
    assert await network.refusals(staff, "sessionRevoke", session=f"ses_{id}") == []
    await becomes_closed(network.ask, phone)


async def test_a_profile_update_changes_given_fields_and_null_clears_them(network: Network) -> None:
    ada = await network.member(about="Hello", sharing=Sharing.ONLY_ME)
    before = await profile(network, ada)
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
    payload = await network.do(
        ada, "profileUpdate", "me { member { pseudonym about } region } userErrors { code }", **changed
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
    assert await profile(network, ada) == after
    assert await network.refusals(ada, "profileUpdate") == []
    assert await profile(network, ada) == after
    cleared = {"about": None, "birthYear": None, "region": None}
    assert await network.refusals(ada, "profileUpdate", **cleared) == []
    after["member"] = {"pseudonym": "Ada Lovelace", "about": None}
    assert await profile(network, ada) == after | {"birthYear": None, "region": None}
    assert await network.refusals(ada, "profileUpdate", about="  ", pseudonym="ADA LOVELACE") == []
    assert (await profile(network, ada))["member"] == {"pseudonym": "ADA LOVELACE", "about": None}


REFUSED: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    *(({name: None}, [("INVALID", f"input.{name}")]) for name in ("pseudonym", "sex", "locale", "sharing")),
    ({"pseudonym": "me@people.example"}, [("INVALID", "input.pseudonym")]),
    ({"pseudonym": "x"}, [("INVALID", "input.pseudonym")]),
    ({"pseudonym": "x" * 31}, [("TOO_LONG", "input.pseudonym")]),
    ({"about": "x" * 1001}, [("TOO_LONG", "input.about")]),
    ({"region": "Atlantis"}, [("INVALID", "input.region")]),
    ({"birthYear": 2025}, [("NOT_ELIGIBLE", "input.birthYear")]),
    ({"birthYear": 1700}, [("INVALID", "input.birthYear")]),
    ({"locale": "fr_FR"}, [("INVALID", "input.locale")]),
    ({"locale": "x" * 101}, [("TOO_LONG", "input.locale")]),
    ({"pseudonym": "gRaCe"}, [("TAKEN", "input.pseudonym")]),
    ({"region": "Corse", "sharing": "ALL_MEMBERS", "pseudonym": "Grace"}, [("TAKEN", "input.pseudonym")]),
]


async def test_a_refused_update_changes_nothing(network: Network) -> None:
    ada, _ = await network.member(), await network.member(pseudonym="Grace")
    before = await profile(network, ada)
    for given, refused in REFUSED:
        assert (given, await network.refusals(ada, "profileUpdate", **given)) == (given, refused)
        assert await profile(network, ada) == before
    payload = await network.do(ada, "profileUpdate", "me { sex } userErrors { path }", sex=None)
    assert payload == {"me": None, "userErrors": [{"path": ["input", "sex"]}]}


async def test_only_one_of_two_concurrent_members_gets_a_pseudonym(network: Network) -> None:
    members = [await network.member() for _ in range(4)]
    answers = await asyncio.gather(*(network.refusals(who, "profileUpdate", pseudonym="Wanted") for who in members))
    assert sorted(answers) == [[], *[[("TAKEN", "input.pseudonym")]] * 3]


async def test_a_repeated_update_with_one_id_runs_once(network: Network) -> None:
    ada = await network.member()
    first = {"about": "one", "clientMutationId": "same"}
    assert await network.refusals(ada, "profileUpdate", **first) == []
    assert await network.refusals(ada, "profileUpdate", about="two") == []
    payload = await network.do(ada, "profileUpdate", "me { member { about } } userErrors { code }", **first)
    assert payload == {"me": {"member": {"about": "two"}}, "userErrors": []}
    refused = await network.refusals(ada, "profileUpdate", about="three", clientMutationId="same")
    assert refused == [("CONFLICT", "input.clientMutationId")]
    assert (await profile(network, ada))["member"]["about"] == "two"


async def test_a_verified_association_shows_it_and_others_cannot_be_verified(network: Network) -> None:
    staff = await network.staff(StaffRole.MODERATOR)
    association, patient = await network.member(kind=MemberKind.ASSOCIATION), await network.member()
    for verified in (True, True, False, True):
        payload = await network.do(
            staff,
            "associationVerify",
            "member { id verified } userErrors { code }",
            member=f"mbr_{association.id}",
            verified=verified,
            reason="Its statutes were read.",
        )
        assert payload == {"member": {"id": f"mbr_{association.id}", "verified": verified}, "userErrors": []}
    answer = await network.ask(
        patient, "query ($id: ID!) { node(id: $id) { ... on Member { verified } } }", {"id": f"mbr_{association.id}"}
    )
    assert answer["data"]["node"] == {"verified": True}
    community = await network.database.fetchrow("SELECT id, slug FROM catalog.community ORDER BY slug LIMIT 1")
    assert community is not None
    await network.database.execute(
        "INSERT INTO care.membership (member_id, community_id) VALUES ($1, $2)", association.id, community["id"]
    )
    answer = await network.ask(
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
        refused = await network.refusals(staff, "associationVerify", member=member, verified=True, reason="None.")
        assert refused == [(code, "input.member")]
    assert await network.value("SELECT verified FROM care.member WHERE id = $1", patient.id) is False


async def test_members_cannot_verify_an_association(network: Network) -> None:
    association = await network.member(kind=MemberKind.ASSOCIATION)
    document = (
        'mutation { associationVerify(input: {member: "mbr_%s", verified: true, reason: "r"}) { userErrors { code } } }'
    )
    for who in (association, ANYBODY):
        answer = await network.ask(who, document % association.id)
        assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert await network.value("SELECT verified FROM care.member WHERE id = $1", association.id) is False


async def test_signing_in_again_opens_another_session(network: Network) -> None:
    ada = await network.member()
    answer = await network.ask(ada, SIGN_IN, {"email": "patient@demo.example", "password": "demonstration"})
    assert answer["data"]["signIn"]["viewer"] == {"audience": "PATIENT"}


# The second wall: what a statement of a view's role may change even if a resolver forgets a rule.
WRONG = [
    "UPDATE care.member SET about = 'mine'",
    "UPDATE care.profile SET region = 'Corse', sharing = 'ALL_MEMBERS'",
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
        "INSERT INTO identity.outbox_entry (recipient, letter, locale) VALUES ('a@b', 'VERIFY_EMAIL', 'en')",
        "SELECT * FROM identity.mail_due(1)",
        "SELECT identity.write_to('a@b', 'VERIFY_EMAIL', 'en', 'x')",
        "SELECT identity.register('a@b', 'x', 'x', '{x}', 'PATIENT', 1, 'MALE', '', 'en', '1', '1', 'x', '1 day', 1)",
        "SELECT identity.verify_email('x', 'x')",
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
        assert (
            await patient.fetchval("SELECT identity.change_pseudonym('Somebody new', '{x}', 2, '30 days', '1 year')")
            == "TAKEN"
        )
        async with patient.transaction():
            await patient.execute("SELECT set_config('cohorte.member', $1, true)", str(accounts[1]["member_id"]))
            assert await patient.fetchval("SELECT identity.delete_account($1)", accounts[0]["id"]) is False
        assert await owner.fetchval("SELECT count(*) FROM care.member") == before
    finally:
        await owner.close()
        await patient.close()
