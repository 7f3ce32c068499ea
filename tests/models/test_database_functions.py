"""The functions, triggers and views of a migrated database equal those of models/functions, and each is used."""

import re
from collections import Counter
from pathlib import Path

from models import functions
from models.migrations import catalogue
from tests.support.clusters import run
from tests.support.declared import complaints

ROOT = Path(__file__).parents[2]
PACKAGES = ("commands", "models", "planner", "resolvers", "schema", "server")


async def test_a_migrated_database_has_the_functions_triggers_and_views_of_the_sources(
    dsn: str, declared_catalogue: catalogue.Catalogue
) -> None:
    """Compares definition, owner, SECURITY DEFINER, search_path, and who may execute each."""
    assert await complaints(dsn, declared_catalogue, catalogue.SOURCES) == []
    found = await catalogue.read(dsn)
    definition = found["function", "identity.viewer_of(bytea)"].create
    assert " SECURITY DEFINER" in definition
    assert " SET search_path TO 'pg_catalog', 'pg_temp'" in definition
    assert len([item for item in found.values() if item.kind == "trigger"]) > 15


async def test_a_differing_function_trigger_or_grant_is_reported(
    fresh: str, declared_catalogue: catalogue.Catalogue
) -> None:
    """The message of the test above names the file and the command that corrects it."""
    for statement in (
        "ALTER FUNCTION identity.viewer_of(bytea) RESET ALL",
        "ALTER FUNCTION catalog.today() SECURITY DEFINER",
        "ALTER FUNCTION insight.end_licences() OWNER TO cohorte_manager",
        "GRANT EXECUTE ON FUNCTION identity.is_free(text, text[], uuid, text) TO cohorte_public",
        "ALTER TABLE care.care_link DISABLE TRIGGER guard_care_link",
        "CREATE VIEW care.everybody AS SELECT id FROM care.member",
    ):
        await run(fresh, statement)
    found = await complaints(fresh, declared_catalogue, catalogue.SOURCES)
    command = "differs from the migrated database: run `python -m commands.new migration NAME"
    assert sorted(line for line in found if "end_licences" not in line) == [
        f"models/functions/days.sql: function catalog.today() {command}`",
        f"models/functions/identity/care_links.sql: trigger guard_care_link on care.care_link"
        f" {command} care.care_link`",
        "models/functions/identity/registrations.sql: function grant EXECUTE on"
        f" identity.is_free(text,text[],uuid,text) to cohorte_public {command}`",
        f"models/functions/identity/sessions.sql: function identity.viewer_of(bytea) {command}`",
        f"models/functions: view care.everybody {command}`",
    ]
    assert f"models/functions/insight/licences.sql: owner insight.end_licences() {command}`" in found


def test_every_source_is_loaded() -> None:
    loaded = {*functions.before_tables(), *functions.after_tables()}
    assert loaded == set(functions.FOLDER.rglob("*.sql"))


async def test_every_function_is_called(declared_catalogue: catalogue.Catalogue) -> None:
    """By the server, another function or a trigger. Delete a function that nothing calls."""
    python = "\n".join(path.read_text() for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    items = [item for item in declared_catalogue.values() if item.kind in {"function", "trigger", "column"}]
    name = re.compile(r"(?<![a-z_])(?=([a-z_]+\.[a-z_]+))")  # overlapping: func.insight.epsilon has two
    named = Counter(name.findall("\n".join([python, *(item.create for item in items)])))
    unused = [
        item.name
        for item in items
        if item.kind == "function"
        and (own := item.name.partition("(")[0])
        and named[own] == name.findall(item.create).count(own)
    ]
    assert unused == []
