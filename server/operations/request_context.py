"""What is known of a request while its operation is carried out."""

import time
from collections.abc import Mapping

from starlette.types import Scope

from models.viewers import ANYBODY
from server.callers.rate_limits import Allowances
from server.http import request_ids
from server.operations.deadlines import Deadline, OperationDeadline


class RequestContext:
    """One operation's request: where it comes from, who makes it, and what the log records of it.

    `kind`, `document`, `cost`, `allowances`, `codes` and `size` are set as soon as they are known. The operations of a
    socket share its `id`.
    """

    viewer = ANYBODY
    authorization: bytes | None = None  # a header, or what the session cookie stands for
    fields: tuple[tuple[bytes, bytes], ...] = ()  # headers of the response, such as one that sets the session cookie
    deadline: Deadline | OperationDeadline | None = None
    kind: str | None = None  # query, mutation or subscription
    document: str | None = None  # its hash
    cost: int | None = None
    allowances: Allowances | None = None  # of the rates by which its mutations were counted
    cacheable = False  # whether the response is the same for everybody, and has an address
    tagged = False  # whether it has an address, and changes only with what is published
    codes: tuple[str, ...] = ()  # of the response's errors, then of its `userErrors`
    size = 0  # of the response, in bytes, before compression

    def __init__(self, scope: Scope, headers: Mapping[bytes, bytes], id: str | None = None) -> None:
        self.started = time.perf_counter()
        self.scope = scope
        self.headers = headers
        self.id = id or request_ids.request_id(headers)
