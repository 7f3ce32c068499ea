"""Makes a manifest of trusted documents from `.graphql` files, and checks manifests before they are served.

python -m commands.manifest make patient web/src -o manifests/patient/web.json
python -m commands.manifest check manifests
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from graphql import OperationDefinitionNode, print_ast, validate

from commands.graphql_files import SUFFIXES, Collection, collect, place_of
from models.viewers import Audience
from schema.build import build_views
from server.operations.documents import SOUND, Documents
from server.operations.errors import RequestError
from server.operations.expectations import RULES
from server.operations.manifests import APOLLO, SHA256, ManifestFault
from server.operations.trusted_documents import documents_of_views
from server.telemetry.digests import Digests
from settings import Settings, SettingsError

FORMATS = ("apollo", "relay")


@dataclass(frozen=True)
class Entry:
    """An operation of a manifest; `body` is its text with the fragments that it uses."""

    name: str
    type: str
    body: str

    @property
    def id(self) -> str:
        return SHA256 + hashlib.sha256(self.body.encode()).hexdigest()


def entries(collection: Collection, documents: Documents) -> list[Entry]:
    """The operations by name. Faults, such as what the server would refuse, are added to the collection's."""
    found: dict[str, tuple[Entry, OperationDefinitionNode]] = {}
    for operation in collection.operations:
        name = operation.name.value if operation.name else ""
        if not name:
            collection.fault_at(operation, "An operation needs a name, by which clients find its id.")
        elif name in found:
            collection.fault_at(operation, f"There is another operation '{name}' at {place_of(found[name][1])}.")
        document = collection.with_fragments(operation)
        body = print_ast(document)
        found.setdefault(name, (Entry(name, operation.operation.value, body), operation))
        try:
            _, analysis = documents.parsed(body)
            rules = RULES if analysis.sound else SOUND
            errors = validate(documents.planner.schema, document, rules)
            for error in errors:
                collection.fault_at((error.nodes or [operation])[0], error.message)
            if not errors:
                documents.trust(body)
        except RequestError as refused:  # by a limit
            for entry in refused.errors:
                collection.fault_at(operation, entry["message"])
    return [entry for _, (entry, _) in sorted(found.items())]


def printed(made: Sequence[Entry], format: str) -> str:
    """The manifest's JSON: the same for the same operations, in whatever order and files they are."""
    content: Mapping[str, object] = {entry.id: entry.body for entry in made}
    if format == "apollo":
        operations = [{"id": each.id, "name": each.name, "type": each.type, "body": each.body} for each in made]
        content = {"format": APOLLO, "version": 1, "operations": operations}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def make(audience: Audience, paths: Sequence[Path], output: Path, format: str, *, check: bool) -> int:
    """Writes a manifest, or compares it with `check`. Returns the exit status."""
    collection = collect(paths)
    if not collection.operations and not collection.faults:
        collection.fault(str(paths[0]), f"has no operation in a file that ends in {' or '.join(SUFFIXES)}")
    views = documents_of_views(build_views(), Settings(), Digests())
    made = entries(collection, views[audience])
    if collection.faults:
        for file, line, column, message in sorted(collection.faults):
            print(f"{file}:{line}:{column}: {message}", file=sys.stderr)
        return 1
    text = printed(made, format)
    if check:
        if not output.exists() or output.read_text(encoding="utf-8") != text:
            print(f"{output} is out of date: make it again.", file=sys.stderr)
            return 1
        return 0
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    print(f"Wrote {len(made)} operation{'s' * (len(made) != 1)} to {output}.")
    return 0


def check_folder(folder: Path) -> int:
    """Reports what a server would find wrong with the manifests in a folder. Returns the exit status."""
    try:
        settings = Settings.from_environment(os.environ).model_copy(update={"manifests": folder})
        views = documents_of_views(build_views(), settings, Digests())
    except (SettingsError, ManifestFault) as fault:
        print(fault, file=sys.stderr)
        return 1
    for audience, documents in views.items():
        print(f"{audience.view}: {len(documents.trusted)} documents")
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = made.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make", help="make a client's manifest from its operations")
    making.add_argument("view", choices=[audience.view for audience in Audience], help="the view that they are for")
    making.add_argument("paths", nargs="+", type=Path, help="files, and folders of .graphql and .gql files")
    making.add_argument("-o", "--output", type=Path, required=True, help="the manifest to write")
    making.add_argument(
        "--format", choices=FORMATS, default=FORMATS[0], help="apollo has names, relay ids and texts only"
    )
    making.add_argument("--check", action="store_true", help="write nothing; exit with status 1 if it is out of date")
    checking = commands.add_parser("check", help="check the manifests in a folder, as the server does when it starts")
    checking.add_argument("folder", type=Path, help="what COHORTE_MANIFESTS names")
    return made


def main() -> int:
    given = parser().parse_args()
    if given.command == "check":
        return check_folder(given.folder)
    return make(Audience[given.view.upper()], given.paths, given.output, given.format, check=given.check)


if __name__ == "__main__":
    sys.exit(main())
