"""Reads manifests of trusted documents: JSON files that give a client's documents their ids.

Two formats are known: Relay's, an object of ids and texts, and Apollo's `apollo-persisted-query-manifest`.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.viewers import Audience

APOLLO = "apollo-persisted-query-manifest"
SHA256 = "sha256:"
ID_CHARACTERS = 200
# By the GraphQL over HTTP specification, an id with a colon has a prefix, which is `sha256` or begins with `x-`.
ID = re.compile(rf"(?:x-[^\s:]+:[!-~]+|(?!x-[^\s:]*:)[!-9;-~]+|{SHA256}[0-9a-f]{{64}})")


class ManifestFault(ValueError):
    """Manifests that cannot be served; `faults` has a line for each reason, which begins with its file."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass
class Manifest:
    """The trusted documents of one view: the text of each id, and where each text was found first."""

    ids: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def add(self, id: str, text: str, place: str) -> None:
        """Adds a document under its id and its hash. Raises ValueError if the id has another text already."""
        hexadecimal = hashlib.sha256(text.encode()).hexdigest()
        if not ID.fullmatch(id) or len(id) > ID_CHARACTERS:
            raise ValueError(
                f"an id has up to {ID_CHARACTERS} visible characters, and no colon but after sha256 or x-..."
            )
        if id.startswith(SHA256) and id != f"{SHA256}{hexadecimal}":
            raise ValueError("the id is not the SHA-256 of the text")
        for each in (id, f"{SHA256}{hexadecimal}", hexadecimal):
            if self.ids.get(each, text) != text:
                raise ValueError(f"the same id has another text in {self.places[self.ids[each]]}")
        self.places.setdefault(text, place)
        # Apollo's clients send a bare hash in `extensions.persistedQuery`.
        self.ids |= dict.fromkeys((id, f"{SHA256}{hexadecimal}", hexadecimal), text)


def read_manifests(folder: Path) -> dict[Audience, Manifest]:
    """The manifests in `folder`, which has a folder for each view, with a JSON file for each client.

    Raises ManifestFault with everything that is wrong.
    """
    by_name = {audience.view: audience for audience in Audience}
    found: dict[Audience, Manifest] = {}
    faults = []
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        raise ManifestFault([f"{folder}: not a folder that can be read"]) from None
    for path in inside:
        if path.name.startswith("."):
            continue
        if path.name not in by_name or not path.is_dir():
            faults.append(f"{path}: not a folder of a view: {', '.join(by_name)}")
            continue
        manifest = found.setdefault(by_name[path.name], Manifest())
        for file in sorted(path.iterdir()):
            if not file.name.startswith("."):
                faults += add_file(manifest, file)
    if faults:
        raise ManifestFault(faults)
    return found


def add_file(manifest: Manifest, file: Path) -> list[str]:
    """Adds a client's documents to a view's manifest. Returns what is wrong, a line for each fault."""
    faults = []
    try:
        documents = list(documents_of(json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=Pairs)))
    except (OSError, UnicodeDecodeError, RecursionError):
        return [f"{file}: cannot be read as text in UTF-8"]
    except json.JSONDecodeError as error:
        return [f"{file}:{error.lineno}: not JSON"]
    except ValueError as error:
        return [f"{file}: {error}"]
    for id, text in documents:
        try:
            manifest.add(id, text, str(file))
        except ValueError as error:
            faults.append(f"{file}: {id!r}: {error}")
    return faults


class Pairs(list[tuple[str, Any]]):
    """A JSON object as its members in order: an object may repeat a name, of which a dict would keep the last."""

    def get(self, name: str) -> Any:
        return next((value for key, value in self if key == name), None)


def documents_of(manifest: object) -> Iterator[tuple[str, str]]:
    """The ids and texts of a manifest in either format. Raises ValueError if it is in neither."""
    if not isinstance(manifest, Pairs):
        raise ValueError("not a JSON object")
    entries: list[tuple[Any, Any]] = list(manifest)
    if "format" in dict(entries):
        operations = manifest.get("operations")
        if manifest.get("format") != APOLLO or manifest.get("version") != 1 or type(operations) is not list:
            raise ValueError(f"neither Relay's format nor version 1 of {APOLLO}")
        entries = [
            (each.get("id"), each.get("body")) if isinstance(each, Pairs) else (None, None) for each in operations
        ]
    for id, text in entries:
        if not isinstance(id, str) or not isinstance(text, str) or not is_text(text):
            raise ValueError("each document needs an id and a text")
        yield id, text


def is_text(text: str) -> bool:
    """Whether a text has something in it, and can be hashed: JSON may have lone surrogates."""
    try:
        return bool(text.encode().strip())
    except UnicodeEncodeError:
        return False
