"""The only place that says which rows a role may read: every table's scope, and the SQL that it amounts to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Table

from models.everything import metadata
from models.viewers import SETTINGS, Audience

PUBLIC, PATIENT, BUYER, MANAGER = Audience.PUBLIC, Audience.PATIENT, Audience.BUYER, Audience.MANAGER


def viewer(audience: Audience) -> str:
    """The viewer's id in SQL, null where a statement carries none.

    A subselect, so that PostgreSQL reads the setting when it runs and not when it starts: partitions would be pruned
    before the setting is there. A setting that was once set is empty afterwards, not null.
    """
    return f"(SELECT nullif(current_setting('{SETTINGS[audience]}', true), '')::uuid)"


MEMBER, ORGANIZATION, STAFF = viewer(PATIENT), viewer(BUYER), viewer(MANAGER)
EVERY = "true"  # every row: the grant alone guards them


@dataclass(frozen=True)
class Scope:
    """Who reads a table: for each audience the condition that a row meets, over its own columns.

    An audience that is not named has no right on the table. `{table}` in a condition is the table's bare name.
    """

    name: str
    readers: Mapping[Audience, str]

    @property
    def by_grant(self) -> bool:
        """Whether grants alone say it all, without row-level security."""
        return bool(self.readers) and set(self.readers.values()) == {EVERY}


CATALOG = Scope("CATALOG", dict.fromkeys(Audience, EVERY))  # no person's row
OPEN = Scope("OPEN", {PATIENT: EVERY, MANAGER: EVERY})  # what any member may read of another
OWN = Scope("OWN", {PATIENT: f"member_id = {MEMBER}"})
# Whose profile a viewer may read is said once, by the profile's own policy: it holds inside this one.
SHARED = Scope(
    "SHARED",
    {PATIENT: f"member_id = {MEMBER} OR EXISTS (SELECT FROM care.profile p WHERE p.member_id = {{table}}.member_id)"},
)
HOUSE = Scope("HOUSE", {MANAGER: f"{STAFF} IS NOT NULL"})
HIDDEN = Scope("HIDDEN", {})  # no role's: functions of the owner's read it

IN_COMMON = (  # a community that both are members of
    "EXISTS (SELECT FROM care.membership theirs JOIN care.membership mine USING (community_id)"
    f" WHERE theirs.member_id = profile.member_id AND mine.member_id = {MEMBER})"
)
TRUSTED = (  # the viewer is a relative whom the patient lets keep its diary
    "EXISTS (SELECT FROM care.care_link l WHERE l.patient_id = profile.member_id"
    f" AND l.relative_id = {MEMBER} AND l.status = 'ACCEPTED')"
)
PROFILE = Scope(
    "PROFILE",
    {
        PATIENT: f"member_id = {MEMBER} OR {MEMBER} IS NOT NULL AND (sharing = 'ALL_MEMBERS'"
        f" OR sharing = 'MY_COMMUNITIES' AND {IN_COMMON} OR {TRUSTED})",
        MANAGER: f"{STAFF} IS NOT NULL AND sharing = 'ALL_MEMBERS'",
    },
)
CARE_LINK = Scope("CARE_LINK", {PATIENT: f"patient_id = {MEMBER} OR relative_id = {MEMBER}"})
ANSWERS = Scope(
    "ANSWERS",
    {PATIENT: "EXISTS (SELECT FROM research.participation p WHERE p.answer_sheet_id = {table}.answer_sheet_id)"},
)
ANSWER_SHEET = Scope(
    "ANSWER_SHEET", {PATIENT: "EXISTS (SELECT FROM research.participation p WHERE p.answer_sheet_id = answer_sheet.id)"}
)
SURVEY = Scope(
    "SURVEY",
    {
        PATIENT: "status <> 'DRAFT'",
        BUYER: "status IN ('OPEN', 'CLOSED', 'RELEASED', 'ARCHIVED')",
        MANAGER: EVERY,
    },
)
QUESTION = Scope(
    "QUESTION",
    dict.fromkeys((PATIENT, BUYER, MANAGER), "EXISTS (SELECT FROM catalog.survey s WHERE s.id = question.survey_id)"),
)
OF_QUESTION = Scope(
    "OF_QUESTION",
    dict.fromkeys(
        (PATIENT, BUYER, MANAGER), "EXISTS (SELECT FROM catalog.question q WHERE q.id = {table}.question_id)"
    ),
)
LICENCE = Scope("LICENCE", {BUYER: f"organization_id = {ORGANIZATION}", MANAGER: f"{STAFF} IS NOT NULL"})
API_KEY = Scope("API_KEY", {BUYER: f"organization_id = {ORGANIZATION}"})
ACCOUNT = Scope("ACCOUNT", {PATIENT: f"member_id = {MEMBER}"})
SESSION = Scope("SESSION", {PATIENT: "EXISTS (SELECT FROM identity.account a WHERE a.id = session.account_id)"})
STAFF_MEMBER = Scope("STAFF_MEMBER", {MANAGER: f"id = {STAFF}"})

SCOPES: Mapping[str, Scope] = {
    "catalog.condition": CATALOG,
    "catalog.community": CATALOG,
    "catalog.community_indicator": CATALOG,
    "catalog.community_treatment": CATALOG,
    "catalog.indicator": CATALOG,
    "catalog.treatment": CATALOG,
    "catalog.survey": SURVEY,
    "catalog.survey_progress": HOUSE,
    "catalog.question": QUESTION,
    "catalog.question_option": OF_QUESTION,
    "catalog.visibility_rule": OF_QUESTION,
    "care.member": OPEN,
    "care.membership": OPEN,
    "care.discussion": OPEN,
    "care.discussion_topic": OPEN,
    "care.post": OPEN,
    "care.post_reaction": OPEN,
    "care.profile": PROFILE,
    "care.observation": SHARED,
    "care.course": SHARED,
    "care.evaluation": SHARED,
    "care.side_effect": SHARED,
    "care.care_link": CARE_LINK,
    "care.notification": OWN,
    "care.flag": HOUSE,
    "research.consent": OWN,
    "research.participation": OWN,
    "research.answer_sheet": ANSWER_SHEET,
    "research.answer": ANSWERS,
    "insight.organization": CATALOG,
    "insight.licence": LICENCE,
    "insight.api_key": API_KEY,
    "identity.account": ACCOUNT,
    "identity.session": SESSION,
    "identity.staff": STAFF_MEMBER,
    "identity.credential": HIDDEN,
}

# Columns that no role may read: a statement that names the whole row is refused too.
SECRET_COLUMNS = {"identity.session": {"token_hash"}, "insight.api_key": {"secret_hash"}}


def statements() -> Iterator[str]:
    """The grants and policies of every table in SQL, for a database where no role has a right on one yet.

    Row-level security is enabled, not forced: it does not bind the tables' owner, who migrates, seeds and signs members
    in, and as whom no view's connection logs in. Raises KeyError on a table without a scope.
    """
    for table in metadata.sorted_tables:
        yield from statements_of(table, SCOPES[table.fullname])


def statements_of(table: Table, scope: Scope) -> Iterator[str]:
    secret = SECRET_COLUMNS.get(table.fullname, set())
    columns = f" ({', '.join(c.name for c in table.columns if c.name not in secret)})" if secret else ""
    if scope.readers:
        yield f"GRANT SELECT{columns} ON {table.fullname} TO {', '.join(reader.role for reader in scope.readers)}"
    if scope.by_grant:
        return
    yield f"ALTER TABLE {table.fullname} ENABLE ROW LEVEL SECURITY"
    for reader, condition in scope.readers.items():
        rows = condition.replace("{table}", table.name)
        yield f"CREATE POLICY {reader.view}_reads ON {table.fullname} FOR SELECT TO {reader.role} USING ({rows})"
