"""Enums whose members carry a description, for readers of the graph."""

from enum import StrEnum
from typing import Self


class DeclarationError(TypeError):
    """A part of the graph is declared without something that it needs; the message says what to add."""


class DescribedEnum(StrEnum):
    """A closed set of names; each member is written `NAME = "NAME", "What it means."`.

    A member's value is its name: the description is an attribute, and no part of what is stored, compared or printed.
    Raises DeclarationError for a member without a description.
    """

    description: str

    # `Kind("NAME")` finds a member and never comes here; the default is for type checkers, which do not know that.
    def __new__(cls, value: str, description: str = "") -> Self:
        if not description:
            raise DeclarationError(f"{cls.__name__}.{value} has no description")
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member
