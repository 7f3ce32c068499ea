"""Selects the members and values of the workloads' requests, and opens sessions for those who send them."""

import itertools
import secrets
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import asyncpg

from bench.workloads import WORKLOADS, Case, Workload

# The peers have no translations.
IN_ENGLISH = "UPDATE identity.account SET locale = 'en-GB' WHERE organization_id IS NOT NULL AND locale <> 'en-GB'"
# With a diary of this year, and read by nobody but themselves: what a relative reads is recorded first.
DIARISTS = """
SELECT a.member_id, a.id FROM identity.account a
WHERE a.locale LIKE 'en%' AND a.member_id IN (
        SELECT b.member_id FROM care.observation b
        WHERE b.observed_on > catalog.today() - 300 GROUP BY b.member_id HAVING count(*) > 100)
    AND a.member_id IN (SELECT c.member_id FROM care.course c)
    AND NOT EXISTS (SELECT FROM care.care_link l WHERE a.member_id IN (l.patient_id, l.relative_id))
ORDER BY a.member_id LIMIT $1
"""
OPEN = """
INSERT INTO identity.session (demonstration, account_id, token_hash, expires_at)
VALUES (true, $1, $2, catalog.clock() + interval '1 day')
"""


async def cases_of(dsn: str, members: int) -> dict[str, list[Case]]:
    """The cases of each workload, by its name: one for each of so many members."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(IN_ENGLISH)
        diarists = [(str(row["member_id"]), row["id"]) for row in await connection.fetch(DIARISTS, members)]
        sessions = Sessions(connection)
        return {each.name: [case async for case in cases(connection, sessions, each, diarists)] for each in WORKLOADS}
    finally:
        await connection.close()


async def cases(
    connection: Any, sessions: "Sessions", workload: Workload, members: list[tuple[str, Any]]
) -> AsyncIterator[Case]:
    if workload.cases is None:
        for member, account in members:
            yield Case(await sessions.token(account), member, None)
        return
    found = await connection.fetch(workload.cases)
    for row, (member, account) in zip(itertools.cycle(found), members, strict=False):
        if "account" in row:
            yield Case(await sessions.token(row["account"]), None, row["value"])
        else:
            yield Case(await sessions.token(account), member, row["value"])


class Sessions:
    """Opens one session for each account, as signing in does, without the time that a password takes."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.tokens: dict[Any, str] = {}

    async def token(self, account: Any) -> str:
        if account not in self.tokens:
            self.tokens[account] = token = secrets.token_urlsafe(32)
            await self.connection.execute(OPEN, account, sha256(token.encode()).digest())
        return self.tokens[account]
