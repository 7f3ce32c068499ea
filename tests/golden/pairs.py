"""Golden pairs: an operation that a client sends, and beside it the SQL statement that answers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, parse, validate

from models.security.read_rules import open_tables
from models.viewers import Audience
from planner.operations import Operation, Plan, Planner
from schema.build import build_views

FOLDER = Path(__file__).parent
CLAUSES = ("FROM ", "WHERE ", "GROUP BY ", "ORDER BY ", "LIMIT ", "UNION ALL ")
SHAPE = {  # of the variables: which are given changes a statement, their values do not
    "discussion": "dis_00000000-0000-4000-8000-000000000000",
    "post": "pst_00000000-0000-4000-8000-000000000000",
    "survey": "svy_00000000-0000-4000-8000-000000000000",
    "indicator": "ind_00000000-0000-4000-8000-000000000000",
    "slug": "multiple-sclerosis",
    "treatment": "interferon-beta-1a",
    "pseudonym": "Camille",
    "search": "fatigue",
    "from": "2026-01-01",
    "to": "2026-06-30",
    "after": "of no list",
    "before": "of no list",
}


@dataclass(frozen=True)
class Pair:
    """An operation of one view, which its first line names."""

    name: str
    audience: Audience
    text: str

    @property
    def golden(self) -> Path:
        return FOLDER / f"{self.name}.sql"

    def operation(self, planner: Planner) -> Operation:
        document = parse(self.text)
        assert validate(planner.schema, document) == []
        return planner.operation(document, None)

    def plan(self, planner: Planner, variables: Mapping[str, Any]) -> Plan:
        operation = self.operation(planner)
        plan = operation.plan(operation.coerce(self.taken(operation, variables)))
        assert plan is not None
        return plan

    @staticmethod
    def taken(operation: Operation, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the variables that the operation declares."""
        declared = {each.variable.name.value for each in operation.node.variable_definitions or ()}
        return {name: value for name, value in variables.items() if name in declared}


def pairs() -> list[Pair]:
    """Every pair, by name."""
    found = []
    for file in sorted(FOLDER.glob("*.graphql")):
        text = file.read_text()
        found.append(Pair(file.stem, Audience[text.splitlines()[0].removeprefix("# ").upper()], text))
    return found


def planners() -> dict[Audience, Planner]:
    views: Mapping[Audience, Any] = build_views()
    schemas: dict[Audience, GraphQLSchema] = {audience: view._schema for audience, view in views.items()}
    return {
        audience: Planner(schema, audience, open_tables=open_tables(audience)) for audience, schema in schemas.items()
    }


def laid_out(sql: str) -> str:
    """Formats a statement with one indented line for each clause, so that diffs are readable; tokens stay the same."""
    lines, depths, quoted = [""], [False], ""
    text = " ".join(sql.split())  # no literal of the planner has significant white space
    at = 0
    while at < len(text):
        rest, indent = text[at:], "  " * sum(depths)
        if quoted:
            quoted = "" if text[at] == quoted else quoted
        elif text[at] in "'\"":
            quoted = text[at]
        elif depths[-1] and lines[-1].strip() and rest.startswith(CLAUSES) and text[at - 1] == " ":
            lines.append(indent)
        elif text[at] == "(":
            depths.append(rest.startswith("(SELECT "))
            if depths[-1]:
                lines[-1] += "("
                lines.append(indent + "  ")
                at += 1
                continue
        elif text[at] == ")" and depths.pop():
            lines.append("  " * sum(depths))
        lines[-1] += text[at]
        at += 1
    return "\n".join(line.rstrip() for line in lines) + "\n"
