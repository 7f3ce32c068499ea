"""Collects operations and fragments from `.graphql` files, and reports what is wrong with them by file and line."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLError, OperationDefinitionNode, Source, parse
from graphql.language import FragmentSpreadNode, Node, Visitor, visit

SUFFIXES = (".graphql", ".gql")
IMPORT = re.compile(r"""^#\s*import\s+(?:"([^"]+)"|'([^']+)')\s*$""", re.MULTILINE)
EMPTY = DocumentNode(definitions=())


@dataclass
class Collection:
    """The operations and fragments of several files, and what is wrong with them, by place."""

    operations: list[OperationDefinitionNode] = field(default_factory=list)
    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    faults: dict[tuple[str, int, int, str], None] = field(default_factory=dict)  # in order, and each once
    read: set[Path] = field(default_factory=set)

    def fault(self, file: str, message: str, line: int = 1, column: int = 1) -> None:
        self.faults[file, line, column, message] = None

    def fault_at(self, node: Node, message: str) -> None:
        """A fault where a node begins."""
        assert node.loc is not None
        self.fault(node.loc.source.name, message, *node.loc.source.get_location(node.loc.start))

    def add(self, path: Path, *, fragments_only: bool = False) -> None:
        """Reads a file, and those that it imports: of these, the fragments alone."""
        known = path.resolve()
        if known in self.read:
            return
        self.read.add(known)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            self.fault(str(path), "cannot be read as text in UTF-8")
            return
        try:
            document = EMPTY if is_empty(text) else parse(Source(text, str(path)))
        except GraphQLError as error:
            where = error.locations[0] if error.locations else None
            self.fault(str(path), error.message, *((where.line, where.column) if where else (1, 1)))
            document = EMPTY
        for definition in document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                self.add_fragment(definition)
            elif not isinstance(definition, OperationDefinitionNode):
                self.fault_at(definition, "neither an operation nor a fragment")
            elif not fragments_only:
                self.operations.append(definition)
        for found in IMPORT.finditer(text):
            imported = path.parent / (found[1] or found[2])
            if imported.is_file():
                self.add(imported, fragments_only=True)
            else:
                self.fault(str(path), f"imports '{found[1] or found[2]}', which does not exist", line_of(text, found))

    def add_fragment(self, fragment: FragmentDefinitionNode) -> None:
        name = fragment.name.value
        other = self.fragments.setdefault(name, fragment)
        if other is not fragment:
            self.fault_at(fragment, f"There is another fragment '{name}' at {place_of(other)}.")

    def with_fragments(self, operation: OperationDefinitionNode) -> DocumentNode:
        """A document of the operation and the fragments that it uses, sorted, whatever files they are in."""
        used: set[str] = set()
        left: list[Node] = [operation]
        while left:
            for name in spreads(left.pop()):
                if name not in used and name in self.fragments:
                    used.add(name)
                    left.append(self.fragments[name])
        return DocumentNode(definitions=(operation, *(self.fragments[name] for name in sorted(used))))


def collect(paths: Iterable[Path]) -> Collection:
    """The operations and fragments of files, and of those in folders."""
    collection = Collection()
    for path in paths:
        if path.is_dir():
            for file in sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file()):
                collection.add(file)
        else:
            collection.add(path)
    return collection


class Spreads(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        self.names.append(node.name.value)


def spreads(node: Node) -> list[str]:
    """The names of the fragments that a node uses itself."""
    visitor = Spreads()
    visit(node, visitor)
    return visitor.names


def line_of(text: str, found: re.Match[str]) -> int:
    return text.count("\n", 0, found.start()) + 1


def is_empty(text: str) -> bool:
    """Whether a file has nothing but comments and space, such as one that only imports others."""
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())


def place_of(node: Node) -> str:
    assert node.loc is not None
    return f"{node.loc.source.name}:{node.loc.source.get_location(node.loc.start).line}"
