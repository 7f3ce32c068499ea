"""Hashes the entries of the public ledger and checks the chain that they form.

Anyone can check the chain. An entry's hash is the SHA-256 of the UTF-8 bytes of one JSON object, serialized according
to RFC 8785 (JSON Canonicalization Scheme): no spaces, keys sorted by name, nothing escaped in text but `"`, `\\` and
control characters, whole numbers without a decimal point. The object has thirteen keys:

- `cells`: the SHA-256 of the noisy cells, as 64 lower-case hexadecimal digits. What is hashed is the JSON array of the
  integers, such as `[12,-3,40]`, in the release's own order;
- `community`, `dataset` (null for counts of a community or a survey), `organization` (or null), `release`: UUIDs,
  lower-case with hyphens;
- `dataset_title`, `organization_name` (or null), `purpose`: text, as stored in the ledger;
- `micro_rho`, `position`: integers; positions count up from 1;
- `previous`: the hash of the previous entry, in hexadecimal; 64 zeros for the first entry;
- `published_at`: UTC with six decimals, such as `2026-01-31T09:30:00.000000Z`;
- `variables`: an array of names, in the ledger's order.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

GENESIS = bytes(32)  # the previous hash of the first entry


@dataclass(frozen=True)
class ChainEntry:
    """An entry of the public ledger, without its own hash."""

    position: int
    release_id: UUID
    dataset_id: UUID | None
    dataset_title: str
    community_id: UUID
    organization_id: UUID | None
    organization_name: str | None
    purpose: str
    variables: tuple[str, ...]
    micro_rho: int
    cells_digest: bytes
    published_at: datetime
    previous_hash: bytes


def hash_of(entry: ChainEntry) -> bytes:
    """The entry's own hash, 32 bytes: the SHA-256 of `text_of(entry)`.

    Raises ValueError if `published_at` has no time zone.
    """
    return hashlib.sha256(text_of(entry).encode()).digest()


def text_of(entry: ChainEntry) -> str:
    """The text that is hashed, in the format defined at the top of this module.

    Raises ValueError if `published_at` has no time zone.
    """
    return _canonical(
        {
            "cells": entry.cells_digest.hex(),
            "community": str(entry.community_id),
            "dataset": None if entry.dataset_id is None else str(entry.dataset_id),
            "dataset_title": entry.dataset_title,
            "micro_rho": entry.micro_rho,
            "organization": None if entry.organization_id is None else str(entry.organization_id),
            "organization_name": entry.organization_name,
            "position": entry.position,
            "previous": entry.previous_hash.hex(),
            "published_at": _moment(entry.published_at),
            "purpose": entry.purpose,
            "release": str(entry.release_id),
            "variables": list(entry.variables),
        }
    )


def digest_of(noisy: Sequence[int]) -> bytes:
    """The SHA-256 of a release's noisy cells, 32 bytes: it proves to anyone that cells are the published ones."""
    return hashlib.sha256(_canonical(list(noisy)).encode()).digest()


def broken_at(lines: Iterable[tuple[ChainEntry, bytes]]) -> int | None:
    """The position, from 1, of the first entry that was altered or does not follow the previous one; None if all hold.

    `lines` are the entries from the first on, each with the hash that is stored beside it. Raises ValueError if an
    entry's time has no time zone.
    """
    previous = GENESIS
    for place, (entry, stated) in enumerate(lines, start=1):
        if entry.position != place or entry.previous_hash != previous or hash_of(entry) != stated:
            return place
        previous = stated
    return None


def _moment(moment: datetime) -> str:
    if moment.utcoffset() is None:
        raise ValueError("A time of publishing must have a time zone.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
