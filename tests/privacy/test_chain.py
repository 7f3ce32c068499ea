"""The ledger's hash chain: an entry's hash follows the documented format, and every change is located."""

import hashlib
import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from models.insight.insights import LedgerEntry
from privacy.chain import GENESIS, SALT_BYTES, UNSALTED, VERSION, ChainEntry, broken_at, commitment_of, hash_of, text_of

SALT = bytes(range(SALT_BYTES))
FIRST = ChainEntry(
    version=VERSION,
    position=1,
    release_id=UUID("0f0e0d0c-0b0a-4908-8706-050403020100"),
    dataset_id=UUID(int=2),
    dataset_title='Étude « sommeil »\n\t\x01\u2028"\\/',
    community_id=UUID(int=3),
    organization_id=None,
    organization_name=None,
    purpose="The members' own tables",
    variables=("sleep", "age_band"),
    micro_rho=4_567,
    commitment=commitment_of(SALT, [12, -3, 40]),
    published_at=datetime(2026, 1, 31, 9, 30, tzinfo=UTC),
    previous_hash=GENESIS,
)
WRITTEN = (
    '{"commitment":"%s","community":"00000000-0000-0000-0000-000000000003","dataset":"00000000-0000-0000-0000-000000000002",'
    '"dataset_title":"Étude « sommeil »\\n\\t\\u0001\u2028\\"\\\\/","micro_rho":4567,"position":1,"previous":"%s",'
    '"published_at":"2026-01-31T09:30:00.000000Z","purpose":"The members\' own tables",'
    '"release":"0f0e0d0c-0b0a-4908-8706-050403020100","variables":["sleep","age_band"],"version":2}'
)
WRITTEN_UNSALTED = (
    '{"cells":"%s","community":"00000000-0000-0000-0000-000000000003","dataset":"00000000-0000-0000-0000-000000000002",'
    '"dataset_title":"Étude « sommeil »\\n\\t\\u0001\u2028\\"\\\\/","micro_rho":4567,"organization":null,'
    '"organization_name":null,"position":1,"previous":"%s","published_at":"2026-01-31T09:30:00.000000Z",'
    '"purpose":"The members\' own tables","release":"0f0e0d0c-0b0a-4908-8706-050403020100",'
    '"variables":["sleep","age_band"]}'
)
CHANGES: dict[str, Any] = {
    "version": UNSALTED,
    "position": 2,
    "release_id": UUID(int=9),
    "dataset_id": UUID(int=9),
    "dataset_title": "Etude",
    "community_id": UUID(int=9),
    "organization_id": UUID(int=9),
    "organization_name": "",
    "purpose": "The members' own table",
    "variables": ("age_band", "sleep"),
    "micro_rho": 4_566,
    "commitment": commitment_of(SALT, [12, -3, 41]),
    "published_at": datetime(2026, 1, 31, 9, 30, 0, 1, tzinfo=UTC),
    "purpose_kind": "EDUCATION",
    "results_of": 1,
    "results_url": "https://example.org/",
    "previous_hash": hashlib.sha256(b"").digest(),
}


def chained(*entries: ChainEntry) -> list[tuple[ChainEntry, bytes]]:
    previous, lines = GENESIS, []
    for position, entry in enumerate(entries, start=1):
        line = replace(entry, position=position, previous_hash=previous)
        previous = hash_of(line)
        lines.append((line, previous))
    return lines


OLD = replace(FIRST, version=UNSALTED)
LINES = chained(FIRST, replace(FIRST, organization_id=UUID(int=4), organization_name="Hôpital"), FIRST, FIRST)


def test_an_entrys_hash_follows_the_documented_format() -> None:
    commitment = hashlib.sha256(SALT + b"[12,-3,40]").hexdigest()
    written = WRITTEN % (commitment, "0" * 64)
    assert hash_of(FIRST) == hashlib.sha256(written.encode()).digest()
    assert json.loads(written)["dataset_title"] == FIRST.dataset_title
    whole = json.loads(text_of(replace(FIRST, organization_id=UUID(int=4), organization_name="Hôpital")))
    assert whole == json.loads(written) | {"organization": str(UUID(int=4)), "organization_name": "Hôpital"}
    link = replace(
        FIRST, release_id=None, dataset_id=None, commitment=None, micro_rho=0, purpose_kind="EDUCATION", results_of=7,
        results_url="https://example.org/é",
    )  # fmt: skip
    expected = json.loads(written) | {"micro_rho": 0, "purpose_kind": "EDUCATION", "results_of": 7}
    expected = {name: value for name, value in expected.items() if name not in ("commitment", "dataset", "release")}
    assert json.loads(text_of(link)) == expected | {"results_url": "https://example.org/é"}
    assert commitment_of(SALT, []) == hashlib.sha256(SALT + b"[]").digest()


def test_an_entry_without_a_salt_keeps_its_format() -> None:
    cells = hashlib.sha256(b"[12,-3,40]").hexdigest()
    unsalted = replace(FIRST, version=UNSALTED, commitment=commitment_of(None, [12, -3, 40]))
    assert hash_of(unsalted) == hashlib.sha256((WRITTEN_UNSALTED % (cells, "0" * 64)).encode()).digest()


@pytest.mark.parametrize("salt", [b"", b"short", bytes(SALT_BYTES + 1)])
def test_a_salt_of_another_length_is_refused(salt: bytes) -> None:
    # It would let two pairs of a salt and cells have one commitment.
    with pytest.raises(ValueError, match="A salt has 32 bytes"):
        commitment_of(salt, [12, -3, 40])


def test_a_database_row_becomes_a_ledger_entry() -> None:
    # `release_id` is that of the release or of the counts, whichever the entry publishes.
    aside = {"hash", "demonstration", "count_release_id"}
    assert {one.name for one in fields(ChainEntry)} == set(LedgerEntry.model_fields) - aside
    assert set(CHANGES) == {one.name for one in fields(ChainEntry)}


@pytest.mark.parametrize("last", [OLD, replace(FIRST, version=0), replace(FIRST, version=VERSION + 1)])
def test_a_chain_does_not_return_to_an_older_version(last: ChainEntry) -> None:
    assert broken_at(chained(OLD, FIRST, FIRST, last)) == 4


def test_times_are_in_utc_and_never_without_a_time_zone() -> None:
    elsewhere = FIRST.published_at.astimezone(timezone(timedelta(hours=-5)))
    assert hash_of(replace(FIRST, published_at=elsewhere)) == hash_of(FIRST)
    with pytest.raises(ValueError, match="time zone"):
        hash_of(replace(FIRST, published_at=FIRST.published_at.replace(tzinfo=None)))


def test_an_entry_of_no_community_leaves_it_out() -> None:
    found = json.loads(text_of(replace(FIRST, community_id=None, dataset_id=None)))
    assert found.keys() == json.loads(text_of(FIRST)).keys() - {"community", "dataset"}
    assert broken_at(chained(FIRST, replace(FIRST, community_id=None))) is None


def test_an_intact_chain_is_valid() -> None:
    assert broken_at(LINES) is None
    assert broken_at(chained(OLD, OLD, FIRST, FIRST)) is None
    assert broken_at([]) is None


@pytest.mark.parametrize("field", sorted(CHANGES))
@pytest.mark.parametrize("at", [0, 2, 3])
def test_a_changed_entry_is_located(field: str, at: int) -> None:
    entry, stated = LINES[at]
    change: dict[str, Any] = {field: 7 if field == "position" else CHANGES[field]}
    changed = replace(entry, **change)
    assert broken_at([*LINES[:at], (changed, stated), *LINES[at + 1 :]]) == at + 1
    # With its hash recomputed, the next entry does not follow: each entry but the last is protected by those after it.
    anew = [*LINES[:at], (changed, hash_of(changed)), *LINES[at + 1 :]]
    if field in {"position", "previous_hash"} or (field == "version" and at > 0):
        assert broken_at(anew) == at + 1
    else:
        assert broken_at(anew) == (at + 2 if at + 1 < len(LINES) else None)


def test_removed_inserted_and_swapped_entries_are_detected() -> None:
    first, second, third, last = LINES
    assert broken_at([first, third, last]) == 2
    assert broken_at([second, third, last]) == 1
    assert broken_at([first, first, second, third, last]) == 2
    assert broken_at([first, third, second, last]) == 2
    assert broken_at([(first[0], bytes(32))]) == 1
