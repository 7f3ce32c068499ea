"""Pseudonyms: lookalikes and claims to be staff are refused, any typed form is found, and changes are limited."""

import asyncio

import asyncpg
import pytest

from models.appearance import looks, unaccented
from models.identity.members import MemberKind
from models.migrations import run
from resolvers.identity.accounts_rules import (
    ASSOCIATION_LENGTH,
    PSEUDONYM_LENGTHS,
    RENAMES,
    RENAMING_DAYS,
    pseudonym_of,
)
from resolvers.transactions import Refused
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.declared import empty
from tests.support.network import Network
from tests.support.newcomers import NOTICE, PASSWORD, TERMS

ALIKE = [
    ("Camille", "camille"), ("Camille", "CAMILLE"), ("Camille", "C\u0430mille"), ("Camille", "С\u0430mille"),
    ("Camille", "CАMILLE"), ("Camille", "CamiIIe"), ("Camille", "Cami11e"), ("Camille", "CAMlLLE"),
    ("Camille", "Ｃａｍｉｌｌｅ"), ("Camille", "𝒞amille"), ("Camille", "Camiⅼⅼe"), ("Camille", "Cami||e"),
    ("Iris", "lris"), ("Iris", "lRIS"), ("IRIS", "iris"), ("Arnaud", "Amaud"), ("john", "J0hn"), ("Bob", "Вob"),
    ("Paul", "Р\u0430ul"), ("Mary", "Ma\u0433y"), ("Anna", "Αnna"), ("Zoé", "Zoe\u0301"), ("Zoé", "ZOÉ"),
    ("Straße", "strasse"), ("Ada Love", "Ada  Love"), ("Ada Love", "Ada\u00a0Love"), ("Ada-Love", "Ada\u2010Love"),
    ("Анна", "АННА"), ("Σοφία", "σοφία"),
]  # fmt: skip
UNLIKE = [
    ("Elia", "Ella"), ("Alia", "Alla"), ("Élodie", "Elodie"), ("Ada", "Ida"), ("Camille", "Camillo"), ("Ana", "Anna"),
    ("Ada Love", "AdaLove"), ("Léa", "Lea"), ("Анна", "Anya"), ("member-1", "member-2"), ("Marc 12", "Marc 21"),
]  # fmt: skip
INVISIBLE = [
    "Ca\u200bmille", "Camille\u3164", "Ca\u00admille", "Cam\u2800ille", "Camille\ufe0f", "Ca\u034fmille",
    "Ca\u2060mille",
    "\u202eellimaC", "Ca\u115fmille", "Camille\U000e0041", "Ca\u180emille", "Ca\u17b4mille", "Ca\u200dmille",
]  # fmt: skip
STAFF = [
    "Cohorte", "C0h0rte team", "\u0421ohorte", "Cöhörte", "Admin", "Adm1n", "ADMIN", "AdmIn", "Administrateur",
    "Modératrice Anne", "M0dérateur", "m\u043edérateur", "Staff", "St4ff", "modo", "Support", "Équipe",
    "Équipe officielle", "The team", "Service client", "Support technique", "a.d.m.i.n", "A D M I N", "Ｃｏｈｏｒｔｅ",
]  # fmt: skip
NOT_STAFF = [
    "Camille", "J.P.", "A B C", "123", "Moderato", "Équipe SEP Bretagne", "Help me", "Le Client", "Stéphane", "Modou",
    "Système D", "Badminton", "🌻🌻🌻",
]  # fmt: skip
LIGUE = "Ligue française contre la sclérose en plaques"


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_that_look_alike_share_a_key(one: str, other: str) -> None:
    stored = [pseudonym_of(name, MemberKind.PATIENT) for name in (one, other)]
    assert set(looks(stored[0])) & set(looks(stored[1]))


@pytest.mark.parametrize(("one", "other"), UNLIKE)
def test_names_that_look_different_share_no_key(one: str, other: str) -> None:
    assert not set(looks(one)) & set(looks(other))


@pytest.mark.parametrize("name", [*INVISIBLE, *STAFF])
def test_invisible_characters_and_claims_to_be_staff_are_refused(name: str) -> None:
    for kind in MemberKind:
        with pytest.raises(Refused) as refused:
            pseudonym_of(name, kind, "pseudonym")
        assert (refused.value.refusals[0].code, refused.value.refusals[0].path) == ("INVALID", ("pseudonym",))


@pytest.mark.parametrize("name", [*NOT_STAFF])
def test_a_name_that_only_resembles_a_word_of_staff_is_accepted(name: str) -> None:
    assert pseudonym_of(name, MemberKind.PATIENT) == name


def test_an_association_can_use_its_full_name() -> None:
    assert pseudonym_of(LIGUE, MemberKind.ASSOCIATION) == LIGUE
    for kind, most in (
        (MemberKind.PATIENT, PSEUDONYM_LENGTHS[1]),
        (MemberKind.RELATIVE, PSEUDONYM_LENGTHS[1]),
        (MemberKind.ASSOCIATION, ASSOCIATION_LENGTH),
    ):
        assert pseudonym_of("x" * most, kind) == "x" * most
        with pytest.raises(Refused):
            pseudonym_of("x" * (most + 1), kind)


async def registers(network: Network, name: str, kind: str = "PATIENT") -> tuple[str, str] | None:
    given = {
        "email": f"a{abs(hash(name))}@people.example", "password": PASSWORD, "pseudonym": name, "kind": kind,
        "noticeVersion": NOTICE, "termsVersion": TERMS, "ofAge": True,
    }  # fmt: skip
    payload = await network.do(ANYBODY, "register", "__typename", **given)
    return next(((error["code"], ".".join(error["path"])) for error in payload["userErrors"]), None)


async def renames(network: Network, who: User, name: str) -> str | None:
    payload = await network.do(who, "profileUpdate", "__typename", pseudonym=name)
    return next((error["code"] for error in payload["userErrors"]), None)


async def test_a_lookalike_of_another_members_pseudonym_is_taken(network: Network) -> None:
    assert await registers(network, "Fabiola") is None  # waits for its code, and reserves its keys
    assert await registers(network, LIGUE, "ASSOCIATION") is None
    ada = await network.member()
    for name in ("FABIOLA", "F\u0430biola", "FabioIa", "Fabio1a", "FABlOLA", "Fab\u0456ola", LIGUE[:-1] + "ѕ"):
        assert (name, await registers(network, name, "ASSOCIATION")) == (name, ("TAKEN", "input.pseudonym"))
        if len(name) < 31:
            assert (name, await renames(network, ada, name)) == (name, "TAKEN")
    assert await registers(network, "Fabiolo") is None
    assert await renames(network, ada, "Iris") is None
    ben = await network.member()
    assert await renames(network, ben, "lris") == "TAKEN"
    assert await renames(network, ada, "IRIS") is None  # ada herself has the key
    assert await renames(network, ada, "Rose") is None
    assert await renames(network, ben, "lris") == "TAKEN"  # ada gave it up, and it stays hers for a time


async def test_concurrent_changes_to_lookalikes_succeed_once(network: Network) -> None:
    names = ("Mirabelle", "MIRABELLE", "Mir\u0430belle", "MirabeIIe")
    members = [await network.member() for _ in names]
    answers = await asyncio.gather(*(renames(network, who, name) for who, name in zip(members, names, strict=True)))
    assert sorted(str(answer) for answer in answers) == ["None", "TAKEN", "TAKEN", "TAKEN"]


async def test_changes_of_a_pseudonym_are_limited(network: Network) -> None:
    ada = await network.member()
    for number in range(RENAMES):
        assert await renames(network, ada, f"Violet {'abc'[number]}") is None
    last = f"Violet {'abc'[RENAMES - 1]}"
    assert await renames(network, ada, "Rosa") == "LIMIT_REACHED"
    assert await renames(network, ada, last.upper()) is None  # a change of case does not count
    assert await network.value("SELECT pseudonym FROM care.member WHERE id = $1", ada.id) == last.upper()
    await network.database.execute(
        "UPDATE identity.account SET renamed_at = ARRAY(SELECT r - make_interval(days => $2) FROM unnest(renamed_at) r)"
        " WHERE member_id = $1",
        ada.id,
        RENAMING_DAYS,
    )
    assert await renames(network, ada, "Rosa") is None
    assert await network.value("SELECT cardinality(renamed_at) FROM identity.account WHERE member_id = $1", ada.id) == 1


@pytest.mark.parametrize(
    "typed", ["Zoé Blum", "zoé blum", "Zoe\u0301 Blum", "  ＺＯÉ\u00a0\u00a0Blum ", "Zoé\u2003Blum"]
)
async def test_a_pseudonym_is_found_however_it_is_typed(network: Network, typed: str) -> None:
    patient = await network.member()
    relative = await network.value("SELECT id FROM care.member WHERE pseudonym = 'Zoé Blum'")
    if relative is None:
        relative = (await network.member(pseudonym="Zoé Blum", kind=MemberKind.RELATIVE)).id
    found = await network.ask(patient, "query ($name: String!) { member(pseudonym: $name) { id } }", {"name": typed})
    assert found["data"] == {"member": {"id": f"mbr_{relative}"}}
    payload = await network.do(patient, "careLinkInvite", "careLink { relative { id } }", pseudonym=typed)
    assert payload["careLink"] == {"relative": {"id": f"mbr_{relative}"}}


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("Ligue de l’Épilepsie", ["Ligue de l’Epilepsie", "ligue de l'epilepsie", "LIGUE DE L’ÉPILÉPSIE",
                                  "Lïgue de l’Epilepsie", "Ligue de l’Epіlepsie"]),
        ("Sœurs Sclérose", ["Soeurs Sclerose", "Sœurs Sclerose", "Soeurs Sclérose", "Søeurs Sclerose"]),
        ("Noel Cancer", ["Noël Cancer", "Noël Cancer", "Ñoel Cancer", "NOËL CANCER"]),
    ],
)  # fmt: skip
async def test_a_name_that_differs_from_an_associations_by_accents_alone_is_taken(
    network: Network, name: str, others: list[str]
) -> None:
    assert await registers(network, name, "ASSOCIATION") is None  # reserves it until its address is verified
    member = await network.member()
    for other in others:
        for kind in ("PATIENT", "ASSOCIATION"):
            assert (other, await registers(network, other, kind)) == (other, ("TAKEN", "input.pseudonym"))
        assert (other, await renames(network, member, other)) == (other, "TAKEN")
    assert await registers(network, name + " Bis", "ASSOCIATION") is None
    # Members among themselves may: Zoé is not Zoe.
    assert await registers(network, f"Zoé {name[:9]}") is None
    assert await registers(network, f"Zoe {name[:9]}") is None


async def test_an_association_that_is_renamed_reserves_its_new_name(network: Network) -> None:
    association = await network.member(kind=MemberKind.ASSOCIATION)
    assert await renames(network, association, "Élan Vital") is None
    assert await registers(network, "Elan Vital") == ("TAKEN", "input.pseudonym")
    assert await renames(network, association, "Elan Vital") is None  # it is their own
    assert await renames(network, await network.member(), "Élan Vital") == "TAKEN"


@pytest.mark.slow
async def test_existing_associations_reserve_their_names_without_accents(server: str) -> None:
    async with empty(server) as dsn:
        await run.upgrade(dsn, "0013")
        connection = await asyncpg.connect(dsn)
        try:
            for name, kind in (("Élan", "ASSOCIATION"), ("Zoé", "PATIENT")):
                await connection.execute(
                    "INSERT INTO care.member (pseudonym, kind, joined_on) VALUES ($1, $2, current_date)", name, kind
                )
            await run.upgrade(dsn)
            held = await connection.fetch("SELECT look FROM identity.pseudonym_look WHERE starts_with(look, E'\\t')")
        finally:
            await connection.close()
    assert unaccented("Élan") in {row["look"] for row in held}
    assert unaccented("Zoé") not in {row["look"] for row in held}


@pytest.mark.slow
async def test_existing_members_and_registrations_get_their_keys(server: str) -> None:
    async with empty(server) as dsn:
        await run.upgrade(dsn, "0013")
        connection = await asyncpg.connect(dsn)
        try:
            for day, name in enumerate(("Camille", "C\u0430mille", "Rose")):
                await connection.execute(
                    "INSERT INTO care.member (pseudonym, kind, joined_on)"
                    " VALUES ($1, 'PATIENT', current_date + $2::integer)",
                    name,
                    day,
                )
            await connection.execute(
                "INSERT INTO identity.registration (email, pseudonym, kind, sex, locale, notice_version, expires_at)"
                " VALUES ('a@b', 'Iris', 'PATIENT', 'UNKNOWN', 'fr', '1', now())"
            )
            await run.upgrade(dsn)
            held = await connection.fetch(
                'SELECT name, array_agg(look ORDER BY look COLLATE "C") AS looks FROM ('
                "SELECT m.pseudonym AS name, l.look FROM identity.pseudonym_look l"
                " JOIN care.member m ON m.id = l.member_id"
                " UNION ALL SELECT pseudonym, unnest(looks) FROM identity.registration) held GROUP BY 1"
            )
        finally:
            await connection.close()
    found = {row["name"]: row["looks"] for row in held}
    # The second Camille keeps the name, and the keys that the first does not have.
    assert {name: found[name] for name in ("Camille", "Iris", "Rose")} == {
        name: looks(name) for name in ("Camille", "Iris", "Rose")
    }
    assert set(found.get("C\u0430mille", [])) == set(looks("C\u0430mille")) - set(looks("Camille"))
