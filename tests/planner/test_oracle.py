"""Generated operations get the same result from the planner's statements and from an oracle that does not use it."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from graphql import GraphQLSchema, get_named_type, parse, print_schema, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import logins
from models.identity.members import Sharing
from models.languages import language_of
from models.security.read_rules import open_tables
from models.viewers import Audience, Viewer
from planner.operations import Planner
from planner.tables import Ordered
from tests import factories
from tests.oracle.execution import CIPHER, PAGE, Oracle, differences
from tests.oracle.rows import Found, Snapshot, VisibleRows, read_snapshot
from tests.oracle.shared import TABLES, id_of
from tests.planner.test_finishing import WORDS, ViewCase, pool_of
from tests.planner.test_oracle_readers import ELSEWHERE, objects, unread
from tests.support.clusters import clone
from tests.support.documents import Walk, every_field, inside, takes_input
from tests.support.random_operations import Made, Pool, Writer, mistakes, operations

EXAMPLES, MANY_EXAMPLES = 10, 100  # of each viewer
VIEWERS = {  # viewers, by the local part of their @demo.example address
    "anybody": Audience.PUBLIC,
    "patient": Audience.PATIENT,
    "relative": Audience.PATIENT,
    "association": Audience.PATIENT,
    "laboratory": Audience.BUYER,
    "insurer": Audience.BUYER,
    "manager": Audience.MANAGER,
}
SLOW = {"relative", "association", "insurer"}  # viewers whose view another viewer has too
QUICK = [name for name in VIEWERS if name not in SLOW]
OFTEN = {"patient": 4}  # operations of one example: most of the graph is theirs
CURSORS = {  # where each list's cursors are found, by its coordinate; the first of `places` that has any gives them
    "Query.communities": "{ communities(first: 9) { edges { cursor } } }",
    "Query.treatments": "{ treatments(first: 9) { edges { cursor } } }",
    "Query.surveys": "{ surveys(first: 9) { edges { cursor } } }",
    "Query.flags": "{ flags(first: 9) { edges { cursor } } }",
    "Query.appeals": "{ appeals(first: 9) { edges { cursor } } }",
    "Query.conditions": "{ conditions(first: 9) { edges { cursor } } }",
    "Query.catalogueChanges": "{ catalogueChanges(first: 9) { edges { cursor } } }",
    "Query.staff": "{ staff(first: 9) { edges { cursor } } }",
    "Staff.changes": "{ staff(first: 9) { nodes { changes(first: 3) { edges { cursor } } } } }",
    "Query.readingAlerts": "{ readingAlerts(first: 9) { edges { cursor } } }",
    "Query.licences": "{ licences(first: 9) { edges { cursor } } }",
    "Query.organizations": "{ organizations(first: 9) { edges { cursor } } }",
    "Organization.users": "{ viewer { organization { users(first: 9) { edges { cursor } } } } }",
    "Query.dataUses": "{ dataUses(first: 9) { edges { cursor } } }",
    "Query.ledgerEntries": "{ ledgerEntries(first: 9) { edges { cursor } } }",
    "Query.datasets": "{ datasets(first: 9) { edges { cursor } } }",
    "Community.insights": "{ communities(first: 90) { nodes { insights(first: 3) { edges { cursor } } } } }",
    "Dataset.insights": "{ datasets(first: 9) { nodes { insights(first: 3) { edges { cursor } } } } }",
    "Me.dataUses": "{ me { dataUses(first: 9) { edges { cursor } } } }",
    "Community.datasets": "{ communities(first: 90) { nodes { datasets(first: 3) { edges { cursor } } } } }",
    "Treatment.insights": "{ treatments(first: 90) { nodes { insights(first: 3) { edges { cursor } } } } }",
    "Community.treatments": "{ communities(first: 9) { nodes { treatments(first: 3) { edges { cursor } } } } }",
    "Community.members": "{ communities(first: 9) { nodes { members(first: 3) { edges { cursor } } } } }",
    "Community.discussions": "{ communities(first: 9) { nodes { discussions(first: 3) { edges { cursor } } } } }",
    "Community.surveys": "{ communities(first: 9) { nodes { surveys(first: 3) { edges { cursor } } } } }",
    "Discussion.posts": "{ communities(first: 9) { nodes { discussions(first: 3) { nodes { posts(first: 3)"
    " { edges { cursor } } } } } } }",
    "Treatment.evaluations": "{ treatments(first: 30) { nodes { evaluations(first: 2) { edges { cursor } } } } }",
    "Me.observations": "{ me { observations(first: 30) { edges { cursor } } } }",
    "Me.notifications": "{ me { notifications(first: 9) { edges { cursor } } } }",
    "Me.proposals": "{ me { proposals(first: 9) { edges { cursor } } } }",
    "OwnIndicator.observations": "{ me { ownIndicators { observations(first: 9) { edges { cursor } } } } }",
    "Query.missingTranslations": "{ missingTranslations(first: 9) { edges { cursor } } }",
    "Query.catalogueProposals": "{ catalogueProposals(first: 9) { edges { cursor } } }",
    "Me.dataReads": "{ me { dataReads(first: 9) { edges { cursor } } } }",
}
WEIGHTS = {  # the viewer's own fields and lists of members' rows, more often than the catalogue
    "Query.me": 8, "Query.discussion": 4, "Query.community": 4, "Query.member": 3, "Query.survey": 4, "Query.node": 2,
    "Query.surveys": 2, "Query.flags": 2, "Query.licences": 2, "Query.organization": 4, "Query.treatment": 2,
    "Me.dashboard": 4, "Me.observations": 4, "Me.participations": 3, "Me.notifications": 2, "Me.courses": 2,
    "CareLink.dashboard": 3, "Query.nodes": 2, "Me.ownIndicators": 2, "Dashboard.ownSeries": 3,
    "Me.ownTreatments": 2, "Dashboard.ownCourses": 3, "Me.proposals": 2,
    "Discussion.posts": 4, "Community.discussions": 3, "Community.members": 3, "Treatment.evaluations": 3,
    "Survey.questions": 3, "Member.series": 2, "Member.courses": 2,
    "Survey.eligibility": 3, "Post.removalReason": 3, "Post.removedBody": 3, "Member.suspension": 3,
    "Query.insight": 3, "Query.dataset": 3, "Query.dataUses": 2, "Query.datasets": 2, "Insight.cells": 3,
    "Me.dataUses": 2, "Me.privacyLoss": 2,
}  # fmt: skip
SERIES = """{
  member(pseudonym: "arthritis-017") { series(indicator: %s, interval: MONTH) { startsOn mean minimum count } }
}"""
SELDOM = """
    insert into identity.session (account_id, token_hash, device, created_at, last_seen_at, expires_at)
        select id, sha256((id::text || n)::bytea), 'Device ' || n, created_at, now(), now() + n * interval '1 day'
        from identity.account, generate_series(-1, 2) n where email like '%@demo.example';
    update care.observation set note = 'As yesterday', by_relative = true where id::text < '4';
    update care.post set edited_at = created_at + interval '90.5 seconds' where id::text < '4';
    update research.answer set day = date '2026-03-02' where number is not null;
    update catalog.question set help = 'There is no wrong answer' where position = 1;
    update catalog.question set bins = '{0, 2.5, 10}' where kind = 'NUMBER' and version = 1;
    insert into catalog.notice (purpose, version, language, in_force_on, text)
        select purpose, version, language, day, text || ' in ' || language
        from unnest(array['EN', 'FR']) language, (values
            ('SURVEY_RESEARCH', 'past', date '2024-01-01', 'As it was'),
            ('SURVEY_RESEARCH', 'present', current_date, 'As it is from today'),
            ('TRACKING_RESEARCH', 'future', current_date + 30, 'As it will be')) n (purpose, version, day, text);
    insert into catalog.eligibility (survey_id) select id from catalog.survey where id::text < '3';
    insert into catalog.eligibility (survey_id, kinds, sexes, born_from, born_to, treatment_ids, regions)
        select id, '{RELATIVE,PATIENT}', '{MALE}', 1950, case when status <> 'OPEN' then 2001 end,
            array(select id from catalog.treatment order by name desc limit 3) || gen_random_uuid(), '{Bretagne,Corse}'
        from catalog.survey where id::text > 'c' or status in ('DRAFT', 'RELEASED') and id::text >= '3';
    update care.post set author_id = known.member_id
        from (select member_id, row_number() over (order by email) as n from identity.account
            where member_id is not null and email like '%@demo.example') known,
            (select id, row_number() over (order by id) as n from care.post) placed
        where placed.id = post.id and placed.n % 9 = known.n;
    update care.post set body = null, removed = true where id::text < '4';
    insert into care.removal (post_id, reason)
        select id, 'Said of ' || id from care.post where removed and id::text > '04';
    insert into care.removed_text (post_id, author_id, body)
        select post.id, author_id, 'Text of ' || post.id from care.post join care.removal on post_id = post.id;
    update care.membership set role = 'AMBASSADOR' where member_id::text < '2' or member_id in (
        select member_id from identity.account where email like 'patient@%');
    insert into care.own_indicator (member_id, name, scale, unit, minimum, maximum)
        select member_id, 'Own ' || n, 'QUANTITY', 'km', 0, 50 from identity.account, generate_series(1, 3) n
        where member_id is not null and email like '%@demo.example';
    insert into care.own_observation (member_id, own_indicator_id, value, observed_on, note, by_relative)
        select member_id, id, n * 3.25, current_date - n * 5, case n % 3 when 0 then 'Noted' end, n % 4 = 0
        from care.own_indicator, generate_series(1, 12) n where n % 3 <> 1 or name <> 'Own 2';
    insert into care.own_treatment (member_id, name, kind)
        select member_id, 'Own ' || n, (array['DEVICE', 'THERAPY', 'LIFESTYLE'])[n]
        from identity.account, generate_series(1, 3) n where member_id is not null and email like '%@demo.example';
    insert into care.own_course (member_id, own_treatment_id, status, started_on, ended_on, dose, stop_reason)
        select member_id, id, case n % 2 when 0 then 'ACTIVE' else 'STOPPED' end, current_date - n * 60,
            case n % 2 when 1 then current_date - n * 50 end, case n % 3 when 0 then 'Twice a day' end,
            case n % 2 when 1 then 'COST' end
        from care.own_treatment, generate_series(1, 12) n where n % 3 <> 1 or name <> 'Own 2';
    insert into care.catalogue_proposer (member_id) select member_id from care.own_indicator;
    insert into care.catalogue_proposal
            (id, kind, name, description, proposed_on, status, reason, decided_on, treatment_id)
        select id, case n % 3 when 0 then 'TREATMENT' when 1 then 'SYMPTOM' else 'CONDITION' end, 'Proposal ' || n,
            case n % 2 when 0 then 'Missed' end, date '2026-03-02' + n::integer,
            case n % 3 when 0 then 'MERGED' else 'OPEN' end, case n % 3 when 0 then 'Same' end,
            case n % 3 when 0 then date '2026-05-02' end,
            case n % 3 when 0 then (select min(id::text)::uuid from catalog.treatment) end
        from (select id, row_number() over (order by member_id, id) as n from care.catalogue_proposer) made;
    update care.own_indicator i set proposal_id = (
        select min(p.id::text)::uuid from care.catalogue_proposer p where p.member_id = i.member_id)
        where name = 'Own 1';
    update care.own_treatment t set proposal_id = (
        select max(p.id::text)::uuid from care.catalogue_proposer p where p.member_id = t.member_id)
        where name = 'Own 1';
    insert into insight.webhook (organization_id, url, description, events, secret, previous_secret, previous_until)
        select id, 'https://hooks' || n || '.example.org/in', 'Webhook ' || n, '{DATASET_FROZEN}', '\\x00', '\\x00',
            date_trunc('second', now()) + (n - 1) * interval '1 day'
        from insight.organization, generate_series(1, 2) n;
    insert into insight.webhook_delivery (webhook_id, event, attempts, failure, response_status, attempted_at)
        select id, case n when 1 then 'DATASET_FROZEN' end, n, case n when 2 then 'STATUS' end,
            case n when 2 then 503 end, case n when 2 then now() end
        from insight.webhook, generate_series(1, 3) n;
    update identity.staff set roles = roles || '{CATALOGUE_EDITOR,ADMINISTRATOR}';
    insert into identity.staff (name, roles)
        select 'Staff ' || n, (array['MODERATOR', 'SURVEY_MANAGER', 'DATA_STEWARD'])[n : n]
        from generate_series(1, 3) n;
    insert into identity.staff_change (staff_id, kind, roles, by_staff_id, changed_at)
        select s.id, case n when 1 then 'CREATED' when 2 then 'ROLES_CHANGED' else 'SUSPENDED' end, s.roles,
            case n % 2 when 0 then (select staff_id from identity.account where email = 'manager@demo.example') end,
            now() - n * interval '90.5 minutes'
        from identity.staff s, generate_series(1, 3) n;
    insert into identity.second_factor (account_id, kind, name, secret, last_step, created_at, last_used_on)
        select id, 'TOTP', 'Phone ' || n, '\\x01', n, now() - n * interval '1 hour',
            case n when 1 then date '2026-03-02' end
        from identity.account, generate_series(1, 2) n where email like '%@demo.example';
    insert into catalog.catalogue_change
            (subject_type, subject_id, field, before, after, staff_id, changed_by, changed_at)
        select t.subject, t.id, case n when 1 then 'name' end, case n when 1 then 'As it was' end,
            case n when 1 then 'As it is' end, t.staff_id, case when t.staff_id is not null then 'Staff' end,
            now() - n * interval '7.5 minutes'
        from generate_series(0, 1) n, (
            (select 'com' as subject, id, null::uuid as staff_id from catalog.community order by id limit 4)
            union all (select 'con', id, null from catalog.condition order by id limit 2)
            union all (select 'ind', id, null from catalog.indicator order by id limit 2)
            union all (select 'trt', t.id, s.id from catalog.treatment t, identity.staff s
                order by t.id, s.id limit 2)) t;
    insert into care.verification (member_id, staff_id, verified, reason, full_name, created_at)
        select member_id, (select min(id::text)::uuid from identity.staff), n = 1, case n when 1 then 'Known' end,
            full_name, now() - n * interval '30.5 hours'
        from catalog.association, generate_series(1, 2) n;
    insert into care.pin (member_id, community_id, discussion_id, created_at)
        select distinct on (a.member_id, d.community_id) a.member_id, d.community_id, d.id, now() - interval '1 hour'
        from catalog.association a join care.discussion d on d.community_id = any (a.community_ids)
        where care.may_pin(a.member_id, d.community_id, d.id)
        order by a.member_id, d.community_id, d.id;
    insert into care.appeal
            (post_id, author_id, removed_at, status, created_at, staff_id, resolution, resolved_at, text)
        select r.post_id, p.author_id, r.created_at, status, r.created_at + interval '1.5 hours',
            case status when 'OPEN' then null else (select min(id::text)::uuid from identity.staff) end,
            case status when 'OPEN' then null else 'Decided' end,
            case status when 'OPEN' then null else r.created_at + interval '1 day' end, 'About ' || r.post_id
        from care.removal r join care.post p on p.id = r.post_id,
            lateral (select case when p.id::text < '04c' then 'OPEN' when p.id::text < '06' then 'DECLINED'
                else 'ACCEPTED' end) s (status)
        where p.author_id is not null;
    insert into care.reading_alert (member_id, day) select id, '2026-03-31' from care.member order by id limit 3;
    insert into care.data_read (member_id, kind, read_at, reader, staff_roles, relative_id, document)
        select a.member_id, k.kind, now() - n * interval '7 minutes', r.reader,
            case r.reader when 'STAFF' then array['MODERATOR'] else '{}' end,
            case when r.reader = 'RELATIVE' and n <> 2 then (select min(id::text)::uuid from care.member) end, k.kind
        from identity.account a, (values ('STAFF'), ('RELATIVE')) r (reader),
            (values (1, 'PROFILE'), (2, 'COURSES'), (3, 'OBSERVATIONS')) k (n, kind)
        where a.member_id is not null and a.email like '%@demo.example';
    insert into care.suspension (member_id, until, reason, created_at)
        select id, case n % 3 when 1 then now() + interval '9 days' when 2 then now() - interval '1 day' end,
            'Said to ' || pseudonym, now() - n * interval '90.5 minutes'
        from (select id, pseudonym, row_number() over (order by pseudonym in
            ('Camille', 'Dominique', 'SEP Ensemble') desc, pseudonym) as n from care.member) member
        where n <= 3 or id::text < '6';
    update care.flag set resolution = 'It insults nobody', resolved_at = created_at + interval '1 hour'
        where status = 'DISMISSED';
    update care.flag set resolved_at = created_at + interval '2.5 hours' where status = 'UPHELD';
"""  # rows that the demonstration lacks or has few of
HOW = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


class OracleCase:
    """One viewer, with the planner and the oracle to compare."""

    def __init__(self, view_case: ViewCase, oracle: Oracle, often: int = 1) -> None:
        self.view_case, self.oracle, self.often = view_case, oracle, often

    async def differences(self, text: str, variables: dict[str, Any] | None = None) -> list[str]:
        made = Made(text, variables or {})
        assert mistakes(self.view_case.planner.schema, text) == []
        return differences(self.oracle.answer(made.document, made.variables), await self.view_case.fast(made))


@pytest_asyncio.fixture(scope="module")
async def quiet_dsn(template: str) -> AsyncIterator[str]:
    """Yields the address of a database that does not change while it is compared with its snapshot."""
    async with clone(template) as address:
        await logins.open_roles(address)
        superuser = await asyncpg.connect(address)
        await superuser.execute(SELDOM)
        await superuser.close()
        yield address


@pytest_asyncio.fixture(scope="module")
async def snapshot(quiet_dsn: str) -> Snapshot:
    """Yields all rows of the quiet database."""
    superuser = await asyncpg.connect(quiet_dsn)
    found = await read_snapshot(superuser, WORDS)
    await superuser.close()
    return found


@pytest_asyncio.fixture(
    scope="module",
    params=[pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in VIEWERS],
)
async def oracle_case(
    request: pytest.FixtureRequest, quiet_dsn: str, snapshot: Snapshot, schemas: dict[Audience, GraphQLSchema]
) -> AsyncIterator[OracleCase]:
    """Yields each viewer in turn, with the planner and the oracle to compare."""
    audience = VIEWERS[request.param]
    viewer, schema = viewer_called(snapshot, request.param, audience), schemas[audience]
    if any(unread(schema)):
        pytest.skip("tests/planner/test_oracle_readers.py reports what the oracle cannot read")
    superuser = await asyncpg.connect(quiet_dsn)
    pool = await pool_of(superuser) | values_of(snapshot, viewer)
    await superuser.close()
    async with await logins.pool(quiet_dsn, audience, 1, 30.0) as opened:
        planner = Planner(schema, audience, open_tables=open_tables(audience), cursors=CIPHER)
        view_case = ViewCase(planner, viewer, opened, pool)
        pool |= await cursors_of(view_case)
        oracle = Oracle(print_schema(schema), VisibleRows(snapshot, viewer))
        yield OracleCase(view_case, oracle, OFTEN.get(request.param, 1))


def viewer_called(snapshot: Snapshot, name: str, audience: Audience) -> Viewer:
    for account in snapshot.tables["identity.account"]:
        if account["email"] == f"{name}@demo.example":
            sessions = [row for row in snapshot.tables["identity.session"] if row["account_id"] == account["id"]]
            ids = {kind: account[f"{kind}_id"] for kind in ("member", "organization", "staff")}
            language = language_of(account["locale"])
            return Viewer(audience, account["id"], sessions[-1]["id"], **ids, language=language)
    return Viewer()


def values_of(snapshot: Snapshot, viewer: Viewer) -> Pool:
    """Argument values that match many rows, of the whole network and of the viewer."""
    tables = snapshot.tables
    longest = sorted(tables["care.discussion"], key=lambda row: row["post_count"], reverse=True)[:4]
    network = {row["community_id"] for row in tables["care.membership"] if row["member_id"] == viewer.member}
    slugs = [row["slug"] for row in tables["catalog.community"] if row["id"] in network]
    notifications = [f"ntf_{row['id']}" for row in tables["care.notification"] if row["member_id"] == viewer.member][:4]
    evaluated = Counter(row["treatment_id"] for row in tables["care.evaluation"]).most_common(4)
    common = {id for id, _ in evaluated}
    surveys = {row["status"]: f"svy_{row['id']}" for row in tables["catalog.survey"]}  # one of each status
    taken = [f"svy_{row['survey_id']}" for row in tables["research.participation"] if row["member_id"] == viewer.member]
    tracked = {row["indicator_id"] for row in tables["care.observation"] if row["member_id"] == viewer.member}
    scored = [row["id"] for row in tables["catalog.indicator"] if row["slug"] == "arthritis-self-assessment"]
    gone = sorted((row for row in tables["care.post"] if row["removed"]), key=lambda row: row["id"], reverse=True)
    removed = [row for row in gone if row["author_id"] == viewer.member][:2] + gone[:2]
    ids = [
        *notifications,
        *(f"pst_{row['id']}" for row in removed),
        *(id for kind, (_, table) in TABLES.items() if table for id in ids_of(kind, tables[table], viewer)),
        *(f"vwr_{id}" for id in (viewer.member or viewer.organization or viewer.staff or UUID(int=0), UUID(int=9))),
        "obs_nonsense",
    ]
    return {
        "Query.discussion.id": [f"dis_{row['id']}" for row in longest],
        "Query.survey.id": [*surveys.values(), *taken],
        "Query.community.slug": [*slugs, "rheumatoid-arthritis", "nowhere"],
        "Query.treatment.slug": [row["slug"] for row in tables["catalog.treatment"] if row["id"] in common],
        "Me.observations.indicator": [f"ind_{id}" for id in sorted(tracked)[:4]] + ["nonsense"],
        "Member.series.indicator": [f"ind_{id}" for id in [*scored, *sorted(tracked)[:3]]],
        "Me.dashboard.from": [f"{snapshot.today - timedelta(days=days)}" for days in (400, 90, 7, -7)],
        "Me.dashboard.to": [f"{snapshot.today - timedelta(days=days)}" for days in (300, 30, 0, -7)],
        "indicators": [[f"ind_{id}" for id in some] for some in ([], sorted(tracked)[:2], scored, [*scored, *tracked])],
        "Query.node.id": ids,
        "Query.nodes.ids": [ids[at :: len(ids) // 5] for at in range(len(ids) // 5)] + [[]],
    }


def ids_of(kind: str, rows: list[Found], viewer: Viewer) -> list[str]:
    """Ids of a type: of the first row, of the last, and of the first that is the viewer's own."""
    assert rows, f"add rows of {kind} to SELDOM"
    own = [row for row in rows if viewer.member in (row.get("member_id", ""), row.get("patient_id", ""))][:1]
    return list(dict.fromkeys(id_of(kind, row) for row in (*rows[:1], *rows[-1:], *own)))


async def cursors_of(view_case: ViewCase) -> Pool:
    found: Pool = {}
    for coordinate, text in CURSORS.items():
        if validate(view_case.planner.schema, parse(text), hide_suggestions=True) == []:
            found[coordinate] = list(cursors_in(await view_case.fast(Made(text, {}))))[:40]
    return found


def cursors_in(answer: Any) -> list[str]:
    if isinstance(answer, list):
        return [cursor for each in answer for cursor in cursors_in(each)]
    if isinstance(answer, dict):
        return [each for key, value in answer.items() for each in ([value] if key == "cursor" else cursors_in(value))]
    return []


@pytest.mark.parametrize("oracle_case", QUICK, indirect=True)
@settings(HOW, max_examples=EXAMPLES)
@given(data=st.data())
async def test_the_statement_returns_what_the_oracle_returns(oracle_case: OracleCase, data: st.DataObject) -> None:
    await expect_the_oracles_answer(oracle_case, data)


@pytest.mark.slow
@settings(HOW, max_examples=MANY_EXAMPLES)
@given(data=st.data())
async def test_many_statements_return_what_the_oracle_returns(oracle_case: OracleCase, data: st.DataObject) -> None:
    await expect_the_oracles_answer(oracle_case, data)


async def expect_the_oracles_answer(oracle_case: OracleCase, data: st.DataObject) -> None:
    for _ in range(oracle_case.often):
        made = data.draw(operations(oracle_case.view_case.planner.schema, oracle_case.view_case.pool, WEIGHTS))
        assert await oracle_case.differences(made.text, made.variables) == []


async def test_every_field_of_the_view_returns_what_the_oracle_returns(oracle_case: OracleCase) -> None:
    """Uses the last of the indicators that have observations."""
    for text in fields_with(oracle_case, oracle_case.view_case.pool["Member.series.indicator"][-1]):
        assert await oracle_case.differences(text) == []


@pytest.mark.slow
@pytest.mark.parametrize("oracle_case", ["patient", "relative", "association"], indirect=True)
async def test_every_field_of_another_indicator_returns_what_the_oracle_returns(oracle_case: OracleCase) -> None:
    """Uses the first indicator, in the queries that take one; the others are those of the test above."""
    indicator = oracle_case.view_case.pool["Member.series.indicator"][0]
    texts = [text for text in fields_with(oracle_case, indicator) if indicator in text]
    assert len(texts) > 3
    for text in texts:
        assert await oracle_case.differences(text) == []


def fields_with(oracle_case: OracleCase, indicator: str) -> Iterator[str]:
    """A query for each root field of the view, with this indicator wherever one is taken."""
    pool = oracle_case.view_case.pool
    found = {
        "slug": pool["Query.community.slug"][0],
        "treatment.slug": pool["Query.treatment.slug"][0],
        "indicator": indicator,
        "search": WORDS[0],
        "pseudonym": "arthritis-017",
        "changeFrom.insight": "ins_00000000-0000-4000-8000-000000000000",
        **{name: pool[f"Query.{name}.id"][0] for name in ("discussion", "survey", "node", "dataset", "insight")},
        "ids": pool["Query.nodes.ids"][0],
    }
    values = {"interval": "MONTH", "precision": "WITHIN_20"}
    values |= {name: json.dumps(value) for name, value in found.items()}
    yield from every_field(oracle_case.view_case.planner.schema, values)
    if oracle_case.view_case.viewer.audience is Audience.PATIENT:
        yield SERIES % json.dumps(indicator)


@pytest.mark.slow
async def test_a_node_of_every_type_returns_what_the_oracle_returns(oracle_case: OracleCase) -> None:
    schema = oracle_case.view_case.planner.schema
    selected = inside(schema.type_map["Node"], Walk(schema, {}), 0)
    text = f"query ($id: ID!) {{ node(id: $id) {{ {selected} }} }}"  # parsed and validated once
    for id in oracle_case.view_case.pool["Query.node.id"]:
        assert await oracle_case.differences(text, {"id": id}) == []


def test_every_list_is_paged_with_a_cursor(schemas: dict[Audience, GraphQLSchema]) -> None:
    lists = {
        f"{kind.name}.{name}"
        for schema in schemas.values()
        for kind in objects(schema)
        for name, field in kind.fields.items()
        if "after" in field.args
    }
    assert lists - set(CURSORS) == set(), (
        "add to CURSORS in tests/planner/test_oracle.py where each list's cursors are found"
    )


async def test_generated_operations_have_a_value_for_every_argument(oracle_case: OracleCase) -> None:
    schema, pool = oracle_case.view_case.planner.schema, oracle_case.view_case.pool
    writer = Writer(lambda _: None, schema, pool)
    missing = [
        f"{kind.name}.{name}: {argument}"
        for kind in objects(schema)
        for name, field in kind.fields.items()
        if not takes_input(field)
        for argument, declared in field.args.items()
        if argument not in (*PAGE, *ELSEWHERE.get(f"{kind.name}.{name}", ()))
        if not writer.values(kind, name, argument, get_named_type(declared.type))
    ]
    assert missing == [], "add values under the argument's name to `pool_of` in tests/planner/test_finishing.py"


async def walk(view_case: ViewCase, field: str, size: str, cursor: str, end: str) -> list[str]:
    """The ids of a list, read page by page to its end; `field` is a query with a placeholder for paging arguments."""
    found: list[str] = []
    given = ""
    while True:
        page = f"({size}: 7{given}) {{ nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage {end} }} }}"
        answer = await view_case.fast(Made(field.replace("...", page), {}))
        while "nodes" not in answer:
            (answer,) = answer.values()
        ids, about = [node["id"] for node in answer["nodes"]], answer["pageInfo"]
        found = ids + found if size == "last" else found + ids
        if not about["hasPreviousPage" if size == "last" else "hasNextPage"]:
            return found
        assert len(ids) == 7
        given = f', {cursor}: "{about[end]}"'


async def test_pages_of_seven_contain_every_row_once_in_both_directions(
    fresh: str, schemas: dict[Audience, GraphQLSchema]
) -> None:
    superuser = await asyncpg.connect(fresh)
    member = await factories.member(superuser, sharing=Sharing.ONLY_ME)
    discussion = await factories.discussion(superuser, author_id=member["id"])
    indicators = [(await factories.indicator(superuser))["id"] for _ in range(4)]
    # Four of each moment and five of each day: the ids break ties.
    await superuser.execute(
        "insert into care.post (discussion_id, body, created_at)"
        " select $1, 'Hello', timestamptz '2026-03-02 12:00:00.123456+00' + n / 4 * interval '1 second'"
        " from generate_series(1, 508) n", discussion["id"]
    )  # fmt: skip
    await superuser.execute(
        "insert into care.observation (member_id, indicator_id, value, observed_on)"
        " select $1, ($2::uuid[])[n % 4 + 1], 1, date '2026-03-02' - n / 4 from generate_series(0, 507) n",
        member["id"], indicators,
    )  # fmt: skip
    posts = await superuser.fetch(
        "select id from care.post where discussion_id = $1 order by created_at, id", discussion["id"]
    )
    days = await superuser.fetch(
        "select id from care.observation where member_id = $1 order by observed_on desc, id desc", member["id"]
    )
    await superuser.close()
    await logins.open_roles(fresh)
    async with await logins.pool(fresh, Audience.PATIENT, 1, 30.0) as opened:
        viewer = Viewer(Audience.PATIENT, member=member["id"])
        view_case = ViewCase(Planner(schemas[Audience.PATIENT], Audience.PATIENT), viewer, opened, {})
        field = f'{{ discussion(id: "dis_{discussion["id"]}") {{ posts... }} }}'
        forwards = await walk(view_case, field, "first", "after", "endCursor")
        assert forwards == [f"pst_{row['id']}" for row in posts]
        assert await walk(view_case, field, "last", "before", "startCursor") == forwards
        observations = await walk(view_case, "{ me { observations... } }", "first", "after", "endCursor")
        assert observations == [f"obs_{row['id']}" for row in days]
        assert len(set(forwards)) == len(set(observations)) == 508


LAST_POSTS = "{ discussion(id: %s) { posts(last: 3) { nodes { id } pageInfo { startCursor hasNextPage } } } }"
NODES = "{ node(id: %s) { ... on Post { removalReason } ... on Member { suspension { until reason createdAt } } } }"
TEXTS = "{ node(id: %s) { ... on Post { removedBody } } }"
SHARED = (
    "{ community(slug: %s) { discussions(first: 50) { nodes { posts(first: 20) { nodes { "
    "author { pseudonym ageBand region } } } } } } }"
)


@pytest.mark.parametrize("oracle_case", ["patient"], indirect=True)
async def test_the_oracle_detects_a_page_that_is_not_reversed(
    oracle_case: OracleCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = LAST_POSTS % json.dumps(oracle_case.view_case.pool["Query.discussion.id"][0])
    assert await oracle_case.differences(text) == []
    monkeypatch.setattr(Ordered, "turned", lambda rows: rows)
    assert len(await oracle_case.differences(text)) == 4  # three posts and a cursor


@pytest.mark.parametrize("oracle_case", ["patient"], indirect=True)
async def test_the_oracle_detects_rows_that_the_viewer_may_not_see(oracle_case: OracleCase, quiet_dsn: str) -> None:
    texts = [SHARED % json.dumps(slug) for slug in oracle_case.view_case.pool["Query.community.slug"]]
    assert [await oracle_case.differences(text) for text in texts] == [[]] * len(texts)
    async with asyncpg.create_pool(quiet_dsn, min_size=1, max_size=1) as unbound:
        view_case = ViewCase(oracle_case.view_case.planner, oracle_case.view_case.viewer, unbound, {})
        case = OracleCase(view_case, oracle_case.oracle)
        assert any([await case.differences(text) for text in texts])  # in some, all authors share their profiles


@pytest.mark.parametrize("oracle_case", ["patient"], indirect=True)
async def test_the_oracle_detects_moderation_reasons_meant_for_others(
    oracle_case: OracleCase, quiet_dsn: str, snapshot: Snapshot
) -> None:
    own, tables = oracle_case.view_case.viewer.member, snapshot.tables
    authors = {row["id"]: row["author_id"] for row in tables["care.post"]}
    in_force = [
        row["member_id"] for row in tables["care.suspension"] if not row["until"] or row["until"] > snapshot.now
    ]
    reasons = [(f"pst_{row['post_id']}", "removalReason", authors[row["post_id"]]) for row in tables["care.removal"]]
    reasons += [(f"pst_{row['post_id']}", "removedBody", row["author_id"]) for row in tables["care.removed_text"]]
    reasons += [(f"mbr_{member}", "suspension", member) for member in in_force]
    async with asyncpg.create_pool(quiet_dsn, min_size=1, max_size=1) as unbound:
        anyone = OracleCase(
            ViewCase(oracle_case.view_case.planner, oracle_case.view_case.viewer, unbound, {}), oracle_case.oracle
        )
        for name in ("removalReason", "removedBody", "suspension"):
            theirs, others = (
                [id for id, field, whom in reasons if field == name and (whom == own) is mine] for mine in (True, False)
            )
            assert theirs
            assert others
            for id in (*theirs, *others[:9]):
                text = (TEXTS if name == "removedBody" else NODES) % json.dumps(id)
                assert await oracle_case.differences(text) == []
                assert ((await oracle_case.view_case.fast(Made(text, {})))["node"][name] is None) == (id in others)
                assert len(await anyone.differences(text)) == (id in others)


@pytest.mark.parametrize("oracle_case", ["anybody"], indirect=True)
async def test_the_notice_in_force_is_the_latest_whose_day_has_come(oracle_case: OracleCase) -> None:
    for arguments, language in (("", "EN"), ("(language: EN)", "EN"), ("(language: FR)", "FR")):
        text = f"{{ notices{arguments} {{ purpose version language }} }}"
        assert await oracle_case.differences(text) == []
        assert await oracle_case.view_case.fast(Made(text, {})) == {
            "notices": [
                {"purpose": "SURVEY_RESEARCH", "version": "present", "language": language},
                {"purpose": "TRACKING_RESEARCH", "version": "2026-3", "language": language},
            ]
        }


@pytest.mark.parametrize("oracle_case", ["anybody"], indirect=True)
@pytest.mark.parametrize(
    ("search", "communities"),
    [
        ("sclerose en plaques", ["Multiple sclerosis"]),
        ("SCLÉROSE plaq", ["Multiple sclerosis"]),
        ("polyarthrite", ["Rheumatoid arthritis"]),
        ("sclerosis nowhere", []),
        ("", []),
        ("' & !:* <->", []),
    ],
)
async def test_a_search_finds_lay_words_with_or_without_accents(
    oracle_case: OracleCase, search: str, communities: list[str]
) -> None:
    text = "query ($search: String) { communities(search: $search) { nodes { name } } }"
    answer = await oracle_case.view_case.fast(Made(text, {"search": search}))
    assert [node["name"] for node in answer["communities"]["nodes"]] == communities


@pytest.mark.parametrize("oracle_case", ["anybody"], indirect=True)
async def test_a_lay_word_finds_the_symptom(oracle_case: OracleCase) -> None:
    for word, name in (("tired", "Fatigue"), ("fatigue", "Fatigue"), ("douleur", "Pain")):
        answer = await oracle_case.view_case.fast(
            Made(f'{{ indicators(search: "{word}", first: 100) {{ name }} }}', {})
        )
        assert name in [indicator["name"] for indicator in answer["indicators"]]
