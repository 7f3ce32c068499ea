"""Builds the demonstration's catalogue: communities, their indicators and their treatments."""

from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from commands.demonstration import french_catalogue
from commands.demonstration.care import OTHER_TREATMENTS
from commands.demonstration.chance import Chance
from commands.demonstration.conditions import DISEASES, Disease
from commands.demonstration.french_catalogue import translations
from commands.demonstration.medicines import MEDICINES
from commands.demonstration.prescriptions import TREATMENTS
from commands.demonstration.rare_conditions import RARER_DISEASES
from commands.demonstration.symptoms import GRADED, MEASURED, SYMPTOMS, TRIAL_SCORES, Measured
from commands.demonstration.terms import frequencies, terms
from commands.demonstration.texts import Network, slug
from models.community import communities
from models.tracking import observations, treatments
from models.tracking.observations import IndicatorKind, Scale
from models.tracking.treatments import TreatmentKind

MOST_SYMPTOMS = 12
GENERAL = ("pain", "mood", "sleep-quality", "quality-of-life")
SCORES = {entry.slug for entry in TRIAL_SCORES}
TRIAL_TREATMENTS = {
    "Placebo (trial arm)": "placebo (bras de l'essai), placebo",
    "Active drug (trial arm)": "traitement actif (bras de l'essai), traitement actif de l'essai",
}


@dataclass(frozen=True)
class Indicator:
    id: UUID
    slug: str
    name: str
    lay: tuple[str, ...]
    french: tuple[str, ...]
    kind: IndicatorKind
    scale: Scale
    unit: str | None
    minimum: float
    maximum: float
    low: float
    high: float
    better: int  # 1: more is better, -1: less is better
    decimals: int
    french_name: str
    french_lay: tuple[str, ...]
    french_unit: str | None = None
    hpo: str | None = None


@dataclass(frozen=True)
class Treatment:
    id: UUID
    slug: str
    name: str
    kind: TreatmentKind
    french: str
    inn: str | None = None
    atc: str | None = None
    doses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Community:
    id: UUID
    condition_id: UUID
    disease: Disease
    indicators: tuple[Indicator, ...]
    treatments: tuple[Treatment, ...]
    rank: int

    @property
    def slug(self) -> str:
        return self.disease.slug

    @cached_property
    def symptoms(self) -> tuple[Indicator, ...]:
        return tuple(indicator for indicator in self.indicators if indicator.kind is IndicatorKind.SYMPTOM)


@dataclass(frozen=True)
class Catalogue:
    communities: tuple[Community, ...]
    indicators: dict[str, Indicator] = field(repr=False)
    treatments: dict[str, Treatment] = field(repr=False)

    def community(self, slug: str) -> Community:
        return next(community for community in self.communities if community.slug == slug)


def catalogue(seed: int) -> Catalogue:
    """The complete catalogue, equal for equal seeds; its size does not depend on the network's scale."""
    chance = Chance(seed, "catalogue")
    by_hpo = reportable(chance)
    measured = {entry.slug: indicator_of(chance, entry) for entry in (*MEASURED, *TRIAL_SCORES)}
    every_treatment = all_treatments(chance)
    by_name = {treatment.name.lower(): treatment for treatment in every_treatment}
    diseases = (*DISEASES, *RARER_DISEASES)
    links = frequencies({disease.source for disease in diseases if disease.source}, by_hpo.keys())
    built = []
    for rank, disease in enumerate(diseases):
        symptoms = [by_hpo[id] for id in symptom_ids(disease, links.get(disease.source or "", {}))]
        own = [measured[slug] for slug in disease.measured.split()]
        general = [by_hpo["HP:0012531"] if slug == "pain" else measured[slug] for slug in GENERAL]
        followed_first = [entry for entry in own if entry.slug in SCORES]  # the scores recorded in a trial
        indicators = tuple(dict.fromkeys((*followed_first, *symptoms, *own, *general)))
        followed = tuple(by_name[name.lower()] for name in TREATMENTS[disease.slug].split(", "))
        built.append(Community(chance.id(), chance.id(), disease, indicators, followed, rank))
    by_slug = {indicator.slug: indicator for indicator in (*by_hpo.values(), *measured.values())}
    return Catalogue(tuple(built), by_slug, {treatment.slug: treatment for treatment in every_treatment})


def symptom_ids(disease: Disease, links: dict[str, float]) -> list[str]:
    """The most common first; the disease's own list counts as common and keeps its order."""
    often = {f"HP:{id}": 1.0 - 0.04 * place for place, id in enumerate(disease.own.split())}
    for id, frequency in links.items():
        often.setdefault(id, frequency * 0.9)
    return sorted(often, key=lambda id: (-often[id], id))[:MOST_SYMPTOMS]


def reportable(chance: Chance) -> dict[str, Indicator]:
    french = {f"HP:{line[:7]}": tuple(line[8:].split(", ")) for line in SYMPTOMS.strip().splitlines()}
    found = terms(french.keys())
    if missing := french.keys() - found.keys():
        raise LookupError(f"The HPO does not have these terms: {', '.join(sorted(missing))}.")
    indicators = {}
    for id, words in french.items():
        term, graded = found[id], id in GRADED
        name, lay = french_catalogue.symptom_names(id, words)
        indicators[id] = Indicator(
            chance.id(), slug(term.name), term.name, tuple(dict.fromkeys(term.lay_names)), (*words, *term.synonyms),
            IndicatorKind.SYMPTOM, Scale.GRADE_NONE_TO_SEVERE if graded else Scale.RATING_0_10, None,
            0, 3 if graded else 10, 0.6 if graded else 2, 2.2 if graded else 7, -1, 0, name, lay, hpo=id,
        )  # fmt: skip
    return indicators


def indicator_of(chance: Chance, entry: Measured) -> Indicator:
    return Indicator(
        chance.id(), entry.slug, entry.name, entry.lay, (entry.french,), entry.kind, entry.scale, entry.unit,
        entry.minimum, entry.maximum, entry.low, entry.high, entry.better, entry.decimals,
        *french_catalogue.measured_names(entry.slug),
    )  # fmt: skip


def all_treatments(chance: Chance) -> list[Treatment]:
    made = []
    for line in MEDICINES.strip().splitlines():
        inn, atc, french, doses = (part.strip() for part in line.split("|"))
        made.append(Treatment(chance.id(), slug(inn), inn[0].upper() + inn[1:], TreatmentKind.MEDICATION, french,
                              inn, atc or None, tuple(doses.split(", ")) if doses else ()))  # fmt: skip
    for kind, lines in OTHER_TREATMENTS.items():
        for line in lines.strip().splitlines():
            name, french = (part.strip() for part in line.split("|"))
            made.append(Treatment(chance.id(), slug(name), name[0].upper() + name[1:], kind, french))
    for name, french in TRIAL_TREATMENTS.items():
        made.append(Treatment(chance.id(), slug(name), name, TreatmentKind.MEDICATION, french))
    return made


def write_catalogue(network: Network, known: Catalogue) -> None:
    for indicator in known.indicators.values():
        network.add(
            observations.Indicator, id=indicator.id, slug=indicator.slug, name=indicator.name, lay_names=list(indicator.lay),
            kind=indicator.kind, scale=indicator.scale, unit=indicator.unit, minimum=float(indicator.minimum),
            maximum=float(indicator.maximum), hpo=indicator.hpo,
            words=", ".join(dict.fromkeys((*indicator.lay, *indicator.french, indicator.french_name, *indicator.french_lay))),
            translations=translations(
                name=indicator.french_name, lay_names=indicator.french_lay,
                unit=indicator.french_unit or indicator.unit,  # a symbol
            ),
        )  # fmt: skip
    for treatment in known.treatments.values():
        network.add(treatments.Treatment, id=treatment.id, slug=treatment.slug, name=treatment.name, kind=treatment.kind,
                    inn=treatment.inn, atc=treatment.atc, words=treatment.french,
                    translations=translations(name=french_catalogue.treatment_name(treatment.french)))  # fmt: skip
    for community in known.communities:
        disease = community.disease
        french = french_catalogue.condition_name(disease.slug)
        network.add(
            communities.Condition,
            id=community.condition_id,
            name=disease.name,
            icd10=disease.icd10,
            orpha=disease.orpha,
            translations=translations(name=french),
        )
        network.add(communities.Community, id=community.id, slug=disease.slug, name=disease.name, description=disease.description,
                    condition_id=community.condition_id, words=f"{disease.words}, {french}",
                    member_count=0, consenting_count=0, needed_count=200,
                    translations=translations(name=french, description=french_catalogue.condition_description(disease.slug)))  # fmt: skip
        for position, indicator in enumerate(community.indicators):
            network.add(
                communities.CommunityIndicator, community_id=community.id, indicator_id=indicator.id, position=position
            )
        for position, treatment in enumerate(community.treatments):
            network.add(
                communities.CommunityTreatment, community_id=community.id, treatment_id=treatment.id, position=position
            )
