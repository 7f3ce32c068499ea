"""The only place that hashes the register: what a line's hash is made of, and whether a chain of lines holds.

Anybody can check it. A line's hash is the SHA-256 of the UTF-8 bytes of one JSON object, written as RFC 8785 (JSON
Canonicalization Scheme) says: no spaces, members in the order of their names, text unescaped but for `"`, `\\` and
control characters, whole numbers without a point. Its thirteen members are

- `cells`: the SHA-256 of the noisy cells, as 64 lower-case hexadecimal digits; it is that of the JSON array of the
  whole numbers, `[12,-3,40]`, in the release's own order;
- `community`, `dataset`, `organization` (or null), `release`: UUIDs, lower-case with hyphens;
- `dataset_title`, `organization_name` (or null), `purpose`: text, as it stands in the register;
- `micro_rho`, `position`: whole numbers; positions count up from 1;
- `previous`: the hash of the line before, in hexadecimal; 64 zeros for the first;
- `published_at`: UTC with six decimals, `2026-01-31T09:30:00.000000Z`;
- `variables`: an array of names, in the register's order.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

GENESIS = bytes(32)  # what comes before the first line


@dataclass(frozen=True)
class Entry:
    """A line of the register, all but its own hash."""

    position: int
    release_id: UUID
    dataset_id: UUID
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


def hash_of(entry: Entry) -> bytes:
    """The line's own hash, 32 bytes: that of `text_of`. Raises ValueError for a time of no zone."""
    return hashlib.sha256(text_of(entry).encode()).digest()


def text_of(entry: Entry) -> str:
    """The line as it is hashed: this module's docstring defines it. Raises ValueError for a time of no zone."""
    return _canonical(
        {
            "cells": entry.cells_digest.hex(),
            "community": str(entry.community_id),
            "dataset": str(entry.dataset_id),
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
    """The SHA-256 of a release's noisy cells, 32 bytes: who has the cells can tell that they are the ones said."""
    return hashlib.sha256(_canonical(list(noisy)).encode()).digest()


def broken_at(lines: Iterable[tuple[Entry, bytes]]) -> int | None:
    """The place, from 1, of the first line that is not what it was, or does not follow the one before; else null.

    The lines are given from the first on, each with the hash that stands beside it.
    """
    previous = GENESIS
    for place, (entry, stated) in enumerate(lines, start=1):
        if entry.position != place or entry.previous_hash != previous or hash_of(entry) != stated:
            return place
        previous = stated
    return None


def _moment(moment: datetime) -> str:
    if moment.utcoffset() is None:
        raise ValueError("A time of publishing has a time zone.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _canonical(said: Any) -> str:
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
