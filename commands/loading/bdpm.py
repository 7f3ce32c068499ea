"""Makes treatments of the medicines of the French public medicines database."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from commands.demonstration.texts import slug
from commands.loading.bdpm_files import ATC_CODES, MEDICINES, PRESENTATIONS, SUBSTANCES, DataFile, FileLine, lines_of
from commands.loading.code_forms import fault_of
from commands.loading.entries import TODAY, Batch, CellValue, LineFault, NotLoaded, SourceRow, words
from commands.loading.medicine_names import in_english, readable, substance

SOURCE = "bdpm"
INN_MOST = 200  # characters; longer mixtures are found by the names of their substances, in `words`
SLUG_MOST = 70  # characters, before a code is appended where two names are equal
STOPPED = re.compile("(?i)arr[eê]t|suspen|retir|abrog|archiv")


class Medicines:
    """The medicines of a folder. Raises NotLoaded if a file is missing, of another format or not whole."""

    kinds = ("treatment",)

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise NotLoaded("There is no such folder.")
        self.folder = folder
        self.faults: list[LineFault] = []
        self.notes: list[str] = []
        self.faulty: set[str] = set()  # codes of lines at fault: these medicines are not taken for withdrawn
        self.all_known = True  # that no line at fault lacks its code
        self.medicines = self.read_medicines()
        self.substances, self.stops, self.atc = self.read_substances(), self.read_stops(), self.read_atc()

    def batches(self, _state: object = None) -> list[Batch]:
        entries = [self.entry(line) for line in self.medicines.values()]
        present = frozenset(self.medicines) | self.faulty if self.all_known else None
        return [Batch(SOURCE, "treatment", entries, present, MEDICINES.name)]

    def entry(self, line: FileLine) -> SourceRow:
        """The treatment of a medicine. Its substances and its ATC code stay as they are if the files have none."""
        code, french = line.cells["CIS code"], readable(line.cells["name"])
        english, substances = in_english(french), self.substances.get(code, [])
        values: dict[str, CellValue] = {
            "name": english,
            "national_code": code,
            "words": words([french] if french != english else [], substances),
            "translations.fr.name": french if french != english else None,
            "retired_on": withdrawn_on(line, self.stops.get(code, [])),
        }
        if substances:
            inn = ", ".join(substances)
            values["inn"] = inn if len(inn) <= INN_MOST else None
        if code in self.atc:
            values["atc"] = self.atc[code]
        wanted = slug(english.partition(", ")[0])[:SLUG_MOST].strip("-")
        return SourceRow(code, values, {"kind": "MEDICATION"}, (("national_code", code),), wanted, line.number)

    def read_medicines(self) -> dict[str, FileLine]:
        found: dict[str, FileLine] = {}
        for line in self.lines(MEDICINES):
            first = found.setdefault(line.cells["CIS code"], line)
            if first.cells != line.cells:
                text = f"the code of line {first.number}, with other values"
                self.faults.append(LineFault(MEDICINES.name, line.number, "column 1 (CIS code)", text))
        return found

    def read_substances(self) -> dict[str, list[str]]:
        """The substances of each medicine. A therapeutic fraction (FT) replaces its active substance (SA)."""
        links: dict[str, dict[int, dict[str, set[str]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
        for line in self.lines(SUBSTANCES):
            by_nature = links[line.cells["CIS code"]][int(line.cells["link"])]
            by_nature[line.cells["nature"]].add(substance(line.cells["substance"]))
        found: dict[str, list[str]] = {}
        for code, by_link in links.items():
            groups = (by_link[link].get("FT") or set().union(*by_link[link].values()) for link in sorted(by_link))
            found[code] = list(dict.fromkeys(name for group in groups for name in sorted(group)))
        return found

    def read_stops(self) -> dict[str, list[date | None]]:
        """For each medicine, the day on which the sale of each presentation stopped; None if it goes on."""
        days: dict[str, list[date | None]] = defaultdict(list)
        for line in self.lines(PRESENTATIONS):
            stopped = STOPPED.search(line.cells["marketing"])
            days[line.cells["CIS code"]].append(day(line.cells["declared on"]) if stopped else None)
        return days

    def read_atc(self) -> dict[str, str]:
        """The ATC code of each medicine: of several, the first in the alphabet. Codes of groups are left out."""
        codes: dict[str, str] = {}
        for line in self.lines(ATC_CODES):
            code, atc = line.cells["CIS code"], line.cells["ATC code"]
            if fault_of("atc", atc) is None:
                codes[code] = min(atc, codes.get(code, atc))
        return codes

    def lines(self, file: DataFile) -> Iterator[FileLine]:
        """The readable lines of a file; those at fault are noted."""
        if not (self.folder / file.name).exists():
            if not file.optional:
                raise NotLoaded(f"{file.name} is missing from the folder.")
            self.notes.append(f"{file.name} is missing: what it is for stays as it is.")
            return
        for line in lines_of(self.folder, file):
            if line.fault is None:
                yield line
                continue
            self.faults.append(line.fault)
            if file is MEDICINES:
                self.all_known &= line.code is not None
                self.faulty |= {line.code} if line.code else set()


def withdrawn_on(line: FileLine, stops: Sequence[date | None]) -> str | None:
    """The day since which a medicine is no longer sold; None while it is authorized and on sale."""
    authorized = line.cells["authorization"].casefold() == "autorisation active"
    if authorized and line.cells["marketing"].casefold().startswith("commercialis"):
        return None
    days = [stop for stop in stops if stop is not None]
    return max(days).isoformat() if days and len(days) == len(stops) else TODAY


def day(text: str) -> date | None:
    """A day as the files write it; None if there is no such day."""
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007
    except ValueError:
        return None
