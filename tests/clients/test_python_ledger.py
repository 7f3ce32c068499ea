"""How the Python client verifies the ledger: each way in which a ledger or a table can be altered is found."""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import pytest

from cohorte.errors import VerificationFailed
from cohorte.graph.fragments import EntryFields
from cohorte.graph.proof import ProofInsight
from cohorte.ledger import GENESIS, check_chain, check_insight

SALT = "ab" * 32
COUNTS = [7, -3, 12, 0]  # x by y, y running fastest
CODES = {"x": ("A", "B"), "y": ("C", "D")}


def commitment(counts: Sequence[int] = COUNTS, salt: str = SALT) -> str:
    return sha256(bytes.fromhex(salt) + json.dumps(counts, separators=(",", ":")).encode()).hexdigest()


def chain(*stated: dict[str, Any]) -> list[EntryFields]:
    """The ledger with entries that state this."""
    entries: list[EntryFields] = []
    previous = GENESIS
    for position, facts in enumerate(stated, start=1):
        line = json.dumps({"position": position, "previous": previous, "version": 2} | facts)
        hash = sha256(line.encode()).hexdigest()
        entries.append(EntryFields(position=position, hash=hash, previous_hash=previous, line=line))
        previous = hash
    return entries


def release(**facts: Any) -> dict[str, Any]:
    return {"release": "r", "dataset": "d", "variables": ["x", "y"], "commitment": commitment()} | facts


OTHER = release(dataset="e")
LEDGER = chain(OTHER, release(), OTHER)


def insight(entry: EntryFields, *, variable: str = "y", **proof: Any) -> ProofInsight:
    """The insight of this entry, read by one of its variables."""
    (by,) = {"x", "y"} - {variable}
    places = [(x, y) for x in CODES["x"] for y in CODES["y"]]
    cells = [
        {
            "category": {"code": y if variable == "y" else x},
            "by": [{"code": x if variable == "y" else y}],
            "count": count,
        }
        for (x, y), count in zip(places, COUNTS, strict=True)
    ]
    variables = [
        {"name": name, "categories": [{"code": code, "value": None, "merges": []} for code in codes]}
        for name, codes in CODES.items()
    ]
    stated = {
        "salt": SALT,
        "counts": COUNTS,
        "commitment": commitment(),
        "variables": variables,
        "ledgerEntry": entry.model_dump(by_alias=True),
    } | proof
    return ProofInsight.model_validate(
        {
            "kind": "COUNTS", "variable": {"name": variable}, "by": [{"name": by}], "cells": cells, "totals": [],
            "proof": stated,
        }
    )  # fmt: skip


@pytest.mark.parametrize("variable", ["x", "y"])
def test_an_insight_that_is_vouched_for_is_verified(variable: str) -> None:
    found = check_insight(insight(LEDGER[1], variable=variable), LEDGER)
    assert (found.position, found.hash, found.head_position, found.head_hash, found.compared) == (
        2, LEDGER[1].hash, 3, LEDGER[2].hash, True,
    )  # fmt: skip


def test_an_entry_without_a_salt_is_of_the_first_version() -> None:
    unsalted = sha256(json.dumps(COUNTS, separators=(",", ":")).encode()).hexdigest()
    entries = chain({"release": "r", "dataset": "d", "variables": ["x", "y"], "cells": unsalted})
    assert check_insight(insight(entries[0], salt=None), entries).compared


def test_a_table_of_two_releases_is_verified_without_its_cells() -> None:
    entries = chain(release(commitment=commitment([1, 2, 3, 4])), release(variables=["y", "x"]))
    assert not check_insight(insight(entries[1]), entries).compared
    # A link to results repeats what its entry says, and is no release.
    entries = chain(release(), {"dataset": "d", "variables": ["x", "y"], "results_of": 1})
    assert check_insight(insight(entries[0]), entries).compared


Entries = list[EntryFields]


def with_line(entries: Entries, place: int, **facts: Any) -> Entries:
    line = json.dumps(json.loads(entries[place].line) | facts)
    return [each.model_copy(update={"line": line}) if at == place else each for at, each in enumerate(entries)]


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (lambda entries: with_line(entries, 1, purpose="another"), "hash of entry 2"),
        (lambda entries: entries[1:], "missing"),
        (lambda entries: [entries[0], entries[2]], "missing"),
        (lambda entries: [entries[1], entries[0], entries[2]], "missing"),
        (lambda entries: [entries[0].model_copy(update={"previous_hash": "1" * 64})], "does not follow"),
        (lambda entries: chain(OTHER)[:1] + chain({"purpose": "other"}, release())[1:], "does not follow"),
        (lambda entries: [entries[0].model_copy(update={"line": "{"})], "cannot be read"),
    ],
)
def test_an_altered_chain_is_found(alter: Callable[[Entries], Entries], message: str) -> None:
    check_chain(LEDGER)
    with pytest.raises(VerificationFailed, match=message):
        check_chain(alter(LEDGER))


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (insight(LEDGER[1], counts=[7, -3, 12, 1]), "commits to other counts"),
        (insight(LEDGER[1], salt="cd" * 32), "commits to other counts"),
        (insight(LEDGER[1], salt=None), "commits to other counts"),
        (insight(chain(release(dataset="f"))[0]), "not part of the public ledger"),
        (insight(LEDGER[1].model_copy(update={"position": 9})), "not part of the public ledger"),
        (insight(LEDGER[1].model_copy(update={"position": 0})), "not part of the public ledger"),
        (insight(LEDGER[1], variables=[]), "of other variables"),
    ],
)
def test_a_table_that_is_not_vouched_for_is_found(found: ProofInsight, message: str) -> None:
    with pytest.raises(VerificationFailed, match=message):
        check_insight(found, LEDGER)


def test_cells_that_are_not_the_counts_are_found() -> None:
    found = insight(LEDGER[1])
    found.cells[2].count = 13
    with pytest.raises(VerificationFailed, match="not the counts"):
        check_insight(found, LEDGER)
    del found.cells[2]
    with pytest.raises(VerificationFailed, match="not the counts"):
        check_insight(found, LEDGER)
    short = insight(LEDGER[1])
    short.proof.variables[0].categories.pop()
    with pytest.raises(VerificationFailed, match="number of counts"):
        check_insight(short, LEDGER)


def test_the_entry_must_be_of_the_insights_variables() -> None:
    entries = chain(release(variables=["x", "z"]))
    with pytest.raises(VerificationFailed, match="of other variables"):
        check_insight(insight(entries[0]), entries)


def test_an_entry_names_how_categories_are_merged() -> None:
    entries = chain(release(variables=["x{A|B&E}", "y"]))
    found = insight(entries[0])
    found.proof.variables[0].categories[0].merges = ["A"]
    found.proof.variables[0].categories[1].merges = ["B", "E"]
    assert check_insight(found, entries).compared
    found.proof.variables[0].categories[1].merges = ["B", "F"]
    with pytest.raises(VerificationFailed, match="of other variables"):
        check_insight(found, entries)


SUMS = [2_520, 0, 5_040, 2_520, 300, 0, 0, 2_520]  # of y in two groups of x: LEAST, MOST, SPREAD, UNKNOWN


CENTRED = [-2_520, 300, 2_520, 0, 2_520, 2_520]  # of y in two groups of x: CENTRED, SPREAD, UNKNOWN


def means(entry: EntryFields, kind: str = "MEANS", counts: Sequence[int] = SUMS, **total: Any) -> ProofInsight:
    """The insight of the means of y, from 10 to 30, by x: of a member with 10 and one of unknown value in A."""
    values = {"C": 10.0, "D": 30.0}
    variables = [
        {"name": "x", "categories": [{"code": code, "value": None, "merges": []} for code in "AB"]},
        {"name": "y", "categories": [{"code": code, "value": value, "merges": []} for code, value in values.items()]},
    ]
    totals = [
        {"by": [{"code": "A"}], "count": 1, "sum": 10.0, "unknown": 1} | total,
        {"by": [{"code": "B"}], "count": 0, "sum": 300 / 2_520 * 10, "unknown": 1},
    ]
    proof = {
        "salt": SALT, "counts": list(counts), "commitment": commitment(counts), "variables": variables,
        "ledgerEntry": entry.model_dump(by_alias=True),
    }  # fmt: skip
    return ProofInsight.model_validate(
        {
            "kind": kind, "variable": {"name": "y"}, "by": [{"name": "x"}], "cells": [], "totals": totals,
            "proof": proof,
        }
    )  # fmt: skip


def test_means_are_verified_by_the_sums_that_were_drawn() -> None:
    entries = chain(release(variables=["x", "mean(y)"], commitment=commitment(SUMS)))
    assert check_insight(means(entries[0]), entries).compared
    for altered in ({"count": 2}, {"sum": 10.01}, {"unknown": 0}, {"by": [{"code": "C"}]}):
        with pytest.raises(VerificationFailed, match="not the counts"):
            check_insight(means(entries[0], **altered), entries)
    counted = chain(release(commitment=commitment(SUMS)))
    with pytest.raises(VerificationFailed, match="of other variables"):
        check_insight(means(counted[0]), counted)


def test_sums_are_verified_by_what_was_drawn_of_them() -> None:
    entries = chain(release(variables=["x", "sum(y)"], commitment=commitment(CENTRED)))
    # Of 1.3 members by the counts, who are shown as one.
    shown: dict[str, Any] = {"count": 1, "sum": 1.3 * 20 - 10}
    assert check_insight(means(entries[0], "SUMS", CENTRED, **shown), entries).compared
    for altered in ({"count": 2}, {"sum": 26.1}, {"sum": -1.0}, {"unknown": 0}, {"by": [{"code": "C"}]}):
        with pytest.raises(VerificationFailed, match="not the counts"):
            check_insight(means(entries[0], "SUMS", CENTRED, **shown | altered), entries)
    with pytest.raises(VerificationFailed, match="of other variables"):
        check_insight(means(entries[0], "MEANS", CENTRED, **shown), entries)
