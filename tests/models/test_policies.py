"""The rights of every role on every table, compared with what models/security declares."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from models import logins
from models.metadata import metadata
from models.migrations import catalogue
from models.security import policies, read_rules
from models.security.publisher import LOGINS, PUBLISHER, READS
from models.viewers import Audience, Login
from tests.support.clusters import run
from tests.support.declared import complaints

PUBLIC, PATIENT, BUYER, MANAGER = Audience.PUBLIC, Audience.PATIENT, Audience.BUYER, Audience.MANAGER

# Who may select from a table, written by hand: p public, m member (patient's view), b buyer, s staff (manager's view),
# c the publisher, who counts records.
EXPECTED = """
catalog.condition            p m b s -
catalog.catalogue_change     - - - s -
catalog.community            p m b s c
catalog.community_indicator  p m b s c
catalog.community_treatment  p m b s c
catalog.indicator            p m b s c
catalog.treatment            p m b s c
catalog.source_entry         - - - - -
catalog.timeline             - - - - -
catalog.survey               - m b s c
catalog.eligibility          - m b s c
catalog.notice               p m b s -
catalog.network_count        p m b s c
catalog.survey_progress      - - - s c
catalog.terms                p m b s -
catalog.help_line            p m b s -
catalog.privacy_notice       p m b s -
catalog.question             - m b s c
catalog.question_option      - m b s c
catalog.visibility_rule      - m b s -
catalog.association          p m - s -
care.verification            - m - s -
care.pin                     - m - s -
care.member                  - m - s -
care.membership              - m - s -
care.discussion              - m - s -
care.discussion_topic        - m - s -
care.post                    - m - s -
care.post_reaction           - m - s -
care.profile                 - m - s -
care.observation             - m - - -
care.own_indicator           - m - - -
care.own_observation         - m - - -
care.own_treatment           - m - - -
care.own_course              - m - - -
care.catalogue_proposal      - m - s -
care.catalogue_proposer      - m - - -
care.course                  - m - - -
care.evaluation              - m - - -
care.side_effect             - m - - -
care.care_link               - m - - -
care.notification            - m - - -
care.diagnosis               - m - - -
care.appeal                  - m - s -
care.flag                    - m - s -
care.removal                 - m - s -
care.removed_text            - m - s -
care.suspension              - m - s -
care.reading_alert           - - - s -
care.data_read               - m - - -
research.consent             - m - - -
research.consent_change      - m - - -
research.participation       - m - - -
research.answer_sheet        - m - - -
research.answer              - m - - -
research.enrolment           - m - - -
research.record              - - - - -
research.freezing            - - - - -
research.survey_opening      - - - - -
research.counted_member      - m - - -
research.counted_membership  - m - - -
insight.count_release        - - - - c
insight.organization         p m b s c
insight.licence              - - b s c
insight.organization_user    - - b s -
insight.release_requester    - - b - -
insight.api_key              - - b - -
insight.webhook              - - b - -
insight.webhook_delivery     - - b - -
insight.dataset              p m b s c
insight.variable             p m b s c
insight.category             p m b s c
insight.release              - m b s c
insight.insight              - m b s c
insight.cell                 - m b s c
insight.statistic            - m b s c
insight.ledger               - - - - c
insight.ledger_entry         p m b s c
identity.account             - m - - -
identity.session             - m - - -
identity.staff               - - - s -
identity.second_factor       - m b s -
identity.second_factor_challenge - - - - -
identity.recovery_code       - - - - -
identity.staff_change        - - - s -
identity.credential          - - - - -
identity.data_export         - - - - -
identity.mutation            - - - - -
identity.registration        - - - - -
identity.pseudonym_look      - - - - -
identity.email_change        - - - - -
identity.password_reset      - - - - -
identity.attempt             - - - - -
identity.outbox_entry        - - - - -
identity.reading             - - - - -
identity.joining             - - - - -
identity.rate_limit          - - - - -
identity.departure           - - - - -
identity.departure_key       - - - - -
"""
READERS = {
    table: {login for login, letter in zip(LOGINS, letters, strict=True) if letter != "-"}
    for table, *letters in (line.split() for line in EXPECTED.split("\n") if line)
}
# Of tables and not of columns. The last one is of PostgreSQL 17 and later.
PRIVILEGES = ("DELETE", "TRUNCATE", "TRIGGER", "REFERENCES", "MAINTAIN")
# Which columns each role may insert and update, and whether it may delete: what the view's mutations write directly.
WRITERS: dict[tuple[str, Login], dict[str, str]] = {
    ("care.observation", PATIENT): {
        "insert": "by_relative indicator_id member_id note observed_on value",
        "update": "by_relative note value",
        "delete": "",
    },
    ("care.own_indicator", PATIENT): {
        "insert": "maximum member_id minimum name scale unit",
        "update": "name proposal_id",
        "delete": "",
    },
    ("care.own_observation", PATIENT): {
        "insert": "by_relative member_id note observed_on own_indicator_id value",
        "update": "by_relative note value",
        "delete": "",
    },
    ("care.own_treatment", PATIENT): {"insert": "kind member_id name", "update": "name proposal_id", "delete": ""},
    ("care.own_course", PATIENT): {
        "insert": "dose member_id own_treatment_id started_on status",
        "update": "ended_on status stop_reason",
    },
    ("care.catalogue_proposer", PATIENT): {"insert": "member_id", "delete": ""},
    ("care.catalogue_proposal", PATIENT): {"insert": "community_id description id kind name"},
    ("care.course", PATIENT): {
        "insert": "community_id dose member_id started_on status treatment_id",
        "update": "ended_on status stop_reason",
    },
    ("care.evaluation", PATIENT): {
        "insert": "comment convenience course_id effectiveness evaluated_on member_id satisfaction treatment_id",
        "update": "comment convenience effectiveness evaluated_on satisfaction",
    },
    ("care.side_effect", PATIENT): {
        "insert": "evaluation_id indicator_id member_id serious severity",
        "delete": "",
    },
    ("care.care_link", PATIENT): {"insert": "patient_id relative_id status", "update": "created_at status"},
    ("care.notification", PATIENT): {"update": "read_at"},
    ("catalog.association", PATIENT): {
        "update": "description email full_name phone postal_address translations website"
    },
    ("care.verification", MANAGER): {"insert": "full_name member_id reason staff_id verified"},
    ("care.pin", PATIENT): {"insert": "community_id discussion_id member_id", "delete": ""},
    ("care.member", PATIENT): {"update": "about"},
    ("care.member", MANAGER): {"update": "verified"},
    ("care.profile", PATIENT): {"update": "birth_year region sex sharing"},
    ("identity.account", PATIENT): {"update": "locale terms_accepted_at terms_version"},
    ("care.membership", PATIENT): {"insert": "community_id member_id", "delete": ""},
    ("care.membership", MANAGER): {"update": "role"},
    ("care.diagnosis", PATIENT): {
        "insert": "community_id diagnosed_in member_id",
        "update": "diagnosed_in",
        "delete": "",
    },
    ("care.discussion", PATIENT): {"insert": "author_id community_id language title"},
    ("care.discussion", MANAGER): {"update": "closed"},
    ("care.discussion_topic", PATIENT): {"insert": "discussion_id indicator_id position treatment_id"},
    ("care.post", PATIENT): {
        "insert": "author_id body discussion_id language",
        "update": "body edited_at language removed",
    },
    ("care.post", MANAGER): {"update": "body removed"},
    ("care.post_reaction", PATIENT): {"insert": "member_id post_id reaction", "delete": ""},
    ("care.flag", PATIENT): {"insert": "member_id note post_id reason", "update": "note reason status"},
    ("care.flag", MANAGER): {"update": "resolution resolved_at staff_id status"},
    ("care.appeal", PATIENT): {"insert": "author_id post_id removed_at text"},
    ("care.appeal", MANAGER): {"update": "resolution resolved_at staff_id status"},
    ("care.removal", MANAGER): {"insert": "post_id reason staff_id"},
    ("care.suspension", MANAGER): {
        "insert": "member_id reason staff_id until",
        "update": "created_at reason staff_id until",
    },
    ("catalog.condition", MANAGER): {
        "insert": "hpo icd10 name orpha translations",
        "update": "hpo icd10 name orpha retired_on translations",
    },
    ("catalog.community", MANAGER): {
        "insert": "condition_id description name needed_count slug status translations words",
        "update": "condition_id description name needed_count translations words",
    },
    ("catalog.indicator", MANAGER): {
        "insert": "hpo kind lay_names loinc maximum minimum name scale slug translations ucum unit words",
        "update": "hpo lay_names loinc maximum minimum name retired_on translations ucum unit words",
    },
    ("catalog.treatment", MANAGER): {
        "insert": "atc inn kind name national_code slug translations words",
        "update": "atc inn kind name national_code retired_on translations words",
    },
    ("catalog.survey", MANAGER): {
        "insert": "closes_on community_id description minimum_participants offered_to opens_on status title"
        " translations",
        "update": "closes_on description revision title translations version",
    },
    ("catalog.eligibility", MANAGER): {
        "insert": "born_from born_to kinds regions sexes survey_id treatment_ids",
        "update": "born_from born_to kinds regions sexes treatment_ids",
    },
    ("catalog.question", MANAGER): {
        "insert": "bins help id key kind max_choices maximum minimum position required survey_id text translations"
        " version",
        "delete": "",
    },
    ("catalog.question_option", MANAGER): {"insert": "code label position question_id translations"},
    ("catalog.visibility_rule", MANAGER): {"insert": "on_key operator position question_id values"},
    ("insight.licence", BUYER): {
        "insert": "community_id ends_on organization_id purpose purpose_kind starts_on status undertakings"
    },
    ("insight.licence", MANAGER): {"update": "price_amount price_currency quota_micro_rho reason status"},
    ("insight.api_key", BUYER): {
        "insert": "expires_at id name organization_id prefix secret_hash",
        "delete": "",
    },
    ("insight.webhook", BUYER): {"insert": "description events id organization_id secret url", "delete": ""},
    ("research.answer", PATIENT): {"insert": "answer_sheet_id codes day number question_id text"},
    ("insight.dataset", PUBLISHER): {
        "insert": "cap_micro_rho collected_from community_id demonstration domain_version ended_on ends_on frozen_on id"
        " kind offered_to progress size sold_micro_rho spent_micro_rho status survey_id title translations wave",
        "update": "ended_on size sold_micro_rho spent_micro_rho status",
    },
    ("insight.variable", PUBLISHER): {
        "insert": "dataset_id demonstration grouping_name groups label max_per_member name ordinal position rule slot"
        " subject_id translations",
        "update": "grouping_name",
    },
    ("insight.category", PUBLISHER): {
        "insert": "code dataset_id demonstration high label low merges place translations value variable"
    },
    ("insight.release", PUBLISHER): {
        "insert": "contributions counts_id cube dataset_id demonstration estimates id improves_id licence_id margin"
        " measured micro_rho noisy organization_id precision published_at purpose salt sigma total_micro_rho variables"
    },
    ("insight.insight", PUBLISHER): {
        "insert": "by community_id dataset_id demonstration id published_at release_id variable"
    },
    ("insight.cell", PUBLISHER): {
        "insert": "by category count demonstration high insight_id low margin place reliability share"
    },
    ("insight.statistic", PUBLISHER): {
        "insert": "by demonstration high insight_id low measure place reliability value"
    },
    ("insight.ledger_entry", PUBLISHER): {
        "insert": "commitment community_id count_release_id dataset_id dataset_title demonstration hash micro_rho"
        " organization_id organization_name position previous_hash published_at purpose purpose_kind release_id"
        " results_of results_url variables version"
    },
    ("insight.count_release", PUBLISHER): {
        "insert": "community_id demonstration id kind micro_rho noisy published_at salt survey_id"
    },
    ("catalog.network_count", PUBLISHER): {"insert": "active_members counted_on demonstration treatments_followed"},
    ("catalog.survey_progress", PUBLISHER): {
        "insert": "completed counted_on demonstration eligible invited started survey_id",
        "update": "completed counted_on eligible invited started",
    },
}
PERSONAL = ("care", "research", "identity")
EVERY_LOGIN = pytest.mark.parametrize("login", LOGINS, ids=lambda login: login.role)


@asynccontextmanager
async def logged_in(dsn: str, login: Login) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    await logins.open_roles(dsn)
    connection = await asyncpg.connect(logins.role_dsn(dsn, login))
    try:
        yield connection
    finally:
        await connection.close()


async def selectable(connection: "asyncpg.Connection[asyncpg.Record]") -> set[str]:
    """The tables that a connection can select from, found by trying."""
    allowed = set()
    for table in metadata.sorted_tables:
        try:
            await connection.fetch(f"SELECT demonstration FROM {table.fullname} LIMIT 1")
        except asyncpg.InsufficientPrivilegeError:
            continue
        allowed.add(table.fullname)
    return allowed


def test_every_table_has_a_scope_and_an_expectation() -> None:
    tables = {table.fullname for table in metadata.sorted_tables}
    assert set(policies.SCOPES) == tables, "models/security/read_rules.py: name who reads each table in SCOPES"
    assert set(READERS) == tables, "tests/models/test_policies.py: name each table's readers in EXPECTED, by hand"
    assert tables > READS


def test_a_table_without_a_scope_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        policies, "SCOPES", {table: scope for table, scope in policies.SCOPES.items() if table != "care.flag"}
    )
    with pytest.raises(KeyError, match=r"care\.flag"):
        list(policies.statements())


@EVERY_LOGIN
async def test_a_role_selects_only_from_the_tables_of_its_view(dsn: str, login: Login) -> None:
    async with logged_in(dsn, login) as connection:
        assert await selectable(connection) == {table for table, readers in READERS.items() if login in readers}


@EVERY_LOGIN
@pytest.mark.parametrize("escape", ["SET ROLE NONE", "RESET ROLE", "RESET ALL", "SET SESSION AUTHORIZATION DEFAULT"])
async def test_a_role_that_resets_its_settings_gains_no_rights(dsn: str, login: Login, escape: str) -> None:
    async with logged_in(dsn, login) as connection:
        await connection.execute(escape)
        assert await connection.fetchval("SELECT current_user || ' ' || session_user") == " ".join([login.role] * 2)
        assert await selectable(connection) == {table for table, readers in READERS.items() if login in readers}


@EVERY_LOGIN
async def test_a_role_cannot_become_another(dsn: str, login: Login) -> None:
    others = [other.role for other in LOGINS if other is not login] + ["cohorte"]
    async with logged_in(dsn, login) as connection:
        for other in others:
            for statement in (f"SET ROLE {other}", f"SET SESSION AUTHORIZATION {other}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SET row_security = off; SELECT FROM care.observation")


@EVERY_LOGIN
async def test_a_role_writes_only_what_its_mutations_need(
    admin: "asyncpg.Connection[asyncpg.Record]", login: Login
) -> None:
    schemas = ["catalog", "identity", "care", "research", "insight", "public"]
    columns = await admin.fetch(
        """
        SELECT c.oid::regclass::text AS table, lower(p) AS command, string_agg(attname, ' ' ORDER BY attname) AS columns
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped,
            unnest(ARRAY['INSERT', 'UPDATE']) p
        WHERE relkind IN ('r', 'S', 'v', 'm', 'f', 'p') AND relnamespace::regnamespace::text = any($2::text[])
            AND has_column_privilege($1, c.oid, attnum, p)
        GROUP BY 1, 2
        """,
        login.role,
        schemas,
    )
    tables = await admin.fetch(
        """
        SELECT c.oid::regclass::text AS table, lower(p) AS command, '' AS columns
        FROM pg_class c, unnest($3::text[]) p
        WHERE relkind IN ('r', 'S', 'v', 'm', 'f', 'p') AND relnamespace::regnamespace::text = any($2::text[])
            AND has_table_privilege($1, c.oid, p)
        """,
        login.role,
        schemas,
        PRIVILEGES if admin.get_server_version().major >= 17 else PRIVILEGES[:-1],
    )
    found: dict[str, dict[str, str]] = {}
    for row in [*columns, *tables]:
        found.setdefault(row["table"], {})[row["command"]] = row["columns"]
    expected = {table: commands for (table, writer), commands in WRITERS.items() if writer is login}
    assert found == expected, (
        "name what each role writes in models/security/write_rules.py, and by hand in WRITERS in"
        " tests/models/test_policies.py; then run `python -m commands.new migration NAME TABLE`"
    )


async def test_no_function_is_executable_by_public(admin: "asyncpg.Connection[asyncpg.Record]") -> None:
    """PostgreSQL grants EXECUTE on a new function to PUBLIC; a SECURITY DEFINER function would bypass every policy."""
    open_ones = await admin.fetch(
        """
        SELECT p.oid::regprocedure::text FROM pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner))) a
        WHERE pronamespace::regnamespace::text = any($1::text[]) AND a.grantee = 0
        """,
        ["catalog", "identity", "care", "research", "insight"],
    )
    assert open_ones == []


@pytest.mark.parametrize(
    ("audience", "column"),
    [
        (PATIENT, "identity.session.token_hash"),
        (BUYER, "insight.api_key.secret_hash"),
        (BUYER, "insight.webhook.secret"),
    ],
)
async def test_no_role_may_read_a_hash_column(dsn: str, audience: Audience, column: str) -> None:
    table, _, name = column.rpartition(".")
    async with logged_in(dsn, audience) as connection:
        for what in (name, "*", f"x.{name}", "x"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT {what} FROM {table} x")
        assert await connection.fetch(f"SELECT id FROM {table}") == []


async def test_tables_about_people_are_open_to_members_or_guarded_by_a_policy(
    admin: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    guarded = {
        row["name"]
        for row in await admin.fetch(
            "SELECT oid::regclass::text AS name FROM pg_class WHERE relrowsecurity AND relkind = 'r'"
        )
    }
    people = {table.fullname for table in metadata.sorted_tables if table.schema in PERSONAL}
    unguarded = {table for table, scope in policies.SCOPES.items() if scope is read_rules.OPEN} - set(policies.WRITES)
    assert people - guarded == unguarded
    for table in people - guarded:
        assert READERS[table] == {PATIENT, MANAGER}


async def test_no_view_role_owns_a_table(
    admin: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    owners = await admin.fetch("SELECT DISTINCT tableowner FROM pg_tables WHERE tableowner LIKE 'cohorte\\_%'")
    assert owners == []


async def test_the_migrated_database_has_the_grants_and_policies_of_the_models(
    dsn: str, declared_catalogue: catalogue.Catalogue
) -> None:
    assert await complaints(dsn, declared_catalogue, catalogue.GUARDS) == []
    found = await catalogue.read(dsn)
    counts = {kind: sum(item.kind == kind for item in found.values()) for kind in catalogue.GUARDS}
    assert {kind: number >= 20 for kind, number in counts.items()} == dict.fromkeys(counts, True)


async def test_a_differing_policy_grant_or_open_table_is_reported(
    fresh: str, declared_catalogue: catalogue.Catalogue
) -> None:
    """The message of the test above names the file and the command that corrects it."""
    for statement in (
        "ALTER POLICY patient_reads ON care.observation USING (true)",
        "DROP POLICY patient_deletes ON care.diagnosis",
        "GRANT SELECT ON research.record TO cohorte_buyer",
        "GRANT UPDATE (kind) ON care.member TO cohorte_patient",
        "ALTER TABLE identity.outbox_entry DISABLE ROW LEVEL SECURITY",
        "REVOKE USAGE ON SCHEMA care FROM cohorte_publisher",
    ):
        await run(fresh, statement)
    found = await complaints(fresh, declared_catalogue, catalogue.GUARDS)
    file, command = (
        "models/security/read_rules.py or models/security/write_rules.py",
        "differs from the migrated database: correct the rule, or run `python -m commands.new migration NAME",
    )
    assert sorted(found) == [
        f"{file}: column grant UPDATE on columns of care.member to cohorte_patient {command} care.member`",
        f"{file}: policy patient_deletes on care.diagnosis {command} care.diagnosis`",
        f"{file}: policy patient_reads on care.observation {command} care.observation`",
        f"{file}: row-level security identity.outbox_entry {command} identity.outbox_entry`",
        f"{file}: schema grant USAGE on care to cohorte_publisher {command}`",
        f"{file}: table grant SELECT on research.record to cohorte_buyer {command} research.record`",
    ]
