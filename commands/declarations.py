"""Reports a part of the graph that is declared incompletely in one line."""

import sys
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from privacy.described import DeclarationError

ROOT = Path(__file__).parent.parent


def reporting(main: Callable[[], int]) -> Callable[[], int]:
    """A command's `main` that prints a DeclarationError and returns 1. It must import the graph while it runs."""

    @wraps(main)
    def reported() -> int:
        try:
            return main()
        except DeclarationError as error:
            print(fault(error), file=sys.stderr)
            return 1

    return reported


def fault(error: DeclarationError) -> str:
    """The error, with the file and line of the declaration if it was raised by its import."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [(Path(frame.filename), frame.lineno) for frame in frames if frame.name == "<module>"]
    declared = [
        f"{path.relative_to(ROOT)}:{line}: "
        for path, line in places
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in ("schema", "models")
    ]
    return f"{declared[-1] if declared else ''}{error}"
