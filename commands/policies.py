"""The only place that prints a table's grants and policies as SQL, for a new migration to freeze: name the tables."""

import sys

from models.everything import metadata
from models.policies import statements_on


def main(names: list[str]) -> int:
    """Prints what the tables of these full names have (`care.post`), of all where none is named."""
    for table in metadata.sorted_tables:
        if not names or table.fullname in names:
            for statement in statements_on(table):
                print(f"{statement};")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
