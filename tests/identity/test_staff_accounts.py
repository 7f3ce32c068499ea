"""Staff accounts: administrators create, change, suspend and reinstate them, with immediate effect."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from models.identity.accounts import StaffRole
from resolvers.identity.staff_mutations import NAME_LENGTH
from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY, Caller
from tests.support.eventually import becomes
from tests.support.network import Network
from tests.support.newcomers import PASSWORD, RESET, becomes_closed, code_in, done, sign_in, tried

ADMINISTRATOR, MODERATOR, EDITOR = StaffRole.ADMINISTRATOR, StaffRole.MODERATOR, StaffRole.CATALOGUE_EDITOR
STAFF = "{ staff(first: 50) { nodes { id name roles withheldRoles status lastSignedInOn } } }"
CHANGES = "query ($id: ID!) { node(id: $id) { ... on Staff { changes { nodes { kind roles changedBy { id } } } } } }"
ALERTS = "{ readingAlerts(first: 50) { nodes { id } } }"


def id_of(who: User) -> str:
    return f"stf_{who.id}"


async def made(network: Network, by: User, email: str, *roles: StaffRole, name: str = "Noé") -> str:
    payload = await network.do(by, "staffCreate", "staff { id }", name=name, email=email, roles=[*roles], locale="en")
    assert payload["userErrors"] == []
    return str(payload["staff"]["id"])


async def opened(network: Network, email: str) -> User:
    """A new staff member who has chosen a password with the code from the mail, signed in."""
    code = code_in(await network.mailbox.next(email))
    assert await done(network.ask, ANYBODY, RESET, {"code": code, "password": PASSWORD}) == []
    caller = await sign_in(network.ask, email)
    return User(
        email, caller.token, id=await network.value("SELECT staff_id FROM identity.account WHERE email = $1", email)
    )


async def closing_becomes(network: Network, who: Caller, code: str) -> None:
    """Waits until closing a discussion is FORBIDDEN or NOT_FOUND, of which the server is notified."""

    async def closed() -> str:
        given = {"discussion": f"dis_{uuid4()}", "closed": True}
        answer = await network.answer(who, "discussionClose", "userErrors { code }", **given)
        found = answer.get("errors", [{}])[0].get("extensions") or answer["data"]["discussionClose"]["userErrors"][0]
        return str(found["code"])

    await becomes(closed, lambda found: found == code)


async def changes(network: Network, who: User, id: str) -> list[tuple[str, list[str], Any]]:
    answer = await network.ask(who, CHANGES, {"id": id})
    found = answer["data"]["node"]["changes"]["nodes"]
    return [(each["kind"], each["roles"], each["changedBy"] and each["changedBy"]["id"]) for each in found]


async def test_a_new_staff_member_chooses_a_password_by_mail_and_works_in_their_roles(network: Network) -> None:
    ada = await network.staff(ADMINISTRATOR)
    id = await made(network, ada, "Noe@cohorte.example", EDITOR, MODERATOR, EDITOR, name=" Noé ")
    mailbox = network.mailbox
    mail = await mailbox.next("noe@cohorte.example")
    assert mail["Subject"] == "Your staff account at Cohorte"
    assert "Noé" in mail.get_content()
    shown = (await network.ask(ada, STAFF))["data"]["staff"]["nodes"]
    assert {
        "id": id, "name": "Noé", "roles": ["CATALOGUE_EDITOR"], "withheldRoles": ["MODERATOR"], "status": "INVITED",
        "lastSignedInOn": None,
    } in shown  # fmt: skip
    assert await done(network.ask, ANYBODY, RESET, {"code": code_in(mail), "password": PASSWORD}) == []
    mail = await mailbox.next("noe@cohorte.example")
    assert (mail["Subject"], "first password" in mail.get_content()) == ("Your password was set", True)
    noe = await sign_in(network.ask, "noe@cohorte.example")
    [own] = (await network.ask(noe, STAFF))["data"]["staff"]["nodes"]
    today = (await network.value("SELECT catalog.today()")).isoformat()
    assert own == {
        "id": id, "name": "Noé", "roles": ["CATALOGUE_EDITOR"], "withheldRoles": ["MODERATOR"], "status": "ACTIVE",
        "lastSignedInOn": today,
    }  # fmt: skip
    assert await changes(network, ada, id) == [("CREATED", ["MODERATOR", "CATALOGUE_EDITOR"], id_of(ada))]
    assert (await network.ask(noe, CHANGES, {"id": id}))["data"]["node"]["changes"]["nodes"] == []


async def test_a_role_is_given_and_taken_at_once_in_open_sessions(network: Network) -> None:
    ada, ben = await network.staff(ADMINISTRATOR), await network.staff(EDITOR)
    alert = await factories.reading_alert(network.database)
    await closing_becomes(network, ben, "FORBIDDEN")
    payload = await network.do(ada, "staffUpdate", "staff { roles }", staff=id_of(ben), roles=[MODERATOR])
    assert payload["staff"] == {"roles": ["MODERATOR"]}
    await closing_becomes(network, ben, "NOT_FOUND")
    assert f"rda_{alert['id']}" in str(await network.ask(ben, ALERTS))
    payload = await network.do(ada, "staffUpdate", "staff { name roles }", staff=id_of(ben), roles=[], name="Ben B.")
    assert payload["staff"] == {"name": "Ben B.", "roles": []}
    assert (await network.ask(ben, ALERTS))["data"]["readingAlerts"]["nodes"] == []  # the database decides
    await closing_becomes(network, ben, "FORBIDDEN")
    # The name is not a change of roles, and neither are the roles that they have already.
    assert await network.refusals(ada, "staffUpdate", staff=id_of(ben), roles=[], name="Ben") == []
    found = [("ROLES_CHANGED", [], id_of(ada)), ("ROLES_CHANGED", ["MODERATOR"], id_of(ada))]
    assert await changes(network, ada, id_of(ben)) == found


async def test_a_suspended_staff_member_is_out_until_reinstated(network: Network) -> None:
    ada = await network.staff(ADMINISTRATOR)
    id = await made(network, ada, "suspended@cohorte.example", StaffRole.SURVEY_MANAGER)
    noe = await opened(network, "suspended@cohorte.example")
    shown = "staff { roles withheldRoles status }"
    payload = await network.do(ada, "staffSuspend", shown, staff=id)
    assert payload["staff"] == {"roles": [], "withheldRoles": ["SURVEY_MANAGER"], "status": "SUSPENDED"}
    await becomes_closed(network.ask, noe)
    assert [each["code"] for each in await tried(network.ask, "suspended@cohorte.example", PASSWORD)] == [
        "WRONG_CREDENTIALS"
    ]
    # Roles that are changed meanwhile are withheld too, and doing it twice changes nothing.
    assert await network.refusals(ada, "staffSuspend", staff=id) == []
    payload = await network.do(ada, "staffUpdate", shown, staff=id, roles=[StaffRole.SURVEY_MANAGER, EDITOR])
    assert payload["staff"]["roles"] == []
    payload = await network.do(ada, "staffReinstate", shown, staff=id)
    assert payload["staff"] == {
        "roles": ["CATALOGUE_EDITOR", "SURVEY_MANAGER"],
        "withheldRoles": [],
        "status": "ACTIVE",
    }
    await sign_in(network.ask, "suspended@cohorte.example")
    kinds = [kind for kind, *_ in await changes(network, ada, id)]
    assert kinds == ["REINSTATED", "ROLES_CHANGED", "SUSPENDED", "CREATED"]


async def test_a_change_of_roles_takes_back_no_other_that_its_author_has_not_read(network: Network) -> None:
    ada, eve, ben = [await network.staff(*roles) for roles in ([ADMINISTRATOR], [ADMINISTRATOR], [MODERATOR, EDITOR])]
    read = {"staff": id_of(ben), "priorRoles": [MODERATOR, EDITOR]}
    assert await network.refusals(ada, "staffUpdate", **read, roles=[EDITOR]) == []
    # Whoever sends all that they have read with their own change would give the role back.
    stale = {"roles": [MODERATOR, EDITOR, StaffRole.SURVEY_MANAGER], "name": "Ben B."}
    assert await network.refused(eve, "staffUpdate", **read, **stale) == ("CONFLICT", "input.priorRoles")
    found = "staff { name roles }"
    again = {"staff": id_of(ben), "priorRoles": [EDITOR], "roles": [EDITOR, StaffRole.SURVEY_MANAGER]}
    payload = await network.do(eve, "staffUpdate", found, **again)
    assert payload["staff"] == {"name": ben.name, "roles": ["CATALOGUE_EDITOR", "SURVEY_MANAGER"]}
    # Roles that are withheld count too.
    assert await network.refusals(ada, "staffSuspend", staff=id_of(ben)) == []
    assert await network.refused(eve, "staffUpdate", **again | {"priorRoles": []}) == ("CONFLICT", "input.priorRoles")
    assert await network.refusals(eve, "staffUpdate", **again | {"priorRoles": again["roles"]}) == []


async def test_nobody_changes_their_own_roles(network: Network) -> None:
    ada = await network.staff(ADMINISTRATOR, EDITOR)
    for roles in ([EDITOR], [], [*StaffRole]):
        refused = await network.refused(ada, "staffUpdate", staff=id_of(ada), roles=roles)
        assert refused == ("NOT_ELIGIBLE", "input.roles")
    assert await network.refused(ada, "staffSuspend", staff=id_of(ada)) == ("NOT_ELIGIBLE", "input.staff")
    payload = await network.do(
        ada, "staffUpdate", "staff { name roles }", staff=id_of(ada), name="Ada L.", roles=[EDITOR, ADMINISTRATOR]
    )
    assert payload["staff"] == {"name": "Ada L.", "roles": ["ADMINISTRATOR", "CATALOGUE_EDITOR"]}


@pytest.mark.parametrize("mutation", ["staffSuspend", "staffUpdate"])
async def test_of_two_administrators_who_remove_each_other_one_remains(network: Network, mutation: str) -> None:
    ada, ben = await network.staff(ADMINISTRATOR), await network.staff(ADMINISTRATOR)
    roles: dict[str, Any] = {"roles": []} if mutation == "staffUpdate" else {}
    pairs = ((ada, ben), (ben, ada))
    answers = await asyncio.gather(
        *(network.answer(one, mutation, "userErrors { code }", staff=id_of(other), **roles) for one, other in pairs)
    )
    codes = [answer["errors"][0]["extensions"]["code"] for answer in answers if "errors" in answer]
    assert codes in (["FORBIDDEN"], ["UNAUTHENTICATED"])
    left = await network.value(
        "SELECT count(*) FROM identity.staff WHERE id = any($1) AND 'ADMINISTRATOR' = ANY (roles)", [ada.id, ben.id]
    )
    assert left == 1


async def test_what_is_wrong_with_a_staff_account_is_refused(network: Network) -> None:
    ada = await network.staff(ADMINISTRATOR)
    member = await network.member()
    address = await network.value("SELECT email FROM identity.account WHERE member_id = $1", member.id)
    before = await network.count("identity.staff")
    long = "n" * (NAME_LENGTH + 1)
    for name, email, wanted in (
        ("Noé", address.upper(), [("TAKEN", "input.email")]),
        ("No\u200bé", "new@cohorte.example", [("INVALID", "input.name")]),
        (long, "new@cohorte.example", [("TOO_LONG", "input.name")]),
        (" ", "none", [("INVALID", "input.email"), ("INVALID", "input.name")]),
    ):
        found = await network.refusals(ada, "staffCreate", name=name, email=email, roles=[MODERATOR])
        assert sorted(found) == wanted
    assert await network.count("identity.staff") == before
    # Neither a member's account nor an organization's is one of staff.
    for other in (f"mbr_{member.id}", f"stf_{member.id}"):
        assert await network.refused(ada, "staffSuspend", staff=other) == ("NOT_FOUND", "input.staff")
        assert await network.refused(ada, "staffUpdate", staff=other, roles=[]) == ("NOT_FOUND", "input.staff")


async def test_staff_who_are_no_administrators_read_themselves_alone(network: Network) -> None:
    ada, ben = await network.staff(ADMINISTRATOR), await network.staff(MODERATOR)
    ids = [each["id"] for each in (await network.ask(ben, STAFF))["data"]["staff"]["nodes"]]
    assert ids == [id_of(ben)]
    assert (await network.ask(ben, CHANGES, {"id": id_of(ada)}))["data"]["node"] is None
    assert {id_of(ada), id_of(ben)} <= {
        each["id"] for each in (await network.ask(ada, STAFF))["data"]["staff"]["nodes"]
    }


async def test_the_history_cannot_be_changed_by_the_owner(network: Network) -> None:
    ada = await network.staff(ADMINISTRATOR)
    await made(network, ada, "kept@cohorte.example", MODERATOR)
    for statement in (
        "UPDATE identity.staff_change SET kind = 'SUSPENDED'",
        "UPDATE identity.staff_change SET by_staff_id = NULL",
        "DELETE FROM identity.staff_change",
        "TRUNCATE identity.staff_change",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await network.database.execute(statement)


async def test_a_session_that_opens_while_roles_change_has_the_new_ones(network: Network) -> None:
    """Its viewer is not cached with the old ones, as the change waits for the sign-in or the sign-in for it."""
    ada = await network.staff(ADMINISTRATOR)
    id = await made(network, ada, "race@cohorte.example", MODERATOR)
    await opened(network, "race@cohorte.example")
    # As with a second factor, which signing in would ask for.
    await network.value("UPDATE identity.staff SET has_second_factor = true WHERE id = $1", UUID(id[4:]))
    for roles in ([EDITOR], [MODERATOR]) * 3:
        noe, _ = await asyncio.gather(
            sign_in(network.ask, "race@cohorte.example"),
            network.do(ada, "staffUpdate", "staff { id }", staff=id, roles=roles),
        )
        await closing_becomes(network, noe, "FORBIDDEN" if roles == [EDITOR] else "NOT_FOUND")
