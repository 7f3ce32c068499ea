"""Declares which columns of which rows each role may write; `policies` turns this into SQL."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Table

from models.security.read_rules import (
    BUYER,
    CATALOGUE_EDITOR,
    DATA_STEWARD,
    MANAGER,
    MEMBER,
    MODERATOR,
    ORGANIZATION,
    PATIENT,
    STAFF,
    SURVEY_MANAGER,
)
from models.viewers import Audience, Login


@dataclass(frozen=True)
class Insert:
    """The right to insert rows that satisfy `check`, giving these columns; the others take their defaults."""

    columns: tuple[str, ...]
    check: str

    def statements(self, table: Table, writer: Login) -> Iterator[str]:
        yield f"GRANT INSERT ({', '.join(self.columns)}) ON {table.fullname} TO {writer.role}"
        yield policy(table, writer, "inserts", f"FOR INSERT TO {writer.role} WITH CHECK ({self.check})")


@dataclass(frozen=True)
class Update:
    """The right to change these columns of rows that satisfy `using`, to rows that satisfy `check`, or else `using`."""

    columns: tuple[str, ...]
    using: str
    check: str | None = None

    def statements(self, table: Table, writer: Login) -> Iterator[str]:
        yield f"GRANT UPDATE ({', '.join(self.columns)}) ON {table.fullname} TO {writer.role}"
        rows = f"USING ({self.using}) WITH CHECK ({self.check or self.using})"
        yield policy(table, writer, "updates", f"FOR UPDATE TO {writer.role} {rows}")


@dataclass(frozen=True)
class Delete:
    """The right to delete rows that satisfy `using`."""

    using: str

    def statements(self, table: Table, writer: Login) -> Iterator[str]:
        yield f"GRANT DELETE ON {table.fullname} TO {writer.role}"
        yield policy(table, writer, "deletes", f"FOR DELETE TO {writer.role} USING ({self.using})")


def policy(table: Table, login: Login, does: str, what: str) -> str:
    """A CREATE POLICY statement; `{table}` in `what` is replaced by the table's unqualified name."""
    return f"CREATE POLICY {login.view}_{does} ON {table.fullname} {what.replace('{table}', table.name)}"


SUSPENDED = (
    f"EXISTS (SELECT FROM care.suspension s WHERE s.member_id = {MEMBER} AND (s.until IS NULL OR s.until > now()))"
)
IS_SUSPENDED = (  # the row's member
    "EXISTS (SELECT FROM care.suspension s"
    " WHERE s.member_id = {table}.member_id AND (s.until IS NULL OR s.until > now()))"
)
IN_OPEN_COMMUNITY = "EXISTS (SELECT FROM catalog.community c WHERE c.id = {table}.community_id AND c.status = 'OPEN')"
MAY_START = (
    f"author_id = {MEMBER} AND NOT {SUSPENDED} AND EXISTS (SELECT FROM care.membership m"
    f" WHERE m.community_id = discussion.community_id AND m.member_id = {MEMBER}) AND {IN_OPEN_COMMUNITY}"
)
MAY_WRITE = (
    f"NOT {SUSPENDED} AND EXISTS (SELECT FROM care.discussion d JOIN care.membership m USING (community_id)"
    f" WHERE d.id = post.discussion_id AND NOT d.closed AND m.member_id = {MEMBER})"
)
MAY_POST = f"author_id = {MEMBER} AND {MAY_WRITE}"
MAY_KEEP = (  # a post after its author has changed it; an author who may not write may still remove it
    f"author_id = {MEMBER} AND (removed OR {MAY_WRITE})"
)
OWN_DISCUSSION = (
    f"EXISTS (SELECT FROM care.discussion d WHERE d.id = discussion_topic.discussion_id AND d.author_id = {MEMBER})"
)
APPEALED = (  # the removal of a post of the viewer's
    f"author_id = {MEMBER} AND EXISTS (SELECT FROM care.removal r JOIN care.post p ON p.id = r.post_id"
    f" WHERE r.post_id = appeal.post_id AND r.created_at = appeal.removed_at AND p.author_id = {MEMBER})"
)


REVISABLE = f"status IN ('DRAFT', 'WAITING', 'OPEN') AND {SURVEY_MANAGER}"
DRAFTED = (  # the row belongs to a draft, which nobody but survey managers has seen
    f"{SURVEY_MANAGER} AND EXISTS (SELECT FROM catalog.survey s"
    " WHERE s.id = {table}.survey_id AND s.status = 'DRAFT')"
)
IN_WRITING = (  # a question of a draft, or of the version after the one that members see
    "q.version = s.version + (s.status <> 'DRAFT')::integer AND s.status IN ('DRAFT', 'WAITING', 'OPEN')"
)
NEW_QUESTION = (
    f"{SURVEY_MANAGER} AND EXISTS (SELECT FROM catalog.survey s"
    f" WHERE s.id = question.survey_id AND {IN_WRITING.replace('q.version', 'question.version')})"
)
OF_NEW_QUESTION = (
    f"{SURVEY_MANAGER} AND EXISTS (SELECT FROM catalog.question q JOIN catalog.survey s ON s.id = q.survey_id"
    f" WHERE q.id = {{table}}.question_id AND {IN_WRITING})"
)
ANSWERABLE = (  # the viewer's own answer sheet, of an open survey with the question
    "EXISTS (SELECT FROM research.participation p JOIN catalog.survey s ON s.id = p.survey_id"
    " JOIN catalog.question q ON q.survey_id = s.id AND q.version = s.version"
    f" WHERE p.answer_sheet_id = answer.answer_sheet_id AND p.member_id = {MEMBER} AND p.status = 'STARTED'"
    " AND s.status = 'OPEN' AND q.id = answer.question_id)"
)

# The viewer is a relative who keeps the diary that the row belongs to, only while the link is accepted.
KEEPS_DIARY = (
    "EXISTS (SELECT FROM care.care_link l WHERE l.patient_id = {table}.member_id"
    f" AND l.relative_id = {MEMBER} AND l.status = 'ACCEPTED')"
)
# The author of a value is recorded truthfully: a relative cannot pass for the patient.
OWN_DIARY = f"member_id = {MEMBER} AND NOT by_relative OR by_relative AND {KEEPS_DIARY}"
OWN_COURSE = (
    f"member_id = {MEMBER} AND EXISTS (SELECT FROM care.course c WHERE c.id = {{table}}.course_id"
    " AND c.member_id = {table}.member_id AND c.treatment_id = {table}.treatment_id)"
)
OWN_EVALUATION = (
    f"member_id = {MEMBER} AND EXISTS (SELECT FROM care.evaluation e WHERE e.id = {{table}}.evaluation_id"
    " AND e.member_id = {table}.member_id)"
)
OWN_VALUE = (  # of an indicator of the same member
    "EXISTS (SELECT FROM care.own_indicator i WHERE i.id = {table}.own_indicator_id"
    " AND i.member_id = {table}.member_id)"
)
COURSE_OF_OWN = (  # of a treatment of the viewer's own
    f"member_id = {MEMBER} AND EXISTS (SELECT FROM care.own_treatment t WHERE t.id = {{table}}.own_treatment_id"
    " AND t.member_id = {table}.member_id)"
)
OWN_PROPOSAL = (
    f"EXISTS (SELECT FROM care.catalogue_proposer p WHERE p.id = catalogue_proposal.id AND p.member_id = {MEMBER})"
)
THEIR_PROPOSAL = (  # what they track follows it into the catalogue
    "(proposal_id IS NULL OR EXISTS (SELECT FROM care.catalogue_proposer p"
    f" WHERE p.id = {{table}}.proposal_id AND p.member_id = {MEMBER}))"
)
EITHER_SIDE = f"patient_id = {MEMBER} OR relative_id = {MEMBER}"
OWN_PLACE = (  # a community of which the viewer is a member
    f"member_id = {MEMBER} AND EXISTS (SELECT FROM care.membership m"
    f" WHERE m.community_id = {{table}}.community_id AND m.member_id = {MEMBER})"
)
LAWFUL = (  # the licence is for a purpose that its organization's kind may pursue
    "EXISTS (SELECT FROM insight.organization o WHERE o.id = licence.organization_id"
    " AND insight.may_pursue(o.kind, licence.purpose_kind))"
)
COMMUNITY = ("name", "description", "condition_id", "needed_count", "translations", "words")
INVITING = f"patient_id = {MEMBER} AND status = 'INVITED'"


def edited(
    columns: tuple[str, ...], later: tuple[str, ...] = (), first: tuple[str, ...] = ()
) -> tuple[Insert | Update, ...]:
    """The rights of catalogue editors: to give `columns` and `first`, and to change `columns` and `later`."""
    return Insert((*columns, *first), CATALOGUE_EDITOR), Update((*columns, *later), CATALOGUE_EDITOR)


# The least rights that each view's mutations need. Tables not listed are written by functions of the owner only.
# Conditions are as in `Scope`. Rows to change or delete must also be readable by the writer.
WRITES: Mapping[str, Mapping[Audience, tuple[Insert | Update | Delete, ...]]] = {
    "care.membership": {
        PATIENT: (
            Insert(("member_id", "community_id"), f"member_id = {MEMBER} AND {IN_OPEN_COMMUNITY}"),
            Delete(f"member_id = {MEMBER}"),
        ),
        MANAGER: (Update(("role",), MODERATOR, f"{MODERATOR} AND (role = 'MEMBER' OR NOT {IS_SUSPENDED})"),),
    },
    "care.diagnosis": {
        PATIENT: (
            Insert(("member_id", "community_id", "diagnosed_in"), OWN_PLACE),
            Update(("diagnosed_in",), f"member_id = {MEMBER}"),
            Delete(f"member_id = {MEMBER}"),
        )
    },
    "care.discussion": {
        PATIENT: (Insert(("community_id", "author_id", "title", "language"), MAY_START),),
        MANAGER: (Update(("closed",), MODERATOR),),
    },
    "care.discussion_topic": {
        PATIENT: (Insert(("discussion_id", "position", "treatment_id", "indicator_id"), OWN_DISCUSSION),)
    },
    "care.post": {
        PATIENT: (
            Insert(("discussion_id", "author_id", "body", "language"), MAY_POST),
            Update(("body", "edited_at", "language", "removed"), f"author_id = {MEMBER} AND NOT removed", MAY_KEEP),
        ),
        MANAGER: (Update(("body", "removed"), f"{MODERATOR} AND NOT removed", f"{MODERATOR} AND removed"),),
    },
    "care.pin": {
        PATIENT: (
            Insert(
                ("member_id", "community_id", "discussion_id"), f"member_id = {MEMBER}"
            ),  # a trigger checks the rest
            Delete(f"member_id = {MEMBER}"),
        )
    },
    "care.post_reaction": {
        PATIENT: (
            Insert(("post_id", "member_id", "reaction"), f"member_id = {MEMBER} AND NOT {SUSPENDED}"),
            Delete(f"member_id = {MEMBER}"),
        )
    },
    "care.flag": {
        PATIENT: (
            Insert(("post_id", "member_id", "reason", "note"), f"member_id = {MEMBER}"),
            Update(("reason", "note", "status"), f"member_id = {MEMBER}", f"member_id = {MEMBER} AND status = 'OPEN'"),
        ),
        MANAGER: (
            Update(
                ("status", "staff_id", "resolution", "resolved_at"),
                MODERATOR,
                f"{MODERATOR} AND staff_id = {STAFF} AND status <> 'OPEN'",
            ),
        ),
    },
    "care.removal": {MANAGER: (Insert(("post_id", "staff_id", "reason"), f"{MODERATOR} AND staff_id = {STAFF}"),)},
    "care.appeal": {
        PATIENT: (Insert(("post_id", "author_id", "removed_at", "text"), APPEALED),),
        MANAGER: (
            Update(
                ("status", "staff_id", "resolution", "resolved_at"),
                f"{MODERATOR} AND status = 'OPEN'",
                f"{MODERATOR} AND staff_id = {STAFF} AND status = 'DECLINED'",
            ),
        ),
    },
    "care.suspension": {
        MANAGER: (
            Insert(("member_id", "until", "reason", "staff_id"), f"{MODERATOR} AND staff_id = {STAFF}"),
            Update(("until", "reason", "staff_id", "created_at"), MODERATOR, f"{MODERATOR} AND staff_id = {STAFF}"),
        )
    },
    "care.observation": {
        PATIENT: (
            Insert(("member_id", "indicator_id", "observed_on", "value", "note", "by_relative"), OWN_DIARY),
            Update(("value", "note", "by_relative"), f"member_id = {MEMBER} OR {KEEPS_DIARY}", OWN_DIARY),
            Delete(f"member_id = {MEMBER} OR {KEEPS_DIARY}"),
        )
    },
    "care.own_indicator": {
        PATIENT: (
            Insert(
                ("member_id", "name", "scale", "unit", "minimum", "maximum"), f"member_id = {MEMBER} OR {KEEPS_DIARY}"
            ),
            Update(("name", "proposal_id"), f"member_id = {MEMBER}", f"member_id = {MEMBER} AND {THEIR_PROPOSAL}"),
            Delete(f"member_id = {MEMBER}"),
        )
    },
    "care.own_observation": {
        PATIENT: (
            Insert(
                ("member_id", "own_indicator_id", "observed_on", "value", "note", "by_relative"),
                f"({OWN_DIARY}) AND {OWN_VALUE}",
            ),
            Update(("value", "note", "by_relative"), f"member_id = {MEMBER} OR {KEEPS_DIARY}", OWN_DIARY),
            Delete(f"member_id = {MEMBER} OR {KEEPS_DIARY}"),
        )
    },
    "care.own_treatment": {
        PATIENT: (
            Insert(("member_id", "name", "kind"), f"member_id = {MEMBER}"),
            Update(("name", "proposal_id"), f"member_id = {MEMBER}", f"member_id = {MEMBER} AND {THEIR_PROPOSAL}"),
            Delete(f"member_id = {MEMBER}"),
        )
    },
    "care.own_course": {
        PATIENT: (
            Insert(("member_id", "own_treatment_id", "status", "started_on", "dose"), COURSE_OF_OWN),
            Update(("status", "ended_on", "stop_reason"), f"member_id = {MEMBER}"),
        )
    },
    "care.catalogue_proposer": {
        PATIENT: (Insert(("member_id",), f"member_id = {MEMBER}"), Delete(f"member_id = {MEMBER}"))
    },
    "care.catalogue_proposal": {
        PATIENT: (Insert(("id", "kind", "name", "description", "community_id"), OWN_PROPOSAL),)
    },
    "care.course": {
        PATIENT: (
            Insert(
                ("member_id", "treatment_id", "community_id", "status", "started_on", "dose"), f"member_id = {MEMBER}"
            ),
            Update(("status", "ended_on", "stop_reason"), f"member_id = {MEMBER}"),
        )
    },
    "care.evaluation": {
        PATIENT: (
            Insert(
                (
                    "course_id",
                    "member_id",
                    "treatment_id",
                    "evaluated_on",
                    "effectiveness",
                    "convenience",
                    "satisfaction",
                    "comment",
                ),
                OWN_COURSE,
            ),
            Update(
                ("evaluated_on", "effectiveness", "convenience", "satisfaction", "comment"), f"member_id = {MEMBER}"
            ),
        )
    },
    "care.side_effect": {
        PATIENT: (
            Insert(("evaluation_id", "member_id", "indicator_id", "severity", "serious"), OWN_EVALUATION),
            Delete(f"member_id = {MEMBER}"),
        )
    },
    "care.care_link": {
        PATIENT: (
            Insert(("patient_id", "relative_id", "status"), INVITING),
            Update(
                ("status", "created_at"),
                EITHER_SIDE,
                f"{INVITING} OR relative_id = {MEMBER} AND status = 'ACCEPTED' OR ({EITHER_SIDE}) AND status = 'ENDED'",
            ),
        )
    },
    "care.notification": {PATIENT: (Update(("read_at",), f"member_id = {MEMBER}"),)},
    "care.member": {
        PATIENT: (Update(("about",), using=f"id = {MEMBER}"),),
        MANAGER: (Update(("verified",), using=f"{MODERATOR} AND kind = 'ASSOCIATION'"),),
    },
    "care.verification": {
        MANAGER: (
            Insert(
                ("member_id", "staff_id", "verified", "reason", "full_name"),
                f"{MODERATOR} AND staff_id = {STAFF} AND reason IS NOT NULL",
            ),
        )
    },
    "catalog.association": {
        PATIENT: (
            Update(
                ("full_name", "website", "email", "phone", "postal_address", "description", "translations"),
                f"member_id = {MEMBER}",
            ),
        )
    },
    "care.profile": {PATIENT: (Update(("birth_year", "sex", "region", "sharing"), using=f"member_id = {MEMBER}"),)},
    "identity.account": {
        PATIENT: (Update(("locale", "terms_version", "terms_accepted_at"), using=f"member_id = {MEMBER}"),)
    },
    "catalog.condition": {MANAGER: edited(("name", "icd10", "orpha", "hpo", "translations"), ("retired_on",))},
    "catalog.community": {
        MANAGER: (
            Insert((*COMMUNITY, "slug", "status"), f"status = 'DRAFT' AND {CATALOGUE_EDITOR}"),
            # What follows from another status is up to functions of the owner.
            Update(COMMUNITY, CATALOGUE_EDITOR),
        )
    },
    "catalog.indicator": {
        MANAGER: edited(
            (
                "name",
                "lay_names",
                "unit",
                "ucum",
                "minimum",
                "maximum",
                "hpo",
                "loinc",
                "translations",
                "words",
            ),
            ("retired_on",),
            ("slug", "kind", "scale"),
        )
    },
    "catalog.treatment": {
        MANAGER: edited(
            ("name", "kind", "inn", "atc", "national_code", "translations", "words"), ("retired_on",), ("slug",)
        )
    },
    "catalog.survey": {
        MANAGER: (
            Insert(
                (
                    "community_id",
                    "title",
                    "description",
                    "status",
                    "opens_on",
                    "closes_on",
                    "minimum_participants",
                    "offered_to",
                    "translations",
                ),
                f"status = 'DRAFT' AND {SURVEY_MANAGER}",
            ),
            Update(("title", "description", "closes_on", "version", "revision", "translations"), REVISABLE),
        )
    },
    "catalog.eligibility": {
        MANAGER: (
            Insert(("survey_id", "kinds", "sexes", "born_from", "born_to", "treatment_ids", "regions"), DRAFTED),
            Update(("kinds", "sexes", "born_from", "born_to", "treatment_ids", "regions"), DRAFTED),
        )
    },
    "catalog.question": {
        MANAGER: (
            Insert(
                (
                    "id",
                    "survey_id",
                    "version",
                    "position",
                    "key",
                    "text",
                    "help",
                    "kind",
                    "required",
                    "minimum",
                    "maximum",
                    "bins",
                    "max_choices",
                    "translations",
                ),
                NEW_QUESTION,
            ),
            Delete(DRAFTED),
        )
    },
    "catalog.question_option": {
        MANAGER: (Insert(("question_id", "code", "label", "position", "translations"), OF_NEW_QUESTION),)
    },
    "catalog.visibility_rule": {
        MANAGER: (Insert(("question_id", "position", "on_key", "operator", "values"), OF_NEW_QUESTION),)
    },
    "research.answer": {
        PATIENT: (Insert(("answer_sheet_id", "question_id", "codes", "number", "day", "text"), ANSWERABLE),)
    },
    "insight.licence": {
        BUYER: (
            Insert(
                (
                    "organization_id",
                    "community_id",
                    "purpose",
                    "purpose_kind",
                    "undertakings",
                    "starts_on",
                    "ends_on",
                    "status",
                ),
                f"organization_id = {ORGANIZATION} AND status = 'REQUESTED' AND {LAWFUL}",
            ),
        ),
        MANAGER: (
            Update(
                ("status", "price_amount", "price_currency", "quota_micro_rho", "reason"),
                f"status = 'REQUESTED' AND {DATA_STEWARD}",
                f"(status = 'REFUSED' OR status = 'GRANTED' AND {LAWFUL}) AND {DATA_STEWARD}",
            ),
        ),
    },
    "insight.api_key": {
        BUYER: (
            Insert(
                ("id", "organization_id", "name", "prefix", "secret_hash", "expires_at"),
                f"organization_id = {ORGANIZATION}",
            ),
            Delete(f"organization_id = {ORGANIZATION}"),
        )
    },
    "insight.webhook": {
        BUYER: (
            Insert(
                ("id", "organization_id", "url", "description", "events", "secret"),
                f"organization_id = {ORGANIZATION}",
            ),
            Delete(f"organization_id = {ORGANIZATION}"),
        )
    },
}
