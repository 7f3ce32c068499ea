"""docs/scaling.md lists features of PostgreSQL that the schema really uses."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/scaling.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## What Cohorte asks of PostgreSQL")[2].partition("\n## ")[0]
ROWS = [row.split("|")[1].strip() for row in SECTION.splitlines() if row.startswith("| ")][1:]
SOURCES = [
    file.read_text(encoding="utf-8")
    for folder in ("models", "resolvers", "planner", "server")
    for file in [*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.sql")]
    if "migrations/versions" not in file.as_posix()
]
# What PostgreSQL calls a feature where the sources write it in another form.
WRITTEN = {
    "CREATE POLICY": r"CREATE POLICY|POLICY \w",
    "GRANT SELECT (...)": r"GRANT SELECT\{columns\}",
    "LISTEN": r"add_listener|\bLISTEN\b",
    "GENERATED ALWAYS ... STORED": r"Computed\([^)]*persisted=True",
}


def test_the_page_lists_a_dozen_features() -> None:
    assert len(ROWS) == 12


@pytest.mark.parametrize("row", ROWS)
def test_every_feature_is_used_by_the_schema_or_the_server(row: str) -> None:
    for name in re.findall(r"`([^`]+)`", row):
        pattern = WRITTEN.get(name, re.escape(name))
        assert any(re.search(pattern, source, re.DOTALL) for source in SOURCES), name
