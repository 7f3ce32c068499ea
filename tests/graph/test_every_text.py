"""Every text of the demonstration is in the language of the request, and nothing of one language is in the other."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from graphql import GraphQLSchema, get_named_type, is_object_type, is_scalar_type

from models.languages import Language
from models.logins import open_roles, pool
from models.viewers import Audience, Viewer
from planner.operations import Planner
from tests.graph.test_every_field import answered
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
    "Association.postalAddress",
    LEGAL: "Account.termsVersion Consent.noticeVersion Notice.version PrivacyNotice.version Terms.version "
    "Undertakings.version",
    RECORDED: "DataUse.datasetTitle LedgerEntry.line",
    CODES: "Account.email Account.locale Viewer.locale Answer.codes ApiKey.prefix Association.email Association.phone "
    "Association.website Category.code Category.merges Community.slug "
    "Condition.hpo Condition.icd10 Condition.orpha DataRead.document "
    "DataUse.variables Dataset.wave HelpLine.number Indicator.hpo Indicator.loinc Indicator.slug Indicator.ucum "
    "InsightChange.by LedgerEntry.hash LedgerEntry.previousHash LedgerProof.commitment LedgerProof.salt Member.ageBand "
    "Money.amount "
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
Walked = dict[Language, Texts]


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


@pytest_asyncio.fixture(scope="module", params=VIEWERS)
async def walked(
    request: pytest.FixtureRequest, template: str, view_planners: dict[Audience, Planner]
) -> tuple[str, Walked]:
    """Yields each viewer's name, with every text of their view by language."""
    name = request.param
    async with clone(template) as dsn:
        await open_roles(dsn)
        database = await asyncpg.connect(dsn)
        await database.execute(JOINED)
        await database.execute(ASKED)
        values = {key: json.dumps(await database.fetchval(query)) for key, query in VALUES.items()}
        values |= {
            "ids": f"[{values['node']}]",
            "interval": "WEEK",
            "precision": "WITHIN_50",
            "changeFrom.insight": '"ins_none"',
        }
        viewer = await viewer_called(database, name)
        await database.close()
        planner = view_planners[viewer.audience]
        return name, {
            language: await walk(dsn, planner, replace(viewer, language=language), values) for language in Language
        }


async def viewer_called(database: asyncpg.Connection, name: str) -> Viewer:
    found = await database.fetchrow("select * from identity.account where email = $1", f"{name}@demo.example")
    if found is None:
        return Viewer()
    return Viewer(VIEWERS[name], found["id"], None, found["member_id"], found["organization_id"], found["staff_id"])


async def walk(dsn: str, planner: Planner, viewer: Viewer, values: Mapping[str, str]) -> Texts:
    connections = await pool(dsn, viewer.audience, 1, 60.0)
    texts: dict[str, dict[Place, str]] = defaultdict(dict)
    try:
        for number, document in enumerate(every_field(planner.schema, values)):
            answer: Any = await answered(planner, connections, document, viewer)
            for field, place, text in found_in(answer, "Query", "", (number,)):
                texts[field][place] = text
    finally:
        await connections.close()
    return texts


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
    french, english = texts[Language.FR], texts[Language.EN]
    same = alike | ALIKE | SYMBOLS | set(french["Query.regions"].values())
    for field in IN_LANGUAGE:
        both = french[field].keys() & english[field].keys()
        kept = {french[field][place] for place in both if french[field][place] == english[field][place]}
        assert (field, {text for text in kept - same if not FIGURE.fullmatch(text)}) == (field, set())
        shared = set(french[field].values()) & set(english[field].values())
        assert (field, {text for text in shared - same if not FIGURE.fullmatch(text)}) == (field, set())
        for language, wrong, right in ((Language.FR, ENGLISH, FRENCH), (Language.EN, FRENCH, ENGLISH)):
            for text in texts[language][field].values():
                assert len(wrong.findall(text)) <= len(right.findall(text)) or text in same, (language, field, text)


def test_what_people_wrote_and_codes_are_the_same_in_every_language(walked: tuple[str, Walked]) -> None:
    _, texts = walked
    french, english = texts[Language.FR], texts[Language.EN]
    for field in " ".join(AS_THEY_ARE.values()).split():
        differing = {
            place
            for place in french[field].keys() & english[field].keys()
            if french[field][place] != english[field][place]
        }
        assert (field, differing) == (field, set())


def test_the_walk_meets_the_texts_of_its_view(
    walked: tuple[str, Walked], schemas: Mapping[Audience, GraphQLSchema]
) -> None:
    name, texts = walked
    there = fields_of_text(schemas[VIEWERS[name]]) & IN_LANGUAGE
    unmet = {field for field in there if not (texts[Language.FR][field] and texts[Language.EN][field])}
    assert (name, unmet) == (name, set())
