"""Reads a guide of shell commands and GraphQL operations into the steps that a reader carries out, in its order."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

NOT_CARRIED_OUT = "# The test does not carry out this block"
PIECES = re.compile(
    r"^```(?P<language>\w+)\n(?P<code>[\s\S]*?)^```$"
    r"|^Keep `\$(?P<name>\w+)` = (?P<source>.+?)\.?$"
    r"|^(?P<heading>## .+)$"
    r"|^(?P<text>\S.*)$",
    re.MULTILINE,
)
WHO = re.compile(r"\b[Ww]ith `\$(\w+)`|\b([Ww]ithout a token)\b")
WAIT = re.compile(r"\*\*Wait\*\* until `\$IN_(\d+)_DAYS`")
VALUE = re.compile(r"\$(\w+?)(?=T\d\d:|\W|$)")


@dataclass(frozen=True)
class Shell:
    """Commands, and what is typed when they ask."""

    code: str
    typed: str = ""


@dataclass(frozen=True)
class Other:
    """Commands that a test cannot carry out, such as those of the system's packages."""

    code: str


@dataclass(frozen=True)
class Send:
    """An operation with its variables as JSON, which may name values; `who` is the name of a token."""

    who: str | None
    operation: str
    variables: str = "{}"


@dataclass(frozen=True)
class Keep:
    """A value to keep under a name, and where the guide says that it comes from."""

    name: str
    source: str


@dataclass(frozen=True)
class Expect:
    """What the last answer contains, as JSON."""

    answer: str


@dataclass(frozen=True)
class Wait:
    """A wait until so many days after the first."""

    days: int


Step: TypeAlias = Shell | Other | Send | Keep | Expect | Wait


@dataclass
class Section:
    """A section's steps; `each` says that every member carries them out."""

    heading: str
    each: bool = False
    steps: list[Step] = field(default_factory=list)


def sections_of(text: str) -> list[Section]:
    """The guide's sections, with the steps of each. Raises ValueError for a block that is none."""
    found = [Section("")]
    who: str | None = None
    operation = ""
    returns = False
    for piece in PIECES.finditer(text):
        section, steps = found[-1], found[-1].steps
        if piece["heading"]:
            found.append(Section(piece["heading"].removeprefix("## ")))
        elif piece["name"]:
            steps.append(Keep(piece["name"], piece["source"]))
        elif piece["text"]:
            section.each |= "**Each member**" in piece["text"]
            returns = piece["text"] == "It returns:"
            for named, _ in WHO.findall(piece["text"]):
                who = named or None
            if wait := WAIT.search(piece["text"]):
                steps.append(Wait(int(wait[1])))
        elif piece["language"] == "sh":
            steps.append((Other if NOT_CARRIED_OUT in piece["code"] else Shell)(piece["code"]))
        elif piece["language"] == "text":
            asks = steps.pop()
            assert isinstance(asks, Shell)
            steps.append(Shell(asks.code, piece["code"]))
        elif piece["language"] == "graphql":
            operation = piece["code"]
            if "($" not in operation.partition("{")[0]:
                steps.append(Send(who, operation))
        elif piece["language"] == "json":
            steps.append(Expect(piece["code"]) if returns else Send(who, operation, piece["code"]))
            returns = False
        else:
            raise ValueError(piece["language"])
    return found


def answers_typed(session: str) -> tuple[list[str], str]:
    """The questions of a session on a terminal, and the lines that are typed after them."""
    pairs = [line.partition(": ") for line in session.splitlines()]
    return [question.rstrip(":") for question, _, _ in pairs], "".join(f"{answer}\n" for _, _, answer in pairs)


def filled(text: str, values: Mapping[str, Any]) -> Any:
    """The JSON with its values: `"$NAME"` becomes the value, and `$NAME` within a longer text its text."""

    def within(found: Any) -> Any:
        if isinstance(found, dict):
            return {name: within(each) for name, each in found.items()}
        if isinstance(found, list):
            return [within(each) for each in found]
        if isinstance(found, str) and (whole := re.fullmatch(r"\$(\w+)", found)) and whole[1] in values:
            return values[whole[1]]
        return VALUE.sub(lambda name: str(values[name[1]]), found) if isinstance(found, str) else found

    return within(json.loads(text))


def at(path: str, data: Any) -> Any:
    """The value at a path such as `licences.nodes.0.id`. Raises LookupError."""
    for step in path.split("."):
        data = data[int(step)] if isinstance(data, Sequence) else data[step]
    return data


def differences(expected: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where an answer lacks what is expected of it; it may have more fields."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name, each in expected.items():
            yield from differences(each, found.get(name), f"{path}.{name}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(one, other, f"{path}.{number}")
    elif expected != found:
        yield f"{path}: {found!r} instead of {expected!r}"


def refusals_in(answer: Mapping[str, Any]) -> list[Any]:
    """The errors of an answer, and its user errors."""
    payloads = [each for each in (answer.get("data") or {}).values() if isinstance(each, dict)]
    return [*answer.get("errors", ()), *(error for each in payloads for error in each.get("userErrors", ()))]
