"""Prints the manifest of this package's operations, for a server that accepts trusted documents alone.

python -m cohorte.manifest buyer > manifests/buyer/python.json
python -m cohorte.manifest public > manifests/public/python.json
"""

import json
import sys
from hashlib import sha256

from cohorte.graph import operations

PUBLIC = ("DATASETS_GQL", "DATASET_GQL", "LEDGER_GQL")  # what is also sent without an API key
VIEWS = {"buyer": tuple(operations.__all__), "public": PUBLIC}


def manifest(view: str) -> dict[str, str]:
    """The texts of the operations of a view, by their ids. Raises KeyError for another view."""
    texts = [str(getattr(operations, name)) for name in VIEWS[view]]
    return {f"sha256:{sha256(text.encode()).hexdigest()}": text for text in texts}


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in VIEWS:
        sys.exit(f"usage: python -m cohorte.manifest {'|'.join(VIEWS)}")
    json.dump(manifest(sys.argv[1]), sys.stdout, indent=2)
