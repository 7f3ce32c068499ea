"""What datasets had when they were migrated: variables in order, values with noise of fractions, days of surveys."""

from datetime import date

import asyncpg
import pytest

from models.migrations import run
from privacy.domains import DomainRule
from tests import factories
from tests.support.declared import empty

NOISY = {-2.4000000000000004: -2.4, 0.30000000000000004: 0.3, 1e9 / 3: 333_333_333.333, 7.0: 7.0, 0.0: 0.0, -0.5: -0.5}


@pytest.mark.slow
async def test_ordered_variables_and_exact_values_after_the_migration(server: str) -> None:
    async with empty(server) as dsn:
        await run.upgrade(dsn, "0069")
        connection = await asyncpg.connect(dsn)
        try:
            dataset = (await factories.dataset(connection))["id"]
            for rule in DomainRule:
                await factories.variable(connection, dataset_id=dataset, rule=rule)
            for place, value in enumerate(NOISY):
                of = {"dataset_id": dataset, "variable": 1, "place": place}
                await factories.category(connection, **of, code=str(place), value=value, low=value)
            await factories.category(connection, dataset_id=dataset, variable=1, place=99)
            survey = await factories.survey(connection, opens_on=date(2026, 1, 5))
            await factories.dataset(connection, survey_id=survey["id"], kind="SURVEY")
            await run.upgrade(dsn)
            days = await connection.fetch("SELECT kind, collected_from FROM insight.dataset ORDER BY kind")
            ordered = await connection.fetch("SELECT rule FROM insight.variable WHERE ordinal ORDER BY rule")
            kept = await connection.fetch("SELECT value, low FROM insight.category ORDER BY place")
        finally:
            await connection.close()
    assert [tuple(row) for row in days] == [("SURVEY", date(2026, 1, 5)), ("TRACKING", None)]
    assert [row["rule"] for row in ordered] == ["AGE", "DAY", "DIAGNOSIS"]
    assert [tuple(row) for row in kept] == [(meant, noisy) for noisy, meant in NOISY.items()] + [(None, None)]
