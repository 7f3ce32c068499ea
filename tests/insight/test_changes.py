"""Changes between insights of one question, and trends over them, through the graph."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from models.insight.datasets import DatasetKind
from privacy.cubes import Cube
from privacy.domains import DomainRule
from privacy.precision import Precision
from privacy.reading import cells_of
from tests import factories
from tests.support.insights import FATIGUE, SEX, Published, furnished
from tests.support.network import Network
from tests.support.waves import Wave, variable, wave

COMPARABLE = "query ($id: ID!) { insight(id: $id) { comparable { id dataset { wave } } } }"
CHANGE = """query ($id: ID!, $from: ID!, $by: [String!], $where: [CategoryFilter!]) {
  insight(id: $id) { changeFrom(insight: $from, by: $by, where: $where) {
    by
    shares { category { code codes { code } } by { code } before after change { value interval { low high } mismatch } }
    means { by { code } before after change { value interval { low high } mismatch } }
  } }
}"""
TREND = """query ($id: ID!, $by: [String!], $where: [CategoryFilter!]) {
  insight(id: $id) { trend(by: $by, where: $where) {
    waves { insight wave frozenOn marginOfError }
    shares { category { code } by { code } points {
      value interval { low high } mismatch
      sinceFirst { value interval { low high } mismatch } sincePrevious { value mismatch }
    } }
    means { by { code } points { value } }
  } }
}"""
AUTUMN = [70, 50, 50, 2, 50, 60, 40, 3, 4, 4, 4, 4]  # sex by fatigue, fatigue running fastest
WINTER = [60, 60, 60, 2, 45, 70, 50, 3, 4, 4, 4, 4]


async def another(published: Published, name: str, day: date, *variables: Any, **given: Any) -> Wave:
    """One more dataset of the community."""
    of = {"community_id": UUID(published.ids["home"]), "wave": name, "frozen_on": day}
    return await wave(published.server.database, *(variables or (SEX, FATIGUE)), **(of | given))


async def of_three_waves(network: Network) -> tuple[Published, str, str]:
    published = await furnished(network, uuid4().hex)
    autumn = await another(published, "2026 autumn", date(2026, 9, 1))
    winter = await another(published, "2027 winter", date(2027, 1, 9))
    ids = [await each.publish(("sex", "fatigue"), counts) for each, counts in ((autumn, AUTUMN), (winter, WINTER))]
    return published, ids[0]["fatigue"], ids[1]["fatigue"]


async def test_comparable_insights_ask_the_same_question_of_other_datasets(network: Network) -> None:
    published, autumn, winter = await of_three_waves(network)
    fine = await another(published, "2027 spring", date(2027, 3, 1))
    coarse = await fine.publish(("sex", "fatigue"), AUTUMN)
    release = await network.database.fetchval(
        "select release_id from insight.insight where id = $1", UUID(coarse["fatigue"].removeprefix("ins_"))
    )
    better = await fine.publish(
        ("sex", "fatigue"), AUTUMN, sigma=2.0, precision=Precision.WITHIN_5, improves_id=release, micro_rho=45_459
    )
    # Other questions: by fewer variables, by another rule, about another subject, of a survey, in another community.
    await (await another(published, "alone", date(2027, 4, 1))).publish(("fatigue",), [50, 60, 70, 5])
    for name, made in (
        ("rule", replace(FATIGUE, rule=DomainRule.REGION)),
        ("several", replace(FATIGUE, max_per_member=2)),
    ):
        other = await another(published, name, date(2027, 4, 2), SEX, made)
        await other.publish(("sex", "fatigue"), AUTUMN)
    subject = (await factories.treatment(network.database))["id"]
    other = await another(published, "subject", date(2027, 4, 3), subjects={"fatigue": subject})
    if FATIGUE.rule not in (DomainRule.CHOICE, DomainRule.NUMBER, DomainRule.DAY):
        await other.publish(("sex", "fatigue"), AUTUMN)
    survey = await factories.survey(network.database, community_id=UUID(published.ids["home"]))
    asked = await another(published, "survey", date(2027, 4, 4), kind=DatasetKind.SURVEY, survey_id=survey["id"])
    await asked.publish(("sex", "fatigue"), AUTUMN)
    for who in ("licensed", "of the community", "manager"):
        found = (await published(who, COMPARABLE))["insight"]["comparable"]
        assert [(each["id"], each["dataset"]["wave"]) for each in found] == [
            (autumn, "2026 autumn"),
            (winter, "2027 winter"),
            (better["fatigue"], "2027 spring"),
        ]
    # A member who is not of the community reads the dataset that they are in, and no other.
    assert (await published("patient", COMPARABLE))["insight"]["comparable"] == []


async def test_questions_of_surveys_are_the_same_by_their_words(network: Network) -> None:
    published = await furnished(network, uuid4().hex)
    ids = []
    for at, words in enumerate(("Are you tired?", "Are you tired?", "Were you tired?")):
        survey = await factories.survey(network.database, community_id=UUID(published.ids["home"]))
        asked = replace(variable("tired", "YES", "NO"), label=words, rule=DomainRule.CHOICE)
        of = {"kind": DatasetKind.SURVEY, "survey_id": survey["id"]}
        made = await another(published, f"survey {at}", date(2027, 1, 1 + at), asked, **of)
        ids.append((await made.publish(("tired",), [60, 70, 5]))["tired"])
    first = await published("licensed", COMPARABLE, {"id": ids[0]})
    assert [each["id"] for each in first["insight"]["comparable"]] == [ids[1]]
    assert (await published("licensed", COMPARABLE, {"id": ids[2]}))["insight"]["comparable"] == []


async def test_a_change_is_the_difference_of_the_shares_with_its_interval(network: Network) -> None:
    published, autumn, _ = await of_three_waves(network)
    asked = {"id": autumn, "from": published.ids["fatigue"]}
    spent = "select sum(spent_micro_rho) from insight.dataset"
    before = await network.database.fetchval(spent)
    found = (await published("licensed", CHANGE, asked))["insight"]["changeFrom"]
    assert await network.database.fetchval(spent) == before
    assert found["by"] == ["sex"]
    assert len(found["shares"]) == len(AUTUMN)
    assert [each["by"][0]["code"] for each in found["means"]] == ["FEMALE", "MALE", "UNKNOWN"]
    for each in found["means"]:
        assert each["change"]["interval"]["low"] <= each["change"]["value"] <= each["change"]["interval"]["high"]
    read = cells_of(Cube((SEX, FATIGUE), tuple(map(float, AUTUMN)), 5.0), "fatigue", ["sex"])
    assert [each["after"] for each in found["shares"]] == [cell.share for cell in read]
    for each in found["shares"]:
        change = each["change"]
        assert change["mismatch"] is None
        assert change["value"] == each["after"] - each["before"]
        assert change["interval"]["low"] <= change["value"] <= change["interval"]["high"]
    women = [each for each in found["shares"] if each["by"][0]["code"] == "FEMALE"]
    # 30 of 165 before and 50 of 172 after, with noise: just not significant.
    assert women[2]["change"]["value"] > 0.1
    assert -0.05 < women[2]["change"]["interval"]["low"] < 0
    for who in ("of the community", "manager"):
        assert (await published(who, CHANGE, asked))["insight"]["changeFrom"] == found
    # All of both, in the other direction.
    back = (await published("licensed", CHANGE, {"id": asked["from"], "from": autumn, "by": []}))["insight"]
    assert [each["by"] for each in back["changeFrom"]["shares"]] == [[]] * 4


async def test_a_change_takes_the_groups_that_both_have(network: Network) -> None:
    published = await furnished(network, uuid4().hex)
    alone = await another(published, "alone", date(2027, 4, 1))
    id = (await alone.publish(("fatigue",), [150, 90, 70, 5]))["fatigue"]
    found = (await published("licensed", CHANGE, {"from": id}))["insight"]["changeFrom"]
    assert found["by"] == []
    assert [(each["category"]["code"], each["by"]) for each in found["shares"]] == [
        (code, []) for code in ("LOW", "MEDIUM", "HIGH", "UNKNOWN")
    ]
    women = [{"variable": "sex", "in": ["FEMALE"]}]
    assert "may name only" in await refused(published, CHANGE, {"from": id, "by": ["sex"]})
    assert "`where` may name only variables" in await refused(published, CHANGE, {"from": id, "where": women})


async def test_categories_that_do_not_match_are_null_with_a_reason(network: Network) -> None:
    published = await furnished(network, uuid4().hex)
    made = variable("fatigue", "LOW", "EXTREME", ordinal=True)
    later = await another(published, "later", date(2027, 4, 1), SEX, made)
    id = (await later.publish(("sex", "fatigue"), [60, 70, 5, 60, 70, 5, 3, 3, 3]))["fatigue"]
    found = (await published("licensed", CHANGE, {"id": id, "from": published.ids["fatigue"], "by": []}))["insight"]
    reasons = {each["category"]["code"]: each["change"]["mismatch"] for each in found["changeFrom"]["shares"]}
    assert reasons == {
        "LOW": None,
        "EXTREME": "NO_CATEGORY",
        "UNKNOWN": None,
        "MEDIUM": "NO_CATEGORY",
        "HIGH": "NO_CATEGORY",
    }
    gone = next(each for each in found["changeFrom"]["shares"] if each["category"]["code"] == "HIGH")
    assert (gone["after"], gone["change"]["value"], gone["change"]["interval"]) == (None, None, None)
    assert gone["before"] > 0


async def test_insights_of_other_questions_are_refused_and_unreadable_ones_are_null(network: Network) -> None:
    published, autumn, _ = await of_three_waves(network)
    other = await another(published, "other", date(2027, 5, 1), SEX, variable("sleep", "GOOD", "BAD"))
    sleep = (await other.publish(("sleep",), [100, 90, 9]))["sleep"]
    assert "does not ask the same question" in await refused(published, CHANGE, {"from": sleep})
    assert "does not ask the same question" in await refused(
        published, CHANGE, {"from": published.ids["away"]}, "manager"
    )
    assert "of the same dataset" in await refused(published, CHANGE, {"from": published.ids["fatigue"]})
    for who in ("licensed", "patient"):
        for id in ("ins_00000000-0000-4000-8000-000000000000", "nothing", f"dst_{other.id}"):
            assert (await published(who, CHANGE, {"from": id}))["insight"] == {"changeFrom": None}
    assert (await published("of another community", CHANGE, {"id": autumn, "from": autumn}))["insight"] is None


async def test_insights_of_means_are_compared_with_nothing(network: Network) -> None:
    published, autumn, _ = await of_three_waves(network)
    spring = await another(published, "2027 spring", date(2027, 4, 1))
    means = await spring.publish_means("fatigue", ["sex"], [40, 30, 5, 4, 30, 20, 5, 3, 2, 1, 0, 1])
    listed = (await published("manager", COMPARABLE))["insight"]["comparable"]
    assert listed
    assert means not in [each["id"] for each in listed]
    assert (await published("manager", COMPARABLE, {"id": means}))["insight"]["comparable"] == []
    for asked in ({"from": means}, {"id": means, "from": autumn}):
        assert "one of these two is of MEANS" in await refused(published, CHANGE, asked, "manager")
    trend = (await published("manager", TREND, {"id": means}))["insight"]["trend"]
    assert ([wave["insight"] for wave in trend["waves"]], trend["shares"], trend["means"]) == ([means], [], [])


async def test_an_insight_that_the_viewer_may_not_read_is_compared_with_nothing(network: Network) -> None:
    published = await furnished(network, uuid4().hex)
    database = network.database
    away = await database.fetchval("select community_id from insight.dataset where id = $1", published.ended.id)
    theirs = await another(published, "theirs", date(2027, 5, 1), community_id=away)
    id = (await theirs.publish(("sex", "fatigue"), AUTUMN))["fatigue"]
    assert (await published("licensed", CHANGE, {"from": id}))["insight"] == {"changeFrom": None}
    assert (await published("licensed", COMPARABLE))["insight"]["comparable"] == []


async def test_a_trend_has_each_wave_and_its_changes(network: Network) -> None:
    published, autumn, winter = await of_three_waves(network)
    found = (await published("licensed", TREND, {"by": []}))["insight"]["trend"]
    assert [(each["insight"], each["wave"], each["frozenOn"], each["marginOfError"]) for each in found["waves"]] == [
        (published.ids["fatigue"], "2026 spring", "2026-03-02", 10),
        (autumn, "2026 autumn", "2026-09-01", 10),
        (winter, "2027 winter", "2027-01-09", 10),
    ]
    assert [each["category"]["code"] for each in found["shares"]] == ["LOW", "MEDIUM", "HIGH", "UNKNOWN"]
    asked = {"id": winter, "from": published.ids["fatigue"], "by": []}
    changed = (await published("licensed", CHANGE, asked))["insight"]["changeFrom"]["shares"]
    step = (await published("licensed", CHANGE, asked | {"from": autumn}))["insight"]["changeFrom"]["shares"]
    for each, since_first, since_previous in zip(found["shares"], changed, step, strict=True):
        first, second, third = each["points"]
        assert (first["sinceFirst"], first["sincePrevious"]) == (None, None)
        assert (first["value"], third["value"]) == (since_first["before"], since_first["after"])
        assert third["sinceFirst"] == since_first["change"]
        assert third["sincePrevious"]["value"] == since_previous["change"]["value"]
        assert second["sinceFirst"]["value"] == second["sincePrevious"]["value"]
        for point in (first, second, third):
            assert point["interval"]["low"] <= point["value"] <= point["interval"]["high"]
    # The same waves from each of their insights.
    again = (await published("licensed", TREND, {"id": winter, "by": []}))["insight"]["trend"]
    assert again["waves"] == found["waves"]


async def test_a_wave_without_a_category_has_a_gap_in_the_trend(network: Network) -> None:
    published = await furnished(network, uuid4().hex)
    later = await another(published, "later", date(2027, 4, 1), SEX, variable("fatigue", "LOW", "HIGH", ordinal=True))
    await later.publish(("sex", "fatigue"), [60, 70, 5, 60, 70, 5, 3, 3, 3])
    found = (await published("of the community", TREND, {"by": []}))["insight"]["trend"]
    first, second = found["shares"][1]["points"]
    assert first["value"] > 0
    assert (second["value"], second["interval"], second["mismatch"]) == (None, None, "NO_CATEGORY")
    assert second["sinceFirst"] == {"value": None, "interval": None, "mismatch": "NO_CATEGORY"}


async def refused(published: Published, text: str, variables: dict[str, Any], who: str = "licensed") -> str:
    answer = await published.server.ask(published.who[who], text, {"id": published.ids["fatigue"]} | variables)
    (error,) = answer["errors"]
    assert (error["extensions"], error["path"]) == ({"code": "BAD_USER_INPUT"}, ["insight", "changeFrom"])
    return str(error["message"])
