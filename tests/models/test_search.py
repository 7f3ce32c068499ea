"""Searches in SQL: words, stems and accents in two languages, the indexes that find them, and names that matched."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.viewers import Audience
from tests import factories

Admin = asyncpg.Connection
FRENCH, ENGLISH = "fr", "en"
HEADACHE: Mapping[str, Any] = {
    "name": "Headache",
    "lay_names": ["Sore head", "Headaches"],
    "translations": {"fr": {"name": "Maux de tête", "lay_names": ["Mal au crâne", "Mal de tête"]}},
    "words": "cephalalgia, SEP; migrainous",
}


@pytest.mark.parametrize(
    ("language", "written", "term"),
    [
        (FRENCH, "Maux de tête", "mal de tete"),
        (FRENCH, "Mal de tête", "maux de tête"),
        (FRENCH, "Fatigue", "fatigué"),
        (FRENCH, "Fatigue", "fatiguees"),
        (FRENCH, "Fatiguée", "fatigue"),
        (FRENCH, "Fatiguée".replace("é", "e\u0301"), "fatigue"),
        (FRENCH, "Sclérose", "sclé\u200brose"),
        (FRENCH, "Sclé\u200brose", "sclerose"),
        (FRENCH, "Sclé\u00adrose\ufeff", "\u200e\u2060sclérose"),
        (ENGLISH, "Caf\u200be\u0301", "café"),
        (FRENCH, "Œil sec", "oeil"),
        (FRENCH, "Oeil sec", "œil"),
        (FRENCH, "Œil sec", "yeux secs"),
        (FRENCH, "Arthrose", "l'arthrose"),
        (FRENCH, "Arthrose", "L’arthrose"),
        (FRENCH, "Arthrose du genou", "arthrose des genoux"),
        (FRENCH, "Troubles intestinaux", "trouble intestinal"),
        (FRENCH, "Sclérose en plaques", "sclerose plaque"),
        (FRENCH, "Maux de tête", "mal à la tête"),
        (FRENCH, "Maux de tête", "mal a la tete"),
        (FRENCH, "Qu’est-ce que l’endométriose", "endometriose"),
        (FRENCH, "Ex æquo", "EX AEQUO"),
        (ENGLISH, "Headache", "headaches"),
        (ENGLISH, "Headaches", "headache"),
        (ENGLISH, "Allergy", "allergies"),
        (ENGLISH, "Crohn disease", "Crohn's diseases"),
        (ENGLISH, "Crohn’s disease", "Crohn disease"),
        (ENGLISH, "Swollen foot", "swollen feet"),
        (ENGLISH, "Pain in the knee", "pain of knees"),
        (ENGLISH, "Migraine", "migr"),
        (ENGLISH, "Myalgic encephalomyelitis (ME)", "me"),
        (ENGLISH, "Hepatitis A", "hepatitis a"),
        (ENGLISH, "Non-Hodgkin lymphoma", "non hodgkin"),
        (ENGLISH, "Anti-inflammatory", "anti‑inflammatory"),
    ],
)
async def test_other_forms_of_a_word_are_found(admin: Admin, language: str, written: str, term: str) -> None:
    assert await found(admin, written, language, term)


@pytest.mark.parametrize(
    ("written", "term"),
    [
        ("Hepatitis B", "hepatitis a"),
        ("Fatigue", "tired"),
        ("Vitamin C", "vitamin d"),
        ("Headache", "ache"),
        ("Fatigue", "de"),
        ("Fatigue", "l'"),
        ("Fatigue", "the"),
        ("Fatigue", "the of de la"),
    ],
)
async def test_other_words_are_not_found(admin: Admin, written: str, term: str) -> None:
    assert not await found(admin, written, ENGLISH, term)
    assert not await found(admin, written, FRENCH, term)


async def test_a_text_is_stemmed_in_its_own_language_only(admin: Admin) -> None:
    assert await admin.fetchval("SELECT catalog.stems_in('Allergies aux maux', 'en')::text") == "'allergi':1 'aux':2 'maux':3"  # fmt: skip # noqa: E501
    assert await admin.fetchval("SELECT catalog.stems_in('Allergies aux maux', 'fr')::text") == "'allerg':1 'mal':3"
    assert await admin.fetchval("SELECT catalog.stems_in('Allergies', 'de')::text") == ""


async def found(admin: Admin, written: str, language: str, term: str) -> bool:
    query = "SELECT catalog.words_of($1, $2) @@ catalog.search_query($3)"
    return bool(await admin.fetchval(query, written, language, term))


@pytest.mark.parametrize(
    "term", ["", "'", ":*", "!&|()<->", "a\\b", "＇＼", "😀 :* 😀", "x" * 10_000, "x " * 5_000, "½"]
)
async def test_any_text_is_a_query(admin: Admin, term: str) -> None:
    for function in ("search_query($1)", "search_query_in($1, 'fr')", "search_query_in($1, 'xx')"):
        assert await admin.fetchval(f"SELECT 'a'::tsvector @@ catalog.{function}", term) in (True, False)


async def test_names_count_for_their_language_and_further_words_for_none(admin: Admin) -> None:
    row = await factories.indicator(admin, **HEADACHE)
    for term, languages in {
        "headaches": [ENGLISH], "sore head": [ENGLISH], "maux de tete": [FRENCH], "crane": [FRENCH], "SEP": [],
    }.items():  # fmt: skip
        query = "SELECT search @@ catalog.search_query_in($2, $3) FROM catalog.indicator WHERE id = $1"
        there = [language for language in (ENGLISH, FRENCH) if await admin.fetchval(query, row["id"], term, language)]
        assert there == languages, term
        query = "SELECT search @@ catalog.search_query($2) FROM catalog.indicator WHERE id = $1"
        assert await admin.fetchval(query, row["id"], term)


@pytest.mark.parametrize(
    ("term", "language", "name", "its_language"),
    [
        ("mal de tete", FRENCH, "Maux de tête", FRENCH),
        ("mal de tete", ENGLISH, "Maux de tête", FRENCH),
        ("mal au crane", FRENCH, "Mal au crâne", FRENCH),
        ("headache", FRENCH, "Headache", ENGLISH),
        ("sore", FRENCH, "Sore head", ENGLISH),
        ("sep", FRENCH, "SEP", None),
        ("migrainous", ENGLISH, "migrainous", None),
        ("crane sore", ENGLISH, "Sore head", ENGLISH),  # no name has both
        ("crane sore", FRENCH, "Mal au crâne", FRENCH),
    ],
)
async def test_the_name_that_matched_is_the_best(
    admin: Admin, term: str, language: str, name: str, its_language: str | None
) -> None:
    row = await factories.indicator(admin, **HEADACHE)
    matched = await admin.fetchrow(MATCHED, row["id"], term, language)
    assert matched is not None
    assert tuple(matched) == (name, its_language)


MATCHED = """
    SELECT m.name, m.language
    FROM catalog.indicator i, catalog.matched_name(
        catalog.search_query($2), catalog.query_of($2, '', ' | '), $3, i.name, i.lay_names, i.translations, i.words
    ) m
    WHERE i.id = $1"""
WORD = st.sampled_from(
    ["head", "headaches", "mal", "maux", "de", "tête", "crane", "sep", "a", "l'", "the", "x", ",", ";"]
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(term=st.lists(WORD, max_size=4).map(" ".join), words=st.lists(WORD, max_size=4).map(" ".join))
async def test_whatever_is_found_has_a_name_that_matched(admin: Admin, term: str, words: str) -> None:
    row = await factories.indicator(admin, **{**HEADACHE, "words": words})
    found = await admin.fetchval("SELECT search @@ catalog.search_query($2) FROM catalog.indicator WHERE id = $1", row["id"], term)  # fmt: skip # noqa: E501
    matched = await admin.fetchrow(MATCHED, row["id"], term, FRENCH)
    assert matched is not None or not found
    await admin.execute("DELETE FROM catalog.indicator WHERE id = $1", row["id"])


async def test_vectors_follow_their_rows(admin: Admin) -> None:
    row = await factories.treatment(admin, name="Doliprane", inn="paracetamol", words="")
    here = "SELECT search @@ catalog.search_query($2) FROM catalog.treatment WHERE id = $1"
    assert await admin.fetchval(here, row["id"], "paracetamols")
    await admin.execute(
        'UPDATE catalog.treatment SET inn = NULL, translations = \'{"fr": {"name": "Antalgiques"}}\' WHERE id = $1',
        row["id"],
    )
    assert not await admin.fetchval(here, row["id"], "paracetamol")
    assert await admin.fetchval(here, row["id"], "antalgique")
    post = await factories.post(admin, body="Allergies", language="EN")
    written = "SELECT search @@ 'allergi'::tsquery FROM care.post WHERE id = $1"
    assert await admin.fetchval(written, post["id"])
    await admin.execute("UPDATE care.post SET language = 'FR' WHERE id = $1", post["id"])
    assert not await admin.fetchval(written, post["id"])


@pytest.mark.parametrize(
    ("table", "role"),
    [
        # Not catalog.community, which is small: whether a row is a draft is decided before its words are compared.
        ("catalog.indicator", Audience.PUBLIC), ("catalog.condition", Audience.MANAGER),
        ("catalog.treatment", Audience.PATIENT), ("care.discussion", Audience.PATIENT), ("care.post", Audience.PATIENT),
    ],
)  # fmt: skip
async def test_searches_use_their_indexes_behind_the_policies(admin: Admin, table: str, role: Audience) -> None:
    await admin.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    await admin.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    await admin.execute(f"SET LOCAL ROLE cohorte_{role.value.lower()}")
    there = "catalog.words_there(search, community_id) @@ (SELECT catalog.search_query_there($1, gen_random_uuid()))"
    condition = there if table.startswith("care.") else "search @@ (SELECT catalog.search_query($1))"
    await admin.execute(f"PREPARE searching(text) AS SELECT id FROM {table} WHERE {condition}")
    plan = "\n".join(row[0] for row in await admin.fetch("EXPLAIN EXECUTE searching('fatigue')"))
    await admin.execute("RESET ROLE; DEALLOCATE searching")
    assert f"Bitmap Index Scan on ix_{table.partition('.')[2]}_search" in plan
    assert "InitPlan" in plan  # the query is computed once
