"""Checks a revision of a survey that members can see against what they were asked before."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from models.database import Connection
from models.research.surveys import QuestionKind, RuleOperator
from resolvers.research.revisions_rules import Asked, revision_refusals, wording_refusals
from resolvers.research.visibility_rules import OptionDefinition, QuestionDefinition, RuleDefinition
from resolvers.spelling import Known, dictionary, words_of
from resolvers.transactions import Refusal


async def question_refusals(
    connection: Connection, survey: UUID, questions: Sequence[QuestionDefinition]
) -> list[Refusal]:
    """The refusals of questions that would change what answers to earlier versions of the survey mean."""
    known = await _known_words(connection)
    asked = await _asked(connection, survey)
    return await asyncio.to_thread(lambda: list(revision_refusals(asked, questions, known, "questions")))


async def text_refusals(connection: Connection, texts: Mapping[str, tuple[str, str]]) -> list[Refusal]:
    """The refusals of texts, by parameter with the old and the new one, that do not just correct the old one."""
    changed = {name: (old, new) for name, (old, new) in texts.items() if new != old}
    if not changed:
        return []
    known = await _known_words(connection)
    return await asyncio.to_thread(
        lambda: [refusal for name, (old, new) in changed.items() for refusal in wording_refusals(old, new, known, name)]
    )


async def _known_words(connection: Connection) -> Known:
    """Whether a word is in a dictionary, or in a name of the catalogue."""
    found = await connection.fetch(
        """
        SELECT name || ' ' || words AS names FROM catalog.treatment
        UNION ALL SELECT name || ' ' || words FROM catalog.indicator
        UNION ALL SELECT name || ' ' || words FROM catalog.community
        """
    )
    # In a thread: the first call reads files.
    words = await asyncio.to_thread(lambda: dictionary().union(*(words_of(row["names"]) for row in found)))
    return words.__contains__


async def _asked(connection: Connection, survey: UUID) -> Asked:
    rows = await connection.fetch(
        """
        SELECT q.key, q.text, q.help, q.kind, q.minimum, q.maximum, q.bins, q.max_choices,
            array(SELECT ROW (o.code, o.label) FROM catalog.question_option o WHERE o.question_id = q.id
                ORDER BY o.position, o.code) AS options,
            array(SELECT ROW (r.on_key, r.operator::text, r."values") FROM catalog.visibility_rule r
                WHERE r.question_id = q.id ORDER BY r.position) AS rules
        FROM catalog.question q WHERE q.survey_id = $1 ORDER BY q.version, q.position
        """,
        survey,
    )
    asked: dict[str, list[QuestionDefinition]] = {}
    for row in rows:
        question = QuestionDefinition(
            key=row["key"],
            kind=QuestionKind(row["kind"]),
            text=row["text"],
            help=row["help"],
            options=tuple(OptionDefinition(*option) for option in row["options"]),
            minimum=row["minimum"],
            maximum=row["maximum"],
            bins=tuple(row["bins"] or ()),
            max_choices=row["max_choices"],
            visible_when=tuple(RuleDefinition(key, RuleOperator(by), tuple(of)) for key, by, of in row["rules"]),
        )
        asked.setdefault(question.key, []).append(question)
    return asked
