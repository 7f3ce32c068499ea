"""Defines a dataset from a survey's questions or from what a community tracks, and writes it with its variables."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from models.database import Connection
from models.insight.datasets import DatasetKind
from models.languages import DEFAULT, Language
from privacy import domains
from privacy.budget import TERM_DAYS
from privacy.domains import CatalogueEntry, SurveyQuestion, TrackedIndicator, Variable
from resolvers.insight.labels import words_in
from resolvers.insight.positioned import PositionedVariable

# Common reasons for stopping courses. Fixed here: a list derived from evaluations would reveal something about them.
SIDE_EFFECTS = (
    "nausea-and-vomiting", "headache", "fatigue", "vertigo", "increased-body-weight", "insomnia", "xerostomia",
    "diarrhea", "constipation", "skin-rash", "alopecia", "excessive-daytime-somnolence", "pruritus", "palpitations",
    "myalgia", "tremor", "abnormality-of-taste-sensation", "night-sweats", "brain-fog", "edema",
)  # fmt: skip


@dataclass(frozen=True)
class DatasetDefinition:
    """The definition of a dataset to freeze. `cap` is in micro-rho, `floor` in members."""

    community: UUID
    kind: DatasetKind
    title: str
    wave: str
    offered_to: Sequence[str]
    cap: int
    floor: int
    variables: Sequence[Variable] = field(repr=False)
    demonstration: bool
    survey: UUID | None = None
    collected_from: date | None = None  # the first day of a survey
    titles: Mapping[str, str] = field(default_factory=dict)  # in other languages, by their tags
    translated: Mapping[str, Sequence[Variable]] = field(default_factory=dict, repr=False)  # as are the variables


async def survey_variables(connection: Connection, survey: UUID, language: Language = DEFAULT) -> Sequence[Variable]:
    """The variables of a survey's questions, with labels in a language."""
    return domains.survey_variables(await _questions(connection, survey, language), words_in(language))


async def tracking_variables(
    connection: Connection, community: UUID, language: Language = DEFAULT
) -> Sequence[Variable]:
    """The variables of what a community tracks, with labels in a language."""
    treatments = await connection.fetch(
        """
        SELECT t.id, t.slug, coalesce(t.translations -> $2 ->> 'name', t.name)
        FROM catalog.community_treatment c JOIN catalog.treatment t ON t.id = c.treatment_id
        WHERE c.community_id = $1 ORDER BY c.position, t.id
        """,
        community,
        language.tag,
    )
    indicators = await connection.fetch(
        """
        SELECT i.id, i.slug, coalesce(i.translations -> $2 ->> 'name', i.name), i.minimum, i.maximum,
            coalesce(i.translations -> $2 ->> 'unit', i.unit)
        FROM catalog.community_indicator c JOIN catalog.indicator i ON i.id = c.indicator_id
        WHERE c.community_id = $1 ORDER BY c.position, i.id
        """,
        community,
        language.tag,
    )
    side_effects = await connection.fetch(
        "SELECT id, slug, coalesce(translations -> $2 ->> 'name', name) FROM catalog.indicator"
        " WHERE slug = any($1) ORDER BY array_position($1, slug)",
        list(SIDE_EFFECTS),
        language.tag,
    )
    return domains.tracking_variables(
        [CatalogueEntry(*row) for row in treatments],
        [TrackedIndicator(*row) for row in indicators],
        [CatalogueEntry(*row) for row in side_effects],
        words_in(language),
    )


async def write_dataset(connection: Connection, wave: DatasetDefinition, frozen_on: date) -> UUID:
    """Writes a dataset that begins to be frozen, with its variables and categories; its id."""
    ends_on = frozen_on + timedelta(days=TERM_DAYS)
    id: UUID = await connection.fetchval(
        """
        INSERT INTO insight.dataset
            (community_id, survey_id, kind, title, wave, frozen_on, ends_on, offered_to, domain_version, status,
             progress, cap_micro_rho, demonstration, translations, collected_from)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'FREEZING', 0, $10, $11, $12, $13) RETURNING id
        """,
        wave.community, wave.survey, wave.kind, wave.title, wave.wave, frozen_on, ends_on, list(wave.offered_to),
        domains.VERSION, wave.cap, wave.demonstration,
        json.dumps({tag: {"title": title} for tag, title in wave.titles.items()}), wave.collected_from,
    )  # fmt: skip
    await _write_variables(connection, id, wave)
    return id


async def _write_variables(connection: Connection, dataset: UUID, wave: DatasetDefinition) -> None:
    variables = wave.variables
    placed = [PositionedVariable(position, variable) for position, variable in enumerate(variables, start=1)]
    await connection.executemany(
        """
        INSERT INTO insight.variable
            (dataset_id, position, name, label, ordinal, max_per_member, slot, rule, subject_id, demonstration,
             translations)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        [
            (
                dataset, one.position, one.variable.name, one.variable.label, one.variable.ordinal,
                one.variable.max_per_member, slot, one.variable.rule, one.variable.subject, wave.demonstration,
                _labels({tag: found[one.position - 1].label for tag, found in wave.translated.items()}),
            )
            for one, slot in zip(placed, domains.slots(variables), strict=True)
        ],
    )  # fmt: skip
    await connection.executemany(
        """
        INSERT INTO insight.category
            (dataset_id, variable, place, code, label, value, low, high, demonstration, translations)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        [
            (
                dataset, one.position, place, each.code, each.label, each.value, each.low, each.high,
                wave.demonstration,
                _labels({tag: found[one.position - 1].categories[place].label
                    for tag, found in wave.translated.items()}),
            )
            for one in placed
            for place, each in enumerate(one.variable.categories)
        ],
    )  # fmt: skip


def _labels(by_tag: Mapping[str, str]) -> str:
    return json.dumps({tag: {"label": label} for tag, label in by_tag.items()})


async def _questions(connection: Connection, survey: UUID, language: Language) -> Sequence[SurveyQuestion]:
    """The questions of the current version, with the options of every version: answers may have chosen any of them.

    They are in a language, or in English where nobody has translated them.
    """
    rows = await connection.fetch(
        """
        SELECT q.id, q.key, coalesce(q.translations -> $2 ->> 'text', q.text) AS text, q.kind, q.minimum, q.maximum,
            q.bins, q.max_choices, o.codes, o.labels
        FROM catalog.question q JOIN catalog.survey s ON s.id = q.survey_id AND s.version = q.version
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(l.code ORDER BY l.version DESC, l.position, l.code), '{}') AS codes,
                coalesce(array_agg(l.label ORDER BY l.version DESC, l.position, l.code), '{}') AS labels
            FROM (
                SELECT DISTINCT ON (o.code) o.code, coalesce(o.translations -> $2 ->> 'label', o.label) AS label,
                    o.position, v.version
                FROM catalog.question v JOIN catalog.question_option o ON o.question_id = v.id
                WHERE v.survey_id = q.survey_id AND v.key = q.key
                ORDER BY o.code, v.version DESC
            ) l
        ) o
        WHERE s.id = $1 ORDER BY q.position
        """,
        survey,
        language.tag,
    )
    return [
        SurveyQuestion(
            id=row["id"],
            key=row["key"],
            text=row["text"],
            kind=row["kind"],
            options=tuple(zip(row["codes"], row["labels"], strict=True)),
            minimum=row["minimum"],
            maximum=row["maximum"],
            bins=tuple(row["bins"] or ()),
            max_choices=row["max_choices"],
        )
        for row in rows
    ]
