"""Codebooks of datasets by address: for everybody, as HTML and CSV, in the language of the request."""

import csv
import io
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from models.identity.organizations import OrganizationKind
from models.insight.datasets import DatasetStatus
from models.languages import Language
from models.messages import Message
from models.tracking.observations import IndicatorKind
from privacy import domains
from privacy.described import DescribedEnum
from privacy.domains import CatalogueEntry, TrackedIndicator
from resolvers.insight.variables import Direction, MeasurementScale, VariableGroup
from server.files import dataset_files
from server.files.codebooks import COLUMNS, DIRECTIONS, GROUPS, ORGANIZATIONS, SCALES, codebook_csv
from server.files.file_documents import OWN
from server.operations.trusted_documents import trust_own
from tests import factories
from tests.support import records
from tests.support.client import ANYBODY, Caller
from tests.support.network import Network

ENUMERATIONS: Mapping[type[DescribedEnum], Mapping[str, Message]] = {
    VariableGroup: GROUPS,
    MeasurementScale: SCALES,
    Direction: DIRECTIONS,
    OrganizationKind: ORGANIZATIONS,
}
PROBLEM = "application/problem+json"


@pytest_asyncio.fixture(scope="module")
async def dataset(network: Network) -> str:
    """Yields the id of a dataset whose texts have characters of HTML, quotes and a formula."""
    pain = await factories.indicator(
        network.database, slug="book-pain", name='=Pain <b>"& ache', kind=IndicatorKind.SYMPTOM, hpo="HP:7650001"
    )
    drug = await factories.treatment(network.database, slug="book-drug", name="Drug", atc="L04AX04")
    community = await factories.community(network.database, name="<script>alert(1)</script>")
    variables = domains.tracking_variables(
        [CatalogueEntry(drug["id"], drug["slug"], drug["name"])],
        [TrackedIndicator(pain["id"], pain["slug"], pain["name"], 0, 10)],
        [CatalogueEntry(pain["id"], pain["slug"], pain["name"])],
    )
    given = {"title": "Book & pain", "wave": "2026 <spring>", "size": 1260, "community_id": community["id"]}
    return f"dst_{(await records.dataset(network.database, variables, **given)).id}"


async def get(
    network: Network, path: str, headers: Mapping[str, str] | None = None, who: Caller = ANYBODY, method: str = "GET"
) -> httpx.Response:
    return await network.ask.http.request(method, path, headers=who.headers | dict(headers or {}))


class Outline(HTMLParser):
    """What a page shows: its text, and the tags it opens."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.shown: list[str] = []
        self.attributes: dict[str, list[str | None]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value)

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


async def test_strangers_read_a_codebook_as_a_page(network: Network, dataset: str) -> None:
    answer = await get(network, f"/codebooks/{dataset}.html")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "content-disposition" not in answer.headers
    page = Outline(answer.text)
    assert page.tags.count("section") == 5 + 2 + 3 + 3
    assert "script" not in page.tags
    assert "b" not in page.tags
    for text in (
        "Book & pain, 2026 <spring>",
        "<script>alert(1)</script>",
        '=Pain <b>"& ache: level',
        "HPO HP:7650001",
    ):
        assert text in page.shown, text
    assert "1,260 ± 29 at 95 % confidence" in page.shown
    names = set(page.attributes["id"])
    assert len(names) == 13
    assert {f"#{name}" for name in names} == set(page.attributes["href"])


WORDS = {
    "en": {"Symptom", "Interval: in order, each with a value", "A higher value is worse", "laboratories"},
    "fr": {
        "Symptôme",
        "D’intervalle\u00a0: des catégories ordonnées, chacune avec une valeur",
        "Une valeur plus élevée est défavorable",
        "laboratoires",
    },
}


@pytest.mark.parametrize("language", WORDS)
async def test_a_page_has_words_for_the_values_of_enumerations(network: Network, dataset: str, language: str) -> None:
    answer = await get(network, f"/codebooks/{dataset}.html", {"accept-language": language})
    shown = Outline(answer.text).shown
    assert WORDS[language] <= {part for text in shown for part in (text, *text.split(", "))}
    values = {each.value for kind in ENUMERATIONS for each in kind}
    assert not [text for text in shown if values & set(re.findall("[A-Z_]{4,}", text))]


@pytest.mark.parametrize("language", list(Language))
def test_every_value_of_an_enumeration_has_words(language: Language) -> None:
    for kind, words in ENUMERATIONS.items():
        for value in kind:
            assert not re.search("[A-Z_]{4,}", words[value].in_language(language)), value


async def test_a_page_may_have_its_style_and_nothing_else(network: Network, dataset: str) -> None:
    answer = await get(network, f"/codebooks/{dataset}.html")
    policy = answer.headers["content-security-policy"].split("; ")
    assert policy[:3] == ["default-src 'none'", "frame-ancestors 'none'", "sandbox"]
    assert policy[3].startswith("style-src 'sha256-")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "style" not in Outline(answer.text).attributes


async def test_strangers_read_a_codebook_as_a_table(network: Network, dataset: str) -> None:
    answer = await get(network, f"/codebooks/{dataset}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    plain, _, extended = answer.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert plain == f'attachment; filename="codebook-{dataset[4:]}.csv"'
    assert unquote(extended) == "Book & pain, 2026 spring.csv"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    table = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert list(table[0]) == list(COLUMNS)
    levels = [row for row in table if row["variable"] == "level_book_pain"]
    assert [row["category"] for row in levels] == [*map(str, range(11)), "UNKNOWN"]
    assert [row["category_value"] for row in levels] == [*map(str, range(11)), ""]
    first = levels[0]
    assert first["label"] == "'=Pain <b>\"& ache: level"  # no formula in a spreadsheet
    assert (first["group"], first["scale"], first["direction"]) == ("SYMPTOM", "INTERVAL", "HIGHER_IS_WORSE")
    assert (first["codes"], first["max_per_member"]) == ("HPO HP:7650001", "1")
    drugs = {row["category"]: row["category_codes"] for row in table if row["variable"] == "first_treatment"}
    assert drugs == {"BOOK_DRUG": "ATC L04AX04", "OTHER": "", "UNKNOWN": ""}


async def test_a_codebook_is_in_the_language_of_the_request(network: Network, dataset: str) -> None:
    french = await get(network, f"/codebooks/{dataset}.html", {"accept-language": "fr"})
    assert '<html lang="fr">' in french.text
    assert "Échelle de mesure" in french.text
    assert "Médiane des valeurs" in french.text
    english = await get(network, f"/codebooks/{dataset}.html", {"accept-language": "en"})
    assert '<html lang="en">' in english.text
    assert english.headers["etag"] != french.headers["etag"]


@pytest.mark.parametrize("suffix", ["csv", "html"])
async def test_a_codebook_that_the_caller_has_is_not_sent_again(network: Network, dataset: str, suffix: str) -> None:
    path = f"/codebooks/{dataset}.{suffix}"
    first = await get(network, path)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    again = await get(network, path, {"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    head = await get(network, path, method="HEAD")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)
    assert (await get(network, path, method="POST")).status_code == 405


@pytest.mark.parametrize("suffix", ["csv", "html"])
async def test_a_codebook_is_written_again_only_if_its_dataset_changes(
    network: Network, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    made, write = 0, getattr(dataset_files, f"codebook_{suffix}")

    def counted(dataset: Any, *language: Language) -> Any:
        nonlocal made
        made += 1
        return write(dataset, *language)

    monkeypatch.setattr(dataset_files, f"codebook_{suffix}", counted)
    row = await records.dataset(network.database, [], title="Before", wave="2026", size=1260)
    path = f"/codebooks/dst_{row.id}.{suffix}"
    first = await get(network, path)
    assert ((await get(network, path)).content, made) == (first.content, 1)
    await network.database.execute("update insight.dataset set title = 'After' where id = $1", row.id)
    assert (await get(network, path)).status_code == 200
    assert made == 2


async def test_everybody_who_signs_in_reads_the_same(network: Network, dataset: str) -> None:
    path = f"/codebooks/{dataset}.csv"
    expected = (await get(network, path)).content
    for who in (await network.buyer(), await network.member(), await network.staff()):
        assert (await get(network, path, who=who)).content == expected


async def test_what_is_no_codebook_is_not_found(network: Network, dataset: str) -> None:
    small = await factories.dataset(network.database, status=DatasetStatus.TOO_SMALL)
    names = (f"dst_{small['id']}.csv", f"dst_{uuid4()}.csv", f"{dataset}.xml", f"{dataset}.CSV", "nonsense", dataset)
    answers = [await get(network, f"/codebooks/{name}") for name in names]
    assert {(answer.status_code, answer.headers["content-type"]) for answer in answers} == {(404, PROBLEM)}
    assert len({answer.content for answer in answers}) == 1


def test_a_variable_without_anything_optional_is_written(dataset_row: dict[str, Any]) -> None:
    [_, line] = csv.reader(io.StringIO(codebook_csv(dataset_row).removeprefix("\ufeff")))
    assert line == [
        "a",
        "A",
        "It.",
        "QUESTION",
        "NOMINAL",
        "",
        "",
        "",
        "",
        "Options.",
        "1",
        "",
        "'-X",
        "'@x",
        "-2.4",
        "",
    ]


@pytest.fixture
def dataset_row() -> dict[str, Any]:
    category = {"code": "-X", "label": "@x", "value": -2.4, "codes": []}
    none = dict.fromkeys(("direction", "unit", "window", "baseline"))
    named = {"name": "a", "label": "A", "description": "It.", "group": "QUESTION", "scale": "NOMINAL", **none}
    variable = {**named, "categorization": "Options.", "maxPerMember": 1, "codes": [], "categories": [category]}
    return {"synthetic": False, "variables": [variable]}


async def test_views_that_accept_trusted_documents_alone_accept_those_of_files(network: Network) -> None:
    assert network.ask.app.endpoint is not None
    trusted = {}
    for audience, view in network.ask.app.endpoint.views.items():
        before = dict(view.documents.trusted)
        trust_own(view.documents)
        trusted[audience.value] = set(view.documents.trusted) - set(before)
        view.documents.trusted.clear()
        view.documents.trusted.update(before)
    assert trusted["BUYER"] == trusted["PATIENT"] == trusted["MANAGER"] == set(OWN)
    assert trusted["PUBLIC"] == {text for text in OWN if "insight(" not in text}


@pytest.mark.parametrize(("accepted", "language"), [("fr-FR", "fr"), ("en", "en"), ("de", "en")])
async def test_a_codebook_says_which_language_it_is_in(
    network: Network, dataset: str, accepted: str, language: str
) -> None:
    for suffix in ("html", "csv"):
        answer = await get(network, f"/codebooks/{dataset}.{suffix}", {"accept-language": accepted})
        assert (answer.status_code, answer.headers["content-language"]) == (200, language)
        assert "Accept-Language" in answer.headers["vary"]
    missing = await get(network, f"/codebooks/dst_{uuid4()}.csv", {"accept-language": accepted})
    assert missing.headers["content-language"] == language
    problem = missing.json()
    assert problem["title"] == "Not Found"  # the status's own phrase, in every language
    assert (
        problem["detail"]
        == {
            "fr": "Ce fichier n’existe pas, ou vous n’y avez pas accès.",
            "en": "There is no such file, or you may not read it.",
        }[language]
    )
