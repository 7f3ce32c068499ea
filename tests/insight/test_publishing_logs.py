"""No log of freezing and publishing contains a text that somebody wrote or an exact count."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from models.identity.accounts import StaffRole
from privacy import noise
from tests import factories
from tests.support.agreed import AGREED
from tests.support.client import ANYBODY
from tests.support.network import running_network
from tests.support.population import PUBLISH, buyer, closed, crowd, publish

PLANTED = "PlantedMarie"


async def test_no_answer_or_exact_count_is_logged_from_answers_to_insights(
    template: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_noise: list[list[int]] = []
    draw = noise.draw

    def watched(counts: Sequence[int], *how: int) -> list[int]:
        without_noise.append(list(counts))
        return draw(counts, *how)

    monkeypatch.setattr(noise, "draw", watched)
    with caplog.at_level(logging.DEBUG):
        async with running_network(template) as network:
            made = await crowd(network.database, [{"q": "AB"[n % 2], "r": "ABCD"[n % 4]} for n in range(300)])
            survey_manager = await network.staff(StaffRole.SURVEY_MANAGER, StaffRole.DATA_STEWARD)
            await network.database.execute(
                "UPDATE research.answer SET text = $1 WHERE question_id IN (SELECT id FROM catalog.question"
                " WHERE survey_id = $2)",
                PLANTED,
                made.survey,
            )
            await network.database.execute(
                "UPDATE care.member SET about = $1 WHERE id = any($2)", PLANTED, list(made.members)
            )
            dataset = await closed(network, made)
            who = await buyer(network, made.community)
            result = await publish(network, who, dataset, "q", "r", "region")
            assert result["userErrors"] == []
            today = datetime.now(UTC).date()
            asked = {
                "purpose": PLANTED,
                **AGREED,
                "startsOn": str(today),
                "endsOn": str(today + timedelta(days=30)),
            }
            other = await factories.community(network.database)
            payload = await network.do(who, "licenceRequest", "licence { id }", community=f"com_{other['id']}", **asked)
            assert payload["userErrors"] == []
            decided = {"licence": payload["licence"]["id"], "granted": False, "reason": PLANTED}
            assert (await network.do(survey_manager, "licenceDecide", "licence { id }", **decided))["userErrors"] == []
            wrong = [
                {"dataset": PLANTED, "variable": "q", "precision": "WITHIN_20"},
                {"dataset": dataset, "variable": PLANTED, "precision": "WITHIN_20"},
                {"dataset": dataset, "variable": "q", "by": [PLANTED, "r"], "precision": "WITHIN_20"},
                {"dataset": dataset, "variable": "q", "precision": PLANTED},
            ]
            answers = [await network.ask(who, PUBLISH, {"input": each}) for each in wrong]
            answers.append(
                await network.ask(ANYBODY, f'{{ dataUses(community: "{PLANTED}") {{ nodes {{ purpose }} }} }}')
            )
            sliced = "query S($id: ID!, $w: [CategoryFilter!]) { insight(id: $id) { cells(where: $w) { count } } }"
            where = [{"variable": "r", "in": [PLANTED]}]
            answers.append(await network.ask(who, sliced, {"id": result["insight"]["id"], "w": where}))
    assert [sorted(answer) for answer in answers] == [["data"]] * 3 + [["errors"], ["data"], ["data", "errors"]]
    # Some requests are refused with an error, and none is repeated.
    assert PLANTED not in str(answers)
    ours = [record for record in caplog.records if record.name.startswith(("cohorte", "uvicorn", "strawberry"))]
    written = "\n".join(logging.Formatter().format(record) for record in ours)
    assert PLANTED.lower() not in written.lower()
    assert len(without_noise) >= 3
    for table in without_noise:
        for numbers in (str(table), str(table)[1:-1], ",".join(map(str, table))):
            assert len(table) == 1 or numbers not in written
    # The counts of the community and the progress of the survey are drawn on the way, whenever they are due.
    assert [300, 300] in without_noise
    assert sum(without_noise[-1]) == 300
