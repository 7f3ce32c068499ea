"""Lints the printed views: names, descriptions and shapes, by the rules of graphql-eslint, and prose by rules of ours.

The rules are those of the `schema-recommended` and `schema-relay` sets of @graphql-eslint/eslint-plugin 4, under its
names, but for two that the graph departs from: `strict-id-in-types`, since values such as `Money` have no id, and the
`oneof` rules, since no input is `@oneOf`. What a schema must be to be valid, graphql-core checks as it builds one.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLSchema, build_schema, get_named_type, is_abstract_type, parse, print_ast
from graphql.language.ast import (
    DefinitionNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    UnionTypeDefinitionNode,
)
from graphql.language.ast import Node as Syntax

from commands.declarations import reporting
from commands.sdl import printed

LONGEST = 300  # characters of a description: what a reader takes in at once
ROOTS = ("Query", "Mutation", "Subscription")

# Rule and place of what is allowed, and why.
EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("input-suffix", "CategoryFilter"): "it is named for what it does in `where`",
    ("input-suffix", "SideEffectEntry"): "an entry of a list within CourseEvaluateInput",
    ("input-suffix", "ObservationEntry"): "an entry of a list within ObservationsRecordInput",
}

# Words that this graph's readers should not meet, and what to write instead.
BANNED: Mapping[str, str] = {
    r"came to": "the result of",
    r"the house\b": "staff, or Cohorte",
    r"who(ever)? asks?\b|the one who": "the viewer, or the caller",
    r"is asked for|asked about": "requested, queried",
    r"\banew\b": "again, or the verb itself: edit, replace",
    r"\b(told|tells?)\b(?! keys apart| which)": "notified, reported, returned, stated",
    r"\bheard?\b": "subscribed to, delivered",
    r"somebody who": "a person who, a member who",
    r"the only place": "what it does",
    r"\bit was refused": "the mutation was refused",
    r"\bone's\b": "the viewer's",
    r"name in addresses": "URL slug",
    r"95 times": "95 % confidence interval",
    r"so (many|precisely|near) of\b": "margin of error",
    r"\bnull where\b|; null\b": "Null if ...",
    r"\bempty where\b": "Empty if ...",
    r"\bceases?\b": "stops",
    r"\bpublic register\b": "public ledger",
    r"\bpockets?\b": "budget share",
    r"what (it|they) (is|are) called": "name",
}

# What descriptions name, besides the types, fields, arguments and enum values of their own view. Examples after
# "such as" need no line here.
NAMED: Mapping[str, str] = {
    "errors": "of a response",
    "input": "the argument of every mutation",
    "ping": "a type of webhook messages",
    "navigator.credentials": "of browsers",
    "navigator.credentials.create": "of browsers",
    "parseRequestOptionsFromJSON": "of browsers",
    "parseCreationOptionsFromJSON": "of browsers",
    "headaches": "words to search for",
    "tired": "words to search for",
    "de": "words to search for",
    "ASCII": "standards",
    "HTTP": "standards",
    "IDNA": "standards",
    "IETF": "standards",
    "JSON": "standards",
    "NFKC": "standards",
}


@dataclass(frozen=True)
class Fault:
    """A departure from a rule at a place of the graph, such as `Query.node(id)`."""

    rule: str
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what} [{self.rule}]"


@dataclass(frozen=True)
class Element:
    """A type, field, argument, input field or enum value, at its place; `owner` is the type that it belongs to."""

    place: str
    owner: str
    node: Syntax

    @property
    def name(self) -> str:
        return str(self.node.name.value)  # type: ignore[attr-defined]

    @property
    def description(self) -> str:
        node = self.node.description  # type: ignore[attr-defined]
        return "" if node is None else str(node.value)


Rule = Callable[[Sequence[Element], GraphQLSchema], Iterator[Fault]]


def faults(sdl: str) -> list[Fault]:
    """What is wrong with a schema, but for what `EXCEPTIONS` allows. Raises what graphql-core raises if it is none."""
    schema = build_schema(sdl)
    elements = list(_elements(parse(sdl, no_location=True).definitions))
    found = [fault for rule in RULES for fault in rule(elements, schema)]
    found += [
        Fault("no-hashtag-description", f"line {number}", "a comment; write a description")
        for number, line in enumerate(_without_strings(sdl).splitlines(), 1)
        if "#" in line
    ]
    return [fault for fault in found if (fault.rule, fault.place) not in EXCEPTIONS]


@reporting
def main() -> int:
    """Prints the faults of the four views; returns the exit status, 1 if there are any."""
    found = {str(fault) for sdl in printed().values() for fault in faults(sdl)}
    for fault in sorted(found):
        print(fault)
    if found:
        print(f"Names and descriptions to correct in schema/ and models/: {len(found)}.", file=sys.stderr)
    return 1 if found else 0


def require_description(elements: Sequence[Element], schema: GraphQLSchema) -> Iterator[Fault]:
    for element in elements:
        if not element.description:
            yield Fault("require-description", element.place, "has no description")


def naming_convention(elements: Sequence[Element], schema: GraphQLSchema) -> Iterator[Fault]:
    for element in elements:
        wanted, style = _style(element.node)
        if not wanted.fullmatch(element.name):
            yield Fault("naming-convention", element.place, f"is not written in {style}")
        if element.owner in ROOTS and isinstance(element.node, FieldDefinitionNode):
            root = element.owner.lower()
            if re.match(rf"(get|list|fetch|{root})[A-Z]", element.name) or element.name.endswith(element.owner):
                yield Fault("naming-convention", element.place, f"has 'get', 'list', 'fetch' or '{root}' in its name")
        if isinstance(element.node, TYPES) and re.search(r"^(Type|Enum|Interface|Union)|(Type|Enum)$", element.name):
            yield Fault("naming-convention", element.place, "has its sort of type in its name")


def suffixes(elements: Sequence[Element], schema: GraphQLSchema) -> Iterator[Fault]:
    inputs = {each.name for each in elements if isinstance(each.node, InputObjectTypeDefinitionNode)}
    for name in sorted(inputs):
        if not name.endswith("Input"):
            yield Fault("input-suffix", name, "is an input: end its name in Input")
    for element in elements:
        if element.name.endswith("Input") and element.place == element.name and element.name not in inputs:
            yield Fault("input-suffix", element.place, "is no input")
        if element.owner == "Mutation" and isinstance(element.node, FieldDefinitionNode):
            payload = f"{element.name[0].upper()}{element.name[1:]}Payload"
            if _type(element.node) != payload:  # nullable: other mutations of the operation may have been carried out
                yield Fault("payload-suffix", element.place, f"returns something else than {payload}")


def no_typename_prefix(elements: Sequence[Element], schema: GraphQLSchema) -> Iterator[Fault]:
    for element in elements:
        prefix = f"{element.owner[0].lower()}{element.owner[1:]}([A-Z]|$)"
        if isinstance(element.node, FieldDefinitionNode) and re.match(prefix, element.name):
            yield Fault("no-typename-prefix", element.place, "repeats the name of its type")


def unique_enum_value_names(elements: Sequence[Element], schema: GraphQLSchema) -> Iterator[Fault]:
    for element in elements:
        if isinstance(element.node, EnumTypeDefinitionNode):
            names = [value.name.value.lower() for value in element.node.values or ()]
            if len(set(names)) < len(names):
                yield Fault("unique-enum-value-names", element.place, "has two values that differ in case alone")


def require_deprecation_reason(elements: Sequence[Element], schema: GraphQLSchema) -> Iterator[Fault]:
    for element in elements:
        for directive in getattr(element.node, "directives", ()) or ():
            if directive.name.value == "deprecated" and not directive.arguments:
                yield Fault("require-deprecation-reason", element.place, "is deprecated without a reason")


def no_unreachable_types(elements: Sequence[Element], schema: GraphQLSchema) -> Iterator[Fault]:
    reached = _reached(schema)
    for element in elements:
        if element.place == element.name and element.name not in reached:
            yield Fault("no-unreachable-types", element.place, "is reached from no root")


def relay(elements: Sequence[Element], schema: GraphQLSchema) -> Iterator[Fault]:
    objects = {each.name: each.node for each in elements if isinstance(each.node, ObjectTypeDefinitionNode)}
    for name, node in objects.items():
        fields = {field.name.value: _type(field) for field in node.fields or ()}
        of = name.removesuffix("Connection").removesuffix("Edge")
        if name.endswith("Connection") and not (
            fields.get("pageInfo") == "PageInfo!" and fields.get("edges") == f"[{of}Edge!]!"
        ):
            yield Fault("relay-connection-types", name, f"has no `edges: [{of}Edge!]!` or no `pageInfo: PageInfo!`")
        if name.endswith("Edge") and not (fields.get("cursor") == "Cursor!" and fields.get("node") == f"{of}!"):
            yield Fault("relay-edge-types", name, f"has no `cursor: Cursor!` or no `node: {of}!`")
        if name == "PageInfo" and fields != PAGE_INFO:
            yield Fault("relay-page-info", name, "is not Relay's")
    for element in elements:
        if isinstance(element.node, FieldDefinitionNode) and _type(element.node).rstrip("!").endswith("Connection"):
            given = {argument.name.value: _type(argument) for argument in element.node.arguments or ()}
            pairs = [("first", "after")] + ([("last", "before")] if given.keys() & {"last", "before"} else [])
            if any(given.get(size) != "Int" or given.get(cursor) != "Cursor" for size, cursor in pairs):
                yield Fault("relay-arguments", element.place, "takes no `first: Int` and `after: Cursor`")


def prose(elements: Sequence[Element], schema: GraphQLSchema) -> Iterator[Fault]:
    for element in elements:
        for what in prose_faults(element.description) if element.description else ():
            yield Fault("prose", element.place, what)


def prose_faults(text: str) -> Iterator[str]:
    """What is wrong with a sentence, or several, that people read."""
    if not re.match(r"[A-Z0-9`]", text):
        yield "begins without a capital"
    if not text.endswith("."):
        yield "ends without a full stop"
    if len(text) > LONGEST:
        yield f"has {len(text)} characters, more than {LONGEST}"
    if "  " in text or "\n" in text:
        yield "has white space to no purpose"
    for words, instead in BANNED.items():
        if found := re.search(words, text, re.IGNORECASE):
            yield f"says {found[0]!r}: write {instead!r}"


def names_exist(elements: Sequence[Element], schema: GraphQLSchema) -> Iterator[Fault]:
    """Names in descriptions exist in the view: other views share the description, and may have more."""
    known = {each.name for each in elements}
    for element in elements:
        for name in _named(element.description):
            if name not in NAMED and not known.issuperset(name.split(".")):
                yield Fault("names-exist", element.place, f"names {name}, which this view does not have")


RULES: tuple[Rule, ...] = (
    require_description,
    naming_convention,
    suffixes,
    no_typename_prefix,
    unique_enum_value_names,
    require_deprecation_reason,
    no_unreachable_types,
    relay,
    prose,
    names_exist,
)

TYPES = (
    ObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    UnionTypeDefinitionNode,
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
)
PAGE_INFO = {
    "hasNextPage": "Boolean!",
    "hasPreviousPage": "Boolean!",
    "startCursor": "Cursor",
    "endCursor": "Cursor",
}


def _elements(definitions: Sequence[DefinitionNode]) -> Iterator[Element]:
    for kind in definitions:
        if not isinstance(kind, TYPES):
            continue
        name = kind.name.value
        yield Element(name, name, kind)
        for part in (*(getattr(kind, "fields", ()) or ()), *(getattr(kind, "values", ()) or ())):
            place = f"{name}.{part.name.value}"
            yield Element(place, name, part)
            for argument in getattr(part, "arguments", ()) or ():
                yield Element(f"{place}({argument.name.value})", name, argument)


def _style(node: Syntax) -> tuple[re.Pattern[str], str]:
    if isinstance(node, TYPES):
        return re.compile(r"[A-Z][A-Za-z0-9]*"), "PascalCase"
    if isinstance(node, FieldDefinitionNode | InputValueDefinitionNode):
        return re.compile(r"[a-z][A-Za-z0-9]*"), "camelCase"
    return re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*"), "UPPER_CASE"


def _reached(schema: GraphQLSchema) -> set[str]:
    reached: set[str] = set()
    left: list[Any] = [schema.query_type, schema.mutation_type, schema.subscription_type]
    while left:
        kind = get_named_type(left.pop())
        if kind is None or kind.name in reached:
            continue
        reached.add(kind.name)
        left += getattr(kind, "interfaces", ())
        left += schema.get_possible_types(kind) if is_abstract_type(kind) else ()
        for field in getattr(kind, "fields", {}).values():
            left += [field.type, *(argument.type for argument in getattr(field, "args", {}).values())]
    return reached


def _named(text: str) -> Iterator[str]:
    """Names in a description: identifiers in backticks, with the types before them, and words in capitals."""
    for example, quoted in re.findall(r"([Ss]uch as )?`([^`]*)`", text):
        if not example and re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", quoted, re.ASCII):
            yield quoted
    yield from re.findall(r"\b[A-Z][A-Z0-9_]{3,}\b", re.sub(r"`[^`]*`", "", text))


def _type(node: FieldDefinitionNode | InputValueDefinitionNode) -> str:
    return print_ast(node.type)


def _without_strings(sdl: str) -> str:
    return re.sub(r'"""(.|\n)*?"""|"(\\.|[^"\\])*"', lambda found: "\n" * found[0].count("\n"), sdl)


if __name__ == "__main__":
    argparse.ArgumentParser(
        prog="python -m commands.lint_graph", description="Check names, descriptions and shapes of the printed views."
    ).parse_args()
    sys.exit(main())
