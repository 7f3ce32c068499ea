"""No log of freezing and publishing contains a text that somebody wrote or an exact count."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from models.identity.accounts import StaffRole
from privacy import noise
from tests import factories
from tests.support.client import ANYBODY
from tests.support.population import PUBLISH, buyer, closed, crowd, publish
from tests.support.town import town

PLANTED = "PlantedMarie"


async def test_no_answer_or_exact_count_is_logged_from_answers_to_insights(
    template: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact: list[list[int]] = []
    draw = noise.draw

    def watched(counts: Sequence[int], *how: int) -> list[int]:
        exact.append(list(counts))
        return draw(counts, *how)

    monkeypatch.setattr(noise, "draw", watched)
    with caplog.at_level(logging.DEBUG):
        async with town(template) as here:
            made = await crowd(here.database, [{"q": "AB"[n % 2], "r": "ABCD"[n % 4]} for n in range(260)])
            boss = await here.staff(StaffRole.SURVEY_MANAGER, StaffRole.DATA_STEWARD)
            await here.database.execute(
                "UPDATE research.answer SET text = $1 WHERE question_id IN (SELECT id FROM catalog.question"
                " WHERE survey_id = $2)",
                PLANTED,
                made.survey,
            )
            await here.database.execute(
                "UPDATE care.profile SET region = $1 WHERE member_id = any($2)", PLANTED, list(made.members)
            )
            dataset = await closed(here, made)
            who = await buyer(here, made.community)
            said = await publish(here, who, dataset, "q", "r", "region")
            assert said["userErrors"] == []
            today = datetime.now(UTC).date()
            asked = {"purpose": PLANTED, "startsOn": str(today), "endsOn": str(today + timedelta(days=30))}
            other = await factories.community(here.database)
            payload = await here.do(who, "licenceRequest", "licence { id }", community=f"com_{other['id']}", **asked)
            assert payload["userErrors"] == []
            decided = {"licence": payload["licence"]["id"], "granted": False, "reason": PLANTED}
            assert (await here.do(boss, "licenceDecide", "licence { id }", **decided))["userErrors"] == []
            wrong = [
                {"dataset": PLANTED, "variable": "q", "precision": "WITHIN_20"},
                {"dataset": dataset, "variable": PLANTED, "precision": "WITHIN_20"},
                {"dataset": dataset, "variable": "q", "by": [PLANTED, "r"], "precision": "WITHIN_20"},
                {"dataset": dataset, "variable": "q", "precision": PLANTED},
            ]
            answers = [await here.ask(who, PUBLISH, {"input": each}) for each in wrong]
            answers.append(await here.ask(ANYBODY, f'{{ dataUses(community: "{PLANTED}") {{ nodes {{ purpose }} }} }}'))
            sliced = "query S($id: ID!, $w: [CategoryFilter!]) { insight(id: $id) { cells(where: $w) { count } } }"
            where = [{"variable": "r", "in": [PLANTED]}]
            answers.append(await here.ask(who, sliced, {"id": said["insight"]["id"], "w": where}))
    assert [sorted(answer) for answer in answers] == [["data"]] * 3 + [["errors"], ["data"], ["data", "errors"]]
    # Some of what is asked of the graph is refused with an error, and none of it is repeated.
    assert PLANTED not in str(answers)
    ours = [record for record in caplog.records if record.name.startswith(("cohorte", "uvicorn", "strawberry"))]
    written = "\n".join(logging.Formatter().format(record) for record in ours)
    assert PLANTED.lower() not in written.lower()
    assert len(exact) >= 3
    for table in exact:
        for numbers in (str(table), str(table)[1:-1], ",".join(map(str, table))):
            assert len(table) == 1 or numbers not in written
    assert exact[0] == [260]
    assert sum(exact[-1]) == 260
