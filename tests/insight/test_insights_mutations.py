"""Publishing insights: what is charged, what is free, what enters the ledger, and who is notified."""

import asyncio
from itertools import product

import pytest

from models.identity.organizations import OrganizationKind
from privacy import noise
from tests.support.callers import User
from tests.support.client import Caller
from tests.support.ids import key
from tests.support.network import Network
from tests.support.population import Crowd, buyer, cells, publish
from tests.support.publishable import GATHERED, PRICES, PUBLISHES, asks, expect_sound, free, paid, releases, spent


async def test_a_publication_is_charged_recorded_and_notified_once(
    network: Network, respondents: Crowd, dataset: str, licensed_buyer: Caller
) -> None:
    before = await spent(network, dataset)
    lines = await network.value("SELECT count(*) FROM insight.ledger_entry")
    await network.deliver()  # what was published when the survey closed
    await network.database.execute("UPDATE care.notification SET read_at = now()")
    await network.events()
    insight, charged = paid(await publish(network, licensed_buyer, dataset, "q", "r"))
    assert charged == PRICES[20]
    assert await spent(network, dataset) == (before[0] + charged, charged)
    [release] = await releases(network, dataset, "q", "r")
    buyer = await network.row("SELECT id FROM insight.organization WHERE name = $1", licensed_buyer.name)
    assert (release["organization_id"], release["total_micro_rho"], release["margin"]) == (buyer["id"], charged, 20)
    assert (release["contributions"], len(release["noisy"]), release["improves_id"]) == (1, 12, None)
    assert release["estimates"] == release["noisy"]
    line = await network.row("SELECT * FROM insight.ledger_entry ORDER BY position DESC LIMIT 1")
    assert (line["position"], line["release_id"], line["variables"]) == (lines + 1, release["id"], ["q", "r"])
    assert (line["organization_name"], line["micro_rho"]) == (licensed_buyer.name, charged)
    assert line["purpose"] == await network.value(
        "SELECT purpose FROM insight.licence WHERE id = $1", release["licence_id"]
    )
    await network.deliver()
    events = await network.events()
    published = {"kind": "insightPublished", "subject": str(key(insight)), "about": str(respondents.community)}
    assert published in events
    assert len([one for one in events if one["kind"] == "notificationAdded"]) == len(respondents.members)
    await publish(network, licensed_buyer, dataset, "q", "twin")
    await network.deliver()
    assert [one["kind"] for one in await network.events()] == [
        "insightPublished"
    ]  # one notification of it is still unread
    await expect_sound(network, dataset)


async def test_the_organization_alone_reads_who_had_an_insight_published(
    network: Network, respondents: Crowd, dataset: str, licensed_buyer: Caller
) -> None:
    insight, _ = paid(await publish(network, licensed_buyer, dataset, "q", "r"))
    document = "query ($id: ID!) { insight(id: $id) { publishedBy } }"
    email = await network.value(
        """
        SELECT a.email FROM identity.account a JOIN insight.organization o ON o.id = a.organization_id
        WHERE o.name = $1
        """,
        licensed_buyer.name,
    )
    other = await buyer(network, respondents.community)
    for who, name in ((licensed_buyer, email), (other, None)):
        answer = await network.ask(who, document, {"id": insight})
        assert answer["data"] == {"insight": {"publishedBy": name}}


async def test_cells_are_the_questions_counts_plus_noise(
    network: Network, dataset: str, licensed_buyer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noise, "draw", lambda counts, *_: list(counts))
    insight, _ = paid(await publish(network, licensed_buyer, dataset, "r", "q"))
    counted = {(r, q): 0 for q in ("A", "B", "C", "UNKNOWN") for r in ("A", "B", "UNKNOWN")}
    for n in range(GATHERED):
        counted["AB"[n % 2], "ABC"[n % 3]] += 1
    assert await cells(network, licensed_buyer, insight) == counted
    other = free(await publish(network, licensed_buyer, dataset, "q", "r"))
    assert await cells(network, licensed_buyer, other) == {(q, r): count for (r, q), count in counted.items()}


async def test_noise_is_added_to_every_cell(network: Network, dataset: str, licensed_buyer: Caller) -> None:
    await publish(network, licensed_buyer, dataset, "q", "region", "age_band")
    [release] = await releases(network, dataset, "q", "region", "age_band")
    assert len(release["noisy"]) == 4 * 19 * 9
    # Members have no region: all but 36 cells are empty, and noise of sigma 10.5 leaves one in 25 at zero.
    assert 0.7 < sum(count != 0 for count in release["noisy"]) / len(release["noisy"]) < 1
    assert min(release["noisy"]) < -11


async def test_a_published_question_is_answered_for_free(
    network: Network, respondents: Crowd, dataset: str, licensed_buyer: Caller, steward: User
) -> None:
    first, _ = paid(await publish(network, licensed_buyer, dataset, "q", "r", within=10))
    before = await spent(network, dataset)
    other = await buyer(network, respondents.community, kind=OrganizationKind.HOSPITAL, quota=0)
    for who in (licensed_buyer, other, steward):
        for within in (10, 20, 50):
            assert free(await publish(network, who, dataset, "q", "r", within=within)) == first
    turned = {free(await publish(network, who, dataset, "r", "q")) for who in (licensed_buyer, other, steward)}
    assert len(turned | {first}) == 2
    assert await spent(network, dataset) == before
    assert len(await releases(network, dataset, "q", "r")) == 1
    quoted = await asks(network, other, dataset, "q", "r")
    assert (quoted["alreadyPublished"], quoted["cost"]["microRho"], quoted["affordable"]) == (True, 0, True)
    assert quoted["marginOfError"] == 10


async def test_a_better_precision_costs_the_difference_and_combines_both(
    network: Network, dataset: str, licensed_buyer: Caller
) -> None:
    coarse, _ = paid(await publish(network, licensed_buyer, dataset, "q", "r", within=50))
    better, charged = paid(await publish(network, licensed_buyer, dataset, "q", "r", within=20))
    best, charged_more = paid(await publish(network, licensed_buyer, dataset, "q", "r", within=10))
    assert (charged, charged_more) == (PRICES[20] - PRICES[50], PRICES[10] - PRICES[20])
    assert len({coarse, better, best}) == 3
    first, second, third = await releases(network, dataset, "q", "r")
    assert [second["improves_id"], third["improves_id"]] == [first["id"], second["id"]]
    assert [one["total_micro_rho"] for one in (first, second, third)] == [PRICES[50], PRICES[20], PRICES[10]]
    assert [one["margin"] for one in (first, second, third)] == [50, 20, 10]
    assert second["estimates"] == pytest.approx(
        [
            (old * PRICES[50] + new * charged) / PRICES[20]
            for old, new in zip(first["estimates"], second["noisy"], strict=True)
        ]
    )
    assert free(await publish(network, licensed_buyer, dataset, "q", "r", within=50)) == best
    counts = zip(product(("A", "B", "C", "UNKNOWN"), ("A", "B", "UNKNOWN")), first["noisy"], strict=True)
    assert await cells(network, licensed_buyer, coarse) == dict(counts)
    await expect_sound(network, dataset)


async def test_a_repeated_request_is_charged_once(network: Network, dataset: str, licensed_buyer: Caller) -> None:
    given = {"dataset": dataset, "variable": "q", "by": ["r"], "precision": "WITHIN_20", "clientMutationId": "one"}
    before = await spent(network, dataset)
    answers = await asyncio.gather(*(network.ask(licensed_buyer, PUBLISHES, {"input": given}) for _ in range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert paid(answers[0]["data"]["insightPublish"])[1] == PRICES[20]
    assert (await spent(network, dataset))[0] == before[0] + PRICES[20]
    changed = await network.ask(licensed_buyer, PUBLISHES, {"input": given | {"by": []}})
    assert changed["data"]["insightPublish"]["userErrors"][0]["code"] == "CONFLICT"


async def test_later_publications_exclude_members_who_withdrew_consent(
    network: Network, respondents: Crowd, dataset: str, licensed_buyer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noise, "draw", lambda counts, *_: list(counts))
    before, _ = paid(await publish(network, licensed_buyer, dataset, "q", "r"))
    change = "UPDATE research.consent SET granted = false WHERE member_id = $1 AND purpose = 'SURVEY_RESEARCH'"
    await network.database.execute(change, respondents.members[0])  # who answered A, A
    after, _ = paid(await publish(network, licensed_buyer, dataset, "q", "twin"))
    assert (await cells(network, licensed_buyer, before))["A", "A"] == GATHERED // 6
    assert (await cells(network, licensed_buyer, after))["A", "A"] == GATHERED // 6 - 1
