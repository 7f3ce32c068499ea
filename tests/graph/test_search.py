"""Searches over HTTP: what they find in which language and order, by which name, and what they do not give away."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests import factories
from tests.support.callers import User
from tests.support.client import ANYBODY
from tests.support.network import Network

FRENCH, ENGLISH = "FR", "EN"
FOUND = """
    query ($search: String!, $in: Language!) @inContext(language: $in) {
        communities(search: $search) { nodes { name matched(search: $search) { name language } } }
        treatments(search: $search) { nodes { name matched(search: $search) { name language } } }
        indicators(search: $search) { name matched(search: $search) { name language } }
    }"""


async def find(network: Network, search: str, language: str) -> dict[str, Any]:
    answer = await network.ask(ANYBODY, FOUND, {"search": search, "in": language})
    assert "errors" not in answer
    found: dict[str, Any] = answer["data"]
    return {
        name: [(each["name"], each["matched"]) for each in (of if isinstance(of, list) else of["nodes"])]
        for name, of in found.items()
    }


async def test_a_search_shows_names_in_the_viewers_language_and_the_name_it_found(network: Network) -> None:
    translations = {"fr": {"name": "Zaux de tête", "lay_names": ["Zal de tête"]}}
    await factories.indicator(network.database, name="Zeadache", lay_names=["Zore head"], translations=translations)
    await factories.community(network.database, name="Zeadache", translations={"fr": {"name": "Zaux de tête"}})
    await factories.treatment(network.database, name="Zoliprane", inn="zaracetamol", words="zeadache pill, zill")
    lay = {"name": "Zal de tête", "language": FRENCH}
    shown = {FRENCH: "Zaux de tête", ENGLISH: "Zeadache"}
    for language, name in shown.items():
        found = await find(network, "zal de tete", language)
        assert found == {"communities": [], "treatments": [], "indicators": [(name, lay)]}
        found = await find(network, "zeadaches", language)
        english = {"name": "Zeadache", "language": ENGLISH}
        assert found["communities"] == found["indicators"] == [(name, english)]
        assert found["treatments"] == [("Zoliprane", {"name": "zeadache pill", "language": None})]
    assert (await find(network, "zaracetamol", FRENCH))["treatments"] == [
        ("Zoliprane", {"name": "zaracetamol", "language": None})
    ]


async def test_a_name_that_begins_with_the_text_is_first_however_it_is_written(own_network: Network) -> None:
    for english, french, lay in (
        ("Zwollen legs", "Zambes gonflées", "œzème des zambes"),
        ("Ezema", "Œzème des zambes", ""),
    ):
        translations = {"fr": {"name": french, "lay_names": [lay] if lay else []}}
        await factories.indicator(own_network.database, name=english, translations=translations)
    for text in ("œzème", "Œzème des", "oezème", "oezeme", "OEZEME", "œze\u0300me", "oe\u200bzème", "\ufeff oezeme z"):
        found = await find(own_network, text, FRENCH)
        assert [name for name, _ in found["indicators"]] == ["Œzème des zambes", "Zambes gonflées"], text


async def test_a_pasted_invisible_character_does_not_hide_what_is_searched(own_network: Network) -> None:
    await factories.community(own_network.database, name="Zclerosis", translations={"fr": {"name": "Zclérose"}})
    for text in ("zclé\u200brose", "\ufeffzclérose", "zclé\u00adrose", "zcle\u200d\u0301rose"):
        assert [name for name, _ in (await find(own_network, text, FRENCH))["communities"]] == ["Zclérose"], text


CONDITIONS = """
    query ($search: String!, $in: Language!) @inContext(language: $in) {
        conditions(search: $search, first: 3) { nodes { name matched(search: $search) { name language } } } }"""


async def test_staff_find_a_condition_by_its_names_and_codes(network: Network) -> None:
    """Of thousands that were loaded, for a new community."""
    codes = {"icd10": "U99.8", "orpha": "999802", "omim": "999200", "hpo": "HP:0999716"}
    translations = {"fr": {"name": "Zclérose en plaques"}}
    await factories.condition(network.database, name="Multiple zclerosis", translations=translations, **codes)
    await factories.condition(network.database, name="Zclerosis of another kind", icd10="U99.9", orpha="9998020")
    staff = await network.staff()
    for search, matched in {
        "zclerose plaque": {"name": "Zclérose en plaques", "language": FRENCH},
        "multiple zclerosis": {"name": "Multiple zclerosis", "language": ENGLISH},
        "u99.8": {"name": "U99.8", "language": None},
        "ORPHA:999802 multiple": {"name": "Multiple zclerosis", "language": ENGLISH},
        "OMIM:999200": {"name": "OMIM:999200", "language": None},
        "HP:0999716": {"name": "HP:0999716", "language": None},
    }.items():
        answer = await network.ask(staff, CONDITIONS, {"search": search, "in": FRENCH})
        first = answer["data"]["conditions"]["nodes"][0]
        assert (search, first) == (search, {"name": "Zclérose en plaques", "matched": matched})
    for search in ("zclerose de plaques", "Zclerosis of"):
        for language, name in ((FRENCH, "Zclérose en plaques"), (ENGLISH, "Multiple zclerosis")):
            found = await network.ask(staff, CONDITIONS, {"search": search, "in": language})
            assert name in [node["name"] for node in found["data"]["conditions"]["nodes"]]
    assert (await network.ask(staff, CONDITIONS, {"search": "zclerosis nowhere", "in": ENGLISH}))["data"] == {
        "conditions": {"nodes": []}
    }


@pytest.mark.parametrize("factory", ["community", "indicator", "treatment"])
async def test_what_is_found_in_the_viewers_language_comes_first(network: Network, factory: str) -> None:
    make = getattr(factories, factory)
    for name, french in (
        ("Zrm pain", "Douleur"), ("Z-late", "Bras zrm"), ("A last", "zrm étendu"), ("By zrm", "Autre"),
    ):  # fmt: skip
        await make(network.database, name=name, translations={"fr": {"name": french}})
    kinds = {"community": "communities", "indicator": "indicators", "treatment": "treatments"}
    expected = {
        FRENCH: {"zrm étendu", "Bras zrm", "Autre", "Douleur"},
        ENGLISH: {"Zrm pain", "By zrm", "A last", "Z-late"},
    }
    for language, names in expected.items():
        found = [name for name, _ in (await find(network, "ZRM", language))[kinds[factory]]]
        assert set(found) == names
        assert found[:2] == (["zrm étendu", "Bras zrm"] if language == FRENCH else ["Zrm pain", "By zrm"])


async def test_pages_of_a_search_follow_one_another(network: Network) -> None:
    for number in range(7):
        name, other = (f"Word {number}", f"Zquux {number}") if number % 2 else (f"Zquux {number}", f"Mot {number}")
        await factories.treatment(network.database, name=name, translations={"fr": {"name": other}})
        await factories.community(network.database, name=name, translations={"fr": {"name": other}})
    for field in ("treatments", "communities"):
        query = f"""query ($after: Cursor) @inContext(language: FR) {{
            {field}(search: "zquux", first: 2, after: $after) {{
                nodes {{ name }} pageInfo {{ endCursor hasNextPage }} }}
            all: {field}(search: "zquux") {{ nodes {{ name }} }} }}"""
        paged: list[str] = []
        after, more = None, True
        while more:
            found = (await network.ask(ANYBODY, query, {"after": after}))["data"]
            paged += [node["name"] for node in found[field]["nodes"]]
            after, more = found[field]["pageInfo"]["endCursor"], found[field]["pageInfo"]["hasNextPage"]
        assert paged == [node["name"] for node in found["all"]["nodes"]]
        assert len(paged) == len(set(paged)) == 7
        assert [name.split()[0] for name in paged] == ["Zquux"] * 3 + ["Mot"] * 4


async def test_a_cursor_of_a_list_is_no_cursor_of_a_search(network: Network) -> None:
    for field in ("treatments", "communities"):
        found = await network.ask(ANYBODY, f"{{ {field}(first: 1) {{ pageInfo {{ endCursor }} }} }}")
        after = found["data"][field]["pageInfo"]["endCursor"]
        answer = await network.ask(ANYBODY, f'{{ {field}(search: "a", after: "{after}") {{ nodes {{ name }} }} }}')
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


async def test_a_name_is_shown_only_if_the_search_finds_the_entry(network: Network) -> None:
    made = await factories.indicator(network.database, name="Zebedee pain")
    query = 'query ($search: String!) { node(id: "ind_%s") { ... on Indicator { matched(search: $search) { name } } } }'
    for search, matched in (
        ("zebedee pains", {"name": "Zebedee pain"}), ("zebedee nowhere", None), ("", None), ("of the", None),
        ("x" * 10_000, None),
    ):  # fmt: skip
        answer = await network.ask(ANYBODY, query % made["id"], {"search": search})
        assert answer["data"]["node"] == {"matched": matched}, search


@pytest.mark.parametrize(
    "search", ["", " ", "the", "l'", ":*&|!'", "\\'\" :*& <-> !", "x" * 10_000, "mot " * 2_500, "😀", "\u202e", "＇＼½"]
)
async def test_any_search_has_an_answer(network: Network, search: str) -> None:
    found = await find(network, search, FRENCH)
    assert all(matched is not None for entries in found.values() for _, matched in entries)


async def test_a_search_with_a_nul_is_refused(network: Network) -> None:
    answer = await network.ask(ANYBODY, FOUND, {"search": "a\0b", "in": FRENCH})
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}


DISCUSSIONS = """
    query ($id: ID!, $search: String!) {
        node(id: $id) { ... on Community { discussions(search: $search) { nodes { title } } } }
    }"""


async def test_posts_are_found_by_other_forms_of_their_words(network: Network, community_id: UUID, ada: User) -> None:
    for title, body, language in (
        ("Matin", "Des maux de tête, et fatiguée", FRENCH), ("Morning", "Allergies and headaches", ENGLISH),
    ):  # fmt: skip
        about = {"community_id": community_id, "author_id": ada.id, "title": title, "language": language}
        discussion = await factories.discussion(network.database, **about)
        await factories.post(network.database, discussion_id=discussion["id"], body=body, language=language)
    for search, titles in (
        ("mal de tete", ["Matin"]), ("fatigués", ["Matin"]), ("allergy", ["Morning"]), ("headache", ["Morning"]),
        ("matins", ["Matin"]), ("l'allergy", ["Morning"]), ("nowhere", []), ("the", []),
    ):  # fmt: skip
        answer = await network.ask(ada, DISCUSSIONS, {"id": f"com_{community_id}", "search": search})
        assert [node["title"] for node in answer["data"]["node"]["discussions"]["nodes"]] == titles, search


async def test_drafts_and_retired_entries_are_not_found(network: Network) -> None:
    translations = {"fr": {"name": "Zecret"}}
    await factories.community(network.database, name="Zecret", status="DRAFT", translations=translations)
    await factories.indicator(network.database, name="Zecret", retired_on=date(2026, 1, 1), translations=translations)
    assert await find(network, "zecret", FRENCH) == {"communities": [], "treatments": [], "indicators": []}
