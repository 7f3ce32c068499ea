"""Reads ids of the graph."""

from uuid import UUID


def key(id: str) -> UUID:
    """The primary key in an id of the graph, which follows the type's prefix."""
    return UUID(id.partition("_")[2])
