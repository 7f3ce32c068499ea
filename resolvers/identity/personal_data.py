"""Exports and erases members' data, and declares for each table which columns are exported and which rows stay."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.database import Connection
from models.viewers import Viewer
from resolvers.calling import Call
from resolvers.identity import attempts
from resolvers.identity.accounts import SIGN_IN
from resolvers.identity.passwords import verify_password
from resolvers.transactions import Forbidden, RefusalCode, Result, Work, member_of, refused


@dataclass(frozen=True)
class MemberTable:
    """A table with members' rows: `condition` selects those of the member $1, by the table's own columns.

    `left_out` are the columns that are not exported. `stays` is the reason why rows stay, without their author, after
    the member has left; if it is None, they are deleted.
    """

    condition: str
    exported: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)  # column: the reason
    stays: str | None = None


OF_MEMBER = "member_id = $1"
OF_AUTHOR = "author_id = $1"
OF_SHEET = "answer_sheet_id IN (SELECT answer_sheet_id FROM research.participation WHERE member_id = $1)"
OF_ACCOUNT = "account_id IN (SELECT id FROM identity.account WHERE member_id = $1)"
FOR_SEARCH = {"search": "derived from the words of another column, for searches"}
BY_STAFF = "the staff member who decided: another person's data, and Cohorte answers for the decision"
DISCUSSED = "others have replied to it: only its author is erased"

MEMBER_TABLES: Mapping[str, MemberTable] = {
    "care.member": MemberTable("id = $1", ("id", "pseudonym", "kind", "verified", "about", "joined_on")),
    "care.profile": MemberTable(OF_MEMBER, ("member_id", "birth_year", "sex", "region", "sharing")),
    "care.membership": MemberTable(OF_MEMBER, ("member_id", "community_id", "joined_on", "role")),
    "care.diagnosis": MemberTable(OF_MEMBER, ("member_id", "community_id", "diagnosed_in")),
    "care.care_link": MemberTable(
        "patient_id = $1 OR relative_id = $1", ("id", "patient_id", "relative_id", "status", "created_at")
    ),
    "care.notification": MemberTable(
        OF_MEMBER, ("id", "member_id", "kind", "created_at", "read_at", "subject_type", "subject_id")
    ),
    "care.observation": MemberTable(
        OF_MEMBER, ("id", "member_id", "indicator_id", "value", "observed_on", "by_relative", "note")
    ),
    "care.course": MemberTable(
        OF_MEMBER,
        ("id", "member_id", "treatment_id", "community_id", "status", "started_on", "ended_on", "dose", "stop_reason"),
    ),
    "care.evaluation": MemberTable(
        OF_MEMBER,
        (
            "id", "course_id", "member_id", "treatment_id", "evaluated_on", "effectiveness", "convenience",
            "satisfaction", "comment",
        ),
    ),
    "care.side_effect": MemberTable(OF_MEMBER, ("evaluation_id", "indicator_id", "member_id", "severity", "serious")),
    "care.discussion": MemberTable(
        OF_AUTHOR,
        ("id", "community_id", "author_id", "title", "created_at", "last_post_at", "post_count", "closed"),
        FOR_SEARCH,
        stays=DISCUSSED,
    ),
    "care.discussion_topic": MemberTable(
        "discussion_id IN (SELECT id FROM care.discussion WHERE author_id = $1)",
        ("discussion_id", "position", "treatment_id", "indicator_id"),
        stays=DISCUSSED,
    ),
    "care.post": MemberTable(
        OF_AUTHOR,
        ("id", "discussion_id", "author_id", "body", "created_at", "edited_at", "removed"),
        FOR_SEARCH,
        stays=DISCUSSED,
    ),
    "care.post_reaction": MemberTable(OF_MEMBER, ("post_id", "member_id", "reaction")),
    "care.flag": MemberTable(
        OF_MEMBER,
        ("id", "post_id", "member_id", "reason", "note", "status", "created_at", "resolution", "resolved_at"),
        {"staff_id": BY_STAFF},
        stays="the moderators may not have decided yet: the member and their note are erased",
    ),
    "care.removal": MemberTable(
        "post_id IN (SELECT id FROM care.post WHERE author_id = $1)",
        ("post_id", "reason", "created_at"),
        {"staff_id": BY_STAFF},
        stays="the post keeps its place, and the reason why it is empty",
    ),
    "care.suspension": MemberTable(OF_MEMBER, ("member_id", "until", "reason", "created_at"), {"staff_id": BY_STAFF}),
    "research.consent_change": MemberTable(
        OF_MEMBER, ("id", "member_id", "purpose", "granted", "recipients", "notice_version", "changed_at")
    ),
    "research.consent": MemberTable(
        OF_MEMBER, ("member_id", "purpose", "granted", "recipients", "notice_version", "changed_at")
    ),
    "research.enrolment": MemberTable(
        OF_MEMBER, ("dataset_id", "member_id", "purpose", "reserved_micro_rho", "enrolled_at", "withdrawn_at")
    ),
    "research.counted_membership": MemberTable(
        OF_MEMBER, ("member_id", "community_id", "counted_since", "left_at")
    ),
    "research.participation": MemberTable(
        OF_MEMBER, ("id", "member_id", "survey_id", "status", "completed_at", "answer_sheet_id")
    ),
    "research.answer_sheet": MemberTable(
        "id IN (SELECT answer_sheet_id FROM research.participation WHERE member_id = $1)", ("id", "survey_id")
    ),
    "research.answer": MemberTable(OF_SHEET, ("answer_sheet_id", "question_id", "codes", "number", "day", "text")),
    "identity.account": MemberTable(
        OF_MEMBER,
        ("id", "email", "email_verified", "locale", "created_at", "notice_version", "member_id", "renamed_at"),
        {"organization_id": "no member's account has one", "staff_id": "no member's account has one"},
    ),
    "identity.session": MemberTable(
        OF_ACCOUNT,
        ("id", "account_id", "created_at", "last_seen_at", "expires_at", "device"),
        {"token_hash": "a secret: the session's owner has the token itself"},
    ),
}  # fmt: skip

IN_EVERY_TABLE = {"demonstration": "whether a row belongs to the demonstration network: nothing about a person"}

# Tables of the same schemas that are not exported, each with the reason.
NOT_EXPORTED: Mapping[str, str] = {
    "research.survey_opening": "about a survey, and no person: a number with noise, which is never shown",
    "research.record": "derived from the member's other rows, in bytes that no role may read; erased with the member",
    "identity.credential": "a secret: the member knows their password, and its hash is of use only to a thief",
    "identity.registration": "has no account yet; deleted when its code is entered, or within a day",
    "identity.pseudonym_look": "derived from the pseudonym, which is exported; deleted with the member",
    "identity.password_reset": "a secret: the hash of a code, deleted within an hour",
    "identity.attempt": "holds a hash without a name; deleted within a day",
    "identity.mail": "deleted once it is sent to the member",
    "identity.mutation": "ids of rows that are exported themselves, kept for a day",
    "identity.staff": "about people who are not members",
}


def statement() -> str:
    """The SELECT of the export: one JSON object with the rows of each table under its name. $1 is the member."""
    tables = []
    for table, own in MEMBER_TABLES.items():
        rows = f"SELECT {', '.join(own.exported)} FROM {table} WHERE {own.condition}"  # noqa: S608 - names from this file
        tables.append(f"'{table}', (SELECT coalesce(json_agg(t), '[]') FROM ({rows}) t)")  # noqa: S608
    return f"SELECT json_build_object({', '.join(tables)})::text"


async def export_data(connection: Connection, viewer: Viewer) -> str:
    """All data stored about the viewer, as JSON text: under each table's name its rows, each column by its name.

    Raises Forbidden if the viewer is not a member.
    """
    text: str = await connection.fetchval(statement(), member_of(viewer))
    return text


async def delete_account(call: Call, *, password: str) -> Work:
    """Checks the password; the returned Work deletes the viewer's account and member, with their data.

    Raises Forbidden if the account no longer exists, and Refused: WRONG_CREDENTIALS if the password is wrong,
    LIMIT_REACHED after too many attempts.
    """
    async with call.apart() as connection:
        found = await connection.fetchrow("SELECT * FROM identity.credential_of_account($1)", call.viewer.account)
        if found is None:
            raise Forbidden
        tried = await attempts.count_attempt(connection, SIGN_IN, found["email"], call.address, call.sign_ins)
    if not await verify_password(password, found["password_hash"]):
        raise refused(RefusalCode.WRONG_CREDENTIALS, "This is not the account's password.", "password")
    async with call.apart() as connection:
        await attempts.forget_attempts(connection, tried)
    return erase_member


async def erase_member(connection: Connection, viewer: Viewer) -> Result:
    """Deletes the viewer's account, sessions and member. Raises Forbidden if the account no longer exists."""
    if not await connection.fetchval("SELECT identity.delete_account($1)", viewer.account):
        raise Forbidden
    return {}
