"""Regions: any spelling is stored as the name that datasets use, and unknown ones are refused."""

from uuid import UUID

import asyncpg
import pytest

from models.migrations import run
from privacy.domains import REGIONS
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.declared import empty
from tests.support.network import Network
from tests.support.newcomers import NOTICE, PASSWORD, TERMS
from tests.support.surveys import wanted

SPELLINGS = [
    ("Bretagne", "Bretagne"),
    ("  bretagne\n", "Bretagne"),
    ("BRETAGNE\u200b", "Bretagne"),
    ("Ｂｒｅｔａｇｎｅ", "Bretagne"),
    ("Ile-de-France", "Île-de-France"),
    ("ÎLE DE FRANCE", "Île-de-France"),
    ("I\u0302le de France", "Île-de-France"),  # decomposed
    ("île\u2011de\u2011france", "Île-de-France"),  # hyphens that do not break
    ("Provence-Alpes-Côte d’Azur", "Provence-Alpes-Côte d'Azur"),
    ("provence alpes cote dazur", "Provence-Alpes-Côte d'Azur"),
    ("la reunion", "La Réunion"),
    ("Centre - Val de Loire", "Centre-Val de Loire"),
    ("AUVERGNE–RHÔNE–ALPES", "Auvergne-Rhône-Alpes"),
    *((name, name) for name in REGIONS),
]
UNKNOWN = ["Atlantis", "Terres australes", "Corse!?x", "Corseж", "Сorse", "one\ntwo", "r" * 101, "FR", "---", "\u2800x"]
BLANK = ["", "  \t", "\u200b", "\u3164", "\u2800", "\u00ad", "\ufe0f"]


async def stored(network: Network, who: User) -> object:
    return await network.value("SELECT region FROM care.profile WHERE member_id = $1", who.id)


async def test_the_graph_lists_the_regions_of_datasets(network: Network) -> None:
    assert (await network.ask(ANYBODY, "{ regions }"))["data"] == {"regions": list(REGIONS)}


async def test_any_spelling_of_a_region_is_stored_as_datasets_spell_it(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    ada = await network.member(community_id)
    for written, name in SPELLINGS:
        payload = await network.do(ada, "profileUpdate", "me { region }", region=written)
        assert (written, payload["me"], payload["userErrors"]) == (written, {"region": name}, [])
    eligibility = {"regions": [written for written, _ in SPELLINGS]}
    payload = await network.do(
        survey_manager,
        "surveyCreate",
        "survey { eligibility { regions } }",
        **wanted(community_id, eligibility=eligibility),
    )
    assert sorted(payload["survey"]["eligibility"]["regions"]) == sorted(REGIONS)  # each of them once


async def test_an_unknown_region_is_refused_with_the_accepted_names(
    network: Network, survey_manager: User, community_id: UUID
) -> None:
    ada = await network.member(community_id)
    await network.do(ada, "profileUpdate", "__typename", region="Corse")
    for written in UNKNOWN:
        answer = await network.ask(
            ada,
            "mutation ($input: ProfileUpdateInput!) { profileUpdate(input: $input) { userErrors { path message } } }",
            {"input": {"region": written}},
        )
        (error,) = answer["data"]["profileUpdate"]["userErrors"]
        assert (written, error["path"]) == (written, ["input", "region"])
        assert all(name in error["message"] for name in REGIONS)
        assert await stored(network, ada) == "Corse"
        newcomer = {
            "email": "somebody@people.example", "password": PASSWORD, "pseudonym": "Somebody", "kind": "PATIENT",
            "noticeVersion": NOTICE, "termsVersion": TERMS, "ofAge": True, "region": written,
        }  # fmt: skip
        assert await network.refused(ANYBODY, "register", **newcomer) == ("INVALID", "input.region")
    for written in (*UNKNOWN, *BLANK):
        asked = wanted(community_id, eligibility={"regions": ["Corse", written]})
        assert await network.refused(survey_manager, "surveyCreate", **asked) == (
            "INVALID",
            "input.eligibility.regions.1",
        )


async def test_a_blank_region_clears_the_profile(network: Network) -> None:
    ada = await network.member()
    for written in BLANK:
        await network.do(ada, "profileUpdate", "__typename", region="Corse")
        assert await stored(network, ada) == "Corse"
        await network.do(ada, "profileUpdate", "__typename", region=written)
        assert (written, await stored(network, ada)) == (written, None)


async def test_stored_regions_are_migrated(server: str) -> None:
    before = [*SPELLINGS, ("Atlantis", None)]
    async with empty(server) as dsn:
        await run.upgrade(dsn, "0011")
        connection = await asyncpg.connect(dsn)
        try:
            community = await connection.fetchval(
                """
                WITH made AS (INSERT INTO catalog.condition (name) VALUES ('c') RETURNING id)
                INSERT INTO catalog.community (slug, name, description, condition_id)
                SELECT 'c', 'c', 'c', id FROM made RETURNING id
                """
            )
            for number, (written, _) in enumerate(before):
                await connection.execute(
                    """
                    WITH made AS (INSERT INTO care.member (pseudonym, kind, joined_on)
                        VALUES ('member ' || $1::text, 'PATIENT', current_date) RETURNING id)
                    INSERT INTO care.profile (member_id, region) SELECT id, $2 FROM made
                    """,
                    str(number),
                    written,
                )
                await connection.execute(
                    """
                    WITH made AS (
                        INSERT INTO catalog.survey (community_id, title, description, status, minimum_participants,
                            closes_on)
                        VALUES ($1, $2, 't', 'DRAFT', 1, current_date) RETURNING id)
                    INSERT INTO catalog.eligibility (survey_id, regions) SELECT id, ARRAY[$3, 'Corse'] FROM made
                    """,
                    community,
                    str(number),
                    written,
                )
            await run.upgrade(dsn, "0012")
            for number, (written, name) in enumerate(before):
                region = await connection.fetchval(
                    "SELECT region FROM care.profile JOIN care.member m ON m.id = member_id WHERE m.pseudonym = $1",
                    f"member {number}",
                )
                asked = await connection.fetchval(
                    "SELECT regions FROM catalog.eligibility JOIN catalog.survey s ON s.id = survey_id"
                    " WHERE s.title = $1",
                    str(number),
                )
                # An unknown region stays in the eligibility: a survey without regions is for everybody.
                assert (written, region, set(asked)) == (written, name, {name or written, "Corse"})
            await connection.execute(
                "UPDATE catalog.eligibility SET regions = '{Atlantis}' WHERE survey_id ="
                " (SELECT id FROM catalog.survey WHERE title = '0')"
            )
            await run.upgrade(dsn, "0016")
            surveys = await connection.fetch(
                "SELECT title, regions, born_from FROM catalog.eligibility JOIN catalog.survey s ON s.id = survey_id"
            )
            for survey in surveys:
                name = before[int(survey["title"])][1]
                # Nobody is born in 9999: what asked nobody does not ask everybody now.
                expected = (set(), 9999) if survey["title"] == "0" else ({name, "Corse"} - {None}, None)
                assert (set(survey["regions"]), survey["born_from"]) == expected
            for statement in (
                "UPDATE care.profile SET region = 'corse'",
                "UPDATE catalog.eligibility SET regions = '{Corse,Atlantis}'",
                "INSERT INTO identity.registration (email, pseudonym, kind, sex, region, locale, notice_version,"
                " expires_at) VALUES ('a@b.example', 'a', 'PATIENT', 'UNKNOWN', 'Atlantis', 'fr-FR', '1', now())",
            ):
                with pytest.raises(asyncpg.CheckViolationError, match="region"):
                    await connection.execute(statement)
        finally:
            await connection.close()
