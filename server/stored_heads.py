"""The ledger's head as it is written outside of the database."""

import json
from dataclasses import dataclass
from typing import Any

from resolvers.insight.ledger import Head

HASH_BYTES = 32


@dataclass(frozen=True)
class NextHead:
    """The head once a transaction commits, which is named as by `resolvers.insight.ledger.transaction_of`."""

    head: Head
    transaction: str


@dataclass(frozen=True)
class StoredHead:
    """A head that was committed. With `next`, a transaction was about to replace it."""

    head: Head
    next: NextHead | None = None

    def text(self) -> str:
        found = _written(self.head)
        if self.next is not None:
            found["next"] = {**_written(self.next.head), "transaction": self.next.transaction}
        return json.dumps(found)


def parse(text: str | bytes) -> StoredHead:
    """The head in a text that `StoredHead.text` has returned. Raises ValueError for any other text."""
    try:
        found = json.loads(text)
        next = found.get("next")
        return StoredHead(_head(found), None if next is None else NextHead(_head(next), str(next["transaction"])))
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("not a head") from None


def _written(head: Head) -> dict[str, Any]:
    return {"position": head.position, "hash": head.hash.hex()}


def _head(found: dict[str, Any]) -> Head:
    position, hash = found["position"], bytes.fromhex(found["hash"])
    if type(position) is not int or position < 0 or len(hash) != HASH_BYTES:
        raise ValueError("not a head")
    return Head(position, hash)
