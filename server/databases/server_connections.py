"""Opens and closes the connections of a server to its database and to the standbys, in the roles of its logins."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import asyncpg

from models.bounded_connections import ANSWER_SECONDS
from models.connecting import connect
from models.logins import owner_password, pool, role_dsn
from models.security.publisher import PUBLISHER
from models.viewers import Audience, Login
from server.databases.pools import ConnectionPool, half_of
from server.databases.positions import Positions
from server.databases.publisher_pool import CONNECTIONS, STATEMENT_SECONDS
from server.databases.standbys import Pools, Primary, Standby, Standbys
from settings import Settings

# Connections in the role of the public view besides its own: for what strangers write, for looking up sessions, for
# whether the server is ready, and for recording who reads members' data.
APART = {"identity": 4, "lookups": 2, "readiness": 1, "data reads": 1}
# Further connections to the database by their role: of the listener, mail and webhooks; of a scheduler; of news and the
# publisher's two schedulers.
OTHERS = {"public": 3, "manager": 1, "publisher": 3}
# Of one statement of a job. None takes as long, but freezing a survey with more answers than a request may freeze.
JOB_SECONDS, FREEZING_SECONDS = 60.0, 900.0
CLOSING_SECONDS = 1.5  # for the connections' last statements to end


def database_connections(settings: Settings) -> int:
    """How many connections to the database a server has at most; those to its standbys are not counted."""
    watching = 1 if settings.read_url else 0
    apart = CONNECTIONS + sum(APART.values()) + sum(OTHERS.values())
    return len(Audience) * settings.pool_size + apart + watching


def standby_connections(settings: Settings) -> int:
    """How many connections to each standby a server has at most."""
    return len(Audience) * settings.pool_size + 1


@dataclass(frozen=True)
class ServerConnections:
    """Opens connections to the database at `owner`, which is the owner's address of it, as `settings` say."""

    settings: Settings
    owner: str
    pool_class: Callable[..., ConnectionPool] = ConnectionPool

    async def pool(
        self,
        login: Login,
        size: int,
        seconds: float | None = None,
        *,
        lock_seconds: float | None = None,
        of_view: bool = False,
        at: str | None = None,
    ) -> ConnectionPool:
        """A pool of open connections to the owner's database, or to the one at the address `at`.

        A statement, and its wait for a lock, may take as long as in the limits of the settings, unless it is given. In
        the pool of a view, whose requests have limits of their own, a statement needs no other.
        """
        limits = self.settings.limits
        seconds = limits.statement_seconds if seconds is None else seconds
        opened = await pool(
            at or self.owner,
            login,
            size,
            seconds,
            self._role_key,
            prefix=self.settings.role_prefix,
            lock_seconds=limits.lock_seconds if lock_seconds is None else lock_seconds,
            answer_seconds=None if of_view else seconds + ANSWER_SECONDS,
        )
        made = self.pool_class(opened, seconds, half_of(size) if of_view else None, limits.request_seconds)
        await made.fill()
        return made

    async def view_pool(self, audience: Audience, at: str | None = None) -> ConnectionPool:
        return await self.pool(audience, self.settings.pool_size, of_view=True, at=at)

    async def publisher_pool(self) -> ConnectionPool:
        # Publications from one dataset take turns by a lock, for as long as they need.
        return await self.pool(PUBLISHER, CONNECTIONS, STATEMENT_SECONDS, lock_seconds=0)

    async def standby_pools(self, at: str, primaries: Pools) -> Pools:
        """The pools of the standby at `at`, each with that of the primary. Raises what connecting raises."""
        opened: dict[Audience, ConnectionPool] = {}
        try:
            for audience, primary in primaries.items():
                opened[audience] = await self.view_pool(audience, at)
                opened[audience].primary = primary
        except BaseException:
            for each in opened.values():
                each.terminate()
            raise
        return opened

    def standbys(self, primaries: Pools, writes: ConnectionPool) -> Standbys | None:
        """The standbys of the settings, if any; of the primary are `primaries`, the views' pools, and `writes`."""
        settings = self.settings
        if not settings.read_url:
            return None
        seconds, outage_seconds = settings.read_lag_seconds, settings.read_outage_seconds
        primary = Primary(partial(self.connect, "cohorte primary"), seconds, outage_seconds)
        found = [
            Standby(
                f"standby {number}",
                partial(self.connect, "cohorte standby", at=url),
                partial(self.standby_pools, url, primaries),
                primary,
            )
            for number, url in enumerate(settings.read_url, 1)
        ]
        kept_seconds = max(seconds, outage_seconds)
        positions = Positions(self.owner, settings.role_key, kept_seconds, plain=settings.plain_cookie)
        return Standbys(primary, found, writes, positions, seconds)

    async def connect(
        self, name: str, login: Login = Audience.PUBLIC, seconds: float | None = None, at: str | None = None
    ) -> asyncpg.Connection:
        """A connection besides the pools, of that name in pg_stat_activity, for statements of so many seconds."""
        seconds = JOB_SECONDS if seconds is None else seconds
        return await connect(self.address_of(login, at), name, seconds, idle_seconds=0)

    async def connect_for_freezing(self, name: str) -> asyncpg.Connection:
        """A connection of the publisher's, for jobs whose statements may take long."""
        return await self.connect(name, PUBLISHER, FREEZING_SECONDS)

    def address_of(self, login: Login, at: str | None = None) -> str:
        return role_dsn(at or self.owner, login, self._role_key, self.settings.role_prefix)

    @property
    def _role_key(self) -> str | None:
        # The addresses of standbys need no password of the owner's.
        settings = self.settings
        return settings.role_key or (owner_password(self.owner) if settings.read_url else None)


async def close_all(pools: Mapping[str, ConnectionPool]) -> None:
    """Closes all pools at once: each would wait as long for statements that do not end."""
    await asyncio.gather(*(close(connections) for connections in pools.values()))


async def close(connections: ConnectionPool) -> None:
    try:
        await asyncio.wait_for(connections.close(), CLOSING_SECONDS)
    except TimeoutError:
        connections.pool.terminate()
