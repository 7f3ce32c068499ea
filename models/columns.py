"""The only place for how a table and its columns are declared: keys, references, closed sets, times."""

import re
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import ARRAY, CheckConstraint, DateTime, Enum, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import declared_attr
from sqlalchemy.schema import Computed, SchemaItem
from sqlmodel import Field, SQLModel

SCHEMAS = ("catalog", "identity", "care", "research", "insight")

SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Table(SQLModel):
    """What every table has: its class's name in snake case, and whether the row is demonstration data."""

    demonstration: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})

    @declared_attr.directive
    @classmethod
    def __tablename__(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


def within(schema: str, *items: SchemaItem) -> tuple[Any, ...]:
    """A table's arguments: its constraints and indexes, and the PostgreSQL schema it stands in."""
    return (*items, {"schema": schema})


def key() -> Any:
    """A random primary key, made by PostgreSQL where the writer gives none."""
    return Field(
        default_factory=uuid4, primary_key=True, sa_column_kwargs={"server_default": text("gen_random_uuid()")}
    )


def reference(target: str, *, gone: str = "CASCADE", part_of_key: bool = False, nullable: bool = False) -> Any:
    """A foreign key (`care.member.id`); `gone` is what happens to this row when that one is deleted."""
    default = {"default": None} if nullable else {}
    return Field(foreign_key=target, ondelete=gone, primary_key=part_of_key, nullable=nullable, **default)  # type: ignore[call-overload]


def choice(kind: type[StrEnum], name: str, **field: Any) -> Any:
    """A closed set, stored as its name and held by a CHECK called `name`."""
    return Field(sa_type=Enum(kind, native_enum=False, create_constraint=True, length=32, name=name), **field)


def choices() -> Any:
    """Several members of a closed set, as text[]; `only_from` makes the CHECK that holds them to it."""
    return Field(default_factory=list, sa_type=ARRAY(Text), sa_column_kwargs={"server_default": text("'{}'")})


def only_from(kind: type[StrEnum], column: str) -> CheckConstraint:
    allowed = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} <@ ARRAY[{allowed}]::text[]", name=column)


def moment(**field: Any) -> Any:
    """A point in time, with its zone (UTC in the session)."""
    return Field(sa_type=DateTime(timezone=True), **field)


def searchable(expression: str) -> Any:
    """The words of a row for full-text search, kept up to date by PostgreSQL; `catalog.search_query` finds them."""
    return Field(
        default=None,
        sa_type=TSVECTOR,
        nullable=False,
        sa_column_args=(Computed(f"catalog.words_in({expression})", persisted=True),),
    )
