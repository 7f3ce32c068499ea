"""Invariants of all rows, whatever was written, and a check that lists the violations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.community.test_discussions_counts import WRONG_POSTS
from tests.support.network import Network
from tests.support.surveys import CHOICES

# Queries that find violations, by description. Answers seeded by the demonstration network are excluded from the rules
# for surveys: they were not submitted through the graph.
WRONG: Mapping[str, str] = {
    "a discussion's posts are miscounted": WRONG_POSTS,
    "a post has lost its body, or kept it when it was removed": """
        SELECT id FROM care.post WHERE removed <> (body IS NULL)
    """,
    "a moderator removed a post that is there": """
        SELECT id FROM care.post JOIN care.removal r ON r.post_id = id WHERE NOT removed
    """,
    "a flag is upheld and its post is there, or decided at no time": """
        SELECT f.id FROM care.flag f JOIN care.post p ON p.id = f.post_id
        WHERE NOT f.demonstration
            AND (f.status = 'UPHELD' AND NOT p.removed OR f.status <> 'OPEN' AND f.resolved_at IS NULL)
    """,
    "a removed post has an open flag": """
        SELECT f.id FROM care.flag f JOIN care.post p ON p.id = f.post_id WHERE f.status = 'OPEN' AND p.removed
    """,
    "an open flag has a resolution": """
        SELECT id FROM care.flag
        WHERE status = 'OPEN' AND num_nonnulls(staff_id, resolution, resolved_at) > 0
    """,
    "the text of a removed post is kept, and the post is there": """
        SELECT t.post_id FROM care.removed_text t JOIN care.post p ON p.id = t.post_id WHERE NOT p.removed
    """,
    "a suspended member is an ambassador": """
        SELECT s.member_id FROM care.suspension s JOIN care.membership m ON m.member_id = s.member_id
        WHERE m.role = 'AMBASSADOR' AND (s.until IS NULL OR s.until > now())
    """,
    "a closed survey still invites": """
        SELECT p.id FROM research.participation p JOIN catalog.survey s ON s.id = p.survey_id
        WHERE s.status IN ('CLOSED', 'RELEASED', 'ARCHIVED') AND p.status IN ('INVITED', 'STARTED')
    """,
    "a notification of a survey that is not open, or of a reply that was removed": """
        SELECT n.id FROM care.notification n WHERE NOT n.demonstration AND (
            n.kind = 'SURVEY_OPEN' AND NOT EXISTS (
                SELECT FROM catalog.survey s WHERE s.id = n.subject_id AND s.status = 'OPEN')
            OR n.kind = 'REPLY' AND EXISTS (SELECT FROM care.post p WHERE p.id = n.subject_id AND p.removed))
    """,
    "a notification of a care link that has ended": """
        SELECT n.id FROM care.notification n JOIN care.care_link l
            ON (l.patient_id, l.relative_id) IN ((n.member_id, n.subject_id), (n.subject_id, n.member_id))
        WHERE n.kind = 'CARE_LINK' AND l.status = 'ENDED'
    """,
    "a member is invited to a survey of a community that they have left": """
        SELECT p.id FROM research.participation p JOIN catalog.survey s ON s.id = p.survey_id
        WHERE NOT s.demonstration AND p.status = 'INVITED' AND NOT EXISTS (
            SELECT FROM care.membership m WHERE m.member_id = p.member_id AND m.community_id = s.community_id)
    """,
    "a notification about a missing object": """
        SELECT n.id FROM care.notification n WHERE NOT n.demonstration AND NOT CASE n.subject_type
            WHEN 'pst' THEN EXISTS (SELECT FROM care.post WHERE id = n.subject_id)
            WHEN 'svy' THEN EXISTS (SELECT FROM catalog.survey WHERE id = n.subject_id)
            WHEN 'mbr' THEN EXISTS (SELECT FROM care.member WHERE id = n.subject_id) END
    """,
    "an observation lies outside its indicator's scale, or in the future": """
        SELECT o.id FROM care.observation o JOIN catalog.indicator i ON i.id = o.indicator_id
        WHERE o.value NOT BETWEEN i.minimum AND i.maximum OR o.observed_on > current_date + 1
    """,
    "a day has two values of one indicator": """
        SELECT member_id FROM care.observation GROUP BY member_id, indicator_id, observed_on HAVING count(*) > 1
    """,
    "a course ends before it begins, or has ended on no day": """
        SELECT id FROM care.course WHERE ended_on < started_on
            OR NOT demonstration AND (status = 'ACTIVE') <> (ended_on IS NULL)
    """,
    "a course begins twice on one day": """
        SELECT member_id FROM care.course WHERE NOT demonstration
        GROUP BY member_id, treatment_id, started_on HAVING count(*) > 1
    """,
    "a post is in another community than its discussion": """
        SELECT p.id FROM care.post p JOIN care.discussion d ON d.id = p.discussion_id
        WHERE p.community_id <> d.community_id
    """,
    "an evaluation is of another's course": """
        SELECT e.id FROM care.evaluation e JOIN care.course c ON c.id = e.course_id
        WHERE (e.member_id, e.treatment_id, e.community_id)
            IS DISTINCT FROM (c.member_id, c.treatment_id, c.community_id)
    """,
    "a side effect is another's than its evaluation": """
        SELECT s.evaluation_id FROM care.side_effect s JOIN care.evaluation e ON e.id = s.evaluation_id
        WHERE s.member_id <> e.member_id
    """,
    "a care link is not from a patient to a relative": """
        SELECT l.id FROM care.care_link l JOIN care.member p ON p.id = l.patient_id
        JOIN care.member r ON r.id = l.relative_id WHERE p.kind <> 'PATIENT' OR r.kind <> 'RELATIVE'
    """,
    "a consent is not the last one that was given": """
        SELECT k.member_id FROM research.consent k WHERE NOT k.demonstration AND (k.granted, k.recipients)
            IS DISTINCT FROM (SELECT (c.granted, c.recipients) FROM research.consent_change c
                WHERE c.member_id = k.member_id AND c.purpose = k.purpose ORDER BY c.changed_at DESC LIMIT 1)
    """,
    "a member takes part twice": """
        SELECT member_id FROM research.participation GROUP BY member_id, survey_id HAVING count(*) > 1
    """,
    "an open survey's answers are nobody's, or those of two": """
        SELECT a.id FROM research.answer_sheet a JOIN catalog.survey s ON s.id = a.survey_id
        WHERE NOT s.demonstration AND s.status = 'OPEN' AND 1 <> (
            SELECT count(*) FROM research.participation p WHERE p.answer_sheet_id = a.id AND p.survey_id = s.id)
    """,
    "somebody takes part without answers, or has answers and takes no part": """
        SELECT p.id FROM research.participation p JOIN catalog.survey s ON s.id = p.survey_id
        WHERE NOT s.demonstration AND s.status = 'OPEN'
            AND (p.status IN ('STARTED', 'COMPLETED')) <> (p.answer_sheet_id IS NOT NULL)
    """,
    "answers are kept that their member's consent does not extend to": """
        SELECT p.id FROM research.participation p JOIN catalog.survey s ON s.id = p.survey_id
        LEFT JOIN research.consent k ON k.member_id = p.member_id AND k.purpose = 'SURVEY_RESEARCH'
        WHERE NOT s.demonstration AND s.status = 'OPEN' AND p.answer_sheet_id IS NOT NULL
            AND (k.granted AND k.recipients @> s.offered_to) IS NOT TRUE
    """,
    "a closed survey knows whose answers are whose, or at what hour they came": """
        SELECT p.id FROM research.participation p JOIN catalog.survey s ON s.id = p.survey_id
        WHERE NOT s.demonstration AND s.status = 'CLOSED'
            AND (p.answer_sheet_id IS NOT NULL OR p.completed_at <> date_trunc('day', p.completed_at, 'UTC'))
    """,
    "somebody answered who was not asked": """
        SELECT p.id FROM research.participation p JOIN catalog.survey s ON s.id = p.survey_id
        WHERE NOT s.demonstration AND s.status IN ('DRAFT', 'WAITING')
    """,
    "somebody whom an open survey asks was not invited": """
        SELECT s.id FROM catalog.survey s, research.eligible(s.id) e (member_id)
        WHERE NOT s.demonstration AND s.status = 'OPEN'
            AND NOT EXISTS (SELECT FROM research.participation p
                WHERE p.survey_id = s.id AND p.member_id = e.member_id)
    """,
    "a mutation is kept without its result": "SELECT caller FROM identity.mutation WHERE result IS NULL",
    "a member has no account": """
        SELECT id FROM care.member m WHERE pseudonym LIKE 'player-%'
            AND NOT EXISTS (SELECT FROM identity.account WHERE member_id = m.id)
    """,
}

ANSWERS = """
    SELECT a.answer_sheet_id, q.survey_id, q.version, q.key, q.text, a.codes, a.number, a.text AS words
    FROM research.answer a JOIN catalog.question q ON q.id = a.question_id JOIN catalog.survey s ON s.id = q.survey_id
    WHERE NOT s.demonstration ORDER BY a.answer_sheet_id, q.position
"""
COMPLETED = """
    SELECT a.id FROM research.answer_sheet a JOIN catalog.survey s ON s.id = a.survey_id
    LEFT JOIN research.participation p ON p.answer_sheet_id = a.id
    WHERE NOT s.demonstration AND (s.status = 'CLOSED' OR p.status = 'COMPLETED')
"""

Kept = Mapping[str, Any]  # the answers on one sheet, by key


@dataclass(frozen=True)
class Form:
    """Questions, and when each is visible, stated independently of the code under test."""

    name: str
    rules: Mapping[str, list[dict[str, Any]]]
    shown: Mapping[str, Callable[[Kept], bool]]

    def questions(self) -> list[dict[str, Any]]:
        kinds: dict[str, dict[str, Any]] = {
            "treated": {"kind": "SINGLE_CHOICE", "required": True, "options": CHOICES},
            "how": {"kind": "MULTIPLE_CHOICE", "required": True, "options": CHOICES, "maxChoices": 2},
            "burden": {"kind": "SCALE", "required": False, "minimum": 0, "maximum": 10},
            "words": {"kind": "TEXT", "required": False},
        }
        return [
            {"key": self.key(key), "text": self.name, "visibleWhen": self.shown_if(key)} | kind
            for key, kind in kinds.items()
        ]

    def key(self, of: str) -> str:
        """The key of a question in this form: a question that another form shows for other answers is another one."""
        return f"{self.name}_{of}"

    def shown_if(self, key: str) -> list[dict[str, Any]]:
        return [rule | {"question": self.key(rule["question"])} for rule in self.rules.get(key, [])]


def rule(question: str, operator: str, *values: str) -> dict[str, Any]:
    return {"question": question, "operator": operator, "values": list(values)}


FORMS = {
    form.name: form
    for form in (
        Form(
            "Chain",
            {
                "how": [rule("treated", "EQUALS", "YES")],
                "burden": [rule("how", "ANSWERED")],
                "words": [rule("burden", "GREATER_THAN", "5")],
            },
            {
                "treated": lambda kept: True,
                "how": lambda kept: kept.get("treated") == ["YES"],
                "burden": lambda kept: "how" in kept,
                "words": lambda kept: kept.get("burden", 0) > 5,
            },
        ),
        Form(
            "Fork",
            {
                "how": [rule("treated", "IN", "NO", "SOME"), rule("burden", "LESS_THAN", "3")],
                "words": [rule("how", "NOT_EQUALS", "YES")],
            },
            {
                "treated": lambda kept: True,
                "how": lambda kept: kept.get("treated") in (["NO"], ["SOME"]) and kept.get("burden", 3) < 3,
                "burden": lambda kept: True,
                "words": lambda kept: "YES" not in kept.get("how", []),
            },
        ),
    )
}


async def wrong(network: Network) -> list[str]:
    """Descriptions of the violated invariants."""
    found = [what for what, query in WRONG.items() if await network.database.fetch(query)]
    sheets: dict[UUID, tuple[Form, dict[str, Any]]] = {}
    for row in await network.database.fetch(ANSWERS):
        form, kept = sheets.setdefault(row["answer_sheet_id"], (FORMS[row["text"]], {}))
        if form.name != row["text"] and "a sheet has answers to two forms" not in found:
            found.append("a sheet has answers to two forms")
        key = row["key"].removeprefix(form.key(""))
        kept[key] = row["codes"] or (row["number"] if row["number"] is not None else row["words"])
    completed = {row["id"] for row in await network.database.fetch(COMPLETED)}
    if completed - set(sheets):
        found.append("answers were sent that answer nothing")
    for sheet, (form, kept) in sheets.items():
        hidden = [key for key in kept if not form.shown[key](kept)]
        if hidden:
            found.append(f"a hidden question is answered: {hidden} of {form.name}")
        missing = [key for key in ("treated", "how") if form.shown[key](kept) and key not in kept]
        if sheet in completed and missing:
            found.append(f"a required question is not answered: {missing} of {form.name}")
    return found
