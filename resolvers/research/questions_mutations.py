"""Writes the questions of a version of a survey."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from models.database import Connection
from resolvers.research.revisions_mutations import stored
from resolvers.research.visibility_rules import QuestionDefinition


async def write_questions(
    connection: Connection, survey: UUID, version: int, questions: Sequence[QuestionDefinition]
) -> None:
    """Stores the questions of a version of a survey in their order, each with its options and its rules."""
    made = [(uuid4(), position, question) for position, question in enumerate(questions, start=1)]
    await connection.executemany(
        """
        INSERT INTO catalog.question
            (id, survey_id, version, position, key, text, help, kind, required, minimum, maximum, bins, max_choices,
             translations)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        [
            (
                id, survey, version, position, one.key, one.text.strip(), one.help and one.help.strip(), one.kind,
                one.required, one.minimum, one.maximum, list(one.bins) or None, one.max_choices,
                stored(one.translations or ()),
            )
            for id, position, one in made
        ],
    )  # fmt: skip
    await connection.executemany(
        "INSERT INTO catalog.question_option (question_id, code, label, position, translations)"
        " VALUES ($1, $2, $3, $4, $5)",
        [
            (id, option.code, option.label.strip(), place, stored(option.translations or ()))
            for id, _, question in made
            for place, option in enumerate(question.options)
        ],
    )
    await connection.executemany(
        """
        INSERT INTO catalog.visibility_rule (question_id, position, on_key, operator, "values")
        VALUES ($1, $2, $3, $4, $5)
        """,
        [
            (id, place, rule.question, rule.operator, list(rule.values))
            for id, _, question in made
            for place, rule in enumerate(question.visible_when)
        ],
    )
