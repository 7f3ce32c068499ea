"""The only place for what a writing resolver is given: transactions on the viewer's pool, with the viewer taken on."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

from models.viewing import Connection

Transaction: TypeAlias = AbstractAsyncContextManager[Connection]
Write: TypeAlias = Callable[[], Transaction]  # opens one; it commits when it is left without an exception
