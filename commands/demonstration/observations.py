"""Generates the demonstration's observations: each member's days and values, packed as rows of a binary COPY."""

import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import compress
from struct import Struct
from uuid import UUID

from commands.demonstration.catalogue import Indicator
from commands.demonstration.chance import Chance, filled
from commands.demonstration.courses import CourseRun
from commands.demonstration.people import Person
from commands.demonstration.trials import TrialRecord
from models.tracking.observations import IndicatorKind, Scale

OBSERVATIONS = 2_000_000  # at scale 1, including those of the trials
COLUMNS = ("id", "member_id", "indicator_id", "value", "observed_on", "by_relative", "note", "demonstration")
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
ROW = Struct("!hi16si16si16sidiii?ii?")  # 8 fields, each preceded by its length; the note is null: length -1
ID, VALUE, DAY, CARER, NOTE = 6, 66, 78, 86, 87  # offsets within a row; NOTE is the offset of the note's length
EPOCH = date(2000, 1, 1).toordinal()
MOST_DAYS = 1_500
STEADY = 0.82  # the share of yesterday's deviation from the usual value that remains today
MOST_RELIEF = 2.5  # the limit of all courses' effects together
SETTLING_DAYS = 24.0  # after which a course has two thirds of its effect
NOTES = (
    "Bad night before.", "Mauvaise nuit.", "Long walk yesterday.", "Journée chargée au travail.", "Travelling.", "Stress.",
    "After the infusion.", "Lendemain de perfusion.", "Cold and damp.", "Belle journée.", "Skipped a dose.", "Oublié une prise.",
    "Family visit.", "Repos toute la journée.", "Physio today.", "Kiné aujourd'hui.",
)  # fmt: skip


@dataclass(frozen=True)
class Diary:
    """What one member tracks: `often` is the share of their check-ins on which they record each indicator."""

    person: Person
    indicators: tuple[Indicator, ...]
    often: tuple[float, ...]
    first: int  # a day's ordinal
    last: int
    days: int


def diaries(seed: int, everyone: list[Person], today: date, count: int) -> list[Diary]:
    """Who tracks what and how often, so that all diaries together have about `count` observations."""
    drafts = []
    for person in everyone:
        if person.trial or not person.patient:
            continue
        chance = Chance(seed, "diary", person.id)
        if not (person.sign_in or chance.often(0.78)):
            continue
        indicators, often = followed(chance, person)
        lived = (today - person.joined_on).days
        stays = person.sign_in or chance.often(0.6)
        last = today.toordinal() - (
            0 if person.sign_in else chance.randint(0, 6) if stays else int(lived * chance.random())
        )
        last = max(last, person.joined_on.toordinal())
        room = min(last - person.joined_on.toordinal() + 1, MOST_DAYS)
        # The demonstration accounts record values every day, whatever that leaves for the others.
        weight = 1e6 if person.sign_in else person.activity**1.3 * chance.uniform(0.5, 1.5)
        drafts.append((person, indicators, often, last, room, weight))
    each = filled(count, [draft[5] * sum(draft[2]) for draft in drafts], [draft[4] * sum(draft[2]) for draft in drafts])
    made = []
    for (person, indicators, often, last, room, _), amount in zip(drafts, each, strict=True):
        days = min(max(1, round(amount / sum(often))), room)
        # The most active members record values daily until their share is used up; the others spread theirs over all
        # their time.
        span = room if days > room / 30 else max(days, room // 3)
        made.append(Diary(person, indicators, often, last - span + 1, last, days))
    return made


def followed(chance: Chance, person: Person) -> tuple[tuple[Indicator, ...], tuple[float, ...]]:
    community = person.community
    known = [indicator for indicator in community.indicators if indicator.kind is not IndicatorKind.SYMPTOM]
    wanted = 3 + int(3 * chance.random() + min(person.activity, 6) / 2)
    symptoms: list[Indicator] = []
    while len(symptoms) < min(wanted, len(community.symptoms)):
        indicator = chance.early(community.symptoms)
        if indicator not in symptoms:
            symptoms.append(indicator)
    others = [indicator for indicator in known if chance.often(0.75 if person.sign_in else 0.38)]
    if not any(indicator.slug == "quality-of-life" for indicator in others) and chance.often(0.4):
        others.append(next(indicator for indicator in known if indicator.slug == "quality-of-life"))
    indicators = tuple(sorted((*symptoms, *others), key=lambda indicator: indicator.id))
    return indicators, tuple(
        0.3 if i.kind is IndicatorKind.MEASUREMENT else chance.uniform(0.75, 1.0) for i in indicators
    )


class NormalDeviates:
    """A table of normal deviates to look up: drawing two million one by one would take seconds longer."""

    def __init__(self, seed: int) -> None:
        chance = Chance(seed, "waves")
        self.normal = [chance.gauss(0, 1) for _ in range(65_536)]


def block(
    seed: int, deviates: NormalDeviates, diary: Diary, courses: list[CourseRun], helped: bool
) -> tuple[bytes, int]:
    """All of a member's observations as rows of a binary COPY, and their number; if `helped`, a relative records some."""
    chance = Chance(seed, "observations", diary.person.id)
    step = (diary.last - diary.first + 1) / diary.days
    jitter = max(step - 1, 0) * 0.8
    days = [int(diary.first - EPOCH + n * step + jitter * chance.random()) for n in range(diary.days)]
    relief = reliefs(days, courses)
    by_carer = bytes(byte < 77 for byte in chance.randbytes(len(days))) if helped else bytes(len(days))
    keys: list[tuple[UUID, int]] = []
    values, noted_on, carers = array("d"), array("i"), bytearray()
    for indicator, often in zip(diary.indicators, diary.often, strict=True):
        limit = round(256 * often)
        picks = [byte < limit for byte in chance.randbytes(len(days))]
        values.extend(trajectory(chance, deviates, indicator, list(compress(relief, picks))))
        noted_on.extend(compress(days, picks))
        carers.extend(compress(by_carer, picks))
        keys.append((indicator.id, sum(picks)))
    rows = packed(chance, diary.person.id, keys, values, noted_on, carers)
    return with_notes(chance, rows, len(keys)), len(values)


def trial_block(chance: Chance, record: TrialRecord) -> bytes:
    keys = [(indicator, 1) for indicator, _, _ in record.observations]
    values = array("d", (value for _, _, value in record.observations))
    days = array("i", (day.toordinal() - EPOCH for _, day, _ in record.observations))
    return bytes(packed(chance, record.person.id, keys, values, days, bytes(len(values))))


def packed(
    chance: Chance,
    member: UUID,
    keys: list[tuple[UUID, int]],
    values: "array[float]",
    days: "array[int]",
    carers: bytes | bytearray,
) -> bytearray:
    """Rows of equal size: first one template per indicator, then each varying byte is set in all rows at once.

    `keys` are the indicators, each with its number of rows. Packing the rows one by one takes four times as long.
    """
    count = len(values)
    rows = bytearray().join(
        ROW.pack(8, 16, bytes(16), 16, member.bytes, 16, key.bytes, 8, 0.0, 4, 0, 1, False, -1, 1, True) * number
        for key, number in keys
    )
    if sys.byteorder == "little":  # the protocol is big-endian
        values.byteswap()
        days.byteswap()
    for place, size, column in (
        (ID, 16, chance.ids(count)),
        (VALUE, 8, values.tobytes()),
        (DAY, 4, days.tobytes()),
        (CARER, 1, carers),
    ):
        for byte in range(size):
            rows[place + byte :: ROW.size] = column[byte::size]
    return rows


def with_notes(chance: Chance, rows: bytearray, indicators: int) -> bytes:
    """The rows, a few of them with a note: its length replaces the -1 that means null."""
    count = len(rows) // ROW.size
    if not count:
        return b""
    places = sorted({int(count * chance.random()) for _ in range(indicators) if chance.random() < 0.25})
    pieces: list[bytes | bytearray] = []
    start = 0
    for place in places:
        note = chance.one(NOTES).encode()
        end = place * ROW.size + NOTE
        pieces += [rows[start:end], len(note).to_bytes(4, "big"), note]
        start = end + 4
    return b"".join((*pieces, rows[start:]))


def reliefs(days: list[int], courses: list[CourseRun]) -> list[float]:
    """By how much the member's courses reduce a complaint rated from 0 to 10, on each day (counted from 2000)."""
    relief = [0.0] * len(days)
    for run in courses:
        start = run.started_on.toordinal() - EPOCH
        end = run.ended_on.toordinal() - EPOCH if run.ended_on else 10**9
        for n, day in enumerate(days):
            if day > start:
                grown = (day - start) / (day - start + SETTLING_DAYS / 2)
                relief[n] += run.effect * grown if day <= end else run.effect * max(0.0, 0.5 - (day - end) / 60)
    return [max(-MOST_RELIEF, min(MOST_RELIEF, eased)) for eased in relief]


def trajectory(chance: Chance, deviates: NormalDeviates, indicator: Indicator, relief: list[float]) -> list[float]:
    """Values day by day: a first-order autoregression around the member's usual value, shifted by their courses."""
    low, high, normal = indicator.low, indicator.high, deviates.normal
    usual = chance.uniform(low, high)
    reach = high - low
    # A rating usually varies by about 5 points; the effect on other scales is in proportion.
    pull = (
        indicator.better
        * reach
        / 5
        * (0.25 if indicator.kind is IndicatorKind.MEASUREMENT else chance.uniform(0.3, 1.1))
    )
    noise = reach * (0.05 if indicator.scale is Scale.QUANTITY else 0.17)
    least, most, units = indicator.minimum, indicator.maximum, 10.0**indicator.decimals
    shocks = memoryview(chance.randbytes(2 * len(relief))).cast("H")
    away, values = 0.0, []
    for shock, eased in zip(shocks, relief, strict=True):
        away = STEADY * away + noise * normal[shock]
        value = ((usual + away + pull * eased) * units + 0.5) // 1 / units
        values.append(least if value < least else most if value > most else value)
    return values


def stream(seed: int, known: list[Diary], records: list[TrialRecord], courses: dict[UUID, list[CourseRun]],
           helped: frozenset[UUID]) -> Iterator[tuple[bytes, int]]:  # fmt: skip
    """The complete COPY, one piece per member, each with its number of observations."""
    deviates = NormalDeviates(seed)
    chance = Chance(seed, "trial observations")
    entries: list[tuple[UUID, Diary | TrialRecord]] = [(diary.person.id, diary) for diary in known]
    entries += [(record.person.id, record) for record in records]
    yield HEADER, 0
    # In the order of the largest index, which is faster to create from sorted rows.
    for member, entry in sorted(entries, key=lambda pair: pair[0]):
        if isinstance(entry, TrialRecord):
            yield trial_block(chance, entry), len(entry.observations)
        else:
            yield block(seed, deviates, entry, courses.get(member, []), member in helped)
    yield TRAILER, 0
