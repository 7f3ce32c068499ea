"""Writes the SQL that turns one database into another, from the catalogues of both."""

from collections.abc import Collection, Iterable, Iterator

from sqlalchemy import MetaData, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from models.migrations.catalogue import KINDS, OF_TABLES, Catalogue, Item, differing


def statements(found: Catalogue, wanted: Catalogue, metadata: MetaData, tables: Collection[str] = ()) -> Iterator[str]:
    """The statements that turn a database like `found` into one like `wanted`; none where nothing differs.

    `metadata` declares the tables of `wanted`. Where `tables` are named, only these change themselves: columns,
    constraints and indexes of others stay, and other new tables are left out. Everything else that differs is included.
    A renamed column is dropped and added: `script` marks both.
    """
    differ = {(item.kind, item.name) for item in differing(found, wanted)}
    new = {name for kind, name in differ if kind == "table" and (kind, name) in wanted}
    gone = {name for kind, name in differ if kind == "table" and (kind, name) not in wanted}
    gone_functions = {name for kind, name in differ if kind == "function" and (kind, name) not in wanted}
    # CREATE OR REPLACE changes no result type: these are dropped and made, and lose their grants.
    remade = {
        name
        for kind, name in differ
        if (kind, name) in found
        and (kind, name) in wanted
        and kind == "function"
        and signature(found[kind, name]) != signature(wanted[kind, name])
    }

    def concerns(item: Item) -> bool:
        if tables and item.table not in tables and item.table and (item.kind in OF_TABLES or item.table in new | gone):
            return False
        return item.kind == "table" or item.table not in gone

    def dropped(item: Item) -> bool:
        after = wanted.get((item.kind, item.name))
        if item.kind in {"owner", "function grant"}:
            return item.kind == "function grant" and not of_any(item, gone_functions | remade)
        return after is None or item.name in remade or not (item.kind == "function" or altered(item, after))

    for kind in reversed(KINDS):
        for item in found.values():
            if item.kind == kind and (kind, item.name) in differ and concerns(item) and dropped(item):
                yield item.drop
    for table in metadata.sorted_tables:
        if table.fullname in new and (not tables or table.fullname in tables):
            yield ddl(table)
    for item in wanted.values():
        if not concerns(item) or item.kind == "table" or (item.kind in {"column", "constraint"} and item.table in new):
            continue
        before = found.get((item.kind, item.name))
        if item.kind == "owner" and before is None and item.create.endswith(" CURRENT_USER"):
            continue
        lost = item.kind in {"owner", "function grant"} and of_any(item, remade)
        if (item.kind, item.name) in differ and before and altered(before, item):
            actions = [action for was, action in zip(before.actions, item.actions, strict=True) if was != action]
            yield f"ALTER TABLE {item.table} {', '.join(actions)}"
        elif (item.kind, item.name) in differ or lost:
            yield item.create


def altered(before: Item, after: Item) -> bool:
    """Whether both are columns whose difference ALTER COLUMN makes good: a generated one is dropped and added."""
    return bool(before.actions and after.actions)


def signature(function: Item) -> str:
    return function.create.partition("\n LANGUAGE ")[0]


def of_any(item: Item, functions: Collection[str]) -> bool:
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
