"""A survey's days: it opens on a day by UTC, and closes when its last day is over everywhere."""

from datetime import datetime
from uuid import UUID

import pytest

from models.security.publisher import PUBLISHER
from resolvers.jobs import settle_surveys
from tests.server.test_scheduler import as_
from tests.support.clock import set_clock
from tests.support.surveys import consents, scheduled, status_of, submitted, wanted
from tests.support.town import Person, Town

NOW = "2030-03-08T12:00:00Z"


@pytest.mark.parametrize(
    ("moment", "status", "refused"),
    [
        ("2030-03-08T23:59:59Z", "WAITING", ("TOO_EARLY", "input.survey")),
        ("2030-03-09T00:00:00Z", "OPEN", None),
        ("2030-03-10T23:59:00-04:00", "OPEN", None),  # in Martinique, on the last day
        ("2030-03-10T23:59:59.999999-12:00", "OPEN", None),
        ("2030-03-11T00:00:00-12:00", "CLOSED", ("TOO_LATE", "input.survey")),
    ],
)
async def test_a_survey_can_be_answered_until_its_last_day_is_over_everywhere(
    here: Town, boss: Person, home: UUID, ada: Person, ben: Person, moment: str, status: str,
    refused: tuple[str, str] | None,
) -> None:  # fmt: skip
    try:
        await set_clock(here.database, datetime.fromisoformat(NOW))
        for who in (ada, ben):
            await consents(here, who)
        survey = await scheduled(here, boss, home, opensOn="2030-03-09", closesOn="2030-03-10")
        assert await status_of(here, survey) == "WAITING"
        if status != "WAITING":
            await set_clock(here.database, datetime.fromisoformat("2030-03-09T00:00:00Z"))
            async with as_(PUBLISHER, here) as publisher:
                await settle_surveys(publisher)
        await set_clock(here.database, datetime.fromisoformat(moment))
        if refused is None:
            await submitted(here, ada, survey)
        else:  # whether or not the job that closes it has run
            answers = [{"question": "treated", "codes": ["NO"]}]
            assert await here.refused(ada, "surveySubmit", survey=survey, answers=answers) == refused
        async with as_(PUBLISHER, here) as publisher:
            await settle_surveys(publisher)
        assert await status_of(here, survey) == status
    finally:
        await set_clock(here.database, None)


@pytest.mark.parametrize(
    ("moment", "given", "refused"),
    [
        ("2030-03-10T23:59:59-12:00", {"closesOn": "2030-03-10"}, None),
        ("2030-03-11T00:00:00-12:00", {"closesOn": "2030-03-10"}, ("INVALID", "input.closesOn")),
        ("2030-03-10T21:00:00-04:00", {"opensOn": "2030-03-10", "closesOn": "2030-03-10"}, None),
        ("2030-03-11T12:00:00Z", {"opensOn": "2030-03-10", "closesOn": "2030-04-10"}, ("INVALID", "input.opensOn")),
        ("2030-03-01T12:00:00Z", {"opensOn": "2030-03-10", "closesOn": "2030-03-09"}, ("INVALID", "input.closesOn")),
    ],
)
async def test_a_survey_is_not_planned_for_days_that_are_over(
    here: Town, boss: Person, home: UUID, moment: str, given: dict[str, str], refused: tuple[str, str] | None
) -> None:
    try:
        await set_clock(here.database, datetime.fromisoformat(moment))
        if refused is None:
            payload = await here.do(boss, "surveyCreate", "userErrors { path }", **wanted(home, **given))
            assert payload["userErrors"] == []
        else:
            assert await here.refused(boss, "surveyCreate", **wanted(home, **given)) == refused
    finally:
        await set_clock(here.database, None)
