"""Prints the SDL of the four views, and the JSON Schema of exports, to schema/views/.

They are committed, so that reviews show what an audience gains.
"""

import argparse
import difflib
import sys
from pathlib import Path

from commands.declarations import reporting

FOLDER = Path(__file__).parent.parent / "schema" / "views"


def printed() -> dict[str, str]:
    """The SDL of each view, by file name. Raises DeclarationError if a part of the graph is declared incompletely."""
    from schema.build import build_views  # imported here, because that declares the graph

    return {f"{audience.view}.graphql": view.as_str() + "\n" for audience, view in build_views().items()}


def files() -> dict[str, str]:
    """The SDL of each view, and the JSON Schema of exports, by file name. Raises DeclarationError as `printed` does."""
    from resolvers.export_kinds import export_kinds
    from resolvers.exporting import json_schema_text
    from schema.build import build_views, graph_names

    return printed() | {"data-export.json": json_schema_text(export_kinds(graph_names(build_views().values())))}


def changes() -> list[str]:
    """A unified diff from the committed files to the current views; empty if they are equal."""
    found: list[str] = []
    for name, text in files().items():
        path = FOLDER / name
        committed = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = committed.splitlines(keepends=True), text.splitlines(keepends=True)
        found += difflib.unified_diff(*lines, f"schema/views/{name}", f"{name} (current)")
    return found


def write() -> None:
    """Writes every file to schema/views/."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


@reporting
def main() -> int:
    """Writes the files, or with `--check` compares them; returns the exit status, 1 if one is out of date."""
    parser = argparse.ArgumentParser(
        description="Write the SDL of the four views and the schema of exports to schema/views/."
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with status 1 if a file is out of date"
    )
    if not parser.parse_args().check:
        write()
        print("Wrote the SDL of the views and the schema of exports to schema/views/.")
        return 0
    differences = changes()
    sys.stdout.writelines(differences)
    if differences:
        print("schema/views/ is out of date: run python -m commands.sdl and commit the result.", file=sys.stderr)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
