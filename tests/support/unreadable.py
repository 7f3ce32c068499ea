"""Makes inputs that no mutation can read."""

import re
from typing import Any

ID = re.compile(r"[a-z]{3}_")


def unreadable(given: dict[str, Any]) -> dict[str, Any]:
    """The input with each of its ids replaced by one of no object, and a `clientMutationId` that is never accepted."""
    made = {name: "nothing" if ID.match(str(value)) else value for name, value in given.items()}
    return made | {"clientMutationId": ""}
