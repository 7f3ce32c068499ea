"""Objects that are found by id, and keyset connections."""

from typing import Generic, TypeVar

import strawberry

from planner.declare import column, graph_interface, graph_type
from planner.declared import PAGE_LIMIT, PAGE_SIZE, Cursor
from schema.access import PUBLIC

T = TypeVar("T")

# Of filters by one object, as `node` and `community` are null: a list is empty for an object that does not exist.
UNKNOWN_ID = "An unknown id matches nothing."
UNKNOWN_SLUG = "An unknown slug matches nothing."


@graph_interface(audience=PUBLIC)
class Node:
    """An object that can be fetched by its id."""

    id: strawberry.ID = column("Opaque identifier, stable over time.")


@graph_type(audience=PUBLIC)
class PageInfo:
    """The position of a page within its list."""

    has_next_page: bool = column("Whether there are items after this page.")
    has_previous_page: bool = column(
        "Whether there are items before this page. When paging forwards: whether `after` was given."
    )
    start_cursor: Cursor | None = column("Cursor of the first item. Null if the page is empty.")
    end_cursor: Cursor | None = column("Cursor of the last item. Null if the page is empty.")


@graph_type(audience=PUBLIC)
class Edge(Generic[T]):
    """An item of a list, with its cursor."""

    cursor: Cursor = column("The item's position: pass it as `after` to continue from here.")
    node: T = column("The item.")


@graph_type(
    audience=PUBLIC,
    name="Connection",
    description=f"A page of a list. `first` sets its size, 1 to {PAGE_LIMIT}. The default is {PAGE_SIZE}.",
)
class RelayConnection(Generic[T]):
    edges: list[Edge[T]] = column("The items of the page, each with its cursor.")
    nodes: list[T] = column("The items of the page, without cursors.")
    page_info: PageInfo = column("The position of the page within the list.")
