"""The oracle's readers for what members share: communities, discussions, members and the catalogue."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from models.viewers import Audience
from tests.oracle.rows import Found, VisibleRows
from tests.oracle.searching import plain

TABLES = {  # of each type whose objects have an id: the id's prefix, and the table
    "Account": ("acc", "identity.account"), "Appeal": ("apl", "care.appeal"),
    "CatalogueChange": ("cch", "catalog.catalogue_change"),
    "ApiKey": ("key", "insight.api_key"), "CareLink": ("lnk", "care.care_link"),
    "Community": ("com", "catalog.community"), "Condition": ("con", "catalog.condition"),
    "Dataset": ("dst", "insight.dataset"), "Insight": ("ins", "insight.insight"),
    "Discussion": ("dis", "care.discussion"), "Flag": ("flg", "care.flag"), "Indicator": ("ind", "catalog.indicator"),
    "Licence": ("lic", "insight.licence"), "Member": ("mbr", "care.member"),
    "Association": ("asn", "catalog.association"), "Verification": ("vrf", "care.verification"),
    "Notification": ("ntf", "care.notification"), "Observation": ("obs", "care.observation"),
    "Organization": ("org", "insight.organization"), "Post": ("pst", "care.post"),
    "Question": ("qst", "catalog.question"), "Session": ("ses", "identity.session"), "Staff": ("stf", "identity.staff"),
    "SecondFactor": ("sfa", "identity.second_factor"),
    "StaffChange": ("stc", "identity.staff_change"),
    "Survey": ("svy", "catalog.survey"), "Treatment": ("trt", "catalog.treatment"),
    "TreatmentCourse": ("crs", "care.course"), "TreatmentEvaluation": ("evl", "care.evaluation"),
    "Consent": ("cns", "research.consent"), "DataUse": ("use", "insight.ledger_entry"),
    "LedgerEntry": ("led", "insight.ledger_entry"), "Me": ("me", "care.profile"),
    "Membership": ("mbs", "care.membership"), "Notice": ("ntc", "catalog.notice"),
    "DataRead": ("drd", "care.data_read"),
    "PrivacyNotice": ("pvn", "catalog.privacy_notice"),
    "OwnIndicator": ("own", "care.own_indicator"), "OwnObservation": ("oob", "care.own_observation"),
    "OwnTreatment": ("otr", "care.own_treatment"), "OwnCourse": ("ocr", "care.own_course"),
    "CatalogueProposal": ("prp", "care.catalogue_proposal"),
    "ReadingAlert": ("rda", "care.reading_alert"), "Terms": ("trm", "catalog.terms"),
    "Participation": ("prt", "research.participation"), "Suspension": ("sus", "care.suspension"),
    "Variable": ("var", "insight.variable"), "Viewer": ("vwr", ""),
    "OrganizationUser": ("usr", "insight.organization_user"),
    "Webhook": ("whk", "insight.webhook"), "WebhookDelivery": ("dlv", "insight.webhook_delivery"),
}  # fmt: skip
KEYS = {  # the columns that an id is made of, where that is not `id`
    "Association": ("member_id",),
    "Consent": ("member_id", "purpose"), "DataUse": ("position",), "LedgerEntry": ("position",),
    "Me": ("member_id",), "Membership": ("member_id", "community_id"),
    "Notice": ("purpose", "language", "version"), "PrivacyNotice": ("language", "version"),
    "Suspension": ("member_id",), "Terms": ("language", "version"),
    "Variable": ("dataset_id", "position"),
}  # fmt: skip
TYPES = {prefix: (kind, table) for kind, (prefix, table) in TABLES.items()}
Reader = Callable[..., Any]
readers: dict[str, Reader] = {}


@dataclass(frozen=True)
class TypedRow:
    """A row of an interface or union, with its type."""

    kind: str
    row: Found


@dataclass(frozen=True)
class Listed:
    """A list that is read in pages: every item with the keys that order it."""

    items: list[tuple[tuple[Any, ...], Found]]
    descending: bool


def listed(rows: Iterable[Found], key: Callable[[Found], tuple[Any, ...]], descending: bool = False) -> Listed:
    return Listed(sorted(((key(row), row) for row in rows), key=lambda item: item[0], reverse=descending), descending)


def uuid_in(id: str) -> UUID | None:
    """The UUID in a graph id; None for an invalid id."""
    try:
        return UUID(id.rpartition("_")[2])
    except ValueError:
        return None


def field(*coordinates: str) -> Callable[[Reader], Reader]:
    """Registers a reader of these fields: a function of the visible rows, the object and the arguments."""

    def keep(reader: Reader) -> Reader:
        readers.update(dict.fromkeys(coordinates, reader))
        return reader

    return keep


def found(coordinate: str, table: str, **columns: str) -> None:
    """A reader that finds the row whose columns equal these columns of the field's own row."""
    readers[coordinate] = lambda seen, it: seen.one(table, **{name: it[column] for name, column in columns.items()})


found("Community.mergedInto", "catalog.community", id="merged_into_id")
found("Indicator.mergedInto", "catalog.indicator", id="merged_into_id")
found("Treatment.mergedInto", "catalog.treatment", id="merged_into_id")
found("Community.condition", "catalog.condition", id="condition_id")
found("Discussion.community", "catalog.community", id="community_id")
found("Membership.community", "catalog.community", id="community_id")
found("Survey.community", "catalog.community", id="community_id")
found("Licence.community", "catalog.community", id="community_id")
found("Discussion.author", "care.member", id="author_id")
found("Post.author", "care.member", id="author_id")
found("Post.discussion", "care.discussion", id="discussion_id")
found("Flag.post", "care.post", id="post_id")
found("Observation.indicator", "catalog.indicator", id="indicator_id")
found("IndicatorSeries.indicator", "catalog.indicator", id="indicator_id")
found("OwnObservation.indicator", "care.own_indicator", id="own_indicator_id")
found("OwnSeries.indicator", "care.own_indicator", id="own_indicator_id")
found("OwnCourse.treatment", "care.own_treatment", id="own_treatment_id")
found("OwnTreatment.proposal", "care.catalogue_proposal", id="proposal_id")
found("OwnIndicator.proposal", "care.catalogue_proposal", id="proposal_id")
found("CatalogueProposal.community", "catalog.community", id="community_id")
found("CatalogueProposal.condition", "catalog.condition", id="condition_id")
found("CatalogueProposal.indicator", "catalog.indicator", id="indicator_id")
found("CatalogueProposal.treatment", "catalog.treatment", id="treatment_id")
found("SideEffect.indicator", "catalog.indicator", id="indicator_id")
found("TreatmentCourse.treatment", "catalog.treatment", id="treatment_id")
found("TreatmentCourse.evaluation", "care.evaluation", course_id="id")
found("TreatmentEvaluation.member", "care.member", id="member_id")
found("TreatmentEvaluation.course", "care.course", id="course_id")
found("Participation.survey", "catalog.survey", id="survey_id")
found("Answer.question", "catalog.question", id="question_id")
found("Licence.organization", "insight.organization", id="organization_id")
found("Me.member", "care.member", id="member_id")
found("CareLink.patient", "care.member", id="patient_id")
found("CareLink.relative", "care.member", id="relative_id")


def id_of(kind: str, row: Found) -> str:
    """A row's id in the graph."""
    return f"{TABLES[kind][0]}_{'.'.join(str(row[name]) for name in KEYS.get(kind, ('id',)))}"


@field("Query.node")
def node(seen: VisibleRows, id: str) -> TypedRow | None:
    kind, table = TYPES.get(id.partition("_")[0], ("", ""))
    if kind == "Viewer":
        rows = [viewer(seen)]
    elif table in seen.tables:
        rows = seen.of(table) if kind in KEYS else seen.of(table, id=uuid_in(id))
    else:
        rows = []
    found = [row for row in rows if id_of(kind, row) == id and is_found(seen, kind, row)]
    return TypedRow(kind, found[0]) if found else None


@field("Query.nodes")
def nodes(seen: VisibleRows, ids: list[str]) -> list[TypedRow | None]:
    return [node(seen, id) for id in ids]


def is_found(seen: VisibleRows, kind: str, row: Found) -> bool:
    """Whether a row that the viewer may see is the object of an id in their view."""
    if kind in ("Me", "Membership"):
        return bool(row["member_id"] == seen.viewer.member)
    if kind == "Session":
        return bool(row["expires_at"] > seen.now)
    if kind == "Suspension":
        return row["until"] is None or row["until"] > seen.now
    if kind in ("Notice", "Terms"):
        return bool(row["in_force_on"] <= seen.today)
    if kind == "Variable":
        return seen.one("insight.dataset", id=row["dataset_id"]) is not None
    if kind == "Participation":
        return seen.one("catalog.survey", id=row["survey_id"]) is not None
    return True


@field("Query.viewer")
def viewer(seen: VisibleRows) -> Found:
    owner = seen.viewer.member or seen.viewer.organization or seen.viewer.staff or UUID(int=0)
    return {"id": owner, "audience": seen.viewer.audience.value}


@field("Viewer.member")
def viewers_member(seen: VisibleRows, it: Found) -> Found | None:
    return seen.one("care.member", id=seen.viewer.member)


@field("Viewer.organization")
def viewers_organization(seen: VisibleRows, it: Found) -> Found | None:
    return seen.one("insight.organization", id=seen.viewer.organization)


@field("Query.organization")
def own_organization(seen: VisibleRows) -> Found | None:
    return seen.one("insight.organization", id=seen.viewer.organization)


@field("Viewer.staff")
def viewers_staff(seen: VisibleRows, it: Found) -> Found | None:
    return seen.one("identity.staff", id=seen.viewer.staff)


@field("Query.me")
def me(seen: VisibleRows) -> Found | None:
    return seen.one("care.profile", member_id=seen.viewer.member)


def by_name(row: Found) -> tuple[str, UUID]:
    return plain(row["name"]), row["id"]


def by_english_name(row: Found) -> tuple[str, UUID]:
    return plain(row["english"]["name"]), row["id"]


def community_id(seen: VisibleRows, slug: str) -> UUID | None:
    community = seen.one("catalog.community", slug=slug)
    return community["id"] if community else None


def found_by(
    seen: VisibleRows, rows: list[Found], search: str | None, key: Callable[[Found], tuple[Any, ...]]
) -> Listed:
    """The entries of the catalogue that a search finds, in its order; all of them, by the key, without a search."""
    if search is None:
        return listed(rows, key)
    there = [row for row in rows if seen.stemmer.finds(row["english"], search)]

    def order(row: Found) -> tuple[Any, ...]:
        return seen.stemmer.rank(row["english"], search, plain(row["name"]), seen.language.tag), *key(row)

    return listed(there, order)


@field(*(f"{kind}.matched" for kind in ("Community", "Condition", "Indicator", "Treatment")))
def matched(seen: VisibleRows, entry: Found, search: str) -> Found | None:
    return seen.stemmer.matched(entry["english"], search, seen.language.tag)


def having(rows: list[Found], **columns: Any) -> list[Found]:
    """The rows with these values in their columns; None matches any value."""
    return [row for row in rows if all(value is None or row[name] == value for name, value in columns.items())]


@field("Query.communities")
def communities(seen: VisibleRows, search: str | None = None, status: str | None = None) -> Listed:
    there = [row for row in seen.of("catalog.community") if row["status"] != "MERGED" or status is not None]
    return found_by(seen, having(there, status=status), search, by_name)


@field("Query.conditions")
def conditions(seen: VisibleRows, search: str | None = None) -> Listed:
    return found_by(seen, seen.of("catalog.condition"), search, by_name)


@field("Query.catalogueChanges")
def catalogue_changes(seen: VisibleRows, subject: str | None = None) -> Listed:
    there = seen.of("catalog.catalogue_change")
    if subject is not None:
        there = [row for row in there if row["subject_id"] == uuid_in(subject)]
    return listed(there, lambda row: (row["changed_at"], row["id"]), descending=True)


TEXTS: dict[
    str, list[tuple[str, tuple[str, ...], Callable[[Found], bool]]]
] = {  # of each kind, in order: where they are, which columns, and which rows count
    "CONDITION": [("catalog.condition", ("name",), lambda row: row["retired_on"] is None)],
    "COMMUNITY": [("catalog.community", ("name", "description"), lambda row: row["status"] != "MERGED")],
    "INDICATOR": [("catalog.indicator", ("name", "unit", "lay_names"), lambda row: row["retired_on"] is None)],
    "TREATMENT": [
        ("catalog.treatment", ("name",), lambda row: row["retired_on"] is None and row["kind"] != "MEDICATION")
    ],
    "SURVEY": [
        ("catalog.survey", ("title", "description"), lambda row: row["status"] in ("DRAFT", "WAITING", "OPEN")),
        ("catalog.question", ("text", "help"), lambda row: True),
        ("catalog.question_option", ("label",), lambda row: True),
    ],
    "ASSOCIATION": [("catalog.association", ("description",), lambda row: True)],
}


@field("Query.missingTranslations")
def missing_translations(seen: VisibleRows, language: str | None = None, kind: str | None = None) -> Listed:
    staff = seen.one("identity.staff", id=seen.viewer.staff)
    found = []
    for rank, (each, places) in enumerate(TEXTS.items()):
        for table, columns, counts in places:
            for row in seen.of(table):
                stored = row["english"]
                subject = subject_of_text(seen, table, stored)
                if kind in (None, each) and counts(stored) and subject is not None:
                    found += missing_of(rank, table, subject, stored, columns, language)
    if staff is None or not {"CATALOGUE_EDITOR", "SURVEY_MANAGER"} & set(staff["roles"]):
        found = []
    return listed(found, lambda row: tuple(row[key] for key in ("rank", "language", "id", "field", "code")))


def subject_of_text(seen: VisibleRows, table: str, row: Found) -> Found | None:
    """What a text belongs to; None for a question, or an option of one, that nobody is going to answer."""
    if table == "catalog.question_option":
        question = seen.one("catalog.question", id=row["question_id"])
        return question and subject_of_text(seen, "catalog.question", question)
    if table == "catalog.question":
        survey = seen.one("catalog.survey", id=row["survey_id"])
        open_ = survey and survey["status"] in ("DRAFT", "WAITING", "OPEN") and survey["version"] == row["version"]
        return row if open_ else None
    return row


def missing_of(
    rank: int, table: str, subject: Found, row: Found, columns: tuple[str, ...], language: str | None
) -> list[Found]:
    texts = json.loads(row["translations"])
    tags = ("en", "fr") if table == "catalog.association" else ("fr",)
    table = "catalog.question" if table == "catalog.question_option" else table
    return [
        {"rank": rank, "language": tag.upper(), "id": subject.get("id") or subject["member_id"],
         "field": "layNames" if column == "lay_names" else column, "code": row.get("code") or "",
         "text": ", ".join(row[column]) if column == "lay_names" else row[column], "option": row.get("code"),
         "subject": TypedRow(next(name for name, (_, place) in TABLES.items() if place == table), subject)}
        for tag in tags
        for column in columns
        if row[column] and texts.get(tag, {}).get(column) in (None, "") and language in (None, tag.upper())
    ]  # fmt: skip


for name in ("subject", "option"):
    field(f"MissingTranslation.{name}")(lambda seen, missing, name=name: missing[name])


@field("CatalogueChange.subject")
def changed(seen: VisibleRows, change: Found) -> TypedRow | None:
    kind, table = TYPES[change["subject_type"]]
    row = seen.one(table, id=change["subject_id"])
    return None if row is None else TypedRow(kind, row)


@field("Indicator.translations")
def indicator_translations_of(seen: VisibleRows, indicator: Found) -> list[Found]:
    found = in_languages(indicator, "name", "unit", "lay_names")
    return [{**text, "lay_names": text["lay_names"] or []} for text in found]


@field(*(f"{kind}.translations" for kind in ("Community", "Condition", "Treatment")))
def translations_of(seen: VisibleRows, entry: Found) -> list[Found]:
    texts = json.loads(entry["translations"])
    missing = {"name": None, "description": None}
    return [{"language": tag.upper()} | missing | texts[tag] for tag in sorted(texts)]


@field(*(f"{kind}.searchWords" for kind in ("Community", "Indicator", "Treatment")))
def search_words(seen: VisibleRows, entry: Found) -> str:
    return str(entry["words"])


def offered(seen: VisibleRows, entry: Found | None, table: str, column: str) -> bool:
    """Whether lists have an entry of the catalogue: it is not retired, or the viewer, a member, follows it."""
    if entry is None or entry["retired_on"] is None or seen.viewer.audience is Audience.MANAGER:
        return entry is not None
    if seen.viewer.audience is not Audience.PATIENT:
        return False
    return bool(seen.of(table, member_id=seen.viewer.member, **{column: entry["id"]}))


@field("Query.community")
def community(seen: VisibleRows, slug: str) -> Found | None:
    return seen.one("catalog.community", slug=slug)


readers["Indicator.layNames"] = lambda seen, it: it["lay_names"]


@field("Query.treatments")
def treatments(seen: VisibleRows, search: str | None = None, kind: str | None = None) -> Listed:
    there = [row for row in seen.of("catalog.treatment") if offered(seen, row, "care.course", "treatment_id")]
    return found_by(seen, having(there, kind=kind), search, by_english_name)


@field("Query.treatment")
def treatment(seen: VisibleRows, slug: str) -> Found | None:
    return seen.one("catalog.treatment", slug=slug)


@field("Query.indicators")
def indicators(seen: VisibleRows, search: str | None = None) -> list[Found]:
    there = [row for row in seen.of("catalog.indicator") if offered(seen, row, "care.observation", "indicator_id")]
    return [row for _, row in found_by(seen, there, search, by_name).items]


@field("Query.member")
def member(seen: VisibleRows, pseudonym: str) -> Found | None:
    return next((row for row in seen.of("care.member") if row["pseudonym"].lower() == pseudonym.lower()), None)


@field("Query.discussion")
def discussion(seen: VisibleRows, id: str) -> Found | None:
    return seen.one("care.discussion", id=uuid_in(id))


@field("Query.survey")
def survey(seen: VisibleRows, id: str) -> Found | None:
    return seen.one("catalog.survey", id=uuid_in(id))


def by_close(row: Found) -> tuple[date, UUID]:
    return row["closes_on"], row["id"]


@field("Query.surveys")
def surveys(seen: VisibleRows, community: str | None = None, status: str | None = None) -> Listed:
    there = seen.of("catalog.survey")
    if community is not None:
        there = seen.of("catalog.survey", community_id=community_id(seen, community))
    return listed(having(there, status=status), by_close, descending=True)


def by_creation(row: Found) -> tuple[Any, UUID]:
    return row["created_at"], row["id"]


def by_request(row: Found) -> tuple[bool, datetime, UUID]:
    return row["status"] == "REQUESTED", row["requested_at"] or datetime.fromtimestamp(0, UTC), row["id"]


def by_start(row: Found) -> tuple[date, UUID]:
    return row["starts_on"], row["id"]


@field("Query.flags")
def flags(seen: VisibleRows, status: str | None = None) -> Listed:
    there = having(seen.of("care.flag"), status=status)
    return listed(there, lambda row: (row["urgent"], *by_creation(row)), descending=True)


@field("Query.appeals")
def appeals(seen: VisibleRows, status: str | None = None) -> Listed:
    return listed(having(seen.of("care.appeal"), status=status), by_creation, descending=True)


found("Appeal.post", "care.post", id="post_id")


@field("Post.appeal")
def latest_appeal(seen: VisibleRows, post: Found) -> Found | None:
    there = seen.of("care.appeal", post_id=post["id"])
    return max(there, key=lambda row: row["removed_at"], default=None)


@field("Licence.status")
def licence_status(seen: VisibleRows, licence: Found) -> str:
    lapses = licence["status"] in ("REQUESTED", "GRANTED")
    return "ENDED" if lapses and licence["ends_on"] < seen.today else str(licence["status"])


@field("Query.licences")
def licences(seen: VisibleRows, status: str | None = None) -> Listed:
    there = [row for row in seen.of("insight.licence") if status in (None, licence_status(seen, row))]
    return listed(there, by_request, descending=True)


@field("Query.organizations")
def organizations(seen: VisibleRows) -> Listed:
    return listed(seen.of("insight.organization"), by_name)


@field("Community.indicators")
def indicators_of(seen: VisibleRows, community: Found) -> list[Found | None]:
    there = seen.of("catalog.community_indicator", community_id=community["id"])
    there = sorted(there, key=lambda row: (row["position"], row["indicator_id"]))
    listed = [seen.one("catalog.indicator", id=row["indicator_id"]) for row in there]
    return [row for row in listed if offered(seen, row, "care.observation", "indicator_id")]


@field("Community.treatments")
def treatments_of(seen: VisibleRows, community: Found) -> Listed:
    there = [
        row
        for row in seen.of("catalog.community_treatment", community_id=community["id"])
        if offered(seen, seen.one("catalog.treatment", id=row["treatment_id"]), "care.course", "treatment_id")
    ]
    return through(seen, there, lambda row: (row["position"], row["treatment_id"]), "catalog.treatment", "treatment_id")


def through(
    seen: VisibleRows,
    rows: list[Found],
    key: Callable[[Found], tuple[Any, ...]],
    table: str,
    column: str,
    descending: bool = False,
) -> Listed:
    """The rows that others reference, in the order of the referencing rows."""
    whole = listed(rows, key, descending)
    items = [(place, seen.one(table, id=row[column])) for place, row in whole.items]
    return Listed([(place, row) for place, row in items if row is not None], descending)


@field("Community.associations")
def associations_of(seen: VisibleRows, community: Found) -> list[Found]:
    network = [seen.one("care.member", id=each["member_id"]) for each in memberships(seen, community)]
    there = [row for row in network if row is not None and row["kind"] == "ASSOCIATION" and row["verified"]]
    return sorted(there, key=lambda row: plain(row["pseudonym"]))


@field("Community.contacts")
def contacts(seen: VisibleRows, community: Found) -> list[Found]:
    there = [row for row in seen.of("catalog.association") if community["id"] in row["community_ids"]]
    return sorted(there, key=lambda row: (plain(row["full_name"]), row["member_id"]))


@field("Community.pinned")
def pinned(seen: VisibleRows, community: Found) -> list[Found]:
    pins = sorted(seen.of("care.pin", community_id=community["id"]), key=lambda row: row["discussion_id"])
    pins.sort(key=lambda row: row["created_at"], reverse=True)
    return [row for pin in pins if (row := seen.one("care.discussion", id=pin["discussion_id"]))]


@field("Community.ambassadors")
def ambassadors_of(seen: VisibleRows, community: Found) -> list[Found]:
    appointed = [row for row in memberships(seen, community) if row["role"] == "AMBASSADOR"]
    there = [seen.one("care.member", id=row["member_id"]) for row in appointed]
    return sorted((row for row in there if row is not None), key=lambda row: plain(row["pseudonym"]))


def memberships(seen: VisibleRows, community: Found) -> list[Found]:
    return seen.of("care.membership", community_id=community["id"])


@field("Community.readiness")
def readiness_of(seen: VisibleRows, community: Found) -> Found:
    return {**community, "ready": community["consenting_count"] >= community["needed_count"]}


readers["CohortReadiness.ready"] = lambda seen, it: it["ready"]


@field("Community.viewerMembership")
def viewer_membership(seen: VisibleRows, community: Found) -> Found | None:
    return seen.one("care.membership", community_id=community["id"], member_id=seen.viewer.member)


@field("Community.members")
def members_of(seen: VisibleRows, community: Found) -> Listed:
    there = memberships(seen, community)
    return through(seen, there, lambda row: (row["member_id"],), "care.member", "member_id")


@field("Community.discussions")
def discussions_of(
    seen: VisibleRows, community: Found, search: str | None = None, language: str | None = None
) -> Listed:
    there = having(seen.of("care.discussion", community_id=community["id"]), language=language)
    if search is not None:
        there = [row for row in there if any(seen.stemmer.matches(search, each) for each in lexemes_of(seen, row))]
    return listed(there, lambda row: (row["last_post_at"], row["id"]), descending=True)


def lexemes_of(seen: VisibleRows, discussion: Found) -> list[frozenset[str]]:
    posts = seen.of("care.post", discussion_id=discussion["id"])
    texts = [(discussion["title"], discussion), *((post["body"] or "", post) for post in posts)]
    return [seen.stemmer.lexemes(text, row["language"].lower()) for text, row in texts]


@field("Community.surveys")
def surveys_of(seen: VisibleRows, community: Found, status: str | None = None) -> Listed:
    there = seen.of("catalog.survey", community_id=community["id"])
    return listed(having(there, status=status), by_close, descending=True)


@field("Discussion.posts")
def posts_of(seen: VisibleRows, discussion: Found, language: str | None = None) -> Listed:
    return listed(having(seen.of("care.post", discussion_id=discussion["id"]), language=language), by_creation)


@field("Discussion.lastPost")
def last_post(seen: VisibleRows, discussion: Found) -> Found | None:
    return max(seen.of("care.post", discussion_id=discussion["id"]), key=by_creation, default=None)


@field("Discussion.about")
def topics_of(seen: VisibleRows, discussion: Found) -> list[TypedRow]:
    topics = []
    for row in sorted(
        seen.of("care.discussion_topic", discussion_id=discussion["id"]), key=lambda row: row["position"]
    ):
        kind, column = ("Treatment", "treatment_id") if row["treatment_id"] else ("Indicator", "indicator_id")
        topic = seen.one(TABLES[kind][1], id=row[column])
        assert topic is not None
        topics.append(TypedRow(kind, topic))
    return topics


@field("Survey.original")
def survey_original(seen: VisibleRows, survey: Found) -> Found:
    return original(survey, "title", "description")


@field("Question.original")
def question_original(seen: VisibleRows, question: Found) -> Found:
    return original(question, "text", "help")


@field("QuestionOption.original")
def option_original(seen: VisibleRows, option: Found) -> Found:
    return original(option, "label")


@field("Indicator.original")
def indicator_original(seen: VisibleRows, indicator: Found) -> Found:
    return original(indicator, "name", "unit", "lay_names")


@field(*(f"{kind}.original" for kind in ("Community", "Condition", "Treatment")))
def original_of(seen: VisibleRows, entry: Found) -> Found:
    return original(entry, "name", "description")


def original(row: Found, *names: str) -> Found:
    """The texts of a row as they are stored beside their translations."""
    stored = row.get("english", row)
    return {"language": "EN"} | {name: stored.get(name) for name in names}


@field("Survey.translations")
def survey_translations(seen: VisibleRows, survey: Found) -> list[Found]:
    return in_languages(survey, "title", "description")


@field("Question.translations")
def question_translations(seen: VisibleRows, question: Found) -> list[Found]:
    return in_languages(question, "text", "help")


@field("QuestionOption.translations")
def option_translations(seen: VisibleRows, option: Found) -> list[Found]:
    return in_languages(option, "label")


def in_languages(row: Found, *names: str) -> list[Found]:
    """The texts of a row in other languages than English, in order of their tags."""
    return [
        {"language": tag.upper()} | {name: texts.get(name) for name in names}
        for tag, texts in sorted(json.loads(row["translations"]).items())
    ]


@field("Post.reactions")
def reactions_of(seen: VisibleRows, post: Found) -> list[Found]:
    given = Counter(row["reaction"] for row in seen.of("care.post_reaction", post_id=post["id"]))
    commonest = sorted(given.items(), key=lambda item: (item[1], item[0]), reverse=True)
    return [{"reaction": reaction, "count": count} for reaction, count in commonest]


@field("Post.viewerReactions")
def viewer_reactions(seen: VisibleRows, post: Found) -> list[str]:
    own = seen.of("care.post_reaction", post_id=post["id"], member_id=seen.viewer.member)
    return sorted(row["reaction"] for row in own)


@field("Post.removedBody")
def removed_body(seen: VisibleRows, post: Found) -> str | None:
    removed = seen.one("care.removed_text", post_id=post["id"])
    return removed["body"] if removed else None


@field("Post.removalReason")
def removal_reason(seen: VisibleRows, post: Found) -> str | None:
    removal = seen.one("care.removal", post_id=post["id"])
    return removal["reason"] if removal else None


@field("Member.communities")
def communities_of(seen: VisibleRows, member: Found) -> list[Found]:
    return [community for community, _ in places(seen, member["id"])]


@field("Me.memberships")
def memberships_of(seen: VisibleRows, me: Found) -> list[Found]:
    return [membership for _, membership in places(seen, me["member_id"])]


@field("Membership.diagnosedIn")
def diagnosed_in(seen: VisibleRows, membership: Found) -> int | None:
    of = {name: membership[name] for name in ("member_id", "community_id")}
    diagnosis = seen.one("care.diagnosis", **of)
    return diagnosis["diagnosed_in"] if diagnosis else None


def places(seen: VisibleRows, member: UUID) -> list[tuple[Found, Found]]:
    """A member's communities, by name, each with the membership."""
    there = [
        (community, row)
        for row in seen.of("care.membership", member_id=member)
        if (community := seen.one("catalog.community", id=row["community_id"]))
    ]
    return sorted(there, key=lambda place: by_name(place[0]))
