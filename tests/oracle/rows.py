"""Reads a small database whole and decides in plain Python which of its rows a viewer may see."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.languages import Language
from models.viewers import Audience, Viewer
from tests.oracle.searching import Stemmer, names, stemmer_of

Found = Mapping[str, Any]  # a row of a table: asyncpg's record, or a dictionary
Everything = Mapping[str, list[Found]]  # a database's rows by `schema.table`

CATALOGUE = frozenset({
    "catalog.condition", "catalog.help_line", "catalog.indicator", "catalog.network_count", "catalog.notice",
    "catalog.privacy_notice", "catalog.terms", "catalog.treatment", "insight.organization", "insight.ledger_entry",
})  # fmt: skip
OF_MEMBERS = frozenset({  # what any member, and moderators, may read of every member
    "care.member", "care.discussion", "care.discussion_topic", "care.pin", "care.post", "care.post_reaction",
})  # fmt: skip
OF_STAFF = {  # what staff with a role read of every member and every organization
    "MODERATOR": {
        "care.appeal",
        "care.flag",
        "care.removal",
        "care.removed_text",
        "care.suspension",
        "care.verification",
        "care.reading_alert",
        "care.membership",
    }
    | OF_MEMBERS,
    "SURVEY_MANAGER": {"catalog.survey_progress"},
    "DATA_STEWARD": {"insight.licence", "insight.organization_user"},
    "CATALOGUE_EDITOR": {"care.catalogue_proposal", "catalog.catalogue_change"},
    "ADMINISTRATOR": {"catalog.catalogue_change"},
}
SEARCHED_CODES = ("hpo", "loinc", "ucum", "atc", "national_code")  # by which variables are found
SHOWN_TO_BUYERS = frozenset({"OPEN", "CLOSED", "RELEASED", "ARCHIVED"})


@dataclass(frozen=True)
class Snapshot:
    """All rows of a database, and its time when they were read."""

    tables: Everything
    now: datetime
    stemmer: Stemmer

    @property
    def today(self) -> date:
        return self.now.date()


async def read_snapshot(superuser: asyncpg.Connection, searches: Iterable[str]) -> Snapshot:
    """Reads every row of every table, as a role that no policy applies to, and the stems that the searches need."""
    names = await superuser.fetch(
        "select table_schema || '.' || table_name as name from information_schema.tables"
        " where table_schema in ('catalog', 'identity', 'care', 'research', 'insight')"
    )
    tables: dict[str, list[Found]] = {
        found["name"]: list(map(dict, await superuser.fetch(f"select * from {found['name']}"))) for found in names
    }
    stemmer = await stemmer_of(superuser, [*searches, *searched_texts(tables)])
    return Snapshot(tables, await superuser.fetchval("select now()"), stemmer)


def searched_texts(tables: Everything) -> Iterator[str]:
    yield from (row["title"] for row in tables["care.discussion"])
    yield from (row["body"] or "" for row in tables["care.post"])
    for row in tables["insight.variable"]:
        yield from (row["name"], row["label"], json.loads(row["translations"]).get("fr", {}).get("label") or "")
    for name in ("catalog.indicator", "catalog.treatment"):
        yield from (row.get(code) or "" for row in tables[name] for code in SEARCHED_CODES)
    for name in ("catalog.condition", "catalog.community", "catalog.indicator", "catalog.treatment"):
        yield from (text for row in tables[name] for text, *_ in names(row))


def in_language(row: Found, language: str) -> Found:
    """The row with its texts in a language; `english` is the row as it is stored."""
    if "translations" not in row:
        return row
    texts: Found = json.loads(row["translations"]).get(language, {})
    return {**row, **texts, "english": row}


class VisibleRows:
    """The rows that one viewer may see."""

    def __init__(self, snapshot: Snapshot, viewer: Viewer) -> None:
        self.stemmer = snapshot.stemmer
        self.viewer, self.now, self.today = viewer, snapshot.now, snapshot.today
        self.releases = snapshot.tables["insight.release"]  # of all datasets, whose costs licences add up
        self.staff = snapshot.tables["identity.staff"]  # of whom moderators read the names of those who decided
        tests = scope(snapshot.tables, viewer, snapshot.today)
        self.language = viewer.language or Language.EN
        codes = snapshot.tables.get("identity.recovery_code", [])
        self.recovery_codes: int = sum(
            row["account_id"] == viewer.account for row in codes
        )  # of which only the number shows
        accounts = snapshot.tables.get("identity.account", [])  # of which viewers read a little of their own
        self.locale: str | None = next((row["locale"] for row in accounts if row["id"] == viewer.account), None)
        self.user: UUID | None = next(
            (row["organization_user_id"] for row in accounts if row["id"] == viewer.account), None
        )
        self.mailed_events: list[str] = next(
            (
                row["mailed_events"]
                for row in accounts
                if row["id"] == viewer.account and row["organization_id"] == viewer.organization
            ),
            [],
        )
        self.tables = {
            name: [in_language(row, self.language.tag) for row in rows if tests[name](row)] if name in tests else []
            for name, rows in snapshot.tables.items()
        }
        self._indexes: dict[tuple[str, ...], dict[tuple[Any, ...], list[Found]]] = {}

    def of(self, table: str, **values: Any) -> list[Found]:
        """The rows whose columns have these values; null equals nothing."""
        if not values:
            return self.tables[table]
        index = self._indexes.get((table, *values))
        if index is None:
            index = self._indexes[table, *values] = defaultdict(list)
            for row in self.tables[table]:
                index[tuple(row[name] for name in values)].append(row)
        return [] if None in values.values() else index.get(tuple(values.values()), [])

    def one(self, table: str, **values: Any) -> Found | None:
        """The one row whose columns have these values."""
        found = self.of(table, **values)
        assert len(found) < 2
        return found[0] if found else None


def scope(tables: Everything, viewer: Viewer, today: date) -> dict[str, Callable[[Found], bool]]:
    """A rule for each table that the viewer's audience may read: which of its rows the viewer may read."""
    tests: dict[str, Callable[[Found], bool]] = dict.fromkeys(CATALOGUE, lambda _: True)
    drafts = {row["id"] for row in tables["catalog.community"] if row["status"] == "DRAFT"}
    hidden = set() if viewer.audience is Audience.MANAGER else drafts
    tests["catalog.community"] = lambda community: community["id"] not in hidden
    lists = ("catalog.community_indicator", "catalog.community_treatment")
    tests |= dict.fromkeys(lists, lambda row: row["community_id"] not in hidden)
    if viewer.audience is Audience.PUBLIC:
        listed_datasets = of_datasets(tables, set())
        tests |= {f"insight.{name}": listed_datasets[f"insight.{name}"] for name in ("dataset", "variable", "category")}
    else:
        tests |= of_datasets(tables, readable_datasets(tables, viewer, today))
    if viewer.audience is Audience.BUYER:
        tests |= of_surveys(tables, False, lambda survey: survey["status"] in SHOWN_TO_BUYERS)
        tests["identity.second_factor"] = lambda factor: factor["account_id"] in accounts_of(tables, viewer)
        own = (
            "insight.licence",
            "insight.api_key",
            "insight.webhook",
            "insight.organization_user",
            "insight.release_requester",
        )
        webhooks = {w["id"] for w in tables["insight.webhook"] if w["organization_id"] == viewer.organization}
        tests["insight.webhook_delivery"] = lambda delivery: delivery["webhook_id"] in webhooks
        return tests | dict.fromkeys(own, lambda row: bool(row["organization_id"] == viewer.organization))
    if viewer.audience is Audience.MANAGER:
        roles = {role for row in tables["identity.staff"] if row["id"] == viewer.staff for role in row["roles"]}
        tests |= of_surveys(tables, "SURVEY_MANAGER" in roles, lambda survey: survey["status"] != "DRAFT")
        if not roles & {"SURVEY_MANAGER", "DATA_STEWARD"}:
            tests |= of_datasets(tables, set())
        associations = {row["id"] for row in tables["care.member"] if row["kind"] == "ASSOCIATION"}
        tests["care.member"] = lambda member: member["id"] in associations
        tests["care.membership"] = lambda membership: membership["member_id"] in associations
        for role in roles:
            tests |= dict.fromkeys(OF_STAFF[role], lambda _: True)
        if "MODERATOR" in roles:
            tests["care.profile"] = lambda profile: bool(profile["sharing"] == "ALL_MEMBERS")
        tests["identity.second_factor"] = lambda factor: factor["account_id"] in accounts_of(tables, viewer)
        administers = "ADMINISTRATOR" in roles
        tests["identity.staff"] = lambda staff: administers or bool(staff["id"] == viewer.staff)
        tests["identity.staff_change"] = lambda _: administers
    if viewer.audience is Audience.PATIENT:
        tests |= of_surveys(tables, False, lambda survey: survey["status"] != "DRAFT")
        tests |= dict.fromkeys(OF_MEMBERS, lambda _: True) | of_member(tables, viewer.member)
    if viewer.audience is Audience.PUBLIC:
        listed = {row["member_id"] for row in tables["care.membership"]} & verified_associations(tables)
        tests["catalog.association"] = lambda association: association["member_id"] in listed
    else:
        tests["catalog.association"] = lambda _: True
    return tests


def accounts_of(tables: Everything, viewer: Viewer) -> set[UUID]:
    """The accounts of the viewer's organization, or of a staff member."""
    return {
        row["id"]
        for row in tables["identity.account"]
        if (viewer.organization is not None and row["organization_id"] == viewer.organization)
        or (viewer.staff is not None and row["staff_id"] == viewer.staff)
    }


def readable_datasets(tables: Everything, viewer: Viewer, today: date) -> set[UUID] | None:
    """The datasets whose insights a viewer may read; None if all."""
    if viewer.audience is Audience.BUYER:
        return licensed_datasets(tables, viewer, today)
    if viewer.audience is Audience.MANAGER:
        return None
    member = viewer.member
    joined = {row["community_id"] for row in tables["care.membership"] if row["member_id"] == member}
    joined |= {row["id"] for row in tables["catalog.community"] if row["merged_into_id"] in joined}
    enrolled = {row["dataset_id"] for row in tables["research.enrolment"] if row["member_id"] == member}
    completed = {
        row["survey_id"]
        for row in tables["research.participation"]
        if row["member_id"] == member and row["status"] == "COMPLETED"
    }
    return {
        row["id"]
        for row in tables["insight.dataset"]
        if row["community_id"] in joined or row["id"] in enrolled or row["survey_id"] in completed
    }


def verified_associations(tables: Everything) -> set[UUID]:
    return {row["id"] for row in tables["care.member"] if row["kind"] == "ASSOCIATION" and row["verified"]}


def licensed_datasets(tables: Everything, viewer: Viewer, today: date) -> set[UUID]:
    """The datasets whose insights a buyer may read."""
    (own,) = (row for row in tables["insight.organization"] if row["id"] == viewer.organization)
    running = {
        row["community_id"]
        for row in tables["insight.licence"]
        if row["organization_id"] == own["id"] and row["status"] == "GRANTED"
        if row["starts_on"] <= today <= row["ends_on"]
    }
    datasets = (row for row in tables["insight.dataset"] if own["kind"] in row["offered_to"])
    return {row["id"] for row in datasets if row["community_id"] in running}


def of_datasets(tables: Everything, readable: set[UUID] | None) -> dict[str, Callable[[Found], bool]]:
    """Rules for datasets that are large enough, and for insights of the `readable` ones, or of all if None."""

    def is_readable(row: Found) -> bool:
        return readable is None or row["dataset_id"] in readable

    insights = {row["id"] for row in tables["insight.insight"] if is_readable(row)}
    small = {row["id"] for row in tables["insight.dataset"] if row["status"] == "TOO_SMALL"}
    tests: dict[str, Callable[[Found], bool]] = {
        "insight.dataset": lambda dataset: bool(dataset["status"] != "TOO_SMALL"),
        "insight.variable": lambda _: True,
        "insight.category": lambda _: True,
        "insight.release": lambda row: is_readable(row) and row["dataset_id"] not in small,
        "insight.insight": is_readable,
    }
    return tests | dict.fromkeys(("insight.cell", "insight.statistic"), lambda row: row["insight_id"] in insights)


def of_surveys(tables: Everything, manages: bool, shown: Callable[[Found], bool]) -> dict[str, Callable[[Found], bool]]:
    """Rules for questions, options and visibility rules, which are readable with their survey, and for eligibility.

    Only who manages surveys reads drafts, and the eligibility of a survey that waits.
    """
    waiting = {row["id"] for row in tables["catalog.survey"] if row["status"] == "WAITING"}
    hidden = set() if manages else waiting
    surveys = {row["id"] for row in tables["catalog.survey"] if manages or shown(row)}
    questions = {row["id"] for row in tables["catalog.question"] if row["survey_id"] in surveys}
    return {
        "catalog.survey": lambda row: row["id"] in surveys,
        "catalog.eligibility": lambda row: row["survey_id"] in surveys - hidden,
        "catalog.question": lambda row: row["id"] in questions,
        "catalog.question_option": lambda row: row["question_id"] in questions,
        "catalog.visibility_rule": lambda row: row["question_id"] in questions,
    }


def of_member(tables: Everything, member: UUID | None) -> dict[str, Callable[[Found], bool]]:
    """Rules for a member's own rows, and for those that other members share with them."""
    communities = defaultdict(set)
    for row in tables["care.membership"]:
        communities[row["member_id"]].add(row["community_id"])
    trusting = {
        row["patient_id"]
        for row in tables["care.care_link"]
        if row["relative_id"] == member and row["status"] == "ACCEPTED"
    }

    associations = verified_associations(tables)
    profiles = {row["member_id"]: row["sharing"] for row in tables["care.profile"]}

    def shows(membership: Found) -> bool:
        """Whether the viewer may know of a membership; how it is shared is read from the profile, which decides."""
        whose, how = membership["member_id"], profiles.get(membership["member_id"], "ONLY_ME")
        here = how == "MY_COMMUNITIES" and membership["community_id"] in communities[member]
        return whose == member or whose in trusting or whose in associations or how == "ALL_MEMBERS" or here

    def shares(profile: Found) -> bool:
        whose, how = profile["member_id"], profile["sharing"]
        in_common = bool(communities[whose] & communities[member])
        return whose == member or whose in trusting or how == "ALL_MEMBERS" or (how == "MY_COMMUNITIES" and in_common)

    sharing = {member} | {row["member_id"] for row in tables["care.profile"] if shares(row)}
    own = {"member_id": {member}}
    sheets = {row["answer_sheet_id"] for row in tables["research.participation"] if row["member_id"] == member}
    posts = {row["id"] for row in tables["care.post"] if member is not None and row["author_id"] == member}
    accounts = {row["id"] for row in tables["identity.account"] if row["member_id"] == member}
    proposals = {row["id"] for row in tables["care.catalogue_proposer"] if row["member_id"] == member}
    columns: dict[str, dict[str, set[Any]]] = {
        "care.profile": {"member_id": {row["member_id"] for row in tables["care.profile"] if shares(row)}},
        "care.observation": {"member_id": sharing},
        "care.course": {"member_id": sharing},
        "care.evaluation": {"member_id": sharing},
        "care.side_effect": {"member_id": sharing},
        "care.care_link": {"patient_id": {member}, "relative_id": {member}},
        "care.own_indicator": {"member_id": {member} | trusting},
        "care.own_observation": {"member_id": {member} | trusting},
        "care.own_treatment": {"member_id": {member} | trusting},
        "care.own_course": {"member_id": {member} | trusting},
        "care.catalogue_proposer": own,
        "care.catalogue_proposal": {"id": proposals},
        "care.notification": own,
        "care.diagnosis": own,
        "care.data_read": own,
        "care.flag": own,
        "care.appeal": {"author_id": {member}},
        "care.removal": {"post_id": posts},
        "care.removed_text": {"author_id": {member}},
        "care.suspension": own,
        "care.verification": own,
        "research.consent": own,
        "research.enrolment": own,
        "research.counted_member": own,
        "research.counted_membership": own,
        "research.consent_change": own,
        "research.participation": own,
        "research.answer_sheet": {"id": sheets},
        "research.answer": {"answer_sheet_id": sheets},
        "identity.account": own,
        "identity.session": {"account_id": accounts},
        "identity.second_factor": {"account_id": accounts},
    }
    return {table: among(allowed) for table, allowed in columns.items()} | {"care.membership": shows}


def among(allowed: Mapping[str, set[Any]]) -> Callable[[Found], bool]:
    """Whether one of the columns has one of the values it is allowed."""
    return lambda row: any(row[column] in values for column, values in allowed.items())
