"""The only place that prints the views, to schema/views: committed, so that a review shows what each audience gains."""

import argparse
import difflib
import sys
from pathlib import Path

from schema.build import build_views

FOLDER = Path(__file__).parent.parent / "schema" / "views"


def printed() -> dict[str, str]:
    """File name to what it should hold, for each view."""
    return {f"{audience.view}.graphql": view.as_str() + "\n" for audience, view in build_views().items()}


def changes() -> list[str]:
    """A unified diff from the committed files to the views as they are now; empty where they are the same."""
    found: list[str] = []
    for name, text in printed().items():
        path = FOLDER / name
        committed = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = committed.splitlines(keepends=True), text.splitlines(keepends=True)
        found += difflib.unified_diff(*lines, f"schema/views/{name}", f"{name} as it is now")
    return found


def write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in printed().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the SDL of the four views to schema/views/.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a file is out of date")
    if not parser.parse_args().check:
        write()
        return 0
    differences = changes()
    sys.stdout.writelines(differences)
    if differences:
        print("The views have changed: run python -m commands.sdl and commit schema/views/.", file=sys.stderr)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
