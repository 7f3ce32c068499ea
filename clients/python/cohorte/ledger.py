"""Checks the public ledger, and that it vouches for a table.

The ledger is a chain: each entry's hash is the SHA-256 of its text, which contains the previous entry's hash. The text
also has a commitment to the counts of a release: the SHA-256 of a salt and, after it, the counts. Who reads a table is
given its salt.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from math import floor, isclose
from typing import Any

from cohorte.errors import VerificationFailed
from cohorte.graph.enums import InsightKind
from cohorte.graph.fragments import EntryFields
from cohorte.graph.proof import (
    ProofInsight,
    ProofInsightProof,
    ProofInsightProofVariables,
    ProofInsightTotals,
)

GENESIS = "0" * 64  # the previous hash of the first entry
UNKNOWN, LEAST, MOST, CENTRED, SPREAD = "UNKNOWN", "LEAST", "MOST", "CENTRED", "SPREAD"
UNIT = 2_520  # of the sums, to a member


@dataclass(frozen=True)
class Means:
    """How the ledger names the variable of means, and the sums that are drawn for one, in this order."""

    name: str
    sums: tuple[str, ...]


DRAWN = {
    InsightKind.MEANS: Means("mean", (LEAST, MOST, SPREAD, UNKNOWN)),
    InsightKind.SUMS: Means("sum", (CENTRED, SPREAD, UNKNOWN)),
}


@dataclass(frozen=True)
class Verified:
    """What was verified: the entry of an insight, and the newest entry of the ledger that it is part of.

    `compared` is whether the cells are the counts that the entry commits to. It is false only if the table was
    published more than once, since the cells then combine the counts of all of these releases.
    """

    position: int
    hash: str
    head_position: int
    head_hash: str
    compared: bool


def check_chain(entries: Sequence[EntryFields]) -> None:
    """Checks that these are all entries of a ledger, oldest first. Raises VerificationFailed for the first fault."""
    previous = GENESIS
    for position, entry in enumerate(entries, start=1):
        stated = _read(entry)
        if _digest(entry.line.encode()) != entry.hash:
            raise VerificationFailed(f"The hash of entry {position} of the ledger is not that of its text.")
        if (entry.position, stated.get("position")) != (position, position):
            raise VerificationFailed(f"An entry is missing from the ledger before position {entry.position}.")
        if entry.previous_hash != previous or stated.get("previous") != previous:
            raise VerificationFailed(f"Entry {position} of the ledger does not follow the one before it.")
        previous = entry.hash


def check_insight(insight: ProofInsight, entries: Sequence[EntryFields]) -> Verified:
    """Checks that the ledger vouches for an insight. `entries` are all of the ledger, oldest first.

    Raises VerificationFailed for the first fault.
    """
    check_chain(entries)
    proof = insight.proof
    entry = proof.ledger_entry
    if not 1 <= entry.position <= len(entries) or entries[entry.position - 1].hash != entry.hash:
        raise VerificationFailed("The insight's entry is not part of the public ledger.")
    stated = _read(entries[entry.position - 1])
    salted = bytes.fromhex(proof.salt or "") + json.dumps(proof.counts, separators=(",", ":")).encode()
    if stated.get("cells" if proof.salt is None else "commitment") != _digest(salted):
        raise VerificationFailed("The insight's entry commits to other counts.")
    names = [variable.name for variable in proof.variables]
    means = DRAWN.get(insight.kind)
    full = [
        f"{means.name}({each.name})" if means and each.name == insight.variable.name else _full_name(each)
        for each in proof.variables
    ]
    if sorted(stated.get("variables", ())) != sorted(full) or set(names) != {
        insight.variable.name,
        *(each.name for each in insight.by),
    }:
        raise VerificationFailed("The insight's entry is of other variables.")
    same = [each for each in map(_read, entries) if _table(each) == _table(stated)]
    alone = len(same) == 1
    if alone and not (_fits_totals(insight, means) if means else _drawn(proof) == _shown(insight)):
        raise VerificationFailed("The insight's cells are not the counts that its entry commits to.")
    return Verified(entry.position, entry.hash, len(entries), entries[-1].hash, compared=alone)


def _full_name(variable: ProofInsightProofVariables) -> str:
    """The variable's name in the ledger, followed by how its categories are merged, if they are."""
    groups = [each.merges for each in variable.categories if each.merges and each.code != UNKNOWN]
    return variable.name + ("{" + "|".join(map("&".join, groups)) + "}" if groups else "")


def _table(stated: dict[str, Any]) -> tuple[Any, ...] | None:
    """What a release is of; None for an entry that is no release."""
    return (stated.get("dataset"), *sorted(stated.get("variables", ()))) if stated.get("release") else None


def _drawn(proof: ProofInsightProof) -> dict[frozenset[tuple[str, str]], int]:
    places = product(*([(each.name, category.code) for category in each.categories] for each in proof.variables))
    cells = [frozenset(place) for place in places]
    if len(cells) != len(proof.counts):
        raise VerificationFailed("The insight's entry commits to another number of counts.")
    return dict(zip(cells, proof.counts, strict=True))


def _fits_totals(insight: ProofInsight, means: Means) -> bool:
    """Whether the totals are computed from the sums that the entry commits to: a few for each group, in units.

    SUMS take the number of members from other counts, which have an entry of their own: that of `Total.count` is not
    verified by this one, but the sum of the values has to fit it.
    """
    proof = insight.proof
    codes = [
        list(means.sums) if each.name == insight.variable.name else [category.code for category in each.categories]
        for each in proof.variables
    ]
    places = list(product(*codes))
    if len(places) != len(proof.counts):
        raise VerificationFailed("The insight's entry commits to another number of sums.")
    names = [each.name for each in proof.variables]
    at = names.index(insight.variable.name)
    values = [each.value for each in proof.variables[at].categories if each.value is not None]
    order = [names.index(each.name) for each in insight.by]
    drawn: dict[tuple[str, ...], dict[str, float]] = {}
    for place, count in zip(places, proof.counts, strict=True):
        drawn.setdefault(tuple(place[each] for each in order), {})[place[at]] = count / UNIT
    shown = {tuple(each.code for each in total.by): total for total in insight.totals}
    return drawn.keys() == shown.keys() and all(
        shown[group].unknown == floor(sums[UNKNOWN] + 0.5) and _fits(shown[group], sums, min(values), max(values))
        for group, sums in drawn.items()
    )


def _fits(total: ProofInsightTotals, sums: Mapping[str, float], least: float, most: float) -> bool:
    if CENTRED in sums:
        # The count is rounded, so half a member may be missing from the middle of the scale.
        expected = ((least + most) * total.count + (most - least) * sums[CENTRED]) / 2
        return abs(total.sum - expected) <= abs(least + most) / 4 + 1e-6
    return total.count == floor(sums[LEAST] + sums[MOST] + 0.5) and isclose(
        total.sum, least * sums[LEAST] + most * sums[MOST], rel_tol=1e-9, abs_tol=1e-6
    )


def _shown(insight: ProofInsight) -> dict[frozenset[tuple[str, str]], int | None]:
    names = [*(each.name for each in insight.by), insight.variable.name]
    return {
        frozenset(zip(names, [*(each.code for each in cell.by), cell.category.code], strict=True)): cell.count
        for cell in insight.cells
    }


def _read(entry: EntryFields) -> dict[str, Any]:
    try:
        stated: dict[str, Any] = json.loads(entry.line)
    except ValueError:
        raise VerificationFailed(f"The text of entry {entry.position} of the ledger cannot be read.") from None
    return stated


def _digest(text: bytes) -> str:
    return sha256(text).hexdigest()
