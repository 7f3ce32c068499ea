"""What colluding buyers can learn about one member when they know everything else and spend the whole budget.

Each attack runs on a dataset of the real server, through the graph only, and once more with the noise switched off: an
attack that fails even without noise would prove nothing about the noise.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import erf, sqrt
from statistics import NormalDist
from uuid import UUID

import pytest

from privacy import noise
from tests import factories
from tests.support import population
from tests.support.callers import open_session
from tests.support.client import Caller
from tests.support.network import Network
from tests.support.population import Crowd, cells, publish
from tests.support.surveys import SHOWN

pytestmark = pytest.mark.slow

SIZE = 400
KNOWN = [f"q{number}" for number in range(9)]  # what the attackers know about everybody
PublishedCells = dict[tuple[str, ...], dict[tuple[str, ...], int]]  # each cell's count, by the grouping variables


def answers(seed: int) -> list[dict[str, str]]:
    chance = random.Random(seed)
    return [
        {"secret": chance.choice("AB")} | {question: chance.choice("ABCD") for question in KNOWN} for _ in range(SIZE)
    ]


@pytest.fixture(params=["noisy", "exact"])
def without_noise(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Yields whether the noise is switched off, in which case every attack must succeed."""
    if request.param == "exact":
        monkeypatch.setattr(noise, "draw", lambda counts, *_: list(counts))
    return bool(request.param == "exact")


async def bought(network: Network, buyers: Sequence[Caller], dataset: str) -> PublishedCells:
    """The insights about the secret that the buyers can buy in turn until the budget is spent."""
    published: PublishedCells = {}
    for number, by in enumerate([*combinations(KNOWN, 2), *combinations(KNOWN, 1)]):
        who = buyers[number % len(buyers)]
        result = await publish(network, who, dataset, "secret", *by)
        if result["userErrors"]:
            assert [error["code"] for error in result["userErrors"]] == ["BUDGET_EXHAUSTED"]
            break
        published[by] = await cells(network, buyers[0], result["insight"]["id"])
    return published


async def spent(network: Network, dataset: str) -> float:
    """The total spent of a dataset's budget, in rho."""
    return (
        float(await network.value("SELECT spent_micro_rho FROM insight.dataset WHERE id = $1", crowd_id(dataset))) / 1e6
    )


def crowd_id(dataset: str) -> str:
    return dataset.removeprefix("dst_")


def reconstructed(given: Sequence[Mapping[str, str]], published: PublishedCells) -> list[bool]:
    """Estimates for each member whether their secret is A, by least squares within [0, 1] over every published cell."""
    groups = [
        ([i for i, one in enumerate(given) if tuple(one[q] for q in by) == codes], (counts, codes))
        for by, counts in published.items()
        for codes in {key[1:] for key in counts}
    ]
    wanted = [
        # The count of A, and the total minus the count of B, measure the same number.
        (members, (counts["A", *codes] + len(members) - counts["B", *codes]) / 2)
        for members, (counts, codes) in groups
        if members
    ]
    guess = [0.5] * len(given)
    step = 1 / len(published)
    for _ in range(60):
        change = [0.0] * len(given)
        for members, count in wanted:
            short = (count - sum(guess[i] for i in members)) / len(members)
            for i in members:
                change[i] += short * step
        guess = [min(1.0, max(0.0, each + by)) for each, by in zip(guess, change, strict=True)]
    return [each >= 0.5 for each in guess]


def guessed_answers(given: Sequence[Mapping[str, str]], published: PublishedCells) -> float:
    """How often who knows everything but one member's secret guesses it, by the likelihood of what was published.

    No other guess is right more often: this is the attack that the guarantee's figure is about.
    """
    right = 0
    known = counted(given, published)
    for one in given:
        more = 0.0
        for by, counts in published.items():
            for secret, sign in (("A", 1), ("B", -1)):
                cell = (secret, *(one[question] for question in by))
                more += sign * (counts[cell] - known[by][cell] + (one["secret"] == secret))
        right += (more >= 0) == (one["secret"] == "A")
    return right / len(given)


def guessed_members(
    given: Sequence[Mapping[str, str]], others: Sequence[Mapping[str, str]], published: PublishedCells
) -> float:
    """How often who knows everybody else's answers, and those of one person, guesses whether that person took part."""
    right = 0
    known = counted(given, published)
    for people, took_part in ((given, True), (others, False)):
        for one in people:
            more = 0.0
            for by, counts in published.items():
                cell = (one["secret"], *(one[question] for question in by))
                more += counts[cell] - known[by][cell] + took_part - 0.5
            right += (more >= 0) == took_part
    return right / (len(given) + len(others))


def counted(
    given: Sequence[Mapping[str, str]], published: PublishedCells
) -> dict[tuple[str, ...], Counter[tuple[str, ...]]]:
    """The true cells of what was published."""
    return {by: Counter((one["secret"], *(one[question] for question in by)) for one in given) for by in published}


def at_most(rho: float, trials: int) -> float:
    """The best rate of right guesses at a privacy loss of rho, plus three standard errors of the trials."""
    best = NormalDist().cdf(sqrt(2 * rho) / 2)
    return best + 3 * sqrt(best * (1 - best) / trials)


async def three_buyers(network: Network, made: Crowd) -> list[Caller]:
    return [await population.buyer(network, made.community, quota=60_000) for _ in range(3)]


async def test_colluding_buyers_do_not_reconstruct_answers(network: Network, without_noise: bool) -> None:
    given = answers(1)
    made = await population.crowd(network.database, given)
    dataset = await population.closed(network, made)
    published = await bought(network, await three_buyers(network, made), dataset)
    assert len(published) == 26  # at 4,567 micro-rho each, of the 120,000 that are for sale
    guessed = reconstructed(given, published)
    right = sum(a == (one["secret"] == "A") for a, one in zip(guessed, given, strict=True)) / SIZE
    bound = at_most(await spent(network, dataset), SIZE)
    assert right > bound if without_noise else right <= bound
    # Attackers who know everything else: of an answer, of which another changes two cells, and of taking part.
    right = guessed_answers(given, published)
    bound = at_most(2 * await spent(network, dataset), SIZE)
    assert right == 1.0 if without_noise else right <= bound
    right = guessed_members(given, answers(101), published)
    bound = at_most(await spent(network, dataset), 2 * SIZE)
    assert right == 1.0 if without_noise else right <= bound
    # An attacker who averages every cube with the count of A and a known answer, to learn it exactly.
    hits, tries = 0, 0
    for question in KNOWN:
        for code in "ABCD":
            true = sum(one["secret"] == "A" and one[question] == code for one in given)
            result = [
                sum(count for key, count in counts.items() if key[0] == "A" and key[1 + by.index(question)] == code)
                for by, counts in published.items()
                if question in by
            ]
            hits += abs(sum(result) / len(result) - true) < 0.5
            tries += 1
    deviation = 1 / sqrt(2 * await spent(network, dataset))  # if the whole budget is spent on one count
    best = erf(0.5 / deviation / sqrt(2))
    bound = best + 3 * sqrt(best * (1 - best) / tries)
    assert hits / tries > bound if without_noise else hits / tries <= bound


async def test_insights_before_and_after_a_withdrawal_do_not_reveal_the_members_answer(
    network: Network, without_noise: bool
) -> None:
    given = answers(2)
    made = await population.crowd(network.database, given)
    dataset = await population.closed(network, made)
    who = await population.buyer(network, made.community)
    totals, targets = [], list(range(40))
    for number, by in zip([*targets, None], combinations(KNOWN, 2), strict=False):
        result = await publish(network, who, dataset, "secret", *by, within=50)
        assert result["userErrors"] == []
        counts = await cells(network, who, result["insight"]["id"])
        totals.append(sum(count for key, count in counts.items() if key[0] == "A"))
        if number is not None:
            await withdraws(network, made.members[number])
    right = sum((totals[i] - totals[i + 1] >= 0.5) == (given[i]["secret"] == "A") for i in range(len(totals) - 1)) / (
        len(totals) - 1
    )
    bound = at_most(2 * 754e-6, len(totals) - 1)
    assert right == 1.0 if without_noise else right <= bound


async def withdraws(network: Network, member: UUID) -> None:
    account = await factories.account(network.database, member_id=member)
    who = Caller("a member", await open_session(network.database, account["id"]))
    wants = {"purpose": "SURVEY_RESEARCH", "granted": False, **SHOWN}
    assert (await network.do(who, "consentSet", "consent { granted }", **wants))["userErrors"] == []


async def test_a_cell_does_not_reveal_its_only_member(network: Network, without_noise: bool) -> None:
    """Two known answers that only one member has given, and the secret: the cell contains that member or nobody."""
    letters = "ABCDEFGHIJKLMNOPQRST"
    chance = random.Random(3)
    given = [
        {"secret": chance.choice("AB"), "q0": chance.choice(letters), "q1": chance.choice(letters)} for _ in range(SIZE)
    ]
    made = await population.crowd(network.database, given, {"secret": "AB", "q0": letters, "q1": letters})
    dataset = await population.closed(network, made)
    who = await population.buyer(network, made.community)
    result = await publish(network, who, dataset, "secret", "q0", "q1")
    counts = await cells(network, who, result["insight"]["id"])
    groups = Counter((one["q0"], one["q1"]) for one in given)
    alone = [one for one in given if groups[one["q0"], one["q1"]] == 1]
    right = sum(
        (counts["A", one["q0"], one["q1"]] > counts["B", one["q0"], one["q1"]]) == (one["secret"] == "A")
        for one in alone
    ) / len(alone)
    bound = at_most(2 * 4_567e-6, len(alone))  # another answer changes two cells
    assert right == 1.0 if without_noise else right <= bound


async def test_repeating_a_question_returns_the_same_insight_for_free(network: Network) -> None:
    made = await population.crowd(network.database, answers(4))
    dataset = await population.closed(network, made)
    buyers = await three_buyers(network, made)
    first = await publish(network, buyers[0], dataset, "secret", "q0")
    assert first["charged"]["microRho"] == 4_567
    counts = await cells(network, buyers[0], first["insight"]["id"])
    before = await spent(network, dataset)
    for turn in range(24):
        who = buyers[turn % 3]
        again = await publish(network, who, dataset, "secret", "q0")
        assert (again["insight"]["id"], again["charged"]["microRho"]) == (first["insight"]["id"], 0)
        assert await cells(network, who, again["insight"]["id"]) == counts
        turned = await publish(network, who, dataset, "q0", "secret")
        assert turned["charged"]["microRho"] == 0
        assert {(b, a): n for (a, b), n in (await cells(network, who, turned["insight"]["id"])).items()} == counts
    assert await spent(network, dataset) == before
