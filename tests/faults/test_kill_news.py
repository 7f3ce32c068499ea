"""Kills the server while it delivers news: every member is notified, and none twice."""

from pathlib import Path

import pytest

from tests import factories
from tests.faults.test_kill_publishing import killed, life, unserved_network
from tests.support.eventually import becomes

MEMBERS = 640


@pytest.mark.slow
async def test_killing_a_server_that_delivers_news_loses_and_doubles_none(fresh: str, tmp_path: Path) -> None:
    async with unserved_network(fresh) as network:
        made = (await factories.dataset(network.database))["id"]
        for _ in range(MEMBERS):
            await factories.enrolment(network.database, dataset_id=made)
        insight = (await factories.insight(network.database, dataset_id=made))["id"]
        left = "SELECT count(*) FROM identity.outbox_entry WHERE part < $1"

        async def has_passed(part: int) -> bool:
            return not await network.value(left, part)

        async def is_notified(number: int) -> bool:
            return await network.count("care.notification", subject_id=insight) == number

        await network.database.execute("SELECT identity.queue_news('INSIGHT_PUBLISHED', $1)", insight)
        notified = []
        for part in (8, 24, 40):
            async with life(network, fresh, tmp_path) as process:
                await becomes(lambda part=part: has_passed(part))  # type: ignore[misc]
                await killed(process)
            notified.append(await network.count("care.notification", subject_id=insight))
        assert 0 < notified[0] < notified[1] < notified[2] < MEMBERS
        async with life(network, fresh, tmp_path):
            await becomes(lambda: has_passed(64))
        assert await is_notified(MEMBERS)
        members = "SELECT count(DISTINCT member_id) FROM care.notification WHERE subject_id = $1"
        assert await network.value(members, insight) == MEMBERS
        # What was delivered is not delivered again, even if the outbox's row comes back.
        await network.database.execute("SELECT identity.queue_news('INSIGHT_PUBLISHED', $1)", insight)
        await network.deliver()
        assert await is_notified(MEMBERS)
