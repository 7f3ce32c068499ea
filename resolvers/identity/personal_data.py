"""Declares for each table what members are given of it when they export their data, and erases their data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.database import Connection
from models.viewers import Viewer
from resolvers.calling import Call
from resolvers.exporting import TEXT, TEXTS, JsonSchema, translated
from resolvers.identity.credentials_mutations import expect_password
from resolvers.transactions import Forbidden, Result, Work


@dataclass(frozen=True)
class DerivedColumn:
    """A value that an export has beside a table's columns: SQL over its row `t`."""

    sql: str
    about: str
    schema: JsonSchema


@dataclass(frozen=True)
class MemberTable:
    """A table with members' rows, which an export has as the list `kind`, described by `about`.

    `condition` selects the rows of the member $1, by the table's own columns. `left_out` are the columns that are not
    exported. `stays` is the reason why rows stay, without their author, after the member has left; if it is None, they
    are deleted.
    """

    kind: str
    about: str
    condition: str
    exported: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)  # column: the reason
    stays: str | None = None
    derived: Mapping[str, DerivedColumn] = field(default_factory=dict)


OF_MEMBER = "member_id = $1"
OF_AUTHOR = "author_id = $1"
OF_SHEET = "answer_sheet_id IN (SELECT answer_sheet_id FROM research.participation WHERE member_id = $1)"
OF_ACCOUNT = "account_id IN (SELECT id FROM identity.account WHERE member_id = $1)"
IN_SUBJECT = "part of the value `subject` of the export"
FOR_SEARCH = {"search": "derived from the words of another column, for searches"}
COPY_OF_SHARING = {"profile_sharing": "a copy of the `sharing` of the profile, which is exported"}
BY_STAFF = "the staff member who decided: another person's data, and Cohorte answers for the decision"
DISCUSSED = "others have replied to it: only its author is erased"

MEMBER_TABLES: Mapping[str, MemberTable] = {
    "care.member": MemberTable(
        "members",
        "The member, as others see them.",
        "id = $1",
        ("id", "pseudonym", "kind", "verified", "about", "joined_on"),
        dict.fromkeys(("leaving", "left_at"), "false and null as long as they can export anything"),
    ),
    "catalog.association": MemberTable(
        "associations",
        "The page of a member that is an association.",
        OF_MEMBER,
        ("full_name", "website", "email", "phone", "postal_address", "description", "community_ids"),
        {"translations": "part of the value `descriptions` of the export"},
        derived={
            "descriptions": DerivedColumn(
                "ARRAY(SELECT e.key || ': ' || (e.value ->> 'description') FROM jsonb_each(t.translations) e"
                " ORDER BY e.key)",
                "Its description in each language, after the language's tag and a colon.",
                TEXTS,
            )
        },
    ),
    "care.verification": MemberTable(
        "verifications",
        "A moderator's decision on whether the association is the one it claims to be.",
        OF_MEMBER,
        ("verified", "full_name", "reason", "created_at"),
        {"id": "names nothing that members can look up", "staff_id": BY_STAFF},
    ),
    "care.profile": MemberTable(
        "profiles",
        "What the member has stated about themselves, and with whom they share it.",
        OF_MEMBER,
        ("birth_year", "sex", "region", "sharing"),
    ),
    "care.membership": MemberTable(
        "memberships",
        "A community that they belong to.",
        OF_MEMBER,
        ("community_id", "joined_on", "role"),
        {"sharing": "a copy of that of the profile, which is exported"},
    ),
    "care.diagnosis": MemberTable(
        "diagnoses", "The year of a diagnosis that they have stated.", OF_MEMBER, ("community_id", "diagnosed_in")
    ),
    "care.care_link": MemberTable(
        "careLinks",
        "A care link, as patient or as relative, with invitations.",
        "patient_id = $1 OR relative_id = $1",
        ("id", "patient_id", "relative_id", "status", "created_at"),
    ),
    "care.notification": MemberTable(
        "notifications",
        "A notification that they received.",
        OF_MEMBER,
        ("id", "kind", "created_at", "read_at"),
        {"subject_type": IN_SUBJECT, "subject_id": IN_SUBJECT},
        derived={
            "subject": DerivedColumn("t.subject_type || '_' || t.subject_id", "Id of the object it is about.", TEXT)
        },
    ),
    "care.observation": MemberTable(
        "observations",
        "A value of an indicator in their diary.",
        OF_MEMBER,
        ("id", "indicator_id", "value", "observed_on", "by_relative", "note"),
        derived={
            "unit": DerivedColumn(
                f"(SELECT {translated('i', 'unit')} FROM catalog.indicator i WHERE i.id = t.indicator_id)",  # noqa: S608
                "Unit of the value. Null if the indicator has none.",
                TEXT,
            )
        },
    ),
    "care.own_indicator": MemberTable(
        "ownIndicators",
        "An indicator that they made for themselves.",
        OF_MEMBER,
        ("id", "name", "scale", "unit", "minimum", "maximum", "proposal_id"),
    ),
    "care.own_observation": MemberTable(
        "ownObservations",
        "A value of an indicator of their own in their diary.",
        OF_MEMBER,
        ("id", "own_indicator_id", "value", "observed_on", "by_relative", "note"),
    ),
    "care.own_treatment": MemberTable(
        "ownTreatments",
        "A treatment that they added for themselves.",
        OF_MEMBER,
        ("id", "name", "kind", "proposal_id"),
    ),
    "care.own_course": MemberTable(
        "ownCourses",
        "A course of a treatment of their own.",
        OF_MEMBER,
        ("id", "own_treatment_id", "status", "started_on", "ended_on", "dose", "stop_reason"),
    ),
    "care.catalogue_proposal": MemberTable(
        "proposals",
        "Their proposal for the catalogue, with the decision.",
        "id IN (SELECT id FROM care.catalogue_proposer WHERE member_id = $1)",
        (
            "id",
            "kind",
            "name",
            "description",
            "community_id",
            "proposed_on",
            "status",
            "reason",
            "decided_on",
            "condition_id",
            "indicator_id",
            "treatment_id",
        ),
        {"staff_id": BY_STAFF},
    ),
    "care.course": MemberTable(
        "courses",
        "A course of a treatment.",
        OF_MEMBER,
        ("id", "treatment_id", "community_id", "status", "started_on", "ended_on", "dose", "stop_reason"),
        COPY_OF_SHARING,
    ),
    "care.evaluation": MemberTable(
        "evaluations",
        "Their evaluation of a course.",
        OF_MEMBER,
        (
            "id",
            "course_id",
            "treatment_id",
            "community_id",
            "evaluated_on",
            "effectiveness",
            "convenience",
            "satisfaction",
            "comment",
        ),
        {"sharing": "copied from the profile, which is exported"} | COPY_OF_SHARING,
    ),
    "care.side_effect": MemberTable(
        "sideEffects",
        "A side effect in an evaluation of theirs.",
        OF_MEMBER,
        ("evaluation_id", "indicator_id", "severity", "serious"),
        COPY_OF_SHARING,
    ),
    "care.discussion": MemberTable(
        "discussions",
        "A discussion that they started.",
        OF_AUTHOR,
        ("id", "community_id", "title", "language", "created_at", "last_post_at", "post_count", "closed"),
        FOR_SEARCH,
        stays=DISCUSSED,
    ),
    "care.discussion_topic": MemberTable(
        "discussionTopics",
        "What a discussion of theirs is about.",
        "discussion_id IN (SELECT id FROM care.discussion WHERE author_id = $1)",
        ("discussion_id", "position", "treatment_id", "indicator_id"),
        stays=DISCUSSED,
    ),
    "care.post": MemberTable(
        "posts",
        "A post that they wrote. A removed post has no body; `removedTexts` has what moderators removed.",
        OF_AUTHOR,
        ("id", "discussion_id", "community_id", "body", "language", "created_at", "edited_at", "removed"),
        FOR_SEARCH,
        stays=DISCUSSED,
    ),
    "care.pin": MemberTable(
        "pins",
        "A discussion that they keep at the top of a community.",
        OF_MEMBER,
        ("community_id", "discussion_id", "created_at"),
    ),
    "care.post_reaction": MemberTable("reactions", "Their reaction to a post.", OF_MEMBER, ("post_id", "reaction")),
    "care.flag": MemberTable(
        "flags",
        "A post that they reported to the moderators.",
        OF_MEMBER,
        ("id", "post_id", "reason", "note", "status", "created_at", "resolution", "resolved_at"),
        {"staff_id": BY_STAFF, "urgent": "derived from the reason and the status, which are exported"},
        stays="the moderators may not have decided yet: the member and their note are erased",
    ),
    "care.removal": MemberTable(
        "removals",
        "A post of theirs that a moderator removed.",
        "post_id IN (SELECT id FROM care.post WHERE author_id = $1)",
        ("post_id", "reason", "created_at"),
        {"staff_id": BY_STAFF},
        stays="the post keeps its place, and the reason why it is empty",
    ),
    "care.removed_text": MemberTable(
        "removedTexts", "The text of a post of theirs that moderators removed.", OF_AUTHOR, ("post_id", "body")
    ),
    "care.appeal": MemberTable(
        "appeals",
        "Their appeal against the removal of a post of theirs.",
        OF_AUTHOR,
        ("id", "post_id", "removed_at", "text", "status", "created_at", "resolution", "resolved_at"),
        {"staff_id": BY_STAFF},
    ),
    "care.suspension": MemberTable(
        "suspensions",
        "Their suspension from discussions.",
        OF_MEMBER,
        ("until", "reason", "created_at"),
        {"staff_id": BY_STAFF},
    ),
    "care.data_read": MemberTable(
        "dataReads",
        "A request in which staff, or a relative who keeps their diary, read one kind of their data.",
        OF_MEMBER,
        ("id", "kind", "read_at", "reader", "staff_roles", "relative_id", "document"),
        {"staff_id": "the staff member who read: another person's data, whose roles are exported"},
    ),
    "research.consent_change": MemberTable(
        "consentChanges",
        "A change of a consent: their history.",
        OF_MEMBER,
        ("id", "purpose", "granted", "recipients", "notice_version", "notice_language", "changed_at"),
    ),
    "research.consent": MemberTable(
        "consents",
        "Their consent for a purpose, as it is now.",
        OF_MEMBER,
        ("purpose", "granted", "recipients", "notice_version", "notice_language", "changed_at"),
    ),
    "research.enrolment": MemberTable(
        "enrolments",
        "A dataset that they were enrolled in.",
        OF_MEMBER,
        ("dataset_id", "purpose", "reserved_micro_rho", "enrolled_at", "withdrawn_at"),
    ),
    "research.counted_member": MemberTable(
        "networkCounts", "That the network's published counts include them.", OF_MEMBER, ("counted_since",)
    ),
    "research.counted_membership": MemberTable(
        "countedMemberships",
        "A community whose published counts include them.",
        OF_MEMBER,
        ("community_id", "counted_since", "left_at", "openings"),
    ),
    "research.participation": MemberTable(
        "participations",
        "A survey that they were invited to, with what became of it.",
        OF_MEMBER,
        ("id", "survey_id", "status", "begun", "completed_at", "answer_sheet_id"),
    ),
    "research.answer_sheet": MemberTable(
        "answerSheets",
        "The set of their answers to an open survey.",
        "id IN (SELECT answer_sheet_id FROM research.participation WHERE member_id = $1)",
        ("id", "survey_id"),
    ),
    "research.answer": MemberTable(
        "answers",
        "An answer to an open survey. Answers are deleted when the survey closes.",
        OF_SHEET,
        ("answer_sheet_id", "question_id", "codes", "number", "day", "text"),
        derived={
            "labels": DerivedColumn(
                f"array(SELECT {translated('o', 'label')} FROM unnest(t.codes) WITH ORDINALITY c (code, nth)"  # noqa: S608
                " JOIN catalog.question_option o ON o.question_id = t.question_id AND o.code = c.code ORDER BY c.nth)",
                "Words of the chosen options.",
                TEXTS,
            ),
            "options": DerivedColumn(
                f"array(SELECT o.code || ': ' || {translated('o', 'label')} FROM catalog.question_option o"  # noqa: S608
                " WHERE o.question_id = t.question_id ORDER BY o.position, o.code)",
                "All options of the question, each as its code and its words.",
                TEXTS,
            ),
        },
    ),
    "identity.account": MemberTable(
        "accounts",
        "Their account.",
        OF_MEMBER,
        (
            "id",
            "email",
            "email_verified",
            "locale",
            "created_at",
            "notice_version",
            "terms_version",
            "terms_accepted_at",
            "renamed_at",
            "password_reset_at",
            "signed_in_on",
            "sleep_notified_on",
            "sleep_reminded_on",
        ),
        {
            "organization_id": "no member's account has one",
            "organization_user_id": "no member's account has one",
            "staff_id": "no member's account has one",
            "mailed_events": "of an organization's account: a member's gets no mail about events",
            "insights_mailed_on": "of an organization's account: a member's gets no mail about events",
        },
    ),
    "identity.session": MemberTable(
        "sessions",
        "A device that is signed in.",
        OF_ACCOUNT,
        ("id", "created_at", "last_seen_at", "expires_at", "device"),
        {
            "account_id": "the member has one account, which is exported",
            "token_hash": "a secret: the session's owner has the token itself",
        },
    ),
    "identity.second_factor": MemberTable(
        "secondFactors",
        "A second factor to sign in with.",
        OF_ACCOUNT,
        ("id", "kind", "name", "created_at", "last_used_on"),
        {
            "account_id": "the member has one account, which is exported",
            "secret": "a secret: the member's app has it",
            "last_step": "a number with which a code is not accepted twice",
            "credential_id": "what the member's device calls its passkey",
            "public_key": "a key that belongs to the member's device, and is of no use without it",
            "sign_count": "a number with which a copy of a passkey is noticed",
        },
    ),
}

IN_EVERY_TABLE = {"demonstration": "whether a row belongs to the demonstration network: nothing about a person"}
# Columns with the id of the member whose data it is, which an export has once, in `members`.
OF_THE_MEMBER = ("member_id", "author_id")

# Tables of the same schemas that are not exported, each with the reason.
NOT_EXPORTED: Mapping[str, str] = {
    "research.record": "bytes that no role may read: exported as `records`, with their variables and categories",
    "research.freezing": "about a dataset, and no person: how far it is frozen, until it is",
    "research.survey_opening": "about a survey, and no person: a number with noise, which is never shown",
    "care.catalogue_proposer": "which proposals are theirs: exported as `proposals`",
    "care.reading_alert": "a suspicion for moderators to look into, which says on which day; deleted after 90 days",
    "identity.reading": "numbers that stand for other members, of whom the export must not tell; deleted after a day",
    "identity.joining": "how many communities they have joined, of which `memberships` has those that they belong to",
    "identity.credential": "a secret: the member knows their password, and its hash is of use only to a thief",
    "identity.registration": "has no account yet; deleted when its code is entered, or within a day",
    "identity.pseudonym_look": "derived from the pseudonym, which is exported, or for a year from a former one",
    "identity.data_export": "a secret: the hash of an export's address, deleted when it is used, or within minutes",
    "identity.email_change": "a secret: the hash of a code, with an address that waits or is replaced, for a week",
    "identity.password_reset": "a secret: the hash of a code, deleted within an hour",
    "identity.attempt": "holds a hash without a name; deleted within a day",
    "identity.departure": "keyed digests of erased members and of withdrawn consents, which name nobody",
    "identity.departure_key": "a secret of the database, and about no person",
    "identity.rate_limit": "holds a keyed hash without a name; deleted within a day",
    "identity.outbox_entry": "deleted once it is sent to the member, or names no member",
    "identity.mutation": "ids of rows that are exported themselves, kept for a day",
    "identity.recovery_code": "secrets: the hashes of codes, of which the member has the list",
    "identity.second_factor_challenge": "a secret: the hash of a token, deleted within minutes",
    "identity.staff": "about people who are not members",
    "identity.staff_change": "about people who are not members",
}


async def delete_account(call: Call, *, password: str) -> Work:
    """Checks the password; the returned Work deletes the viewer's account and member, with their data.

    Raises Forbidden if the account no longer exists, and Refused: WRONG_CREDENTIALS if the password is wrong,
    LIMIT_REACHED after too many attempts.
    """
    await expect_password(call, password)
    return erase_member


async def erase_member(connection: Connection, viewer: Viewer) -> Result:
    """Deletes the viewer's account, sessions and member. Raises Forbidden if the account no longer exists.

    Of a member with very many rows, a job deletes what nobody can read any more.
    """
    if not await connection.fetchval("SELECT identity.delete_account($1)", viewer.account):
        raise Forbidden
    return {}
