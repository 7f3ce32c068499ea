"""Invitations to surveys that are over: those of closed surveys, and of communities that a member has left."""

from uuid import UUID

from tests.support.callers import User
from tests.support.network import Network
from tests.support.surveys import NO, opened, participation, submitted

NEWS = "{ me { notifications { nodes { kind } } participations { status } } }"
OPEN_ONES = "{ me { participations(status: INVITED) { status } } }"


async def news(network: Network, who: User) -> tuple[list[str], list[str]]:
    """The kinds of a member's notifications, and the status of their participations."""
    me = (await network.ask(who, NEWS))["data"]["me"]
    return [node["kind"] for node in me["notifications"]["nodes"]], [one["status"] for one in me["participations"]]


async def test_a_closed_survey_invites_nobody_any_more(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    cleo, dan = await network.member(community_id), await network.member(community_id)
    survey = await opened(network, survey_manager, community_id, ada, ben, cleo, dan)
    await submitted(network, ada, survey, NO)
    assert (await network.do(ben, "surveySave", "__typename", survey=survey, answers=[NO]))["userErrors"] == []
    assert (await network.do(cleo, "surveyWithdraw", "__typename", survey=survey))["userErrors"] == []
    everybody = (ada, ben, cleo, dan)
    for who, status in zip(everybody, ("COMPLETED", "STARTED", "WITHDRAWN", "INVITED"), strict=True):
        assert await news(network, who) == (["SURVEY_OPEN"], [status])
    assert (await network.do(survey_manager, "surveyClose", "__typename", survey=survey))["userErrors"] == []
    await network.freeze()
    for who, status in zip(everybody, ("COMPLETED", "LAPSED", "WITHDRAWN", "LAPSED"), strict=True):
        kinds, found = await news(network, who)
        assert ("SURVEY_OPEN" in kinds, found) == (False, [status])
        assert (await network.ask(who, OPEN_ONES))["data"]["me"]["participations"] == []


async def test_leaving_a_community_takes_back_its_invitations(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    cleo = await network.member(community_id)
    survey = await opened(network, survey_manager, community_id, ada, ben, cleo)
    await submitted(network, ben, survey, NO)
    community = f"com_{community_id}"
    for who in (ada, ben):
        assert (await network.do(who, "communityLeave", "__typename", community=community))["userErrors"] == []
    assert await news(network, ada) == ([], [])
    assert await news(network, ben) == ([], ["COMPLETED"])
    assert await news(network, cleo) == (["SURVEY_OPEN"], ["INVITED"])
    assert (await network.do(ada, "communityJoin", "__typename", community=community))["userErrors"] == []
    assert await news(network, ada) == (["SURVEY_OPEN"], ["INVITED"])
    assert await participation(network, ada, survey) == "INVITED"


async def test_leaving_one_community_keeps_the_invitations_of_another(
    network: Network, survey_manager: User, community_id: UUID, ada: User, ben: User
) -> None:
    await opened(network, survey_manager, community_id, ada, ben)
    other = (await network.ask(ada, "{ communities(first: 1) { nodes { id } } }"))["data"]["communities"]["nodes"][0]
    for mutation in ("communityJoin", "communityLeave"):
        assert (await network.do(ada, mutation, "__typename", community=other["id"]))["userErrors"] == []
    assert await news(network, ada) == (["SURVEY_OPEN"], ["INVITED"])
