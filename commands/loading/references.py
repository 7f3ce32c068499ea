"""Finds the rows of the catalogue that a file names: by key, by code, or by a name that only one has."""

from collections import defaultdict

from commands.loading.writing import State

# What names a row of a kind besides its key: a column, and the prefix of its values.
CODES = {
    "condition": (("orpha", "ORPHA:"), ("omim", "OMIM:"), ("icd10", "ICD10:"), ("name", "")),
    "indicator": (("slug", ""), ("hpo", ""), ("loinc", "LOINC:")),
    "treatment": (("slug", ""), ("national_code", "")),
}


class References:
    """The rows of the catalogue by what they may be called. A call that two rows share finds neither."""

    def __init__(self, state: State) -> None:
        self.ids: dict[tuple[str, str], set[str]] = defaultdict(set)
        for (source, kind), entries in state.given.items():
            for code, given in entries.items():
                if given.row in state.rows[kind] and source.startswith("csv:"):
                    self.ids[kind, code.casefold()].add(given.row)
        for kind, columns in CODES.items():
            for id, row in state.rows[kind].items():
                for column, prefix in columns:
                    if value := row.get(column):
                        self.ids[kind, f"{prefix}{value}".casefold()].add(id)

    def find(self, kind: str, called: str) -> str | None:
        found = self.ids.get((kind, called.casefold()), set())
        return next(iter(found)) if len(found) == 1 else None
