"""Whatever a patient and a relative do in any order, a diary holds each day's last value and its author."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.identity.members import MemberKind, Sharing
from models.viewers import Audience, Viewer
from resolvers.faults import Faults
from resolvers.identity import care_links_mutations
from resolvers.tracking import observations_mutations
from resolvers.tracking.observations_mutations import ObservationEntry
from resolvers.transactions import Refused
from tests import factories

DAYS = [date(2026, 3, 2) + timedelta(days=day) for day in range(2)]
PLACES = st.integers(0, 1)  # a day, an indicator, and a writer: 0 the patient, 1 the relative
STEPS = st.one_of(
    st.tuples(
        st.just("record"), PLACES, PLACES, st.lists(st.tuples(PLACES, st.integers(-1, 11)), min_size=1, max_size=2)
    ),
    st.tuples(st.just("remove"), PLACES, PLACES, PLACES),
    st.tuples(st.just("invite")),
    st.tuples(st.just("accept"), PLACES),
    st.tuples(st.just("end"), PLACES),
)


class Expected:
    """The expected diary, by day and indicator, and the care link's status."""

    def __init__(self) -> None:
        self.values: dict[tuple[date, UUID], tuple[float, bool]] = {}
        self.link: str | None = None

    def may_write(self, side: int) -> bool:
        return side == 0 or self.link == "ACCEPTED"


HOW = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(HOW, max_examples=15)
@given(steps=st.lists(STEPS, max_size=12))
async def test_a_diary_holds_its_writers_last_values(dsn: str, steps: list[Any]) -> None:
    await live_and_undo(dsn, steps)


@pytest.mark.slow
@settings(HOW, max_examples=60)
@given(steps=st.lists(STEPS, max_size=12))
async def test_many_diaries_hold_their_writers_last_values(dsn: str, steps: list[Any]) -> None:
    await live_and_undo(dsn, steps)


async def live_and_undo(dsn: str, steps: list[Any]) -> None:
    admin = await asyncpg.connect(dsn)
    everything = admin.transaction()
    await everything.start()
    try:
        await live(admin, steps)
    finally:
        await everything.rollback()
        await admin.close()


async def live(admin: asyncpg.Connection, steps: list[Any]) -> None:
    patient = (await factories.member(admin, sharing=Sharing.ONLY_ME))["id"]
    relative = await factories.member(admin, kind=MemberKind.RELATIVE, sharing=Sharing.ONLY_ME)
    sides = (patient, relative["id"])
    indicators = [(await factories.indicator(admin))["id"] for _ in range(2)]
    expected = Expected()

    for step in steps:
        match step:
            case ("record", side, day, chosen):
                entries = [ObservationEntry(indicators[which], float(value)) for which, value in chosen]
                fits = all(0 <= value <= 10 for _, value in chosen)
                fits &= len({which for which, _ in chosen}) == len(chosen)

                async def record(
                    viewer: Viewer, entries: list[ObservationEntry] = entries, day: int = day, side: int = side
                ) -> object:
                    return await observations_mutations.record_observations(
                        admin,
                        viewer,
                        Faults(),
                        observed_on=DAYS[day],
                        entries=entries,
                        on_behalf_of=patient if side else None,
                    )

                done = await carried_out(admin, sides[side], record)
                assert done == (fits and expected.may_write(side))
                if done:
                    for entry in entries:
                        assert entry.indicator is not None
                        expected.values[DAYS[day], entry.indicator] = (entry.value, bool(side))
            case ("remove", side, day, which):
                place = (DAYS[day], indicators[which])
                id = await admin.fetchval(
                    "SELECT id FROM care.observation WHERE (member_id, observed_on, indicator_id) = ($1, $2, $3)",
                    patient, *place,
                )  # fmt: skip

                async def remove(viewer: Viewer, id: UUID | None = id) -> object:
                    named = id or viewer.member
                    assert named is not None
                    return await observations_mutations.remove_observation(admin, viewer, observation=named)

                done = await carried_out(admin, sides[side], remove)
                assert done == (place in expected.values and expected.may_write(side))
                if done:
                    del expected.values[place]
            case ("invite",):

                async def invite(viewer: Viewer) -> object:
                    return await care_links_mutations.invite_relative(admin, viewer, pseudonym=relative["pseudonym"])

                done = await carried_out(admin, patient, invite)
                assert done == (expected.link in (None, "ENDED"))
                expected.link = "INVITED" if done else expected.link
            case ("accept" | "end" as what, side):
                link = await admin.fetchval("SELECT id FROM care.care_link WHERE patient_id = $1", patient)

                async def change(viewer: Viewer, link: UUID | None = link, what: str = what) -> object:
                    change = {
                        "accept": care_links_mutations.accept_care_link,
                        "end": care_links_mutations.end_care_link,
                    }[what]
                    return await change(admin, viewer, care_link=link or patient)

                done = await carried_out(admin, sides[side], change)
                if what == "accept":
                    assert done == (side == 1 and expected.link in ("INVITED", "ACCEPTED"))
                else:
                    assert done == (expected.link is not None)
                if done:
                    expected.link = {"accept": "ACCEPTED", "end": "ENDED"}[what]
        rows = await admin.fetch(
            "SELECT observed_on, indicator_id, value, by_relative FROM care.observation WHERE member_id = any($1)",
            sides,
        )
        assert {(row[0], row[1]): (row[2], row[3]) for row in rows} == expected.values
        assert await admin.fetchval("SELECT status FROM care.care_link WHERE patient_id = $1", patient) == expected.link


async def carried_out(admin: asyncpg.Connection, member: UUID, write: Callable[[Viewer], Awaitable[object]]) -> bool:
    """Whether a write succeeded as the patient view's role; a failed one is rolled back."""
    transaction = admin.transaction()
    await transaction.start()
    await admin.execute("SET LOCAL ROLE cohorte_patient")
    await admin.execute("SELECT set_config('cohorte.member', $1, true)", str(member))
    try:
        await write(Viewer(Audience.PATIENT, member=member))
    except Refused:
        await transaction.rollback()
        return False
    await admin.execute("SET LOCAL ROLE NONE")
    await transaction.commit()
    return True
