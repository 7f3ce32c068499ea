"""Writes the SQL that turns one database into another, given the catalogues of both."""

from collections.abc import Collection, Iterable, Iterator

from sqlalchemy import CheckConstraint, MetaData, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import AddConstraint, CreateTable

from models.migrations.catalogue import KINDS, OF_TABLES, Catalogue, Item, differing


def statements(found: Catalogue, wanted: Catalogue, metadata: MetaData, tables: Collection[str] = ()) -> Iterator[str]:
    """The statements that turn a database like `found` into one like `wanted`; none if nothing differs.

    `metadata` declares the tables of `wanted`. If `tables` are named, other tables whose columns, constraints or
    indexes differ are left alone, with their policies, grants and triggers. A renamed column is dropped and added, and
    `script` marks both.
    """
    differ = {(item.kind, item.name): item for item in differing(found, wanted)}
    new = {name for kind, name in differ if kind == "table" and (kind, name) in wanted}
    gone = {name for kind, name in differ if kind == "table" and (kind, name) not in wanted}
    left = {item.table for item in differ.values() if tables and item.kind in OF_TABLES} - set(tables)
    functions = [name for kind, name in differ if kind == "function"]
    # CREATE OR REPLACE cannot change a result type. These are dropped and created, and lose their grants.
    remade = {
        name for name in functions if has_new_signature(found.get(("function", name)), wanted.get(("function", name)))
    }
    dropped = remade | {name for name in functions if ("function", name) not in wanted}

    def stays(item: Item) -> bool:
        """Whether it needs no statement: its table is left alone, or it is dropped with a table or function."""
        if item.table in left or (item.table in gone and item.kind != "table"):
            return True
        return item.kind == "function grant" and of(item, dropped)

    for kind in reversed(KINDS):
        for item in found.values():
            if item.kind != kind or (kind, item.name) not in differ or stays(item) or not item.drop:
                continue
            after = wanted.get((kind, item.name))
            if after is None or item.name in remade or not (kind == "function" or altered(item, after)):
                yield item.drop
    for table in metadata.sorted_tables:
        if table.fullname in new - left:
            yield ddl(table)
    for item in wanted.values():
        before = found.get((item.kind, item.name))
        lost = item.kind in {"owner", "function grant"} and of(item, remade)
        if item.table in left or not (lost or (item.kind, item.name) in differ):
            continue
        if item.kind == "table" or (item.kind in {"column", "constraint"} and item.table in new):
            continue  # in CREATE TABLE
        if item.kind == "owner" and (before is None or lost) and item.create.endswith(" CURRENT_USER"):
            continue  # a function is owned by the role that creates it
        if before and altered(before, item):
            actions = [action for was, action in zip(before.actions, item.actions, strict=True) if was != action]
            yield f"ALTER TABLE {item.table} {', '.join(actions)}"
        else:
            yield declared_check(item, metadata) or item.create


def declared_check(item: Item, metadata: MetaData) -> str | None:
    """The statement that adds a CHECK as its table declares it; None for all other items.

    PostgreSQL prints a CHECK with casts, and prints it differently once that text has been parsed again.
    """
    if item.kind != "constraint" or item.table is None or item.table not in metadata.tables:
        return None
    for constraint in metadata.tables[item.table].constraints:
        if isinstance(constraint, CheckConstraint) and f" CONSTRAINT {constraint.name} " in item.create:
            added = AddConstraint(constraint).compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
            return str(added).strip()
    return None


def altered(before: Item, after: Item) -> bool:
    """Whether both are columns that ALTER COLUMN can make equal; a generated column is dropped and added instead."""
    return bool(before.actions and after.actions)


def has_new_signature(before: Item | None, after: Item | None) -> bool:
    """Whether both are functions, and differ in their result or their parameters' names."""
    heads = [item.create.partition("\n LANGUAGE ")[0] for item in (before, after) if item]
    return len(heads) == 2 and heads[0] != heads[1]


def of(item: Item, functions: Collection[str]) -> bool:
    return any(f" {function} " in item.create for function in functions)


def ddl(table: Table) -> str:
    created = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    return "\n".join(line.rstrip() for line in created.replace("\t", "    ").strip().splitlines())


def script(made: Iterable[str]) -> str:
    """The statements as one file: grants of one right are merged, and what destroys rows or may fail is marked."""
    merged: list[str] = []
    for statement in made:
        right, to, role = statement.rpartition(" TO ")
        if to and statement.startswith("GRANT ") and merged and merged[-1].startswith(f"{right} TO "):
            merged[-1] += f", {role}"
        else:
            merged.append(statement)
    lines = []
    for statement in merged:
        if note := warning(statement):
            lines.append(f"-- {note}")
        lines.append(f"{statement.rstrip()};\n" if "\n" in statement else f"{statement};")
    return "\n".join(lines).rstrip() + "\n"


def warning(statement: str) -> str | None:
    if " DROP COLUMN " in statement or statement.startswith("DROP TABLE "):
        return "Destroys values. If it was renamed, write RENAME instead of DROP and ADD."
    if " ADD COLUMN " in statement and statement.endswith(" NOT NULL") and " DEFAULT " not in statement:
        return "Fails on a table that has rows. Add it without NOT NULL, set its values, then set NOT NULL."
    return None
