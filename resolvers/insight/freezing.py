"""Freezes surveys and waves of tracking into datasets, in pieces that can be interrupted, and ends datasets."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from models.community.communities import CommunityStatus
from models.database import Connection
from models.identity.organizations import OrganizationKind
from models.insight.datasets import FREEZING_PARTS, DatasetKind
from models.languages import DEFAULT, Language
from models.messages import message
from privacy import domains
from privacy.budget import (
    FLOOR,
    LEAST_CAP,
    SIZE_PRECISION,
    TERM_DAYS,
    WAVES_YEARLY,
    participants_precision,
    participants_tables,
    wave_cap,
)
from privacy.domains import CatalogueEntry, SurveyQuestion, TrackedIndicator, Variable
from privacy.precision import price
from resolvers.community.communities_rules import refuse_unless_open
from resolvers.days import current_day
from resolvers.faults import Faults
from resolvers.insight import purposes
from resolvers.insight.insight_requests import dataset_of
from resolvers.insight.labels import words_in
from resolvers.insight.ledger import Begin, append, begun
from resolvers.insight.positioned import PositionedVariable, domain_of
from resolvers.insight.releases import ReleaseUse, present, release
from resolvers.pacing import PieceSize
from resolvers.research.revisions_mutations import survey_translations, translations_in
from resolvers.transactions import invalid, line_within, not_found, taken, too_early

YEAR_DAYS = 365
TRANSLATED = tuple(language for language in Language if language is not DEFAULT)
WAVE_LENGTH = 60
BATCH = 250  # members that one transaction freezes, at most: a third of a second on a quiet machine, with 60 variables
SIZE_USE = ReleaseUse(str(purposes.DATASET_SIZE))
PARTICIPANTS_TABLES_USE = ReleaseUse(str(purposes.PARTICIPANTS_TABLES))
# Common reasons for stopping courses. Fixed here: a list derived from evaluations would reveal something about them.
SIDE_EFFECTS = (
    "nausea-and-vomiting", "headache", "fatigue", "vertigo", "increased-body-weight", "insomnia", "xerostomia",
    "diarrhea", "constipation", "skin-rash", "alopecia", "excessive-daytime-somnolence", "pruritus", "palpitations",
    "myalgia", "tremor", "abnormality-of-taste-sensation", "night-sweats", "brain-fog", "edema",
)  # fmt: skip


@dataclass(frozen=True)
class FrozenResult:
    """A new dataset, which is not `open` if the draw that decides is below the floor."""

    dataset: UUID
    open: bool


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


async def freeze_survey(connection: Connection, survey: UUID, day: date | None = None) -> FrozenResult | None:
    """Closes a survey and freezes it at once, as `begin_survey` and `finish` do. None if it never opened."""
    dataset = await begin_survey(connection, survey, day)
    return None if dataset is None else await finish(connection, dataset, None if day is None else _noon(day))


async def begin_survey(connection: Connection, survey: UUID, day: date | None = None) -> UUID | None:
    """Closes a survey that has not closed yet, and begins to freeze its answers: the id of its dataset.

    None if it never opened, or was frozen before. `day` is the day of freezing, if not today. To be called in a
    transaction, whose duration does not depend on the number of participants; `finish` does the rest.
    """
    await connection.fetchval("SELECT research.lock_survey($1)", survey)
    await connection.execute("SELECT catalog.close_survey($1)", survey)
    # It is frozen even if nobody has answered: to publish nothing would reveal an exact count.
    found = await connection.fetchrow(
        """
        SELECT community_id, title, offered_to, minimum_participants, cap_micro_rho, demonstration, opens_on,
            translations::text AS translations
        FROM catalog.survey s
        WHERE id = $1 AND catalog.is_to_freeze(s) AND NOT EXISTS (
            SELECT FROM insight.dataset d WHERE d.survey_id = s.id)
        """,
        survey,
    )
    if found is None:
        return None
    frozen_on = day or await current_day(connection)
    wave = DatasetDefinition(
        community=found["community_id"],
        kind=DatasetKind.SURVEY,
        title=found["title"],
        wave=f"{frozen_on:%Y-%m}",
        offered_to=found["offered_to"],
        cap=found["cap_micro_rho"],
        floor=max(FLOOR, found["minimum_participants"]),
        variables=domains.survey_variables(await _questions(connection, survey, DEFAULT)),
        demonstration=found["demonstration"],
        survey=survey,
        collected_from=found["opens_on"],
        titles={each.language.tag: each.title for each in survey_translations(found["translations"])},
        translated={
            language.tag: domains.survey_variables(await _questions(connection, survey, language), words_in(language))
            for language in TRANSLATED
        },
    )
    return await _begin(connection, wave, frozen_on)


async def freeze_wave(
    connection: Connection,
    *,
    community: UUID,
    wave: str,
    offered_to: Sequence[OrganizationKind],
    cap_micro_rho: int | None = None,
    day: date | None = None,
) -> FrozenResult:
    """Freezes a wave at once, as `begin_wave` and `finish` do. Raises Refused as the first."""
    dataset = await begin_wave(
        connection, community=community, wave=wave, offered_to=offered_to, cap_micro_rho=cap_micro_rho, day=day
    )
    found = await finish(connection, dataset, None if day is None else _noon(day))
    assert found is not None
    return found


async def begin_wave(
    connection: Connection,
    *,
    community: UUID,
    wave: str,
    offered_to: Sequence[OrganizationKind],
    cap_micro_rho: int | None = None,
    day: date | None = None,
    faults: Faults | None = None,
) -> UUID:
    """Begins to freeze what a community's patients track into a dataset, a new wave: its id.

    `cap_micro_rho` is that of the dataset, if not `wave_cap`, and `day` the day of freezing, if not today. To be called
    in a transaction, whose duration does not depend on the number of members; `finish` does the rest. Raises Refused:
    NOT_FOUND for the community, TOO_EARLY for a draft, TOO_LATE if it has merged, INVALID and TOO_LONG for the name,
    INVALID for the kinds of organization and the cap, TAKEN if another wave has the name, TOO_EARLY if the caps of the
    community's waves within a year would exceed WAVES_YEARLY.
    """
    faults = faults or Faults()
    # One at a time for each community: two at once would both find that none was frozen this year.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"waves of {community}")
    found = await connection.fetchrow(
        "SELECT name, member_count, demonstration, status, translations::text AS translations FROM catalog.community"
        " WHERE id = $1",
        community,
    )
    with faults.collected():
        if found is None:
            raise not_found("community")
        if found["status"] != CommunityStatus.CLOSED:  # whose members go on tracking
            refuse_unless_open(CommunityStatus(found["status"]), "community")
    with faults.collected():
        wave = line_within(wave, WAVE_LENGTH, "wave")
    with faults.collected():
        if not offered_to:
            raise invalid(message("Name at least one kind of organization."), "offered_to")
    with faults.collected():
        if cap_micro_rho is not None:
            refuse_bad_cap(cap_micro_rho, WAVES_YEARLY)
    frozen_on = day or await current_day(connection)
    if found is not None:
        cap = wave_cap(found["member_count"]) if cap_micro_rho is None else cap_micro_rho
        with faults.collected():
            await _refuse_wave(connection, community, wave, frozen_on, cap)
    faults.refuse()
    assert found is not None
    made = DatasetDefinition(
        community=community,
        kind=DatasetKind.TRACKING,
        title=f"{found['name']}, {wave}",
        wave=wave,
        offered_to=sorted({kind.value for kind in offered_to}),
        cap=cap,
        floor=FLOOR,
        variables=await _tracking(connection, community, DEFAULT),
        demonstration=found["demonstration"],
        titles={
            language.tag: f"{texts['name']}, {wave}"
            for language, texts in translations_in(found["translations"])
            if "name" in texts
        },
        translated={language.tag: await _tracking(connection, community, language) for language in TRANSLATED},
    )
    return await _begin(connection, made, frozen_on)


async def _at_once(parts: int) -> None:
    pass


async def finish(
    connection: Connection,
    dataset: UUID,
    at: datetime | None = None,
    pause: Callable[[int], Awaitable[None]] = _at_once,
    begin: Begin = begun,
) -> FrozenResult | None:
    """Freezes what is left of a dataset, in pieces, and publishes its size and its members' own tables.

    Whatever interrupts it, it can be called again. Each piece is a transaction: at most `BATCH` members, who become
    records while their answers are deleted. The last one publishes; if the draw that decides is below the floor,
    nothing but the size is charged and the records are destroyed. `pause` is awaited with the number of parts that are
    done, which become more each time, and with `FREEZING_PARTS` once more before the last transaction ends. `at` is the
    time of publication, if not now; `begin` begins the transaction that publishes. None if it was finished meanwhile.
    """
    parts, size = 0, PieceSize(BATCH)
    while parts < FREEZING_PARTS:
        async with size.timed() as members, connection.transaction():
            done = await connection.fetchval("SELECT research.freeze_members($1, $2)", dataset, members)
        if done is None:
            return None
        if done > parts:
            await pause(done)
        parts = done
    async with begin(connection):
        return await _publish(connection, dataset, at, pause)


async def end_dataset(connection: Connection, dataset: UUID) -> None:
    """Ends a dataset whose term is over or whose budget is spent: its records are deleted later, its insights stay."""
    await connection.execute("SELECT research.end_dataset($1, 'ENDED')", dataset)


def refuse_bad_cap(cap_micro_rho: int, most: int) -> None:
    """Raises Refused: INVALID unless a dataset can have this cap, in micro-rho, which is `most` at most."""
    if not LEAST_CAP <= cap_micro_rho <= most:
        raise invalid(message("Choose a cap from {least:,} to {most:,} micro-rho.", least=LEAST_CAP, most=most), "cap")


async def _refuse_wave(connection: Connection, community: UUID, wave: str, frozen_on: date, cap: int) -> None:
    # A wave that was too small does not count: its name is free, and another attempt is allowed.
    rows = await connection.fetch(
        """
        SELECT wave, frozen_on, cap_micro_rho FROM insight.dataset
        WHERE community_id = $1 AND kind = 'TRACKING' AND status <> 'TOO_SMALL' ORDER BY frozen_on DESC
        """,
        community,
    )
    if any(row["wave"] == wave for row in rows):
        raise taken(message("The community already has a wave of this name. Choose another."), "wave")
    taken_caps = 0
    for row in rows:  # the newest first
        taken_caps += row["cap_micro_rho"]
        next_day = row["frozen_on"] + timedelta(days=YEAR_DAYS)
        if next_day > frozen_on and taken_caps + cap > WAVES_YEARLY:
            raise too_early(
                message(
                    "The caps of a community's waves add up to at most {most:,} micro-rho within a year: this "
                    "one is possible from {next_day} on.",
                    most=WAVES_YEARLY,
                    next_day=next_day,
                ),
                "community",
            )


async def _begin(connection: Connection, wave: DatasetDefinition, frozen_on: date) -> UUID:
    dataset = await _write_dataset(connection, wave, frozen_on)
    await _write_variables(connection, dataset, wave)
    await connection.execute("SELECT research.begin_freezing($1, $2)", dataset, wave.floor)
    return dataset


async def _publish(
    connection: Connection, id: UUID, at: datetime | None, pause: Callable[[int], Awaitable[None]]
) -> FrozenResult | None:
    floor = await connection.fetchval("SELECT research.open_frozen($1)", id)
    if floor is None:
        return None
    dataset = await dataset_of(connection, id, lock=True)
    counted, entry = await release(
        connection, dataset, (), SIZE_PRECISION, SIZE_USE, charge=price(SIZE_PRECISION), at=at
    )
    entries = [entry]
    # What one draw decides does not select the other, from which figures are computed.
    size, deciding = map(round, counted.estimates)
    is_open = deciding >= floor
    if is_open:
        await connection.execute("UPDATE insight.dataset SET size = $2 WHERE id = $1", id, size)
        first_insight = None
        domain = await domain_of(connection, id)
        variables = [one.variable for one in domain.values()]
        precision = participants_precision(deciding, dataset.cap_micro_rho)
        for variable in participants_tables(variables, deciding, dataset.cap_micro_rho):
            cube = [domain[variable.name]]
            charge = price(precision, variable.max_per_member)
            published, entry = await release(
                connection, dataset, cube, precision, PARTICIPANTS_TABLES_USE, charge=charge, at=at
            )
            insight = await present(connection, dataset, published, cube, variable.name, at)
            first_insight = first_insight or insight
            entries.append(entry)
        if first_insight is not None:
            await connection.execute("SELECT identity.queue_news('INSIGHT_PUBLISHED', $1)", first_insight)
        if at is None:  # its first insights are not events of their own
            await connection.execute("SELECT identity.queue_event('DATASET_FROZEN', $1)", id)
    else:
        await connection.execute("SELECT research.end_dataset($1, 'TOO_SMALL')", id)
    await connection.execute("SELECT catalog.release_survey(d.survey_id) FROM insight.dataset d WHERE d.id = $1", id)
    await pause(FREEZING_PARTS)  # before the ledger is locked, for which all other publications would wait
    await append(connection, entries, at)
    return FrozenResult(id, is_open)


async def _write_dataset(connection: Connection, wave: DatasetDefinition, frozen_on: date) -> UUID:
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


async def _tracking(connection: Connection, community: UUID, language: Language) -> Sequence[Variable]:
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


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
