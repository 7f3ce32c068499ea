"""Invariants of all rows hold whatever members and staff do, concurrently too."""

from asyncio import gather

import pytest

from tests import factories
from tests.support.invariants import WRONG, wrong
from tests.support.network import Network
from tests.support.random_walk import begin, play_twice

AT_ONCE = 10
MORE = 5  # the most plays until each of these mutations has succeeded
SOON = {"postAdd", "communityLeave", "consentSet"}
CARRIED_OUT = SOON | {"surveySubmit", "surveyClose"}


async def test_the_demonstration_network_keeps_the_invariants(network: Network) -> None:
    assert await wrong(network) == []


@pytest.mark.parametrize(
    ("plays", "rounds", "wanted"), [(1, 6, SOON), pytest.param(6, 20, CARRIED_OUT, marks=pytest.mark.slow)]
)
async def test_invariants_hold_after_random_mutations(
    network: Network, plays: int, rounds: int, wanted: set[str]
) -> None:
    """Runs at least this many plays: what succeeds in one depends on timing."""
    carried_out: set[str] = set()
    for seed in range(plays + MORE):
        if seed >= plays and carried_out >= wanted:
            break
        play = await begin(network, seed)
        for _ in range(rounds):
            everybody = [*play.people, *play.relatives]
            players = play.chance.sample(everybody, min(AT_ONCE, len(everybody)))
            await gather(*(play_twice(play, who) for who in players))
            await network.freeze()
            await network.deliver()
            assert (seed, await wrong(network)) == (seed, [])
        carried_out |= set(play.carried_out)
    assert carried_out >= wanted


HELD = {  # PostgreSQL itself would refuse the planted row
    "ck_flag_open_undecided",
    "ck_post_removed_has_no_body",
    "uq_observation_member_id_indicator_id_observed_on",
    "uq_participation_member_id_survey_id",
}


async def plant(network: Network) -> None:
    """Inserts at least one row for each violation."""
    database = network.database
    await database.execute(
        "SET LOCAL session_replication_role = replica"
    )  # the triggers that keep rows consistent are off
    await database.execute("ALTER TABLE care.post ENABLE ALWAYS TRIGGER post_there")  # no post has no community
    held = await database.fetch(
        "SELECT conrelid::regclass::text AS table, conname AS name FROM pg_constraint WHERE conname = any($1)",
        list(HELD),
    )
    assert len(held) == len(HELD)
    for constraint in held:
        await database.execute(f"ALTER TABLE {constraint['table']} DROP CONSTRAINT {constraint['name']}")
    community_id = (await factories.community(database))["id"]
    member = (await factories.member(database, pseudonym="player-0"))["id"]
    await factories.membership(database, member_id=member, community_id=community_id)
    await factories.discussion(database, post_count=7)
    await factories.removal(database, post_id=(await factories.post(database, removed=False))["id"])
    await factories.post(database, removed=True)
    elsewhere = (await factories.post(database))["id"]
    await database.execute("UPDATE care.post SET community_id = $2 WHERE id = $1", elsewhere, community_id)
    await factories.flag(database, status="UPHELD")
    over = (await factories.post(database, removed=True, body=None))["id"]
    await factories.flag(database, post_id=over, resolution="r")
    await factories.removed_text(database)
    await factories.suspension(database, member_id=member)
    await database.execute("UPDATE care.membership SET role = 'AMBASSADOR' WHERE member_id = $1", member)
    await factories.notification(database, kind="REPLY", subject_type="pst", subject_id=over)
    ended = await factories.care_link(database, status="ENDED")
    await factories.notification(
        database, kind="CARE_LINK", member_id=ended["relative_id"], subject_type="mbr", subject_id=ended["patient_id"]
    )
    await factories.notification(database, subject_type="pst", subject_id=member)
    indicator = (await factories.indicator(database))["id"]
    for _ in range(2):
        await factories.observation(database, member_id=member, indicator_id=indicator, value=11.0)
    treatment = (await factories.treatment(database))["id"]
    for _ in range(2):
        await factories.course(database, member_id=member, treatment_id=treatment, status="STOPPED")
    course = (await factories.course(database))["id"]
    evaluation = await factories.evaluation(database, course_id=course, member_id=member, treatment_id=treatment)
    await factories.side_effect(
        database, evaluation_id=evaluation["id"], member_id=(await factories.member(database))["id"]
    )
    await factories.care_link(database)
    await factories.consent(database, member_id=member, recipients=["HOSPITAL"])
    asked = {"community_id": community_id, "offered_to": ["HOSPITAL"], "minimum_participants": 200}
    await factories.survey(database, **asked)
    waiting = await factories.survey(database, status="WAITING", **asked)
    await factories.participation(database, survey_id=waiting["id"])
    survey = (await factories.survey(database, offered_to=["MUTUAL"]))["id"]
    sheets = [(await factories.answer_sheet(database, survey_id=survey))["id"] for _ in range(3)]
    for sheet in [*sheets[:2], None]:
        await factories.participation(
            database, member_id=member, survey_id=survey, status="COMPLETED", answer_sheet_id=sheet
        )
    kinds = {"treated": ("Chain", "SINGLE_CHOICE"), "how": ("Chain", "MULTIPLE_CHOICE"), "burden": ("Fork", "SCALE")}
    asked_for = {
        key: (await factories.question(database, survey_id=survey, key=key, text=form, kind=kind))["id"]
        for key, (form, kind) in kinds.items()
    }
    for sheet, key in ((sheets[0], "how"), (sheets[1], "treated")):
        await factories.answer(database, answer_sheet_id=sheet, question_id=asked_for[key], codes=["NO"])
    await factories.answer(database, answer_sheet_id=sheets[1], question_id=asked_for["burden"], codes=[], number=4.0)
    closed = (await factories.survey(database, status="CLOSED"))["id"]
    sheet = (await factories.answer_sheet(database, survey_id=closed))["id"]
    await factories.participation(database, survey_id=closed, status="COMPLETED", answer_sheet_id=sheet)
    await factories.participation(database, survey_id=closed, status="INVITED")
    await database.execute(
        "INSERT INTO identity.mutation (caller, name, client_mutation_id, input_hash) VALUES ($1, 'x', 'x', 'x')",
        member,
    )


async def test_every_violation_is_detected(network: Network) -> None:
    transaction = network.database.transaction()
    await transaction.start()
    try:
        await plant(network)
        found = await wrong(network)
    finally:
        await transaction.rollback()
    assert sorted(found) == sorted(
        [
            *WRONG,
            "a sheet has answers to two forms",
            "answers were sent that answer nothing",
            "a hidden question is answered: ['how'] of Chain",
            "a required question is not answered: ['treated'] of Chain",
            "a hidden question is answered: ['burden'] of Chain",
        ]
    )
