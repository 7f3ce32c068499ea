"""Counts the requests of each caller in this process, of whatever kind, and refuses what is more than its rate."""

import math
import time
from collections.abc import Callable, Hashable

from server.callers.allowances import Allowance, headers
from server.operations.errors import RequestError, rate_limited

CALLERS = 10_000
REQUESTS, TOKENS = "requests", "tokens"
# Tokens and keys of one address that are not valid: each is looked up in the database.
INVALID_AT_ONCE, INVALID_A_SECOND = 200, 10


class RequestRates:
    """A token bucket for each caller: `at_once`, and `a_second` more each second. Of each, when it is full again."""

    def __init__(self, policy: str, at_once: int, a_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.policy, self.at_once, self.a_second, self.clock = policy, at_once, a_second, clock
        self.most = at_once / a_second  # seconds until an empty bucket is full
        self.step = 1 / a_second
        self.full_at: dict[Hashable, float] = {}  # the last used is the last

    def count(self, caller: Hashable) -> None:
        """Counts a request of the caller's. Raises RequestError if nothing was left."""
        now, buckets = self.clock(), self.full_at
        before = buckets.pop(caller, now)
        after = (before if before > now else now) + self.step
        if after - now > self.most:
            buckets[caller] = before
            raise self.refusal(after - now - self.most)
        buckets[caller] = after
        if len(buckets) > CALLERS:
            del buckets[next(iter(buckets))]

    def check(self, caller: Hashable) -> None:
        """Raises RequestError if nothing is left of the caller's bucket."""
        wait = self.full_at.get(caller, 0.0) + self.step - self.clock() - self.most
        if wait > 0:
            raise self.refusal(wait)

    def refusal(self, wait: float) -> RequestError:
        seconds, window = max(1, math.ceil(wait)), max(1, math.ceil(self.most))
        left = headers([Allowance(self.policy, self.at_once, window, 0, seconds)])
        return rate_limited(self.policy, self.at_once, window, seconds, left)
