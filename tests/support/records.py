"""Has the database encode a dataset of a test's own, and reads back its records and counts."""

import contextlib
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from privacy import domains
from privacy.domains import CatalogueEntry, SurveyQuestion, TrackedIndicator, Variable
from tests import factories

DAY = factories.DAY  # of freezing
KINDS = ["LABORATORY", "HOSPITAL"]


@dataclass(frozen=True)
class Encoded:
    """A dataset, and its variables in the order of their positions, which count from 1."""

    connection: asyncpg.Connection
    id: UUID
    community: UUID
    variables: tuple[Variable, ...]

    async def freeze(self) -> None:
        """Enrols all eligible members and encodes their records."""
        await self.connection.execute("SELECT research.enrol($1)", self.id)
        await self.connection.execute("SELECT research.encode($1)", self.id)

    async def encode_again(self) -> None:
        await self.connection.execute("DELETE FROM research.record WHERE dataset_id = $1", self.id)
        await self.connection.execute("SELECT research.encode($1)", self.id)

    async def counts(self, *cubes: Sequence[str]) -> list[list[int]]:
        """The histogram of each cube of variables of these names."""
        places = {each.name: str(place) for place, each in enumerate(self.variables, 1)}
        asked = ["{" + ",".join(places[name] for name in cube) + "}" for cube in cubes]
        query = (
            "SELECT research.histogram($1, c::integer[]) FROM unnest($2::text[]) WITH ORDINALITY u (c, n) ORDER BY n"
        )
        return [row[0] for row in await self.connection.fetch(query, self.id, asked)]

    async def records(self) -> dict[UUID, bytes]:
        query = "SELECT member_id, codes FROM research.record WHERE dataset_id = $1"
        return {row["member_id"]: row["codes"] for row in await self.connection.fetch(query, self.id)}

    async def enrolled(self) -> set[UUID]:
        query = "SELECT member_id FROM research.enrolment WHERE dataset_id = $1"
        return {row["member_id"] for row in await self.connection.fetch(query, self.id)}

    async def read(self, member: UUID) -> dict[str, list[str]]:
        """The codes of the categories that a member is in, by variable."""
        codes = (await self.records())[member]
        assert len(codes) == sum(each.max_per_member for each in self.variables)
        slots = zip(self.variables, domains.slots(self.variables), strict=True)
        return {
            each.name: [each.categories[byte].code for byte in codes[at : at + each.max_per_member] if byte != 255]
            for each, at in slots
        }


async def dataset(connection: asyncpg.Connection, variables: Sequence[Variable], **given: Any) -> Encoded:
    """A dataset with these variables, without members."""
    made = await factories.dataset(connection, **{"offered_to": KINDS} | given)
    for each, slot in zip(variables, domains.slots(variables), strict=True):
        row = await factories.variable(
            connection,
            dataset_id=made["id"],
            name=each.name,
            label=each.label,
            ordinal=each.ordinal,
            max_per_member=each.max_per_member,
            slot=slot,
            rule=each.rule,
            subject_id=each.subject,
        )
        await connection.copy_records_to_table(
            "category",
            schema_name="insight",
            columns=["dataset_id", "variable", "place", "code", "label", "value", "low", "high"],
            records=[
                (made["id"], row["position"], place, one.code, one.label, one.value, one.low, one.high)
                for place, one in enumerate(each.categories)
            ],
        )
    return Encoded(connection, made["id"], made["community_id"], tuple(variables))


@contextlib.asynccontextmanager
async def undone(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Rolls back whatever is done within."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


async def consenting(connection: asyncpg.Connection, purpose: str = "TRACKING_RESEARCH", **given: Any) -> UUID:
    """A member who consents to laboratories and hospitals."""
    member: UUID = (await factories.member(connection, **given))["id"]
    await factories.consent(connection, member_id=member, purpose=purpose, recipients=KINDS)
    return member


@dataclass(frozen=True)
class Catalogue:
    """What a community tracks: two treatments and two indicators in the domain, and one of each outside it."""

    treatments: Sequence[asyncpg.Record]
    indicators: Sequence[asyncpg.Record]

    def variables(self) -> tuple[Variable, ...]:
        known = [CatalogueEntry(each["id"], each["slug"], each["name"]) for each in self.treatments[:2]]
        followed = [TrackedIndicator(each["id"], each["slug"], each["name"], 0, 10) for each in self.indicators[:2]]
        felt = [CatalogueEntry(each["id"], each["slug"], each["name"]) for each in self.indicators[:2]]
        return domains.tracking_variables(known, followed, felt)


async def catalogue(connection: asyncpg.Connection) -> Catalogue:
    """A new catalogue with the slugs drug-a to drug-c and sign-a to sign-c; at most one in a transaction."""
    return Catalogue(
        [await factories.treatment(connection, slug=f"drug-{letter}") for letter in "abc"],
        [await factories.indicator(connection, slug=f"sign-{letter}") for letter in "abc"],
    )


async def wave_of(connection: asyncpg.Connection, chance: random.Random, size: int) -> Encoded:
    """A frozen wave of members with rows of every sort: none, ties, several courses, evaluations and side effects."""
    known = await catalogue(connection)
    made = await dataset(connection, known.variables())
    for _ in range(size):
        member = await consenting(connection)
        await factories.membership(connection, member_id=member, community_id=made.community)
        if chance.random() < 0.8:
            year = chance.choice([None, 1930, 1975, 2020])
            region = chance.choice([None, "Bretagne", "Corse"])
            sex = chance.choice(["FEMALE", "UNKNOWN"])
            await factories.profile(connection, member_id=member, birth_year=year, region=region, sex=sex)
        if chance.random() < 0.5:
            membership = {"member_id": member, "community_id": made.community}
            await factories.diagnosis(connection, **membership, diagnosed_in=chance.choice([1990, 2025, 2030]))
        for _ in range(chance.randrange(6)):
            await _course(connection, chance, member, known)
        days = range(0, 300, chance.choice([3, 17, 40]))
        await connection.executemany(
            "INSERT INTO care.observation (member_id, indicator_id, observed_on, value) VALUES ($1, $2, $3, $4)",
            [
                (member, sign["id"], DAY + timedelta(days=20 - day), chance.choice([0.0, 4.5, 10.0, 99.0]))
                for sign in known.indicators
                for day in days
                if chance.random() < 0.5
            ],
        )
    await made.freeze()
    return made


async def _course(connection: asyncpg.Connection, chance: random.Random, member: UUID, known: Catalogue) -> None:
    treatment = chance.choice(known.treatments)["id"]
    began = date(2025, chance.choice([1, 6, 6, 12]), 1)
    ended = chance.choice([None, began + timedelta(days=chance.randrange(800))])
    status = chance.choice(["ACTIVE", "STOPPED", "COMPLETED", "ON_HOLD"])
    of = {"member_id": member, "treatment_id": treatment}
    course = (await factories.course(connection, **of, started_on=began, ended_on=ended, status=status))["id"]
    if chance.random() < 0.7:
        given = {"evaluated_on": began, "effectiveness": chance.randrange(11)}
        evaluation = (await factories.evaluation(connection, **of, course_id=course, **given))["id"]
        for sign in chance.sample(list(known.indicators), chance.randrange(4)):
            felt = {"member_id": member, "evaluation_id": evaluation, "indicator_id": sign["id"]}
            await factories.side_effect(connection, **felt, severity=chance.choice(["MILD", "SEVERE"]))


OPTIONS = ("A", "B", "C", "D", "E")


async def survey_of(connection: asyncpg.Connection, chance: random.Random, size: int) -> Encoded:
    """A survey's dataset, with repeated codes, codes that no question offers, and missing answers."""
    survey = await factories.survey(connection)
    asked = [
        await _asked(connection, survey["id"], kind, key)
        for kind, key in (("SINGLE_CHOICE", "one"), ("MULTIPLE_CHOICE", "many"), ("SCALE", "scale"), ("DATE", "when"))
    ]
    given = {"kind": "SURVEY", "survey_id": survey["id"], "community_id": survey["community_id"]}
    made = await dataset(connection, domains.survey_variables(asked), **given)
    for _ in range(size):
        member = await consenting(connection, "SURVEY_RESEARCH")
        answers: dict[str, Any] = {}
        for one in asked:
            if chance.random() < 0.8:
                answers[one.key] = _answer(chance, one.kind)
        await submitted(connection, member, survey["id"], {one.key: one.id for one in asked}, answers)
    await made.freeze()
    return made


async def submitted(
    connection: asyncpg.Connection,
    member: UUID,
    survey: UUID,
    questions: Mapping[str, UUID],
    answers: Mapping[str, Mapping[str, Any]],
) -> None:
    """The member has completed the survey with these answers, by the questions' keys."""
    sheet = (await factories.answer_sheet(connection, survey_id=survey))["id"]
    part = {"member_id": member, "survey_id": survey, "status": "COMPLETED", "answer_sheet_id": sheet}
    await factories.participation(connection, **part)
    for key, answer in answers.items():
        await factories.answer(
            connection, **{"codes": []} | dict(answer), answer_sheet_id=sheet, question_id=questions[key]
        )


async def _asked(connection: asyncpg.Connection, survey: UUID, kind: str, key: str) -> SurveyQuestion:
    made = await factories.question(connection, survey_id=survey, kind=kind, key=key)
    options = tuple((code, code) for code in OPTIONS) if kind.endswith("CHOICE") else ()
    low, high = (0.0, 10.0) if kind == "SCALE" else (None, None)
    return SurveyQuestion(made["id"], key, made["text"], kind, options, low, high)


def _answer(chance: random.Random, kind: str) -> dict[str, Any]:
    if kind == "SCALE":
        return {"number": chance.choice([None, 0.0, 5.0, 10.0, 4_000.0])}
    if kind == "DATE":
        return {"day": chance.choice([None, DAY - timedelta(days=40), DAY + timedelta(days=1)])}
    return {"codes": chance.choices([*OPTIONS, "Z"], k=chance.randrange(8))}
