"""Every text of the demonstration is in the language of its reader, and nothing of one language is in the other.

A visitor, `patient@` and `laboratory@` read every field of their view, and every file, over HTTP: once in French
and once in English. Visitors say so by a header, and the others by the language of their account, which they change.
"""

import csv
import html
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from unittest import mock

import asyncpg
import httpx
import pytest
import pytest_asyncio
import rdflib
from graphql import GraphQLSchema, get_named_type, is_object_type, is_scalar_type

from models.languages import Language
from models.viewers import Audience
from settings import Settings
from tests.support.client import ANYBODY, LIMITS, Ask, Caller, serving
from tests.support.clusters import clone
from tests.support.documents import every_field

VIEWERS = {  # by the local part of their @demo.example address
    "anybody": Audience.PUBLIC,
    "patient": Audience.PATIENT,
    "laboratory": Audience.BUYER,
}
VALUES = {  # queries for arguments that find rows with many texts
    "slug": "select 'migraine'",
    "pseudonym": "select pseudonym from care.member where kind = 'ASSOCIATION' order by pseudonym limit 1",
    "indicator": "select 'ind_' || id from catalog.indicator where slug = 'headache'",
    "discussion": "select 'dis_' || min(discussion_id::text) from care.discussion_topic",
    "survey": "select 'svy_' || min(survey_id::text) from research.participation"
    " join identity.account a using (member_id) where a.email = 'patient@demo.example'"
    " and survey_id in (select survey_id from catalog.question where help is not null)",
    "dataset": "select 'dst_' || min(dataset_id::text) from insight.insight",
    "search": "select 'migraine'",
    "insight": "select 'ins_' || min(id::text) from insight.insight",
    "node": "select 'com_' || id from catalog.community where slug = 'migraine'",
}
CODES = "codes, ids or figures, the same for everybody"
WRITTEN = "what people wrote, as they wrote it"
NAMES = "names of people, organizations and places"
CHOSEN = "the language that the reader chose"
LEGAL = "the versions of texts, whose own language is given"
RECORDED = "as the public ledger records it, which is hashed"
OWN_WORDS = "what the viewer calls something of theirs"
AS_THEY_ARE = {  # fields of texts that are the same for every reader, with the reason
    WRITTEN: "Answer.text Appeal.text Association.fullName CatalogueProposal.description CatalogueProposal.name "
    "CatalogueProposal.reason Appeal.resolution Discussion.title Licence.purpose Licence.reason Member.about "
    "Observation.note OwnObservation.note Post.body Post.removalReason Post.removedBody Suspension.reason "
    "OwnCourse.dose TreatmentCourse.dose TreatmentEvaluation.comment Verification.fullName Verification.reason "
    "AssociationDescription.text Variable.groupingName",
    OWN_WORDS: "ApiKey.name OwnIndicator.name OwnIndicator.unit OwnTreatment.name SecondFactor.name Session.device "
    "Webhook.description",
    NAMES: "Member.pseudonym Member.region Me.region Organization.name Query.regions Eligibility.regions "
    "Association.postalAddress Insight.publishedBy",
    CHOSEN: "Account.locale Viewer.locale",
    LEGAL: "Account.termsVersion Consent.noticeVersion Notice.version PrivacyNotice.version Terms.version "
    "Undertakings.version",
    RECORDED: "DataUse.datasetTitle LedgerEntry.line",
    CODES: "Account.email Answer.codes ApiKey.prefix Association.email Association.phone "
    "Association.website Category.code Category.merges Community.slug "
    "Condition.hpo Condition.icd10 Condition.orpha DataRead.document "
    "DataUse.variables Dataset.wave HelpLine.number Indicator.hpo Indicator.loinc Indicator.slug Indicator.ucum "
    "InsightChange.by LedgerEntry.hash LedgerEntry.previousHash LedgerProof.commitment LedgerProof.salt Member.ageBand "
    "Money.amount OrganizationUser.email "
    "Money.currency Question.key QuestionOption.code QuoteSuggestion.categories QuoteSuggestion.variable "
    "ResultLink.url TrendWave.wave Webhook.url SurveyCheck.shown Treatment.atc Treatment.inn "
    "TerminologyCode.code Treatment.nationalCode Treatment.slug Variable.name VisibilityRule.question "
    "VisibilityRule.values",
}
IN_LANGUAGE = {
    "Association.description",
    "Category.label",
    "Community.description",
    "Community.name",
    "Condition.name",
    "Dataset.howToRequest",
    "Dataset.title",
    "DataUse.purpose",
    "HelpLine.description",
    "HelpLine.name",
    "Indicator.layNames",
    "Indicator.name",
    "Indicator.unit",
    "Insight.csv",
    "Insight.jsonStat",
    "Insight.purpose",
    "Notice.text",
    "PrivacyLoss.statement",
    "PrivacyNotice.text",
    "Question.help",
    "Question.text",
    "QuestionOption.label",
    "Survey.description",
    "Survey.title",
    "Terms.text",
    "Treatment.name",
    "TrendWave.title",
    "Undertakings.text",
    "Variable.baseline",
    "Variable.categorization",
    "Variable.description",
    "Variable.label",
    "Variable.question",
    "Variable.unit",
    "Variable.window",
}
OF_SEARCHES = {"MatchedName.name"}  # in whichever language has the words of the search
# Of quotes for what would be refused, or is dear: test_quotes.py reads them in both languages.
OF_QUOTES = {"QuoteObstacle.message", "QuoteSuggestion.message"}
# The same in both languages: names, figures, ages and regions, and units that are symbols.
ALIKE = {"SAMU", "Association", "Patient"}
FIGURE = re.compile(r"[\d\W]*|\d+-\d+")
SYMBOLS = {
    "h",
    "m",
    "kg",
    "cm",
    "mmHg",
    "L/min",
    "ng/mL",
    "g/dL",
    "kPa",
    "mmol/L",
    "µmol/L",
    "mL/min",
    "mg/L",
    "s",
    "%",
}
ENGLISH = re.compile(r"\b(the|of|and|with|your|you|is|are|which|how|what|for|to|that|been|not)\b", re.IGNORECASE)
FRENCH = re.compile(r"\b(le|la|les|des|du|et|avec|votre|vous|est|sont|pour|que|qui|une|dans|sur|pas)\b", re.IGNORECASE)

JOINED = """
    insert into care.membership (member_id, community_id)
    select a.member_id, d.community_id
    from identity.account a, insight.dataset d join insight.insight i on i.dataset_id = d.id
    where a.email like '%@demo.example' and a.member_id is not null
    on conflict do nothing
"""  # so that members read the insights too

# The demonstration of the tests has no dataset of a survey.
ASKED = "update insight.variable set rule = 'CHOICE' where name = 'kind'"

Place = tuple[object, ...]
Texts = Mapping[str, Mapping[Place, str]]  # by field and then by place
LOCALES = {Language.FR: "fr-FR", Language.EN: "en-GB"}
ROOMY = replace(  # for documents that select everything
    LIMITS, tokens=1_000_000, depth=100, aliases=100_000, fields=1_600, body_bytes=10**7, answer_bytes=10**8
)
INSIGHTS = tuple(
    f"/insights/{{insight}}.{suffix}"
    for suffix in ("csv", "fr.csv", "csv-metadata.json", "json", "trend.csv", "trend.fr.csv")
)
FILES = {  # that each may read
    "anybody": ("/codebooks/{dataset}.html", "/codebooks/{dataset}.csv"),
    "patient": ("/codebooks/{dataset}.html", *INSIGHTS, "/me/export.json", "/me/export.zip"),
    "laboratory": ("/codebooks/{dataset}.csv", *INSIGHTS),
}
IN_FILES_AS_RECORDED = {"datasetTitle", "line"}  # as RECORDED says
OWN_WRITING = ("/me/export.json", "/me/export.zip")  # which has what the member wrote, in any language


@dataclass
class Read:
    """What a reader has read in one language: the texts of the graph, and those of each file."""

    graph: dict[str, dict[Place, str]] = field(default_factory=lambda: defaultdict(dict))
    files: dict[str, set[str]] = field(default_factory=dict)


Walked = dict[Language, Read]


def found_in(value: object, kind: str, key: str, place: Place) -> Iterator[tuple[str, Place, str]]:
    """The texts of a response, by field, with a place that is the same in every language: below the nearest id."""
    if isinstance(value, dict):
        kind = str(value.get("__typename") or value.get("__t") or kind)
        id = value.get("id") or value.get(f"{kind}_id")
        for name, each in value.items():
            name = name.removeprefix(f"{kind}_")
            yield from found_in(each, kind, name, (id, name) if id else (*place, name))
    elif isinstance(value, list):
        for position, each in enumerate(value):
            yield from found_in(each, kind, key, (*place, position))
    elif isinstance(value, str):
        yield f"{kind}.{key}", place, value


def fields_of_text(schema: GraphQLSchema) -> set[str]:
    """Every field of a view that returns a text, or a list of them, except those of mutations' results."""
    objects = [kind for kind in schema.type_map.values() if is_object_type(kind) and not kind.name.startswith("__")]
    return {
        f"{kind.name}.{name}"
        for kind in objects
        if not kind.name.endswith(("Payload", "UserError", "Mutation", "Subscription"))
        for name, field in kind.fields.items()
        if is_scalar_type(named := get_named_type(field.type)) and named.name in ("String", "Decimal", "EmailAddress")
    }


def texts_of_file(response: httpx.Response) -> Iterator[str]:
    """The texts of a file: of JSON, its strings; of CSV, its cells; of HTML, what is between tags."""
    kind = response.headers["content-type"].partition(";")[0]
    if kind == "application/zip":
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            for name in set(archive.namelist()) - {"columns.csv"}:  # which describes columns, in English
                yield from cells_of(archive.read(name).decode("utf-8-sig"))
    elif kind == "text/csv":
        yield from cells_of(response.content.decode("utf-8-sig"))
    elif kind == "text/html":
        body = re.sub(r"<style>.*?</style>", "", response.text)
        yield from (html.unescape(text) for text in re.split(r"<[^>]*>", body) if text.strip())
    else:
        assert kind in ("application/json", "application/csvm+json")
        for name, _, text in found_in(response.json(), "", "", ()):
            if name.rpartition(".")[2] not in IN_FILES_AS_RECORDED:
                yield from (text, text.partition(": ")[2])


def cells_of(text: str) -> Iterator[str]:
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    header, *lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for line in lines:  # the header has names, for programs
        yield from (cell for name, cell in zip(header, line, strict=True) if cell and name not in IN_FILES_AS_RECORDED)


@pytest_asyncio.fixture(scope="module")
async def open_network(template: str) -> AsyncIterator[tuple[Ask, dict[str, str]]]:
    """Yields a server on the demonstration, with room for the documents, and the values for their arguments."""
    async with clone(template) as dsn:
        database = await asyncpg.connect(dsn)
        await database.execute(JOINED)
        await database.execute(ASKED)
        values = {key: json.dumps(await database.fetchval(query)) for key, query in VALUES.items()}
        await database.close()
        values |= {
            "ids": f"[{values['node']}]",
            "interval": "WEEK",
            "precision": "WITHIN_50",
            "changeFrom.insight": '"ins_none"',
        }
        with (
            mock.patch.object(Settings, "most_cost", return_value=10**9),
            mock.patch("server.operations.limits.EXPANDED", 10**4),
        ):
            async with serving(dsn, limits=ROOMY) as ask:
                yield ask, values


@pytest_asyncio.fixture(
    scope="module", params=["anybody", "patient", pytest.param("laboratory", marks=pytest.mark.slow)]
)
async def walked(
    request: pytest.FixtureRequest, open_network: tuple[Ask, dict[str, str]], schemas: Mapping[Audience, GraphQLSchema]
) -> tuple[str, Walked]:
    """Yields each reader's name, with what they have read by language."""
    name = request.param
    ask, values = open_network
    documents = list(every_field(schemas[VIEWERS[name]], values))
    caller = ANYBODY if name == "anybody" else await ask.sign_in(name)
    return name, {language: await walk(ask, caller, language, documents, values) for language in Language}


async def walk(ask: Ask, caller: Caller, language: Language, documents: list[str], values: Mapping[str, str]) -> Read:
    headers = caller.headers | {"accept-language": LOCALES[language]}
    if caller is not ANYBODY:
        del headers["accept-language"]
        await choose(ask, caller, LOCALES[language])
    read = Read()
    for number, document in enumerate(documents):
        response = await ask.http.post("/graphql", json={"query": document}, headers=headers)
        answer = response.json()
        assert (document, answer.get("errors")) == (document, None)
        assert response.headers["content-language"] == language.tag
        for name, place, text in found_in(answer["data"], "Query", "", (number,)):
            read.graph[name][place] = text
    for path in FILES[caller.name]:
        address = path.format_map({key: json.loads(value) for key, value in values.items() if value[0] == '"'})
        response = await ask.http.get(address, headers=headers)
        assert (path, response.status_code) == (path, 200)
        assert (path, response.headers["content-language"]) == (path, language.tag)
        read.files[path] = set(texts_of_file(response))
    return read


async def choose(ask: Ask, caller: Caller, locale: str) -> None:
    mutation = "mutation ($to: String!) { accountUpdate(input: {locale: $to}) { userErrors { code } } }"
    answer = await ask(caller, mutation, {"to": locale})
    assert answer["data"]["accountUpdate"]["userErrors"] == []


@pytest_asyncio.fixture(scope="module")
async def alike(template: str) -> set[str]:
    """Yields the texts that are the same in both languages: names that are, and purposes that organizations stated."""
    async with clone(template) as dsn:
        database = await asyncpg.connect(dsn)
        rows = await database.fetch(
            """
            select name from catalog.condition where translations -> 'fr' ->> 'name' = name
            union select name from catalog.community where translations -> 'fr' ->> 'name' = name
            union select name from catalog.indicator where translations -> 'fr' ->> 'name' = name
            union select purpose from insight.ledger_entry where organization_id is not null
            union select name from insight.organization
            union select lay from catalog.indicator, unnest(lay_names) lay
                where translations -> 'fr' -> 'lay_names' ? lay
            union select name from catalog.treatment
                where coalesce(translations -> 'fr' ->> 'name', case when inn is not null then name end) = name
            """
        )
        await database.close()
        return {row["name"] for row in rows}


def test_every_field_of_texts_is_in_the_readers_language_or_says_why_not(
    schemas: Mapping[Audience, GraphQLSchema],
) -> None:
    listed = [
        *IN_LANGUAGE,
        *OF_SEARCHES,
        *OF_QUOTES,
        *(name for names in AS_THEY_ARE.values() for name in names.split()),
    ]
    found = set[str]().union(*(fields_of_text(schemas[audience]) for audience in VIEWERS.values()))
    assert sorted(listed) == sorted(found)


def test_every_text_is_in_the_language_of_the_request(walked: tuple[str, Walked], alike: set[str]) -> None:
    _, texts = walked
    french, english = texts[Language.FR].graph, texts[Language.EN].graph
    same = alike | ALIKE | SYMBOLS | set(french["Query.regions"].values())
    for name in IN_LANGUAGE:
        both = french[name].keys() & english[name].keys()
        kept = {french[name][place] for place in both if french[name][place] == english[name][place]}
        assert (name, {text for text in kept - same if not FIGURE.fullmatch(text)}) == (name, set())
        shared = set(french[name].values()) & set(english[name].values())
        assert (name, {text for text in shared - same if not FIGURE.fullmatch(text)}) == (name, set())
        for language, wrong, right in ((Language.FR, ENGLISH, FRENCH), (Language.EN, FRENCH, ENGLISH)):
            for text in texts[language].graph[name].values():
                assert len(wrong.findall(text)) <= len(right.findall(text)) or text in same, (language, name, text)


def test_what_people_wrote_and_codes_are_the_same_in_every_language(walked: tuple[str, Walked]) -> None:
    _, texts = walked
    french, english = texts[Language.FR].graph, texts[Language.EN].graph
    for name in " ".join(names for reason, names in AS_THEY_ARE.items() if reason != CHOSEN).split():
        differing = {
            place for place in french[name].keys() & english[name].keys() if french[name][place] != english[name][place]
        }
        assert (name, differing) == (name, set())


def test_the_walk_meets_the_texts_of_its_view(
    walked: tuple[str, Walked], schemas: Mapping[Audience, GraphQLSchema]
) -> None:
    viewer, texts = walked
    there = fields_of_text(schemas[VIEWERS[viewer]]) & IN_LANGUAGE
    unmet = {name for name in there if not all(read.graph[name] for read in texts.values())}
    assert (viewer, unmet) == (viewer, set())


def of_one_language(texts: Walked, alike: set[str]) -> dict[Language, set[str]]:
    """The texts of the graph that only one language has."""
    found = {
        language: {text for name in IN_LANGUAGE for text in read.graph[name].values()}
        for language, read in texts.items()
    }
    in_both = set.intersection(*found.values()) | alike | ALIKE | SYMBOLS
    return {language: {text for text in own - in_both if not FIGURE.fullmatch(text)} for language, own in found.items()}


def test_every_file_is_in_the_language_of_its_reader(walked: tuple[str, Walked], alike: set[str]) -> None:
    name, texts = walked
    own = of_one_language(texts, alike)
    found: dict[Language, set[str]] = {language: set() for language in Language}
    for path in FILES[name]:
        for language, other, wrong, right in (
            (Language.FR, Language.EN, ENGLISH, FRENCH),
            (Language.EN, Language.FR, FRENCH, ENGLISH),
        ):
            there = texts[language].files[path]
            found[language] |= there & own[language]
            assert (path, there & own[other]) == (path, set())
            if path not in OWN_WRITING:
                strange = {text for text in there if len(wrong.findall(text)) > len(right.findall(text))}
                assert (path, language, strange - alike - set(french_regions(texts))) == (path, language, set())
    assert all(found.values())  # an insight that an organization asked for may have none of the graph's texts


def french_regions(texts: Walked) -> set[str]:
    return set(texts[Language.FR].graph["Query.regions"].values())


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib's own parser of JSON-LD uses it
@pytest.mark.parametrize("suffix", ["ttl", "jsonld"])
async def test_each_text_of_the_catalogue_is_in_the_language_that_it_says(
    open_network: tuple[Ask, dict[str, str]], alike: set[str], suffix: str
) -> None:
    ask, _ = open_network
    response = await ask.http.get(f"/catalogue.{suffix}")
    graph = rdflib.Graph().parse(data=response.text, format={"ttl": "turtle", "jsonld": "json-ld"}[suffix])
    said: dict[tuple[object, object], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for subject, predicate, text in graph:
        if isinstance(text, rdflib.Literal) and text.language is not None:
            said[subject, predicate][text.language].add(str(text))
    assert said
    for place, texts in said.items():
        assert (place, set(texts)) == (place, {language.tag for language in Language})
        kept = set.intersection(*texts.values()) - alike - ALIKE - SYMBOLS
        assert (place, {text for text in kept if not FIGURE.fullmatch(text)}) == (place, set())
        for tag, wrong, right in (("fr", ENGLISH, FRENCH), ("en", FRENCH, ENGLISH)):
            strange = {text for text in texts[tag] if len(wrong.findall(text)) > len(right.findall(text))}
            assert (place, tag, strange - alike) == (place, tag, set())
