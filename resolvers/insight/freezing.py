"""Freezes surveys and waves of tracking into datasets, in pieces that can be interrupted, and ends datasets."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from models.community.communities import CommunityStatus
from models.database import Connection
from models.identity.organizations import OrganizationKind
from models.insight.datasets import FREEZING_PARTS, DatasetKind
from models.languages import DEFAULT, Language
from models.messages import message
from privacy.budget import FLOOR, LEAST_CAP, WAVES_YEARLY, wave_cap
from resolvers.community.communities_rules import refuse_unless_open
from resolvers.days import current_day
from resolvers.faults import Faults
from resolvers.insight.dataset_definitions import (
    DatasetDefinition,
    survey_variables,
    tracking_variables,
    write_dataset,
)
from resolvers.insight.first_tables import FrozenResult, publish_first
from resolvers.insight.ledger import Begin, begun
from resolvers.pacing import PieceSize
from resolvers.research.revisions_mutations import survey_translations, translations_in
from resolvers.texts import as_seen
from resolvers.transactions import invalid, line_within, not_found, taken, too_early

YEAR_DAYS = 365
TRANSLATED = tuple(language for language in Language if language is not DEFAULT)
WAVE_LENGTH = 60
BATCH = 250  # members that one transaction freezes, at most: a third of a second on a quiet machine, with 60 variables


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
        variables=await survey_variables(connection, survey),
        demonstration=found["demonstration"],
        survey=survey,
        collected_from=found["opens_on"],
        titles={each.language.tag: each.title for each in survey_translations(found["translations"])},
        translated={language.tag: await survey_variables(connection, survey, language) for language in TRANSLATED},
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
        variables=await tracking_variables(connection, community),
        demonstration=found["demonstration"],
        titles={
            language.tag: f"{texts['name']}, {wave}"
            for language, texts in translations_in(found["translations"])
            if "name" in texts
        },
        translated={language.tag: await tracking_variables(connection, community, language) for language in TRANSLATED},
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
        return await publish_first(connection, dataset, at, pause)


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
    if as_seen(wave) in {as_seen(row["wave"]) for row in rows}:
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
    dataset = await write_dataset(connection, wave, frozen_on)
    await connection.execute("SELECT research.begin_freezing($1, $2)", dataset, wave.floor)
    return dataset


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
