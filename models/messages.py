"""Messages for people, which keep what is needed to say them in another language."""

from typing import Any


class Message(str):
    """A message in English that can be said in other languages: `msgid` with `values` in place of its fields."""

    __slots__ = ("msgid", "values")

    msgid: str
    values: dict[str, Any]


def message(msgid: str, **values: Any) -> Message:
    """The message of `msgid`, an English format string that is written out where it is used, so that it is extracted.

    `values` are numbers, days and names of the catalogue, never what somebody entered.
    """
    made = Message(msgid.format(**values) if values else msgid)
    made.msgid, made.values = msgid, values
    return made
