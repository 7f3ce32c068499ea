"""The catalogue of datasets in HealthDCAT-AP: valid by rules in SHACL, public, in pages, and about nobody."""

from collections.abc import AsyncIterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from pyshacl import validate
from rdflib import RDF, RDFS, BNode, Graph, Literal, URIRef
from rdflib.compare import graph_diff, isomorphic

from models.insight.datasets import DatasetKind, DatasetStatus
from models.languages import Language
from privacy import domains
from privacy.domains import CatalogueEntry, SurveyQuestion, TrackedIndicator
from server.files import catalogue_files
from server.files.catalogue_graph import CSVW, DCAT, DCT, DQV, HEALTH, OA, Holder, graph_of
from settings import Settings
from tests import factories
from tests.support import records
from tests.support.client import ANYBODY, Caller, serving
from tests.support.clusters import clone
from tests.support.network import Network

# rdflib's own parser of JSON-LD uses what it has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
RULES = Graph().parse(Path(__file__).with_name("healthdcat_ap.ttl"))
BASE = "https://cohorte.example"
SETTINGS: dict[str, Any] = {
    "public_url": BASE,
    "catalogue_publisher": "Cohorte <data@cohorte.example>",
    "catalogue_publisher_type": "non-gov-org",
    "catalogue_access_body": "Health data access body <access@hdab.example>",
    "catalogue_legal_basis": "Consent: article 9(2)(a) of Regulation (EU) 2016/679",
}
LISTED = """{
  datasets { nodes {
    title wave community { name } kind size collectedFrom frozenOn languages offeredTo howToRequest
    variables { name } budget { cap { microRho } }
  } }
  undertakings { text }
}"""
NEWEST_WAVE = "select wave from insight.dataset where status = 'OPEN' order by frozen_on desc limit 1"
TYPES = {"ttl": "text/turtle; charset=utf-8", "jsonld": "application/ld+json"}
PARSERS = {"ttl": "turtle", "jsonld": "json-ld"}


@pytest_asyncio.fixture(scope="module")
async def catalogued(template: str) -> AsyncIterator[Network]:
    """Yields a network of twelve datasets beside the demonstration's, whose settings say what the profile asks for."""
    async with clone(template) as dsn, serving(dsn, **SETTINGS) as ask:
        database = await asyncpg.connect(dsn)
        try:
            network = Network(ask, database)
            await populate(network)
            yield network
        finally:
            await database.close()


async def populate(network: Network) -> None:
    database = network.database
    await database.execute("update insight.dataset set status = 'TOO_SMALL'")  # the demonstration's
    condition = await factories.condition(database, name='Sneezing "at\\ night"', icd10="R06.7", orpha="999999")
    community = await factories.community(database, name='Sneezers <of> "France"', condition_id=condition["id"])
    sneeze = await factories.indicator(database, slug="cat-sneeze", name="Sneeze", hpo="HP:7650025", unit=None)
    weight = await factories.indicator(database, slug="cat-weight", name="Weight", loinc="29463-8", ucum="kg")
    drug = await factories.treatment(database, slug="cat-drug", name="Drug", atc="R01AC01")
    tracked = domains.tracking_variables(
        [CatalogueEntry(drug["id"], drug["slug"], drug["name"])],
        [TrackedIndicator(each["id"], each["slug"], each["name"], 0, 10) for each in (sneeze, weight)],
        [],
    )
    asked = domains.survey_variables([SurveyQuestion(sneeze["id"], "why", 'Why "\\n" <sneeze>?', "DATE")])
    for number in range(12):
        survey = None
        if number % 2:
            survey = (await factories.survey(database, community_id=community["id"]))["id"]
        await records.dataset(
            database,
            asked if survey else tracked,
            community_id=community["id"],
            kind=DatasetKind.SURVEY if survey else DatasetKind.TRACKING,
            survey_id=survey,
            collected_from=date(2026, 1, 1) if survey else None,
            frozen_on=date(2026, 2, 1) + timedelta(days=number),
            size=1000 + number,
            cap_micro_rho=200_000,
            translations='{"fr": {"title": "Suivi"}}',
        )
    small = {"community_id": community["id"], "status": DatasetStatus.TOO_SMALL, "size": 190, "title": "Unseen"}
    await records.dataset(database, tracked, **small)


async def get(
    network: Network, path: str, headers: Mapping[str, str] | None = None, who: Caller = ANYBODY
) -> httpx.Response:
    return await network.ask.http.get(path, headers=who.headers | dict(headers or {}))


async def whole(network: Network, suffix: str = "ttl") -> Graph:
    """The graphs of all pages, by following their links."""
    found, path, pages = Graph(), f"/catalogue.{suffix}", 0
    while path:
        answer = await get(network, path)
        assert answer.status_code == 200, answer.text
        found.parse(data=answer.text, format=PARSERS[suffix])
        path = answer.links.get("next", {}).get("url", "").removeprefix(BASE)
        pages += 1
    assert pages == 2
    return found


def faults(graph: Graph) -> str:
    conforms, _, report = validate(graph, shacl_graph=RULES)
    return "" if conforms else str(report)


async def test_strangers_read_a_catalogue_that_conforms(catalogued: Network) -> None:
    graph = await whole(catalogued)
    datasets = set(graph.subjects(RDF.type, DCAT.Dataset))
    assert len(datasets) == 12
    assert faults(graph) == ""
    assert not any(isinstance(term, BNode) for triple in graph for term in triple)
    assert all(str(each).startswith(f"{BASE}/codebooks/dst_") for each in datasets)


async def test_both_formats_have_the_same_statements(catalogued: Network) -> None:
    graphs = {suffix: await whole(catalogued, suffix) for suffix in TYPES}
    for graph in graphs.values():  # pages have their own addresses in each format
        graph.update("DELETE WHERE { ?page a <http://www.w3.org/ns/hydra/core#PartialCollectionView> ; ?p ?o }")
    assert isomorphic(*graphs.values()), graph_diff(*graphs.values())[1:]


@pytest.mark.parametrize(
    "missing", [HEALTH.hdab, DCT.publisher, DCT.accessRights, HEALTH.hasVariables, CSVW.title, OA.hasBody]
)
async def test_the_rules_find_what_is_missing(catalogued: Network, missing: URIRef) -> None:
    graph = await whole(catalogued)
    graph.remove((next(iter(graph.subjects(missing))), missing, None))
    assert faults(graph) != ""


async def test_the_catalogue_says_what_was_published_and_nothing_else_of_members(catalogued: Network) -> None:
    graph = await whole(catalogued)
    sizes = sorted(int(str(value)) for value in graph.objects(None, HEALTH.numberOfUniqueIndividuals))
    assert sizes == [1000 + number for number in range(12)]
    texts = {
        str(text) for text in graph.objects(None, RDF.value) if isinstance(text, Literal) and text.language == "en"
    }
    assert texts == {
        "The number of individuals is published with noise: its 95 % confidence interval is ±29.",
        "All that is ever published of the dataset satisfies zero-concentrated differential privacy for each member "
        "with rho = 0.2, that is epsilon = 3.131 at delta = 0.000001.",
    }
    integers = {value for value in graph.objects() if isinstance(value, Literal) and isinstance(value.value, int)}
    assert {int(value) for value in integers if not isinstance(value.value, bool)} == set(sizes)
    titles = {str(title) for title in graph.objects(None, DCT.title)}
    assert not any("Unseen" in title for title in titles)
    assert len(set(graph.objects(None, DQV.hasQualityAnnotation))) == 24


async def test_anybody_reads_by_the_graph_what_the_catalogue_says(catalogued: Network) -> None:
    answer = await catalogued.ask(ANYBODY, LISTED)
    newest, *others = answer["data"]["datasets"]["nodes"]
    assert len(others) == 11
    assert [each["name"] for each in newest.pop("variables")][-1] == "why"
    assert newest.pop("howToRequest").startswith("Sign in for an organization of a kind")
    assert newest == {
        "title": others[0]["title"],
        "wave": await catalogued.value(NEWEST_WAVE),
        "community": {"name": 'Sneezers <of> "France"'},
        "kind": "SURVEY",
        "size": 1011,
        "collectedFrom": "2026-01-01",
        "frozenOn": "2026-02-12",
        "languages": ["EN", "FR"],
        "offeredTo": ["LABORATORY", "HOSPITAL"],
        "budget": {"cap": {"microRho": 200_000}},
    }
    assert answer["data"]["undertakings"]["text"]
    figures = "{ datasets { nodes { insights { nodes { id } } } } }"
    [error] = (await catalogued.ask(ANYBODY, figures))["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_variables_are_columns_with_their_terms(catalogued: Network) -> None:
    graph = await whole(catalogued)
    tables = [list(graph.objects(each, CSVW.column)) for each in graph.subjects(RDF.type, CSVW.Table)]
    assert sorted(map(len, tables)) == [6] * 6 + [16] * 6
    table = max(tables, key=len)
    columns = {str(graph.value(each, CSVW.name)): each for each in table}
    terms = {name: graph.value(each, CSVW.propertyUrl) for name, each in columns.items()}
    assert str(terms["level_cat_sneeze"]) == "http://purl.obolibrary.org/obo/HP_7650025"
    assert str(terms["change_cat_weight"]) == "https://loinc.org/29463-8"
    assert str(terms["course_cat_drug"]) == "http://purl.bioontology.org/ontology/ATC/R01AC01"
    assert terms["sex"] is None
    texts = graph.objects(columns["level_cat_sneeze"], DCT.description)
    described = {text.language: str(text) for text in texts if isinstance(text, Literal)}
    assert described["en"].startswith("Median of the values of Sneeze")
    assert described["fr"].startswith("Médiane des valeurs de l’indicateur «\u00a0Sneeze\u00a0»")
    dataset = next(
        each for each in graph.subjects(RDF.type, DCAT.Dataset) if (each, HEALTH.hasCodeValues, None) in graph
    )
    assert {str(value) for value in graph.objects(dataset, HEALTH.hasCodeValues)} == {"ICD-10: R06.7", "ORPHA: 999999"}


@pytest.mark.parametrize("suffix", TYPES)
async def test_a_page_that_the_caller_has_is_not_sent_again(catalogued: Network, suffix: str) -> None:
    path = f"/catalogue.{suffix}"
    first = await get(catalogued, path)
    assert first.headers["content-type"] == TYPES[suffix]
    assert first.headers["cache-control"] == "private, no-cache"
    again = await get(catalogued, path, {"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await get(catalogued, path, {"accept-language": "fr", "host": "evil.example"})
    assert other.content == first.content
    assert (await catalogued.ask.http.post(path)).status_code == 405


async def test_everybody_reads_the_same_pages(catalogued: Network) -> None:
    expected = (await get(catalogued, "/catalogue.ttl")).content
    for who in (await catalogued.buyer(), await catalogued.member(), await catalogued.staff()):
        assert (await get(catalogued, "/catalogue.ttl", who=who)).content == expected


async def test_a_dataset_is_written_again_only_if_its_description_changes(
    catalogued: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def counted(texts: Mapping[Language, Any], holder: Holder) -> Graph:
        made.append(texts[Language.EN]["title"])
        return graph_of(texts, holder)

    monkeypatch.setattr(catalogue_files, "graph_of", counted)
    await get(catalogued, "/catalogue.ttl")
    made.clear()
    await get(catalogued, "/catalogue.ttl")
    assert made == []
    newest = "select id from insight.dataset where status = 'OPEN' order by frozen_on desc, id desc limit 1"
    title = await catalogued.value("select title from insight.dataset where id = (" + newest + ")")
    await catalogued.database.execute("update insight.dataset set title = 'Renamed' where id = (" + newest + ")")
    assert "Renamed" in (await get(catalogued, "/catalogue.ttl")).text
    assert made == ["Renamed"]
    await catalogued.database.execute("update insight.dataset set title = $1 where id = (" + newest + ")", title)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/catalogue.xml", 404),
        ("/catalogue.ttl?after=nonsense", 400),
        ("/catalogue.TTL", 404),
        ("/catalogue.ttl?x=1", 200),
    ],
)
async def test_other_addresses_are_refused_in_the_form_of_files(catalogued: Network, path: str, status: int) -> None:
    answer = await get(catalogued, path)
    assert answer.status_code == status
    assert status == 200 or answer.headers["content-type"] == "application/problem+json"
    assert "nonsense" not in answer.text


DESCRIBED: dict[str, Any] = {
    "id": "dst_1", "title": "T", "synthetic": False, "wave": "w", "kind": "TRACKING",
    "collectedFrom": None, "frozenOn": "2026-02-01",
    "endsOn": "2027-01-31", "endedOn": None, "size": 300, "offeredTo": ["LABORATORY"], "languages": ["EN"],
    "howToRequest": "Ask.",
    "community": {"name": "C", "condition": {"name": "D", "icd10": None, "orpha": None}},
    "budget": {"cap": {"microRho": 200_000, "epsilon": 3.1, "delta": 1e-6}},
    "variables": [{"name": "sex", "label": "Sex", "description": "It.", "codes": []}],
}  # fmt: skip


def test_what_the_settings_do_not_say_is_left_out() -> None:
    graph = graph_of(dict.fromkeys(Language, DESCRIBED), Holder.of(Settings(port=8001)))
    [dataset] = graph.subjects(RDF.type, DCAT.Dataset)
    assert str(dataset) == "http://127.0.0.1:8001/codebooks/dst_1.html#dataset"
    for absent in (HEALTH.hdab, DCT.publisher, DCAT.contactPoint):
        assert (dataset, absent, None) not in graph
    assert faults(graph) != ""


def test_the_rights_say_whom_it_is_offered_to_and_how_they_ask() -> None:
    described = DESCRIBED | {"offeredTo": ["LABORATORY", "HOSPITAL"]}
    graph = graph_of(dict.fromkeys(Language, described), Holder.of(Settings(**SETTINGS)))
    texts = [each for each in graph.objects(None, RDFS.label) if isinstance(each, Literal)]
    said = {each.language: str(each) for each in texts if "Ask." in each}
    assert said == {
        "en": "Offered to: laboratories, hospitals. Ask.",
        "fr": "Proposé aux organisations suivantes\u00a0: laboratoires, hôpitaux. Ask.",
    }


def test_synthetic_data_is_of_nobody() -> None:
    described = DESCRIBED | {"synthetic": True}
    graph = graph_of(dict.fromkeys(Language, described), Holder.of(Settings(**SETTINGS)))
    [dataset] = graph.subjects(RDF.type, DCAT.Dataset)
    texts = graph.serialize(format="turtle")
    assert "Members" not in texts
    assert int(str(graph.value(dataset, HEALTH.numberOfUniqueIndividuals))) == 0
    for predicate in (DCT.description, DCAT.keyword, HEALTH.populationCoverage):
        said = {each.language: str(each) for each in graph.objects(dataset, predicate) if isinstance(each, Literal)}
        assert "synthetic" in said["en"].lower()
        assert "synthétique" in said["fr"].lower()
    assert faults(graph) == ""


def test_an_address_of_a_party_cannot_break_the_graph() -> None:
    settings = Settings(**{**SETTINGS, "catalogue_publisher": '"A <b>" <"odd tag>"@cohorte.example>'})
    graph = graph_of(dict.fromkeys(Language, DESCRIBED), Holder.of(settings))
    for format in PARSERS.values():
        assert isomorphic(Graph().parse(data=graph.serialize(format=format), format=format), graph)
    assert faults(graph) == ""
