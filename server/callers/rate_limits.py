"""Counts mutations by caller and address in the database, which all servers share, and reports what is left."""

import hashlib
import hmac
import math
from collections.abc import Hashable
from typing import TypeAlias
from uuid import UUID

from models.logins import role_password
from resolvers.rates import Rates
from server.callers.allowances import Allowance, headers
from server.databases.pools import ConnectionPool
from server.operations.errors import rate_limited

COUNT = "SELECT * FROM identity.count_request($1, $2, $3)"
ADDRESS = "address"
SHARED_STEPS = 4  # in which the allowance of an address is reported: an exact one shows what others behind it do


Allowances: TypeAlias = dict[str, Allowance]  # by policy, of one operation: the last count of each


class RateLimits:
    """The rates of a server, and the key of the digests under which callers and addresses are stored."""

    def __init__(self, rates: Rates, owner_dsn: str, key: str | None = None) -> None:
        self.rates = rates
        self.key = role_password(owner_dsn, "rate limits", key).encode()

    async def count(
        self,
        connections: ConnectionPool,
        kind: str,
        account: UUID | None,
        address: str,
        share: Hashable,
        allowances: Allowances,
    ) -> None:
        """Counts a mutation of a kind, by account if there is one and by address; notes in `allowances` what is left.

        `share` is whose share of the connections it uses. Raises RequestError: 429 if nothing was left.
        """
        rate = self.rates.of(kind)
        counted = [] if account is None else [(kind, f"{kind} caller {account}", rate.caller)]
        counted.append((f"{kind}-{ADDRESS}", f"{kind} address {address}", rate.address))
        digests = [hmac.digest(self.key, subject.encode(), hashlib.sha256) for _, subject, _ in counted]
        most = [limit for _, _, limit in counted]
        seconds = [rate.seconds] * len(counted)
        rows = await connections.run(
            lambda connection: connection.fetch(COUNT, digests, most, seconds),
            share,
            repeatable=True,  # if it was counted and the reply was lost, it counts twice
        )
        for (policy, _, limit), row in zip(counted, rows, strict=False):  # no further row after a refusal
            wait = None if row["wait"] is None else max(1, math.ceil(row["wait"]))
            if wait is not None:
                remaining, full_in = 0, wait
            elif policy == kind:
                remaining, full_in = row["remaining"], math.ceil(row["full_in"])
            else:
                remaining, full_in = coarse(row["remaining"], limit), rate.seconds
            allowances[policy] = Allowance(policy, limit, rate.seconds, remaining, full_in)
            if wait is not None:
                raise rate_limited(policy, limit, rate.seconds, wait, headers(allowances.values()))


def coarse(remaining: int, most: int) -> int:
    """The number rounded down to a quarter of the most; at least 1 while something is left."""
    step = max(1, most // SHARED_STEPS)
    return max(remaining // step * step, min(remaining, 1))
