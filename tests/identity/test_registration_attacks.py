"""Registrations with another person's address: whoever reads the mail gets an account of their own, or none."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from models.identity.accounts import StaffRole
from models.identity.members import MemberKind, Sharing
from resolvers.identity.registrations_mutations import PENDING
from settings import Limits
from tests import factories
from tests.support.client import ANYBODY, LIMITS, Ask, serving
from tests.support.network import Network
from tests.support.newcomers import (
    CLOSED_CODE,
    PASSWORD,
    REGISTER,
    REQUEST_RESET,
    VERIFY,
    Mailbox,
    becomes_closed,
    code_in,
    done,
    join,
    newcomer,
    sign_in,
    tried,
)

VICTIM = "victim@people.example"
ATTACKERS = "the attackers lamp"
WRONG = {"code": "WRONG_CREDENTIALS", "path": ["input", "password"]}
RESET = """
    mutation ($input: ResetPasswordInput!) {
      resetPassword(input: $input) { accessEnded userErrors { code path message } }
    }
"""


def text_of(mail: EmailMessage) -> str:
    return str(mail.get_content()).replace("\r\n", "\n")


async def registered(ask: Ask, mailbox: Mailbox, **given: Any) -> EmailMessage:
    """Registers the victim's address; the mail that follows."""
    assert await done(ask, ANYBODY, REGISTER, newcomer("victim", **given)) == []
    return await mailbox.next(VICTIM)


async def verified(ask: Ask, code: str, password: str) -> list[dict[str, Any]]:
    errors = await done(ask, ANYBODY, VERIFY, {"code": code, "password": password})
    return [{"code": error["code"], "path": error["path"]} for error in errors]


# Who registers when; A is the attacker, V the victim, and R a request for another code, which is open to both.
@pytest.mark.slow
@pytest.mark.parametrize("order", ["AV", "VA", "AVA", "VAR", "AVR", "AAV", "VAAR"])
@pytest.mark.parametrize("pseudonym", ["Mallory", "Victim"])
async def test_an_attacker_never_gets_into_an_account_that_the_victim_opens(
    shared_ask: Ask, shared_mailbox: Mailbox, shared_owner: asyncpg.Connection, order: str, pseudonym: str
) -> None:
    mails = []
    for step in order:
        if step == "A":
            mails.append(await registered(shared_ask, shared_mailbox, pseudonym=pseudonym, password=ATTACKERS))
        elif step == "V":
            mails.append(await registered(shared_ask, shared_mailbox, pseudonym="Victim"))
        else:
            assert await done(shared_ask, ANYBODY, REQUEST_RESET, {"email": VICTIM}) == []
            mails.append(await shared_mailbox.next(VICTIM))
    if order == "VAR" or order == "VAAR":
        mails.pop(-2)  # its code was replaced by the last one
    elif order == "AVR":
        mails.pop(1)
    refused = []
    for mail in reversed(mails):  # as the victim would: the newest mail first
        errors = await verified(shared_ask, code_in(mail), PASSWORD)
        if not errors:
            break
        refused.append(errors)
        assert await tried(shared_ask, VICTIM, ATTACKERS) == await tried(shared_ask, VICTIM, PASSWORD) != []
    else:
        pytest.fail("the victim cannot open an account")
    assert refused == [[WRONG]] * len(refused)
    assert [error["code"] for error in await tried(shared_ask, VICTIM, ATTACKERS)] == ["WRONG_CREDENTIALS"]
    me = await shared_ask(await sign_in(shared_ask, VICTIM), "{ me { member { pseudonym } } }")
    assert me["data"]["me"]["member"]["pseudonym"] == "Victim"
    # No other code opens anything, with either password.
    for mail in mails:
        for password in (PASSWORD, ATTACKERS):
            assert await done(shared_ask, ANYBODY, VERIFY, {"code": code_in(mail), "password": password}) == [
                CLOSED_CODE
            ]
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.account WHERE email = $1", VICTIM) == 1
    assert await shared_owner.fetchval("SELECT count(*) FROM identity.registration WHERE email = $1", VICTIM) == 0


@pytest.mark.parametrize("locale", ["en", "fr"])
async def test_the_mail_names_the_pseudonym(shared_ask: Ask, shared_mailbox: Mailbox, locale: str) -> None:
    mail = await registered(shared_ask, shared_mailbox, pseudonym="Mallory {code}", locale=locale)
    assert "\n\nMallory {code}\n\n" in text_of(mail)
    assert await done(shared_ask, ANYBODY, REQUEST_RESET, {"email": VICTIM}) == []
    assert "\n\nMallory {code}\n\n" in text_of(await shared_mailbox.next(VICTIM))


async def test_passwords_tried_with_one_code_are_limited(shared_ask: Ask, shared_mailbox: Mailbox) -> None:
    stolen = code_in(await registered(shared_ask, shared_mailbox, pseudonym="Mallory", password=ATTACKERS))
    code = code_in(await registered(shared_ask, shared_mailbox, pseudonym="Victim"))
    for _ in range(LIMITS.proofs):
        assert await verified(shared_ask, stolen, "wrong password") == [WRONG]
    assert await verified(shared_ask, stolen, ATTACKERS) == [{"code": "LIMIT_REACHED", "path": ["input"]}]
    assert await verified(shared_ask, code, PASSWORD) == []  # the other code is not affected


async def test_an_organization_is_not_opened_with_a_password_that_was_chosen_before(
    own_network: Network,
) -> None:
    ask, mailbox = own_network.ask, own_network.mailbox
    code = code_in(await registered(ask, mailbox, pseudonym="Mallory", password=ATTACKERS))
    steward = await own_network.staff(StaffRole.DATA_STEWARD)
    made = await own_network.do(
        steward, "organizationCreate", "organization { name }", name="Lab", kind="LABORATORY", contactEmail=VICTIM
    )
    assert made["userErrors"] == []
    assert await done(ask, ANYBODY, VERIFY, {"code": code, "password": ATTACKERS}) == [CLOSED_CODE]
    assert [error["code"] for error in await tried(ask, VICTIM, ATTACKERS)] == ["WRONG_CREDENTIALS"]


# An attacker who wants to keep the victim out.


@dataclass
class Site:
    """Clients at addresses of their own, behind a trusted proxy."""

    ask: Ask

    async def errors(self, address: str, mutation: str, input: dict[str, Any]) -> list[str]:
        """The codes of a mutation's user errors."""
        sent = {"query": mutation, "variables": {"input": input}}
        answer = (await self.ask.http.post("/graphql", json=sent, headers={"x-forwarded-for": address})).json()
        (payload,) = answer["data"].values()
        return [error["code"] for error in payload["userErrors"]]


@pytest_asyncio.fixture
async def site(fresh: str, tmp_path: Path) -> AsyncIterator[Site]:
    """Yields a server behind a proxy that writes its mails for `mailbox`."""
    async with serving(fresh, data=tmp_path, trusted_proxies=(ip_network("127.0.0.1/32"),)) as ask:
        yield Site(ask)


async def test_one_client_does_not_use_up_the_mails_to_an_address(site: Site, mailbox: Mailbox) -> None:
    limits = Limits()
    for number in range(limits.mails):
        wanted = newcomer("victim", pseudonym=f"Mallory {number}")
        assert await site.errors("203.0.113.66", REGISTER, wanted) == []
    for mutation, wanted in ((REGISTER, newcomer("victim", pseudonym="Mallory")), (REQUEST_RESET, {"email": VICTIM})):
        for _ in range(limits.mails_to):  # refused requests use up nothing
            assert await site.errors("203.0.113.66", mutation, wanted) == ["LIMIT_REACHED"]
    assert await site.errors("198.51.100.1", REGISTER, newcomer("victim", pseudonym="Victim")) == []
    assert await site.errors("2001:db8::1", REQUEST_RESET, {"email": VICTIM}) == []


async def test_a_flood_of_registrations_is_bounded_and_leaves_the_victims_code(
    site: Site, mailbox: Mailbox, owner: asyncpg.Connection
) -> None:
    code = code_in(await registered(site.ask, mailbox, pseudonym="Victim"))
    sent = [
        await site.errors(f"203.0.113.{number}", REGISTER, newcomer("victim", pseudonym=f"Mallory {number}"))
        for number in range(Limits().mails_to + 5)
    ]
    assert sent.count([]) == Limits().mails_to - 1
    assert await owner.fetchval("SELECT count(*) FROM identity.registration WHERE email = $1", VICTIM) <= PENDING
    assert await verified(site.ask, code, PASSWORD) == []


async def test_an_address_has_a_bounded_number_of_registrations_the_newest_of_all(
    site: Site, mailbox: Mailbox, owner: asyncpg.Connection
) -> None:
    names = [f"Victim {number}" for number in range(PENDING + 3)]
    for number, name in enumerate(names):
        assert await site.errors(f"203.0.113.{number}", REGISTER, newcomer("victim", pseudonym=name)) == []
        await owner.execute("DELETE FROM identity.attempt")  # as hours later
    stored = await owner.fetch("SELECT pseudonym FROM identity.registration WHERE email = $1", VICTIM)
    assert {row["pseudonym"] for row in stored} == {*names[-PENDING:]}
    # Those of a taken address too, so that the pseudonyms that are free reveal nothing.
    await owner.execute("DELETE FROM identity.registration")
    await factories.account(owner, email=VICTIM, member_id=(await factories.member(owner))["id"])
    for number, name in enumerate(names):
        assert await site.errors(f"203.0.113.{number}", REGISTER, newcomer("victim", pseudonym=name)) == []
        await owner.execute("DELETE FROM identity.attempt")
    assert await owner.fetchval("SELECT count(*) FROM identity.registration WHERE email = $1", VICTIM) == PENDING
    assert await site.errors("203.0.113.200", REGISTER, newcomer("other", pseudonym=names[0])) == []
    assert await site.errors("203.0.113.200", REGISTER, newcomer("other", pseudonym=names[-1])) == ["TAKEN"]


async def test_concurrent_registrations_of_an_address_are_all_counted(site: Site, owner: asyncpg.Connection) -> None:
    await asyncio.gather(
        *(
            site.errors(f"203.0.113.{number}", REGISTER, newcomer("victim", pseudonym=f"Victim {number}"))
            for number in range(Limits().mails_to + 5)
        )
    )
    assert await owner.fetchval("SELECT count(*) FROM identity.registration WHERE email = $1", VICTIM) == PENDING


async def test_registrations_of_one_address_share_a_pseudonym_and_others_do_not(
    shared_ask: Ask, shared_mailbox: Mailbox
) -> None:
    first = code_in(await registered(shared_ask, shared_mailbox, pseudonym="Cassiopea"))
    again = code_in(
        await registered(shared_ask, shared_mailbox, pseudonym="C\u0430ssiopea", password="another long one")
    )
    (error,) = await done(shared_ask, ANYBODY, REGISTER, newcomer("other", pseudonym="cassiopea"))
    assert error["code"] == "TAKEN"
    assert await verified(shared_ask, again, PASSWORD) == [WRONG]
    assert await verified(shared_ask, first, PASSWORD) == []
    assert await verified(shared_ask, again, "another long one") == [{"code": "INVALID", "path": ["input", "code"]}]
    (error,) = await done(shared_ask, ANYBODY, REGISTER, newcomer("other", pseudonym="cassiopea"))
    assert error["code"] == "TAKEN"


# An account that somebody else had before its address' owner.


async def reset(ask: Ask, mailbox: Mailbox, email: str, password: str) -> tuple[Any, str]:
    """Whether a reset ended access, and the text of the mail that reports it."""
    assert await done(ask, ANYBODY, REQUEST_RESET, {"email": email}) == []
    code = code_in(await mailbox.next(email))
    answer = await ask(ANYBODY, RESET, {"input": {"code": code, "password": password}})
    payload = answer["data"]["resetPassword"]
    assert payload["userErrors"] == []
    return payload["accessEnded"], text_of(await mailbox.next(email))


async def test_the_first_reset_ends_what_others_could_read(own_network: Network) -> None:
    ask, mailbox, db = own_network.ask, own_network.mailbox, own_network.database
    victim = await join(ask, mailbox, "Victim")
    id = await own_network.value("SELECT id FROM care.member WHERE pseudonym = 'Victim'")
    relative = await own_network.member(kind=MemberKind.RELATIVE)
    invited = await own_network.member(kind=MemberKind.RELATIVE)
    patient = await own_network.member()
    ours = [
        (await factories.care_link(db, patient_id=one, relative_id=other, status=status))["id"]
        for one, other, status in (
            (id, relative.id, "ACCEPTED"), (id, invited.id, "INVITED"), (patient.id, id, "ACCEPTED"),
        )
    ]  # fmt: skip
    others = (await factories.care_link(db, patient_id=patient.id, relative_id=relative.id, status="ACCEPTED"))["id"]
    await db.execute("UPDATE care.profile SET sharing = $2 WHERE member_id = $1", id, Sharing.MY_COMMUNITIES.value)
    ended, mail = await reset(ask, mailbox, VICTIM, "eight red lamps")
    assert ended is True
    assert "care links" in mail
    await becomes_closed(ask, victim)
    statuses = {row["id"]: row["status"] for row in await db.fetch("SELECT id, status FROM care.care_link")}
    assert [statuses[link] for link in (*ours, others)] == ["ENDED"] * 3 + ["ACCEPTED"]
    assert await own_network.value("SELECT sharing FROM care.profile WHERE member_id = $1", id) == "ONLY_ME"
    # The invited relative can no longer accept.
    assert await own_network.refused(invited, "careLinkAccept", careLink=f"lnk_{ours[1]}") == (
        "TOO_LATE", "input.careLink",
    )  # fmt: skip
    # What the owner of the address sets up from now on stays.
    victim = await sign_in(ask, VICTIM, "eight red lamps")
    made = await own_network.do(victim, "careLinkInvite", "careLink { status }", pseudonym=relative.name)
    assert made["userErrors"] == []
    ended, mail = await reset(ask, mailbox, VICTIM, "nine blue lamps")
    assert ended is False
    assert "care links" not in mail
    assert await own_network.value("SELECT status FROM care.care_link WHERE id = $1", ours[0]) == "INVITED"


async def test_the_first_reset_of_an_organizations_account_ends_its_keys_and_its_activation_does_not(
    own_network: Network,
) -> None:
    ask, mailbox, db = own_network.ask, own_network.mailbox, own_network.database
    organization = await factories.organization(db)
    await factories.account(db, email=VICTIM, organization_id=organization["id"], locale="fr")
    key = await factories.api_key(db, organization_id=organization["id"])
    other = await factories.api_key(db)
    ended, _ = await reset(ask, mailbox, VICTIM, PASSWORD)  # the contact chooses a password
    assert ended is False
    assert await own_network.count("insight.api_key", id=key["id"]) == 1
    ended, mail = await reset(ask, mailbox, VICTIM, "eight red lamps")
    assert ended is True
    assert "clés" in mail
    assert await own_network.count("insight.api_key", id=key["id"]) == 0
    assert await own_network.count("insight.api_key", id=other["id"]) == 1


async def test_a_refused_reset_ends_nothing(own_network: Network) -> None:
    ask, mailbox = own_network.ask, own_network.mailbox
    await join(ask, mailbox, "Victim")
    assert await done(ask, ANYBODY, REQUEST_RESET, {"email": VICTIM}) == []
    code = code_in(await mailbox.next(VICTIM))
    for given in ({"code": code, "password": "weak"}, {"code": "A" * 32, "password": "eight red lamps"}):
        answer = await ask(ANYBODY, RESET, {"input": given})
        assert answer["data"]["resetPassword"]["accessEnded"] is None
        assert len(answer["data"]["resetPassword"]["userErrors"]) == 1
    assert await own_network.value("SELECT count(password_reset_at) FROM identity.account") == 0
    await sign_in(ask, VICTIM)
