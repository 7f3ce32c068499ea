"""Insights as files: who may read them, what they contain, their names, tags and errors."""

import codecs
import csv
import io
import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid4

import httpx
import pytest
from jsonstat_validator import validate_jsonstat  # type: ignore[import-untyped]

from resolvers.insight.cubes import with_wave
from server.files.csv_files import french_csv, metadata_of
from server.files.insight_files import disposition
from server.http import compression
from server.http.compression import MOST_WAITING, THREADS
from server.telemetry import logs
from tests.support.client import ANYBODY, Caller
from tests.support.insights import SEX, Published, furnished
from tests.support.network import Network
from tests.support.waves import variable, wave

FILES = "query ($id: ID!) { insight(id: $id) { csv jsonStat } }"
PROBLEM = "application/problem+json"


async def get(
    published: Published, who: str | Caller, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> httpx.Response:
    caller = published.who[who] if isinstance(who, str) else who
    return await published.server.ask.http.request(method, path, headers=caller.headers | dict(headers or {}))


def address(published: Published, suffix: str = "csv", name: str = "fatigue") -> str:
    return f"/insights/{published.ids[name]}.{suffix}"


async def test_a_file_has_what_the_graph_returns(published: Published) -> None:
    expected = (await published("licensed", FILES))["insight"]
    as_csv = await get(published, "licensed", address(published))
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert as_csv.content.startswith(codecs.BOM_UTF8 + b"sex_code,")  # spreadsheets recognize UTF-8 by it
    assert as_csv.content.decode("utf-8-sig") == expected["csv"]
    as_json = await get(published, "licensed", address(published, "json"))
    assert as_json.headers["content-type"] == "application/json"
    assert as_json.text == expected["jsonStat"]
    assert validate_jsonstat(as_json.json())


async def test_a_file_is_named_after_what_it_contains(published: Published) -> None:
    answer = await get(published, "licensed", address(published))
    plain, _, extended = answer.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert plain == f'attachment; filename="insight-{published.ids["fatigue"][4:]}.csv"'
    assert unquote(extended) == "Tracking of Home, 2026 spring - Fatigue, by Sex.csv"


@pytest.mark.parametrize("title", ["Asthma", "Asthma, 2026-2"])
def test_a_title_names_its_wave_once(title: str) -> None:
    assert with_wave(title, "2026-2") == "Asthma, 2026-2"


async def test_a_files_name_and_title_are_in_the_language_of_the_request(published: Published) -> None:
    french = {"accept-language": "fr"}
    answer = await get(published, "licensed", address(published, "fr.csv"), french)
    _, _, extended = answer.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert unquote(extended) == "Tracking of Home, 2026 spring - Fatigue, par Sex.fr.csv"
    metadata = (await get(published, "licensed", address(published, "csv-metadata.json"), french)).json()
    assert metadata["dc:title"] == "Tracking of Home, 2026 spring\u00a0: Fatigue, par Sex"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ('a"b\r\nc:../d\\e', "a b c .. d e.csv"),
        ("Suivi\u00a0: sexe", "Suivi - sexe.csv"),
        ("Médicament № 1; filename=x", "Médicament № 1; filename=x.csv"),
        ("w" * 500, "w" * 120 + ".csv"),
        ("...", ".csv"),
    ],
)
def test_no_title_escapes_from_a_files_name(title: str, name: str) -> None:
    header = disposition("insight-1", title, "csv")
    header.encode("ascii")
    plain, _, extended = header.partition("; filename*=UTF-8''")
    assert plain == 'attachment; filename="insight-1.csv"'
    assert not set(extended) & set(' \r\n";/\\')
    assert unquote(extended) == name


@pytest.mark.parametrize(
    "suffix", ["csv", "fr.csv", "json", "csv-metadata.json", "trend.csv", "trend.csv-metadata.json"]
)
async def test_a_file_is_read_by_whoever_may_read_the_insight(published: Published, suffix: str) -> None:
    seen = {}
    for name, who in published.who.items():
        answer = await get(published, who, address(published, suffix))
        found = (await published(name, FILES))["insight"]
        assert (answer.status_code == 200) == (found is not None), name
        seen[name] = answer.status_code
        if found is None:
            assert answer.content == (await get(published, who, f"/insights/ins_{uuid4()}.{suffix}")).content
    assert seen["licensed"] == seen["patient"] == seen["manager"] == 200
    assert seen["unlicensed"] == seen["run out"] == seen["of another community"] == 404


async def test_callers_without_a_session_learn_nothing(published: Published) -> None:
    paths = (address(published), f"/insights/ins_{uuid4()}.csv", "/insights/nonsense", "/insights/x.csv")
    for who in (ANYBODY, Caller("stale", "x" * 43)):
        answers = [await get(published, who, path) for path in paths]
        assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
        assert answers[0].headers["content-type"] == PROBLEM
        assert answers[0].headers["www-authenticate"] == "Bearer"
        problem = answers[0].json()
        assert (problem["status"], problem["title"], problem["code"]) == (401, "Unauthorized", "UNAUTHENTICATED")


@pytest.mark.parametrize(
    "path",
    [
        "/insights/nonsense",
        "/insights/ins_x.csv",
        "/insights/{id}",
        "/insights/{id}.xml",
        "/insights/{id}.CSV",
        "/insights/{id}.de.csv",
        "/insights/{id}.fr.json",
        "/insights/{id}.trend.json",
        "/insights/{id}.trendxcsv",
        "/insights/{id}.trend.csv-metadataxjson",
        "/insights/{id}.trend.fr.csv-metadata.json",
        "/insights/{id}.csv-metadata",
        "/insights/{id}.csv-metadataxjson",
    ],
)
async def test_what_is_no_file_is_not_found(published: Published, path: str) -> None:
    answer = await get(published, "licensed", path.format(id=published.ids["fatigue"]))
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)
    assert answer.json()["code"] == "NOT_FOUND"


async def test_a_file_that_the_caller_has_is_not_sent_again(published: Published) -> None:
    first = await get(published, "licensed", address(published), {"accept-encoding": "identity"})
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        headers = {"accept-encoding": "identity", "if-none-match": known}
        answer = await get(published, "licensed", address(published), headers)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    for other in ('"other"', tag.strip('"'), ""):
        headers = {"accept-encoding": "identity", "if-none-match": other}
        assert (await get(published, "licensed", address(published), headers)).status_code == 200
    # A tag opens nothing to those who may not read the file.
    answer = await get(published, "unlicensed", address(published), {"if-none-match": tag})
    assert answer.status_code == 404


async def test_a_tag_is_of_one_coding(published: Published) -> None:
    tags = set()
    for accepted in ("identity", "gzip", "br", "zstd"):
        headers = {"accept-encoding": accepted}
        answer = await get(published, "licensed", address(published, "json"), headers)
        assert answer.headers["vary"] == "Accept-Encoding, Accept-Language, Authorization, Cookie, Origin"
        assert answer.headers.get("content-encoding", "identity") == accepted
        tags.add(answer.headers["etag"])
        again = headers | {"if-none-match": answer.headers["etag"]}
        assert (await get(published, "licensed", address(published, "json"), again)).status_code == 304
    assert len(tags) == 4


async def test_a_file_that_is_not_compressed_for_lack_of_time_has_the_tag_of_its_bytes(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = address(published, "json")
    plain = await get(published, "licensed", path, {"accept-encoding": "identity"})
    monkeypatch.setattr(compression, "LOOP_BYTES", 0)
    monkeypatch.setattr(compression.compressing, "waiting", THREADS + MOST_WAITING)
    busy = await get(published, "licensed", path, {"accept-encoding": "br"})
    assert "content-encoding" not in busy.headers
    assert (busy.content, busy.headers["etag"]) == (plain.content, plain.headers["etag"])


async def test_a_head_has_the_headers_of_the_get(published: Published) -> None:
    for who in ("licensed", "unlicensed"):
        got = await get(published, who, address(published))
        head = await get(published, who, address(published), method="HEAD")
        assert (head.status_code, head.content) == (got.status_code, b"")
        for name in ("content-type", "content-length", "cache-control"):
            assert head.headers[name] == got.headers[name]
        assert head.headers.get("etag") == got.headers.get("etag")


async def test_other_methods_are_refused(published: Published) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = await get(published, "licensed", address(published), method=method)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_a_link_of_another_site_does_not_read_a_file_by_the_cookie(published: Published) -> None:
    token = published.who["licensed"].token
    cookie = {"cookie": f"__Host-cohorte_session={token}"}
    navigates = {"sec-fetch-mode": "navigate"}
    for headers in (
        {"graphql-require-preflight": "1"},
        {"sec-fetch-site": "none"} | navigates,
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "same-site"} | navigates,
    ):
        assert (await get(published, ANYBODY, address(published), cookie | headers)).status_code == 200, headers
    for headers in (
        {},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"} | navigates,
        {"sec-fetch-site": "same-origin", "origin": "https://foreign.example"},
        {"sec-fetch-site": "same-site", "origin": "https://foreign.example"} | navigates,
    ):
        answer = await get(published, ANYBODY, address(published), cookie | headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN"), headers
        assert answer.content == (await get(published, ANYBODY, "/insights/x.csv", cookie | headers)).content


async def test_a_file_costs_what_its_query_costs(published: Published) -> None:
    endpoint = published.server.ask.app.endpoint
    assert endpoint is not None
    lines: list[dict[str, object]] = []
    add, endpoint.log.add = endpoint.log.add, lambda **line: lines.append(line)  # type: ignore[method-assign]
    level = logs.operations.level
    logs.operations.setLevel("INFO")
    try:
        await get(published, "licensed", address(published))
        await get(published, ANYBODY, address(published))
    finally:
        logs.operations.setLevel(level)
        endpoint.log.add = add  # type: ignore[method-assign]
    assert [(line["kind"], line["status"], line["codes"]) for line in lines] == [
        ("query", 200, ()),
        (None, 401, ("UNAUTHENTICATED",)),
    ]
    cost = lines[0]["cost"]
    assert isinstance(cost, int)
    assert cost > 1


async def test_a_french_spreadsheet_reads_the_same_figures(published: Published) -> None:
    english = (await get(published, "licensed", address(published))).content.decode("utf-8-sig")
    answer = await get(published, "licensed", address(published, "fr.csv"))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert unquote(answer.headers["content-disposition"]).endswith("Fatigue, by Sex.fr.csv")
    assert answer.content.startswith(codecs.BOM_UTF8)
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))
    expected = list(csv.reader(io.StringIO(english, newline="")))
    assert lines[0] == expected[0]
    assert [[figure.replace(",", ".") for figure in line] for line in lines[1:]] == expected[1:]
    share = lines[0].index("share")
    assert all("." not in line[share] for line in lines)
    assert any("," in line[share] for line in lines)


def test_only_figures_have_decimal_commas_and_labels_stay_as_they_are() -> None:
    figures = "count,margin,share,low,high,reliability,share_reliability"
    row = 'A.1,"Mg 2.5; ""so""",3,20,0.25,0.1,0.5,LOW,HIGH'
    hidden = "B,'=1.5,,,0.25,0.1,0.5,HIDDEN,LOW"
    text = "\r\n".join((f"q_code,q_label,{figures}", row, hidden, ""))
    assert french_csv(text).removeprefix("\ufeff").splitlines()[1:] == [
        'A.1;"Mg 2.5; ""so""";3;20;0,25;0,1;0,5;LOW;HIGH',
        "B;'=1.5;;;0,25;0,1;0,5;HIDDEN;LOW",
    ]


TREND = """query ($id: ID!) { insight(id: $id) { trend {
  waves { insight wave frozenOn }
  shares { category { code label } by { code label } points {
    value interval { low high } mismatch
    sinceFirst { value interval { low high } } sincePrevious { value interval { low high } }
  } }
} } }"""


async def test_a_trend_has_a_line_for_each_cell_and_wave(own_network: Network) -> None:
    published = await furnished(own_network)
    of = {"community_id": UUID(published.ids["home"]), "wave": "-2027", "frozen_on": date(2027, 1, 9)}
    later = await wave(own_network.database, SEX, variable("fatigue", "LOW", "HIGH", ordinal=True), **of)
    ids = await later.publish(("sex", "fatigue"), [60, 70, 5, 60, 70, 5, 3, 3, 3])
    answer = await get(published, "licensed", address(published, "trend.csv"))
    assert unquote(answer.headers["content-disposition"]).endswith("Fatigue, by Sex.trend.csv")
    header, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert header == [
        "sex_code", "sex_label", "fatigue_code", "fatigue_label", "wave", "frozen_on", "insight",
        "share", "low", "high",
        "since_first", "since_first_low", "since_first_high",
        "since_previous", "since_previous_low", "since_previous_high", "mismatch",
    ]  # fmt: skip
    trend = (await published("licensed", TREND))["insight"]["trend"]
    assert [each["insight"] for each in trend["waves"]] == [published.ids["fatigue"], ids["fatigue"]]

    def figures(of: Any) -> list[float | None]:
        return [None] * 3 if of is None or of["value"] is None else [of["value"], *of["interval"].values()]

    expected = [
        (each, at, point) for each in trend["shares"] for at, point in zip(trend["waves"], each["points"], strict=True)
    ]
    for line, (each, at, point) in zip(lines, expected, strict=True):
        sex, fatigue = each["by"][0], each["category"]
        assert line[:4] == [sex["code"], sex["label"], fatigue["code"], fatigue["label"]]
        # A wave that a spreadsheet would take for a formula has an apostrophe.
        assert line[4:7] == [at["wave"].replace("-2027", "'-2027"), at["frozenOn"], at["insight"]]
        read = [float(figure) if figure else None for figure in line[7:16]]
        assert read == pytest.approx(
            figures(point) + figures(point["sinceFirst"]) + figures(point["sincePrevious"]), abs=1e-6
        )
        assert line[16] == (point["mismatch"] or "")
    assert {"", "NO_CATEGORY"} <= {line[16] for line in lines}
    await expect_described(published, answer, lines, ids["fatigue"])
    french = await get(published, "licensed", address(published, "trend.fr.csv"))
    assert "link" not in french.headers
    read_again = csv.reader(io.StringIO(french.content.decode("utf-8-sig"), newline=""), delimiter=";")
    assert [[*line[:7], *(figure.replace(",", ".") for figure in line[7:])] for line in read_again] == [header, *lines]


ABOUT_TREND = """query ($id: ID!) { insight(id: $id) {
  precision ledgerEntry { position hash line }
  trend { waves { insight title wave frozenOn publishedAt marginOfError } }
} }"""


async def expect_described(published: Published, csv: httpx.Response, lines: list[list[str]], newest: str) -> None:
    """Expects that the CSV of a trend links to its description, which has its columns and waves."""
    name, _, rest = csv.headers["link"].removeprefix("<").partition(">")
    assert rest == '; rel="describedby"; type="application/csvm+json"'
    answer = await get(published, "licensed", f"/insights/{name}")
    assert answer.headers["content-type"] == "application/csvm+json"
    found = answer.json()
    facts = (await published("licensed", ABOUT_TREND))["insight"]
    waves = facts["trend"]["waves"]
    assert f"/insights/{found['url']}" == address(published, "trend.csv")
    assert found["dc:title"] == "Tracking of Home, 2026 spring: Fatigue, by Sex"
    assert (found["dc:created"], found["dc:issued"]) == ("2027-01-09", waves[-1]["publishedAt"])
    assert found["dc:creator"] == "Who is licensed"
    assert found["notes"] == [
        {
            "precision": facts["precision"],
            "waves": waves,
            "confidence": 0.95,
            "ledgerEntry": facts["ledgerEntry"],
            "synthetic": False,
        }
    ]
    assert waves[-1]["insight"] == newest
    columns = found["tableSchema"]["columns"]
    assert [column["datatype"] for column in columns] == ["string"] * 7 + ["number"] * 9 + ["string"]
    assert len({column["name"] for column in columns}) == 17
    for line in lines:
        assert all(text == "" or float(text) is not None for text in line[7:16])


FACTS = """query ($id: ID!) { insight(id: $id) {
  publishedAt precision marginOfError ledgerEntry { position hash line }
} }"""


async def test_the_metadata_describe_the_csv(published: Published) -> None:
    table = await get(published, "licensed", address(published))
    link = table.headers["link"]
    name, _, rest = link.removeprefix("<").partition(">")
    assert rest == '; rel="describedby"; type="application/csvm+json"'
    answer = await get(published, "licensed", f"/insights/{name}")
    assert answer.headers["content-type"] == "application/csvm+json"
    found = answer.json()
    facts = (await published("licensed", FACTS))["insight"]
    assert found["@context"] == "http://www.w3.org/ns/csvw"
    assert f"/insights/{found['url']}" == address(published)
    assert (found["dc:title"], found["dc:created"], found["dc:issued"], found["dc:creator"]) == (
        "Tracking of Home, 2026 spring: Fatigue, by Sex",
        "2026-03-02",
        facts["publishedAt"],
        "Who is licensed",
    )
    (note,) = found["notes"]
    assert note == {
        "precision": facts["precision"],
        "marginOfError": facts["marginOfError"],
        "confidence": 0.95,
        "ledgerEntry": facts["ledgerEntry"],
        "synthetic": False,
    }
    lines = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"), newline="")))
    columns = found["tableSchema"]["columns"]
    assert [column["titles"] for column in columns] == lines[0]
    convert = {"string": str, "integer": int, "number": float}
    for line in lines[1:]:
        for column, text in zip(columns, line, strict=True):
            assert text == "" or convert[column["datatype"]](text) is not None
    assert [column["datatype"] for column in columns if column["datatype"] != "string"] == ["integer"] * 2 + [
        "number"
    ] * 3


def test_columns_have_names_that_csvw_allows() -> None:
    insight = {
        "kind": "COUNTS",
        "by": [{"name": name} for name in ("_", "q label", "q-1", "q~1", "é", "q")],
        "variable": {"name": "q"},
        "dataset": {"frozenOn": "2026-03-02"},
        "synthetic": False,
        "publishedAt": "2026-03-03T12:00:00+00:00",
        "requestedBy": None,
        "purpose": None,
        "precision": "WITHIN_20",
        "countedBy": None,
        "marginOfError": 20,
        "ledgerEntry": {},
    }
    found = json.loads(metadata_of(insight, "A title", "x.csv"))
    names = [column["name"] for column in found["tableSchema"]["columns"]]
    assert names[:14:2] == [
        "%5F_code", "q%20label_code", "q%2D1_code", "q%7E1_code", "%C3%A9_code", "q_code", "q_code_",
    ]  # fmt: skip
    assert len(set(names)) == len(names)
    assert "dc:creator" not in found
    assert "dc:description" not in found


@pytest.mark.parametrize("suffix", ["csv", "fr.csv", "json", "csv-metadata.json"])
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_a_file_says_which_language_its_texts_are_in(published: Published, suffix: str, language: str) -> None:
    answer = await get(published, "patient", address(published, suffix), {"accept-language": language})
    assert answer.status_code == 200
    assert answer.headers["content-language"] == language
    refused = await get(published, ANYBODY, address(published, suffix), {"accept-language": language})
    assert refused.headers["content-language"] == language
    assert refused.json()["detail"].startswith("Ce fichier" if language == "fr" else "This file")
