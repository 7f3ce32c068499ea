"""Extracts the sentences that the server says to people, and keeps the translations in locales/ complete.

docs/translating.md says how to translate them, and how to add a language.
"""

import argparse
import ast
import sys
from collections.abc import Iterator
from enum import Enum
from functools import cache
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

from babel.messages import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from models.identity.accounts import StaffRole
from models.identity.organization_users import UserRole
from models.languages import DEFAULT, Language
from models.messages import path_of

ROOT = Path(__file__).parent.parent
FOLDERS = ("models", "planner", "privacy", "resolvers", "schema", "server")
KEYWORDS = {"message": None, "counted": (1, 2), "say": None}  # what is called with sentences, and which arguments
MODULES = ("models.messages", "privacy.words")
# Enumerations whose values stand in sentences by their names.
NAMED: tuple[type[Enum], ...] = (StaffRole, UserRole, Language)
HEADER = "# What Cohorte says to people. docs/translating.md says how this file is kept."
COMMENTS = ("Translators:",)
COMMAND = "python -m commands.translations"


def modules() -> Iterator[Path]:
    """The files that contain sentences: those that import what makes them."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if any(f"from {module} import" in path.read_text("utf-8") for module in MODULES):
                yield path


@cache
def sentences() -> tuple[tuple[str, Any, list[str], str | None], ...]:
    """Every sentence of the modules, or its singular and plural, with its file, its comments and its context."""
    return tuple(
        (path.relative_to(ROOT).as_posix(), id, comments, context)
        for path in modules()
        for _, id, comments, context in extract_from_file("python", path, KEYWORDS, COMMENTS)
    )


def extracted() -> Catalog:
    """A catalogue of every sentence, without translations."""
    template = Catalog()
    for name, id, comments, context in sentences():
        template.add(id, locations=[(name, 0)], auto_comments=comments, context=context)
    for kind in NAMED:
        for member in kind:
            template.add(str(member.value), context=kind.__name__)
    return template


def translated(language: Language) -> Catalog:
    """The catalogue of a language as it is stored; empty if there is none."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language.tag, project="Cohorte", fuzzy=False, header_comment=HEADER)
    with path.open("rb") as file:
        return read_po(file, locale=language.tag)


def merged(language: Language, template: Catalog) -> Catalog:
    """A language's catalogue with the sentences of the template: new ones are empty, and former ones are left out."""
    catalogue = translated(language)
    template.creation_date = catalogue.creation_date  # as it is: a file changes only if a sentence does
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def printed(catalogue: Catalog) -> bytes:
    """A catalogue as a file, in the order of the modules, without the lines at which sentences stand."""
    written = BytesIO()
    write_po(written, catalogue, width=100, sort_by_file=True, include_lineno=False)
    return written.getvalue()


def write() -> None:
    """Writes every language's file."""
    for language in languages():
        path = path_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(printed(merged(language, extracted())))


def languages() -> list[Language]:
    """The languages that have translations."""
    return [language for language in Language if language is not DEFAULT]


def faults(language: Language) -> list[str]:
    """What is wrong with a language's translations: sentences missing, obsolete, fuzzy, or with other fields."""
    stored, template = translated(language), extracted()
    wanted = {key_of(entry): entry for entry in template if entry.id}
    present = {key_of(entry): entry for entry in stored if entry.id}
    found = [f"missing: {described(wanted[key])}" for key in wanted if key not in present]
    found += [f"obsolete: {described(present[key])}" for key in present if key not in wanted]
    found += [f"obsolete: {described(entry)}" for entry in stored.obsolete.values()]
    for key, entry in present.items():
        if key in wanted:
            found += faults_of(entry)
    if not found and path_of(language).read_bytes() != printed(merged(language, template)):
        found.append("the file is not as this command writes it")
    return found


def faults_of(entry: Entry) -> Iterator[str]:
    """What is wrong with the translation of one sentence."""
    forms = [entry.string] if isinstance(entry.string, str) else [form or "" for form in entry.string or ()]
    original = entry.id if isinstance(entry.id, str) else entry.id[-1]
    if entry.fuzzy:
        yield f"fuzzy: {described(entry)}"
    if not all(form.strip() for form in forms):
        yield f"empty: {described(entry)}"
        return
    try:
        if any(fields(form) != fields(original) for form in forms):
            yield f"other fields than the English: {described(entry)}"
    except ValueError:
        yield f"braces that do not match: {described(entry)}"
    if any(ends(form) != ends(original) for form in forms):
        yield f"begins or ends with another line end than the English: {described(entry)}"


def fields(text: str) -> list[tuple[str, str | None]]:
    """The fields of a sentence with their formats, sorted. Raises ValueError for braces that do not match."""
    return sorted((name, form) for _, name, form, _ in Formatter().parse(text) if name is not None)


def ends(text: str) -> tuple[bool, bool]:
    return text.startswith("\n"), text.endswith("\n")


def key_of(entry: Entry) -> tuple[str | None, str]:
    return entry.context, entry.id if isinstance(entry.id, str) else entry.id[0]


def described(entry: Entry) -> str:
    """A sentence's beginning, on one line."""
    return repr(key_of(entry)[1][:90])


def computed() -> list[str]:
    """The places where a sentence is not a literal, so that it could not be extracted."""
    return [f"{path.relative_to(ROOT)}:{line}" for path in modules() for line in computed_in(path.read_text("utf-8"))]


def computed_in(source: str) -> list[int]:
    """The lines of a module's calls of `message` and `counted` whose sentences are not literals."""
    tree = ast.parse(source)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module in MODULES]
    names = {alias.asname or alias.name: alias.name for node in imports for alias in node.names}
    wrong = [node.lineno for node in imports if any(a.name in KEYWORDS and a.asname for a in node.names)]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        keyword = names.get(node.func.id)
        if keyword in KEYWORDS:
            wanted = len(KEYWORDS[keyword] or (1,))
            if len(node.args) < wanted or not all(is_text(each) for each in node.args[:wanted]):
                wrong.append(node.lineno)
    return sorted(wrong)


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def main() -> int:
    """Writes the files, or with `--check` reports what is wrong with them; returns the exit status."""
    parser = argparse.ArgumentParser(description="Write the sentences to translate to locales/, keeping translations.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with status 1 if a file is not whole")
    check = parser.parse_args().check
    if not check:
        write()
    found = [f"{place}: the sentence must be a literal" for place in computed()]
    for language in languages():
        found += [f"{path_of(language).relative_to(ROOT)}: {fault}" for fault in faults(language)]
    for fault in found:
        print(fault, file=sys.stderr)
    if check and found:
        print(f"Run {COMMAND}, and translate what is empty: docs/translating.md.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
