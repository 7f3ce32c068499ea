"""The ledger's head as it is written outside of the database."""

import json
from dataclasses import dataclass, field
from typing import Any

from resolvers.insight.ledger import Head

HASH_BYTES = 32


@dataclass(frozen=True)
class NextHead:
    """The head once a transaction commits, which is named as by `resolvers.insight.ledger.transaction_of`."""

    head: Head
    transaction: str
    datasets: int | None = field(default=None, compare=False)  # that exist with this head; None if not known


@dataclass(frozen=True)
class StoredHead:
    """A head that was committed. With `next`, a transaction was about to replace it."""

    head: Head
    next: NextHead | None = None
    datasets: int | None = field(default=None, compare=False)  # as of NextHead

    def text(self) -> str:
        found = _written(self.head, self.datasets)
        if self.next is not None:
            next = self.next
            found["next"] = {**_written(next.head, next.datasets), "transaction": next.transaction}
        return json.dumps(found)


def parse(text: str | bytes) -> StoredHead:
    """The head in a text that `StoredHead.text` has returned. Raises ValueError for any other text."""
    try:
        found = json.loads(text)
        next = found.get("next")
        following = None if next is None else NextHead(_head(next), str(next["transaction"]), _datasets(next))
        return StoredHead(_head(found), following, _datasets(found))
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("not a head") from None


def _written(head: Head, datasets: int | None) -> dict[str, Any]:
    return {"position": head.position, "hash": head.hash.hex(), "datasets": datasets}


def _datasets(found: dict[str, Any]) -> int | None:
    datasets = found.get("datasets")
    return datasets if type(datasets) is int else None


def _head(found: dict[str, Any]) -> Head:
    position, hash = found["position"], bytes.fromhex(found["hash"])
    if type(position) is not int or position < 0 or len(hash) != HASH_BYTES:
        raise ValueError("not a head")
    return Head(position, hash)
