"""Compares the views with those of the last release, and finds the breaking changes that CHANGELOG.md does not list.

The last release's SDL is committed, without descriptions, under schema/released/VERSION/.
"""

import argparse
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from graphql import (
    BreakingChange,
    DangerousChange,
    DangerousChangeType,
    GraphQLInputObjectType,
    GraphQLSchema,
    NullValueNode,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
)

from commands.declarations import reporting
from commands.sdl import printed

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "schema" / "released"
CHANGELOG = ROOT / "CHANGELOG.md"
HEADING = "### Breaking changes of the schema"
# A changed default changes what an unchanged document does.
ALSO_BREAKING = {DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE, DangerousChangeType.INPUT_FIELD_DEFAULT_VALUE_CHANGE}


@dataclass(frozen=True)
class Compared:
    """`unlisted` breaking changes, each with its views, and `stale` entries of the changelog that match no change."""

    unlisted: dict[str, list[str]]
    stale: list[str]


def compared(released: Mapping[str, str], current: Mapping[str, str], changelog: str) -> Compared:
    """Compares the SDL of views, by file name, with that of the last release."""
    found: dict[str, list[str]] = {}
    for name in sorted(released.keys() | current.keys()):
        for change in changes(released.get(name), current.get(name), name):
            found.setdefault(change, []).append(Path(name).stem)
    entries = {entry: pattern(entry) for entry in listed(changelog)}
    return Compared(
        {change: views for change, views in found.items() if not any(each.match(change) for each in entries.values())},
        [entry for entry, each in entries.items() if not any(each.match(change) for change in found)],
    )


def changes(released: str | None, current: str | None, name: str) -> Iterator[str]:
    """Describes each breaking change of a view, as graphql-core does. A view may be new, but not removed."""
    if current is None:
        yield f"View {Path(name).stem} was removed."
    if current is None or released is None:
        return
    old, new = build_schema(released), build_schema(current)
    dangerous = (change for change in find_dangerous_changes(old, new) if change.type in ALSO_BREAKING)
    every: list[BreakingChange | DangerousChange] = [*find_breaking_changes(old, new), *dangerous]
    harmless = set(_nulls_removed(old, new))
    yield from (change.description for change in every if change.description not in harmless)


def listed(changelog: str) -> list[str]:
    """The breaking changes that the changelog's Unreleased lists: the first words of each entry, in backticks."""
    unreleased = re.search(r"^## Unreleased$(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    section = re.search(rf"^{HEADING}$(.*?)(?=^### |\Z)", unreleased[1] if unreleased else "", re.MULTILINE | re.DOTALL)
    return [
        " ".join(entry.split()) for entry in re.findall(r"^- `([^`]+)`", section[1] if section else "", re.MULTILINE)
    ]


def pattern(entry: str) -> re.Pattern[str]:
    """The changes that an entry stands for. Each `*` is the same name, in either case of its first letter."""
    first, *others = (re.escape(part) for part in entry.split("*"))
    text = first + "".join((r"(\w+)" if place == 0 else r"(?i:\1)") + part for place, part in enumerate(others))
    return re.compile(rf"{text}\Z")


def versions(changelog: str) -> list[str]:
    """The released versions, newest first."""
    return re.findall(r"^## (\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\)$", changelog, re.MULTILINE)


def released() -> dict[str, str]:
    """The SDL of each view of the last release, by file name. Raises ValueError if there is not exactly one."""
    (folder,) = FOLDER.iterdir()
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.graphql"))}


def release(version: str) -> None:
    """Stores the views in place of the last release. Raises ValueError unless `version` is the changelog's newest."""
    if versions(CHANGELOG.read_text(encoding="utf-8"))[:1] != [version]:
        raise ValueError(f"The newest version of CHANGELOG.md is not {version}: add its heading, ## {version} (DATE).")
    current = printed()
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / version).mkdir(parents=True)
    for name, sdl in current.items():
        (FOLDER / version / name).write_text(without_descriptions(sdl), encoding="utf-8")


def without_descriptions(sdl: str) -> str:
    """SDL without its descriptions, which are no part of what a release promises."""
    bare = re.sub(r'^ *""".*?"""\n', "", sdl, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"\n\n(?= )", "\n", bare)  # members of a type, which their descriptions had set apart


def _nulls_removed(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[str]:
    """The changes, as graphql-core describes them, that remove a default of null: null and nothing mean the same."""
    for kind in old.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            left = getattr(new.type_map.get(kind.name), "fields", {})
            for name, field in kind.fields.items():
                if field.ast_node and isinstance(field.ast_node.default_value, NullValueNode) and name in left:
                    yield f"{kind.name}.{name} defaultValue was removed."


@reporting
def main() -> int:
    """Compares, or with `--release` stores a release; returns the exit status, 1 if the changelog is incomplete."""
    parser = argparse.ArgumentParser(description="Compare the views with those of the last release.")
    parser.add_argument("--release", metavar="VERSION", help="store the current views as those of the newest version")
    version = parser.parse_args().release
    if version:
        try:
            release(version)
        except ValueError as error:
            print(error, file=sys.stderr)
            return 1
        print(f"Wrote the SDL of the views to schema/released/{version}/.")
        return 0
    result = compared(released(), printed(), CHANGELOG.read_text(encoding="utf-8"))
    if result.unlisted:
        print(f'Add these to "{HEADING}" under Unreleased in CHANGELOG.md, each with what clients have to do:')
        for change, views in sorted(result.unlisted.items()):
            print(f"- `{change}` ({', '.join(views)})")
    if result.stale:
        print("Remove these entries from CHANGELOG.md, or correct them: no change since the last release fits them:")
        print("\n".join(f"- `{entry}`" for entry in result.stale))
    return 1 if result.unlisted or result.stale else 0


if __name__ == "__main__":
    sys.exit(main())
