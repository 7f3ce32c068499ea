"""Days of surveys: a survey opens on a day by UTC, and closes when its last day is over everywhere."""

from datetime import datetime
from uuid import UUID

import pytest

from models.security.publisher import PUBLISHER
from resolvers.jobs import settle_surveys
from tests.server.test_scheduler import as_
from tests.support.callers import User
from tests.support.clock import set_clock
from tests.support.network import Network
from tests.support.surveys import becomes_ready, consents, scheduled, status_of, submitted, wanted

pytestmark = pytest.mark.usefixtures("hurried")

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
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User, moment: str, status: str,
    refused: tuple[str, str] | None,
) -> None:  # fmt: skip
    try:
        await set_clock(network.database, datetime.fromisoformat(NOW))
        for who in (ada, ben):
            await consents(network, who)
        survey = await scheduled(network, survey_manager, community_id, opensOn="2030-03-09", closesOn="2030-03-10")
        assert await status_of(network, survey) == "WAITING"
        await becomes_ready(network, survey)
        if status != "WAITING":
            await set_clock(network.database, datetime.fromisoformat("2030-03-09T00:00:00Z"))
            async with as_(PUBLISHER, network) as publisher:
                await settle_surveys(publisher)
        await set_clock(network.database, datetime.fromisoformat(moment))
        if refused is None:
            await submitted(network, ada, survey)
        else:  # even before the scheduler closes the survey
            answers = [{"question": "treated", "codes": ["NO"]}]
            assert await network.refused(ada, "surveySubmit", survey=survey, answers=answers) == refused
        async with as_(PUBLISHER, network) as publisher:
            await settle_surveys(publisher)
        assert await status_of(network, survey) == status
    finally:
        await set_clock(network.database, None)


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
async def test_a_survey_cannot_be_planned_for_days_that_are_over(
    network: Network,
    survey_manager: User,
    community_id: UUID,
    moment: str,
    given: dict[str, str],
    refused: tuple[str, str] | None,
) -> None:
    try:
        await set_clock(network.database, datetime.fromisoformat(moment))
        if refused is None:
            payload = await network.do(
                survey_manager, "surveyCreate", "userErrors { path }", **wanted(community_id, **given)
            )
            assert payload["userErrors"] == []
        else:
            assert await network.refused(survey_manager, "surveyCreate", **wanted(community_id, **given)) == refused
    finally:
        await set_clock(network.database, None)
