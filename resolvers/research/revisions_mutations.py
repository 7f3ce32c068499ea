"""Checks a revision of a survey that members can see against what they were asked before."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import asyncpg

from models.database import Connection
from models.languages import Language, language_of
from models.research.surveys import QuestionKind, RuleOperator
from resolvers.research.revisions_rules import Asked, revision_refusals, wording_refusals
from resolvers.research.translations_rules import SurveyTranslation, Translated
from resolvers.research.visibility_rules import (
    OptionDefinition,
    OptionTranslation,
    QuestionDefinition,
    QuestionTranslation,
    RuleDefinition,
)
from resolvers.spelling import Known, dictionary, words_of
from resolvers.transactions import Path, Refusal

QUESTIONS = """
    SELECT q.id, q.key, q.text, q.help, q.kind, q.minimum, q.maximum, q.bins, q.max_choices,
        q.translations::text AS translations,
        array(SELECT ROW (o.code, o.label, o.translations::text) FROM catalog.question_option o
            WHERE o.question_id = q.id ORDER BY o.position, o.code) AS options
    FROM catalog.question q
"""


async def question_refusals(
    connection: Connection, asked: Asked, questions: Sequence[QuestionDefinition]
) -> list[Refusal]:
    """The refusals of questions that would change what answers to earlier versions of the survey, `asked`, mean."""
    known = await _known_words(connection)
    return await asyncio.to_thread(lambda: list(revision_refusals(asked, questions, known, "questions")))


async def text_refusals(connection: Connection, texts: Mapping[Path, tuple[str, str]]) -> list[Refusal]:
    """The refusals of texts, by path with the old and the new one, that do not just correct the old one."""
    changed = {path: (old, new) for path, (old, new) in texts.items() if new != old}
    if not changed:
        return []
    known = await _known_words(connection)
    return await asyncio.to_thread(
        lambda: [
            refusal for path, (old, new) in changed.items() for refusal in wording_refusals(old, new, known, *path)
        ]
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


async def asked_before(connection: Connection, survey: UUID) -> Asked:
    """The versions of each question of a survey, oldest first."""
    rows = await connection.fetch(
        f"{QUESTIONS} WHERE q.survey_id = $1 ORDER BY q.version, q.position",
        survey,
    )
    rules: dict[UUID, list[RuleDefinition]] = {}
    for rule in await connection.fetch(
        """
        SELECT r.question_id, r.on_key, r.operator, r."values" FROM catalog.visibility_rule r
        JOIN catalog.question q ON q.id = r.question_id WHERE q.survey_id = $1 ORDER BY r.position
        """,
        survey,
    ):
        made = RuleDefinition(rule["on_key"], RuleOperator(rule["operator"]), tuple(rule["values"]))
        rules.setdefault(rule["question_id"], []).append(made)
    asked: dict[str, list[QuestionDefinition]] = {}
    for row in rows:
        asked.setdefault(row["key"], []).append(_question(row, rules.get(row["id"], ())))
    return asked


def _question(row: asyncpg.Record, rules: Sequence[RuleDefinition]) -> QuestionDefinition:
    return QuestionDefinition(
        key=row["key"],
        kind=QuestionKind(row["kind"]),
        text=row["text"],
        help=row["help"],
        options=tuple(map(_option, row["options"])),
        minimum=row["minimum"],
        maximum=row["maximum"],
        bins=tuple(row["bins"] or ()),
        max_choices=row["max_choices"],
        visible_when=tuple(rules),
        translations=tuple(
            QuestionTranslation(language, texts["text"], texts.get("help"))
            for language, texts in translations_in(row["translations"])
        ),
    )


def _option(row: tuple[str, str, str]) -> OptionDefinition:
    code, label, stored = row
    found = tuple(OptionTranslation(language, texts["label"]) for language, texts in translations_in(stored))
    return OptionDefinition(code, label, found)


def translations_in(stored: str) -> Iterator[tuple[Language, Mapping[str, str]]]:
    """The languages of a row's translations, given as JSON, and its texts in each of them."""
    for tag, texts in json.loads(stored).items():
        language = language_of(tag)
        if language is not None:  # a later version of the server may speak more
            yield language, texts


def survey_translations(stored: str) -> tuple[SurveyTranslation, ...]:
    """The translations of a survey's title and description, from those of its row as JSON."""
    found = translations_in(stored)
    return tuple(SurveyTranslation(language, texts["title"], texts["description"]) for language, texts in found)


def stored(translations: Sequence[Translated]) -> str:
    """Translations as a row stores them, in JSON."""
    texts = {}
    for each in translations:
        values = {name: value.strip() for name, value in vars(each).items() if isinstance(value, str)}
        texts[each.language.tag] = {name: value for name, value in values.items() if name != "language"}
    return json.dumps(texts)


async def current_questions(connection: Connection, survey: UUID) -> list[QuestionDefinition]:
    """The questions of a survey's current version, in order, without their rules, which publishers cannot read."""
    rows = await connection.fetch(
        f"{QUESTIONS} JOIN catalog.survey s ON s.id = q.survey_id AND s.version = q.version"
        " WHERE s.id = $1 ORDER BY q.position",
        survey,
    )
    return [_question(row, ()) for row in rows]
