"""Checks and writes what all entries of the catalogue have: conditions, communities, indicators and treatments."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from models.database import Connection
from models.languages import DEFAULT, Language
from models.messages import Message, message
from resolvers.faults import Faults
from resolvers.texts import slug_of
from resolvers.transactions import (
    UNSET,
    Maybe,
    Refusal,
    RefusalCode,
    Step,
    changed_meanwhile,
    invalid,
    limit_reached,
    line_within,
    name_within,
    not_found,
    not_null,
    optional_text_within,
    taken,
    text_within,
    too_late,
)

NAME_LENGTH = 200
SLUG_LENGTH = 80
DESCRIPTION_LENGTH = 2_000
WORDS_LENGTH = 2_000
LAY_NAMES = 50
UNIT_LENGTH = 40
RETIRED = message("This is retired: it is no longer offered.")
MERGED = message("This has merged into another entry of the catalogue.")

T = TypeVar("T", bound="NameTranslation")
Check: TypeAlias = Callable[..., Any]  # takes a value and its path, returns what is stored; raises Refused


@dataclass(frozen=True)
class NameTranslation:
    """A name in another language than the default one."""

    language: Language
    name: str


@dataclass(frozen=True)
class IndicatorTranslation(NameTranslation):
    """An indicator's name, unit and everyday names in another language than the default one."""

    unit: str | None = None
    lay_names: Sequence[str] = ()


@dataclass(frozen=True)
class CommunityTranslation(NameTranslation):
    """A community's name and description in another language than the default one."""

    description: str


async def begin(connection: Connection) -> None:
    """Lets one editor at a time change the catalogue, until the transaction ends: what is free stays so."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('cohorte.catalogue'))")


async def found_entry(
    connection: Connection, faults: Faults, table: str, id: UUID, *, version: int | None = None
) -> dict[str, Any] | None:
    """The row of `catalog.{table}`, locked; None if there is none.

    Adds NOT_FOUND to the faults, and CONFLICT if it has another version than the one that a change is based on.
    """
    found = await connection.fetchrow(f"SELECT * FROM catalog.{table} WHERE id = $1 FOR NO KEY UPDATE", id)  # noqa: S608 - ours
    with faults.collected():
        if found is None:
            raise not_found(table)
        if version is not None and found["version"] != version:
            raise changed_meanwhile("version")
    return None if found is None else dict(found)


def checked(faults: Faults, **given: tuple[Any, Check]) -> dict[str, Any]:
    """The columns' values of the given fields, without those that are left out; the faults of each at its place."""
    values = {}
    for name, (value, check) in given.items():
        if value is not UNSET:
            with faults.collected():
                values[name] = check(value, name)
    return values


def required(check: Check) -> Check:
    """The check of a field that every entry has: null is refused."""

    def checks(value: Any, *path: Step) -> Any:
        if value is None:
            raise not_null(*path)
        return check(value, *path)

    return checks


def as_it_is(value: Any, *_: Step) -> Any:
    """The check of a value that the graph has checked."""
    return value


def name_in(text: str, *path: Step) -> str:
    """A name of an entry. Raises Refused: INVALID, TOO_LONG."""
    return name_within(text, NAME_LENGTH, *path)


def description_in(text: str, *path: Step) -> str:
    """A text, trimmed. Raises Refused: INVALID, TOO_LONG."""
    return text_within(text, DESCRIPTION_LENGTH, *path)


def words_in(text: str | None, *path: Step) -> str:
    """The words by which searches find an entry beside its name. Raises Refused: TOO_LONG."""
    return optional_text_within(text, WORDS_LENGTH, *path) or ""


def lay_names_in(texts: Sequence[str] | None, *path: Step) -> list[str]:
    """Everyday names, each once. Raises Refused for the first fault: INVALID, TOO_LONG, LIMIT_REACHED."""
    texts = texts or ()
    if len(texts) > LAY_NAMES:
        raise limit_reached(message("At most {most} everyday names can be given.", most=LAY_NAMES), *path)
    names = [name_in(text, *path, place) for place, text in enumerate(texts)]
    return list(dict.fromkeys(names))


def unit_in(text: str | None, *path: Step) -> str | None:
    """A unit as it is shown, if there is one. Raises Refused: INVALID, TOO_LONG."""
    return None if text is None else line_within(text, UNIT_LENGTH, *path)


CHECKS: Mapping[str, Check] = {  # of translated texts, by their column
    "name": name_in,
    "description": description_in,
    "unit": unit_in,
    "lay_names": lay_names_in,
}


def slug_in(text: str | None, name: str, *path: Step) -> str:
    """A slug, made of the name if it is not given. Raises Refused: INVALID, TOO_LONG."""
    if text is None:
        made = slug_of(name)[:SLUG_LENGTH].strip("-")
        if not made:
            raise invalid(message("No slug can be made of this name. Give one."), *path)
        return made
    slug = line_within(text, SLUG_LENGTH, *path)
    if slug != slug.lower() or not all(part.isascii() and part.isalnum() for part in slug.split("-")):
        raise invalid(
            message("A slug has lower-case letters from a to z and digits, with single hyphens between them."), *path
        )
    return slug


def translations_in(given: Sequence[T], faults: Faults) -> str:
    """The translations as JSON: by language, then by column, without empty texts.

    Adds the faults of each at its place.
    """
    stored: dict[str, dict[str, Any]] = {}
    for place, each in enumerate(given):
        path = ("translations", place)
        with faults.collected():
            if each.language is DEFAULT:
                raise invalid(message("English texts are the entry's own fields, not translations."), *path, "language")
            if each.language.tag in stored:
                raise invalid(message("An earlier translation has the same language."), *path, "language")
        texts = stored.setdefault(each.language.tag, {})
        for one in fields(each):
            if one.name != "language":
                with faults.collected():
                    text = CHECKS[one.name](getattr(each, one.name), *path, one.name)
                    texts |= {one.name: text} if text else {}
    return json.dumps(stored, ensure_ascii=False, sort_keys=True)


def slugged(values: dict[str, Any], slug: str | None, faults: Faults) -> None:
    """Adds the slug to the columns' values: the given one, or one that is made of their name."""
    values |= checked(faults, slug=(slug, lambda text, *path: slug_in(text, values.get("name", "x"), *path)))


def worded(values: dict[str, Any], search_words: Maybe[str], given: Maybe[Sequence[T]], faults: Faults) -> None:
    """Adds the search words and the translations to the columns' values, if they are given."""
    if search_words is not UNSET:
        with faults.collected():
            values["words"] = words_in(search_words, "search_words")
    translated(values, given, faults)


def translated(values: dict[str, Any], given: Maybe[Sequence[T]], faults: Faults) -> None:
    """Adds the translations to the columns' values, if they are given."""
    if given is UNSET:
        return
    if given is None:
        faults.add(*not_null("translations").refusals)
        return
    values["translations"] = translations_in(given, faults)


def searched(values: dict[str, Any], found: Mapping[str, Any], *names: str | None) -> None:
    """Adds to the words of the columns' values every name that searches would not find yet: translated and lay ones."""
    words: str = values.get("words", found.get("words", ""))
    stored = json.loads(values.get("translations") or found.get("translations") or "{}")
    lay = values.get("lay_names", found.get("lay_names")) or []
    wanted = [*(texts["name"] for texts in stored.values() if "name" in texts), *lay, *(name for name in names if name)]
    for name in wanted:
        if name.casefold() not in words.casefold():
            words = f"{words}, {name}" if words else name
    if words != found.get("words", ""):
        values["words"] = words


async def refuse_taken(
    connection: Connection, faults: Faults, table: str, values: Mapping[str, Any], id: UUID | None, **columns: Message
) -> None:
    """Adds TAKEN for each value of a column that another entry has, ignoring case and what one cannot see.

    `columns` have the messages.
    """
    for column, reason in columns.items():
        value = values.get(column)
        if value is not None and await connection.fetchval(
            f"SELECT EXISTS (SELECT FROM catalog.{table} WHERE catalog.plain_name({column}) = catalog.plain_name($1)"  # noqa: S608 - ours
            " AND id IS DISTINCT FROM $2)",
            value,
            id,
        ):
            faults.add(*taken(reason, column).refusals)


async def insert_entry(connection: Connection, table: str, values: Mapping[str, Any]) -> UUID:
    """Inserts a row into `catalog.{table}` and returns its id."""
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    made: UUID = await connection.fetchval(
        f"INSERT INTO catalog.{table} ({', '.join(values)}) VALUES ({places}) RETURNING id",  # noqa: S608 - ours
        *values.values(),
    )
    return made


async def update_entry(connection: Connection, table: str, id: UUID, values: Mapping[str, Any]) -> None:
    """Changes the columns of a row of `catalog.{table}`, if any are given."""
    if values:
        changes = ", ".join(f"{column} = ${number}" for number, column in enumerate(values, 2))
        await connection.execute(f"UPDATE catalog.{table} SET {changes} WHERE id = $1", id, *values.values())  # noqa: S608


async def retire_entry(connection: Connection, faults: Faults, table: str, id: UUID, *, retired: bool) -> UUID:
    """Retires an entry, or offers it again, and returns its id. Repeating it changes nothing.

    Raises Refused: NOT_FOUND, TOO_LATE to offer one that has merged.
    """
    await begin(connection)
    found = await found_entry(connection, faults, table, id)
    with faults.collected():
        if not retired and found is not None and found.get("merged_into_id") is not None:
            raise too_late(MERGED, table)
    faults.refuse()
    await connection.execute(
        f"UPDATE catalog.{table} SET retired_on = CASE WHEN $2 THEN catalog.today() END"  # noqa: S608 - ours
        " WHERE id = $1 AND (retired_on IS NOT NULL) <> $2",
        id,
        retired,
    )
    return id


async def offered(
    connection: Connection, table: str, ids: Sequence[UUID], listed: Sequence[UUID], *path: Step, most: int
) -> list[Refusal]:
    """The refusals of a list of entries: unknown ones, repeated ones, and retired ones that it did not have before."""
    if len(ids) > most:
        return [*limit_reached(message("At most {most} can be given.", most=most), *path).refusals]
    found = await connection.fetch(
        f"SELECT id, retired_on IS NOT NULL AS retired FROM catalog.{table} WHERE id = any($1::uuid[])",  # noqa: S608 - ours
        list(ids),
    )
    retired = {row["id"]: row["retired"] for row in found}
    refusals: list[Refusal] = []
    for place, id in enumerate(ids):
        if id not in retired:
            refusals += not_found(*path, place).refusals
        elif id in ids[:place]:
            refusals.append(Refusal(RefusalCode.INVALID, message("This is given twice."), (*path, place)))
        elif retired[id] and id not in listed:
            refusals += too_late(RETIRED, *path, place).refusals
    return refusals
