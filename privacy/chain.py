"""Hashes the entries of the public ledger and checks the chain that they form.

Anyone can check the chain. An entry's hash is the SHA-256 of the UTF-8 bytes of one JSON object, serialized according
to RFC 8785 (JSON Canonicalization Scheme): no spaces, keys sorted by name, nothing escaped in text but `"`, `\\` and
control characters, whole numbers without a decimal point. The object has these keys, without those that have no value:

- `commitment`: the SHA-256 of a salt of 32 random bytes and, after it, the noisy cells, as 64 lower-case hexadecimal
  digits. The cells are the UTF-8 bytes of the JSON array of the integers, such as `[12,-3,40]`, in the release's own
  order. Readers of the cells are given the salt and can recompute it; to others, trying out tables reveals nothing;
- `community` (none for counts of the network), `dataset` (none for counts), `organization`, `release`: UUIDs,
  lower-case with hyphens;
- `dataset_title`, `organization_name`, `purpose`, `purpose_kind`: text, as stored in the ledger;
- `micro_rho`, `position`: integers; positions count up from 1;
- `previous`: the hash of the previous entry, in hexadecimal; 64 zeros for the first entry;
- `published_at`: UTC with six decimals, such as `2026-01-31T09:30:00.000000Z`;
- `results_of`, `results_url`: the position of an earlier entry, and the address where its results are published. Such
  an entry repeats what the earlier one says of the use. It has a `micro_rho` of 0, no `commitment` and no `release`;
- `variables`: an array of names, in the ledger's order. The name of a variable whose categories were merged is
  followed by the groups, without UNKNOWN, which stays alone: `age_band{0-17&18-24|25-34&35-44|45-54}`. The variable
  whose means were published, by sums, is `mean(pain)`, and
  `sum(pain)` if they take the numbers of members from counts that are published;
- `version`: 2.

Entries of version 1 come first, if there are any. They have no `version`, and `cells` in place of `commitment`: the
SHA-256 of the noisy cells without a salt, from which a table of a few cells can be found by trying. In these, a key
without a value is null.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

GENESIS = bytes(32)  # the previous hash of the first entry
UNSALTED, VERSION = 1, 2  # of entries: those of earlier releases of this software, and those that are appended now
SALT_BYTES = 32


@dataclass(frozen=True)
class ChainEntry:
    """An entry of the public ledger, without its own hash."""

    version: int
    position: int
    release_id: UUID | None
    dataset_id: UUID | None
    dataset_title: str
    community_id: UUID | None
    organization_id: UUID | None
    organization_name: str | None
    purpose: str
    variables: tuple[str, ...]
    micro_rho: int
    commitment: bytes | None  # of version 1: the digest of the cells
    published_at: datetime
    previous_hash: bytes
    purpose_kind: str | None = None
    results_of: int | None = None
    results_url: str | None = None


def hash_of(entry: ChainEntry) -> bytes:
    """The entry's own hash, 32 bytes: the SHA-256 of `text_of(entry)`.

    Raises ValueError if `published_at` has no time zone.
    """
    return hashlib.sha256(text_of(entry).encode()).digest()


def text_of(entry: ChainEntry) -> str:
    """The text that is hashed, in the format defined at the top of this module.

    Raises ValueError if `published_at` has no time zone.
    """
    found: dict[str, Any] = {
        "cells" if entry.version == UNSALTED else "commitment": entry.commitment and entry.commitment.hex(),
        "community": None if entry.community_id is None else str(entry.community_id),
        "dataset": None if entry.dataset_id is None else str(entry.dataset_id),
        "dataset_title": entry.dataset_title,
        "micro_rho": entry.micro_rho,
        "organization": None if entry.organization_id is None else str(entry.organization_id),
        "organization_name": entry.organization_name,
        "position": entry.position,
        "previous": entry.previous_hash.hex(),
        "published_at": _moment(entry.published_at),
        "purpose": entry.purpose,
        "release": entry.release_id and str(entry.release_id),
        "variables": list(entry.variables),
    }
    if entry.version == UNSALTED:
        return _canonical(found)
    for name in ("purpose_kind", "results_of", "results_url", "version"):
        found[name] = getattr(entry, name)
    return _canonical({name: value for name, value in found.items() if value is not None})


def commitment_of(salt: bytes | None, noisy: Sequence[int]) -> bytes:
    """What an entry commits a release's noisy cells with, 32 bytes; without a salt for an entry of version 1.

    It hides the cells from readers without the salt, and proves to those with it that they are the published ones.
    Raises ValueError for a salt that has not SALT_BYTES.
    """
    if salt is not None and len(salt) != SALT_BYTES:
        raise ValueError(f"A salt has {SALT_BYTES} bytes.")
    return hashlib.sha256((salt or b"") + _canonical(list(noisy)).encode()).digest()


def broken_at(lines: Iterable[tuple[ChainEntry, bytes]]) -> int | None:
    """The position, from 1, of the first entry that was altered or does not follow the previous one; None if all hold.

    `lines` are the entries from the first on, each with the hash that is stored beside it. An entry of an older version
    than the previous one's does not follow it. Raises ValueError if an entry's time has no time zone.
    """
    previous, version = GENESIS, UNSALTED
    for place, (entry, stated) in enumerate(lines, start=1):
        if entry.position != place or entry.previous_hash != previous or hash_of(entry) != stated:
            return place
        if not version <= entry.version <= VERSION:
            return place
        previous, version = stated, entry.version
    return None


def _moment(moment: datetime) -> str:
    if moment.utcoffset() is None:
        raise ValueError("A time of publishing must have a time zone.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
