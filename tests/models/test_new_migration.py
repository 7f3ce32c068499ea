"""`python -m commands.new migration` writes a migration that makes a database match the code."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands import new
from models import functions
from models.metadata import metadata
from models.migrations import catalogue, difference
from models.security import policies
from tests.support.clusters import run
from tests.support.declared import complaints
from tests.support.modules import run_module

ROOT = Path(__file__).parents[2]

TABLE = """

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint, text

from models.columns import Table, key, moment, reference, within
from models.security.read_rules import MEMBER, OWN, PATIENT, SCOPES
from models.security.write_rules import WRITES, Delete, Insert


class Bookmark(Table, table=True):
    __table_args__ = within("care", UniqueConstraint("member_id", "post_id"))

    id: UUID = key()
    member_id: UUID = reference("care.member.id")
    post_id: UUID = reference("care.post.id")
    made_at: datetime = moment(sa_column_kwargs={"server_default": text("now()")})


SCOPES["care.bookmark"] = OWN
WRITES["care.bookmark"] = {
    PATIENT: (Insert(("member_id", "post_id"), f"member_id = {MEMBER}"), Delete(f"member_id = {MEMBER}"))
}
"""
FUNCTION = """-- Bookmarks.

CREATE FUNCTION care.count_bookmarks(member uuid) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT count(*) FROM care.bookmark b WHERE b.member_id = count_bookmarks.member $$;
GRANT EXECUTE ON FUNCTION care.count_bookmarks(uuid) TO cohorte_patient;
"""
WRITTEN = """CREATE TABLE care.bookmark (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    post_id UUID NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_bookmark PRIMARY KEY (id),
    CONSTRAINT uq_bookmark_member_id_post_id UNIQUE (member_id, post_id),
    CONSTRAINT fk_bookmark_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_bookmark_post_id_post FOREIGN KEY(post_id) REFERENCES care.post (id) ON DELETE CASCADE
);

CREATE OR REPLACE FUNCTION care.count_bookmarks(member uuid)
 RETURNS bigint
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT count(*) FROM care.bookmark b WHERE b.member_id = count_bookmarks.member $function$;

ALTER TABLE care.bookmark ENABLE ROW LEVEL SECURITY;
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """Yields a copy of the sources that the test may add files to."""
    for package in ("commands", "models", "privacy", "resolvers"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "settings.py", tmp_path)
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.mark.slow
async def test_one_command_writes_the_migration_of_a_table_with_policies_and_a_function(
    checkout: Path, fresh: str
) -> None:
    everything = checkout / "models/metadata.py"
    everything.write_text(everything.read_text() + TABLE)
    (checkout / "models/functions/community/bookmarks.sql").write_text(FUNCTION)

    status, output = await run_module("commands.new", "migration", "bookmarks", "care.bookmark", folder=checkout)
    assert (status, len(output.splitlines())) == (0, 2), output
    sql, module = (checkout / line.removeprefix("wrote ") for line in output.splitlines())
    assert sql.name == f"{module.stem}.sql"
    assert sql.read_text().startswith(WRITTEN)
    assert "GRANT INSERT (member_id, post_id) ON care.bookmark TO cohorte_patient;\n" in sql.read_text()
    assert sql.read_text().count("CREATE POLICY patient_") == 3

    assert (await run_module("commands.migrate", folder=checkout, COHORTE_DATABASE_URL=fresh))[0] == 0
    found = await catalogue.read(fresh)
    assert ("policy", "patient_deletes on care.bookmark") in found
    assert ("function grant", "EXECUTE on care.count_bookmarks(uuid) to cohorte_patient") in found


@pytest.mark.slow
async def test_no_migration_is_written_without_a_difference_or_with_an_unknown_name(server: str) -> None:
    before = set(new.VERSIONS.iterdir())
    for name, tables, reason in (
        ("nothing", [], "Nothing differs: the newest revision is what the code declares."),
        (
            "bookmarks",
            ["care.bookmark"],
            "care.bookmark: no such table. Is its module imported in models/metadata.py?",
        ),
        ("Book marks", [], "Book marks is no name for a migration: use words in lower case, joined by _."),
    ):
        with pytest.raises(new.NotWritten) as caught:
            await new.write_migration(server, name, tables)
        assert str(caught.value) == reason
    assert set(new.VERSIONS.iterdir()) == before


async def test_a_table_without_a_scope_is_named(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "SCOPES", {k: v for k, v in policies.SCOPES.items() if k != "care.flag"})
    mend = r"Name who reads it in models/security/read_rules\.py\."
    with pytest.raises(new.NotWritten, match=rf"^care\.flag: no scope\. {mend}$"):
        await new.write_migration(server, "flags", ["care.flag"])


@pytest.mark.slow
async def test_an_invalid_source_is_named(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "models/functions"
    shutil.copytree(functions.FOLDER, folder)
    (folder / "community/bookmarks.sql").write_text(FUNCTION)
    monkeypatch.setattr(functions, "FOLDER", folder)
    with pytest.raises(new.NotWritten) as caught:
        await new.write_migration(server, "bookmarks")
    assert str(caught.value) == 'models/functions/community/bookmarks.sql: relation "care.bookmark" does not exist'


ALTERATIONS = """
ALTER TABLE care.member DROP COLUMN about;
ALTER TABLE care.post ADD COLUMN left_over text, DROP COLUMN search;
ALTER TABLE care.profile ALTER region SET DEFAULT 'Bretagne', ALTER sex DROP NOT NULL;
ALTER TABLE insight.dataset ALTER size TYPE bigint, DROP CONSTRAINT ck_dataset_spent;
ALTER TABLE care.evaluation DROP CONSTRAINT ck_evaluation_satisfaction,
    ADD CONSTRAINT ck_evaluation_satisfaction CHECK (satisfaction < 99);
ALTER TABLE insight.statistic DROP CONSTRAINT ck_statistic_measure,
    ADD CONSTRAINT ck_statistic_measure CHECK (measure IN ('MEAN', 'MEDIAN', 'MODE'));
DROP INDEX care.ix_post_author_id;
CREATE INDEX ix_member_joined_on ON care.member (joined_on);
DROP TABLE care.diagnosis;
CREATE TABLE care.left_over (id uuid PRIMARY KEY, member_id uuid REFERENCES care.member);
CREATE VIEW care.everybody AS SELECT id FROM care.member;
CREATE FUNCTION care.left_over() RETURNS void LANGUAGE sql AS 'SELECT';
GRANT EXECUTE ON FUNCTION care.left_over() TO cohorte_patient;
DROP FUNCTION identity.mail_due(integer);
CREATE FUNCTION identity.mail_due(most integer) RETURNS SETOF uuid LANGUAGE sql
    AS 'SELECT id FROM identity.outbox_entry';
DROP FUNCTION identity.mail_sent(uuid);
CREATE OR REPLACE FUNCTION catalog.today() RETURNS date LANGUAGE sql AS 'SELECT current_date';
DROP TRIGGER guard_care_link ON care.care_link;
ALTER TABLE care.membership DISABLE TRIGGER membership_gone;
ALTER TABLE identity.outbox_entry DISABLE ROW LEVEL SECURITY;
ALTER TABLE care.flag FORCE ROW LEVEL SECURITY;
ALTER POLICY patient_reads ON care.observation USING (true);
CREATE POLICY buyer_reads ON care.observation AS RESTRICTIVE FOR SELECT TO PUBLIC USING (false);
GRANT SELECT ON research.record TO cohorte_buyer, PUBLIC;
REVOKE UPDATE (note, status) ON care.flag FROM cohorte_patient;
GRANT USAGE ON SCHEMA research TO cohorte_manager;
GRANT EXECUTE ON FUNCTION identity.is_free(text, text[], uuid, text) TO PUBLIC;
ALTER FUNCTION insight.end_licences() OWNER TO cohorte_manager;
"""


async def test_a_migration_corrects_every_difference(fresh: str, declared_catalogue: catalogue.Catalogue) -> None:
    await run(fresh, ALTERATIONS)
    altered = await catalogue.read(fresh)
    differ = catalogue.differing(altered, declared_catalogue)
    assert {item.kind for item in differ} == set(catalogue.KINDS)
    script = difference.script(difference.statements(altered, declared_catalogue, metadata))
    assert script.count("-- Destroys values.") == 2
    await run(fresh, script)
    assert await complaints(fresh, declared_catalogue, catalogue.KINDS) == []


async def test_only_the_named_tables_change(fresh: str, declared_catalogue: catalogue.Catalogue) -> None:
    await run(fresh, ALTERATIONS)
    altered = await catalogue.read(fresh)
    await run(fresh, difference.script(difference.statements(altered, declared_catalogue, metadata, ["care.profile"])))
    left = catalogue.differing(await catalogue.read(fresh), declared_catalogue)
    assert {item.table for item in left} == {
        "care.member",
        "care.post",
        "insight.dataset",
        "insight.statistic",
        "care.evaluation",
        "care.diagnosis",
        "care.left_over",
    }


def test_a_column_that_would_fail_on_existing_rows_is_marked() -> None:
    added = 'ALTER TABLE care.post ADD COLUMN "language" text NOT NULL'
    assert difference.script([added]).startswith("-- Fails on a table that has rows.")
    assert difference.script([f"{added[:-9]} DEFAULT 'fr' NOT NULL"]).startswith("ALTER TABLE")
