"""The only place for what objects and lists have in common: nodes by id, and keyset connections."""

from typing import Generic, TypeVar

import strawberry

from planner.declare import Cursor, column, graph_interface, graph_type
from schema.access import PUBLIC

T = TypeVar("T")


@graph_interface(audience=PUBLIC)
class Node:
    """An object that can be asked for again by its id."""

    id: strawberry.ID = column("Opaque and random: it tells nothing, and cannot be guessed or counted through.")


@graph_type(audience=PUBLIC)
class PageInfo:
    """Where a page of a list stands in it."""

    has_next_page: bool = column("Whether there is more after this page.")
    has_previous_page: bool = column(
        "Whether there is more before this page: going forward, whether `after` was given."
    )
    start_cursor: Cursor | None = column("The place of the page's first item; null when the page is empty.")
    end_cursor: Cursor | None = column("The place of the page's last item; null when the page is empty.")


@graph_type(audience=PUBLIC)
class Edge(Generic[T]):
    """An item of a list, with its place in it."""

    cursor: Cursor = column("The item's place: `after` it comes the next one.")
    node: T = column("The item.")


@graph_type(audience=PUBLIC)
class Connection(Generic[T]):
    """A page of a list: `first` and `last` take 1 to 100, and 20 where they are not given."""

    edges: list[Edge[T]] = column("The page's items, each with its place.")
    nodes: list[T] = column("The page's items alone.")
    page_info: PageInfo = column("Where the page stands in the list.")
