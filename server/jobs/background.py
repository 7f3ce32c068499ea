"""Does what a server does besides answering requests: sends mail, news and webhooks, and runs scheduled jobs."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from models.security.publisher import PUBLISHER
from models.viewers import Audience
from resolvers.identity.second_factors_rules import key_of
from resolvers.jobs import MAINTENANCE, PUBLISHING, forget_data_reads, settle_sleeping
from server.databases.publisher_pool import PublisherPool
from server.databases.server_connections import ServerConnections
from server.jobs.courier import Courier
from server.jobs.mailer import Mailer, folder_delivery, smtp_delivery
from server.jobs.newsroom import Newsroom
from server.jobs.scheduler import PUBLISHING_LOCK, Scheduler
from server.rollbacks.departure_keeper import LOCK as DEPARTURES_LOCK
from server.rollbacks.departure_keeper import DepartureKeeper
from settings import Settings

ENDING_SECONDS = 1.0  # for a background task that was told to end


def senders(settings: Settings, connections: ServerConnections, *, synthetic: bool) -> list[Coroutine[Any, Any, None]]:
    """What sends mail, news and webhooks, each until cancelled; `synthetic` if the database is a sandbox."""
    connect = connections.connect
    deliver = smtp_delivery(settings.mail_url) if settings.mail_url else folder_delivery(settings.data / "mail")
    mailer = Mailer(deliver, settings.mail_from, settings.base if settings.web else None, synthetic=synthetic)
    key = key_of(settings.second_factor_key)
    courier = Courier(settings.base, key, loopback=settings.demo, synthetic=synthetic)
    return [
        mailer.outbox.run(lambda: connect("cohorte mail")),
        Newsroom().outbox.run(lambda: connect("cohorte news", PUBLISHER)),
        courier.outbox.run(lambda: connect("cohorte webhooks")),
    ]


def schedulers(
    settings: Settings, connections: ServerConnections, publisher: PublisherPool, keeper: DepartureKeeper
) -> list[Coroutine[Any, Any, None]]:
    """What runs the scheduled jobs, each until cancelled."""
    sleeping = settle_sleeping(settings.sleep_months, settings.sleep_notice_days)
    maintaining = (*MAINTENANCE, forget_data_reads(settings.data_reads_days), sleeping)
    connect = connections.connect_for_freezing
    return [
        Scheduler(lambda: connections.connect("cohorte due", Audience.MANAGER), maintaining).run(),
        # Apart from what is published, of which one round may take many minutes.
        Scheduler(lambda: connect("cohorte departures"), (keeper.keep,), DEPARTURES_LOCK).run(),
        Scheduler(lambda: connect("cohorte closing"), publisher.jobs(PUBLISHING), PUBLISHING_LOCK).run(),
    ]


class Background:
    """Tasks that run until the server stops, and are ended together."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []

    def start(self, *works: Coroutine[Any, Any, None]) -> None:
        self.tasks.extend(map(asyncio.create_task, works))

    async def end(self) -> None:
        """Ends all. One that waits for a silent database when it is cancelled is cancelled again."""
        left = set(self.tasks)
        for _ in range(2):
            for task in left:
                task.cancel()
            if left:
                _, left = await asyncio.wait(left, timeout=ENDING_SECONDS)
