"""Describes datasets in HealthDCAT-AP (release 8, for data that is not public), from their public descriptions.

https://healthdataeu.pages.code.europa.eu/healthdcat-ap/ has the profile. No node is blank, so that the same dataset
is always the same text.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote

from rdflib import RDF, RDFS, XSD, Graph, Literal, Namespace, URIRef

from models.languages import DEFAULT, Language
from models.messages import Message, message
from privacy.budget import SIZE_MARGIN
from resolvers.insight.cubes import with_wave
from server.files.codebooks import SYNTHETIC_DATA, kinds_in
from settings import Settings

CSVW = Namespace("http://www.w3.org/ns/csvw#")
CV = Namespace("http://data.europa.eu/m8g/")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
DCATAP = Namespace("http://data.europa.eu/r5r/")
DCT = Namespace("http://purl.org/dc/terms/")
DPV = Namespace("https://w3id.org/dpv#")
DQV = Namespace("http://www.w3.org/ns/dqv#")
ELI = Namespace("http://data.europa.eu/eli/ontology#")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")
HEALTH = Namespace("http://healthdataportal.eu/ns/health#")
OA = Namespace("http://www.w3.org/ns/oa#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
PREFIXES = {
    "csvw": CSVW, "cv": CV, "dcat": DCAT, "dcatap": DCATAP, "dct": DCT, "dpv": DPV, "dqv": DQV, "eli": ELI,
    "foaf": FOAF, "healthdcatap": HEALTH, "oa": OA, "rdf": RDF, "rdfs": RDFS, "skos": SKOS, "vcard": VCARD, "xsd": XSD,
}  # fmt: skip

EUROPE = Namespace("http://publications.europa.eu/resource/authority/")
HEALTH_TERMS = Namespace("https://hdeu-dcat.data.health.europa.eu/resource/authority/")
NOT_PUBLIC = EUROPE["access-right/NON_PUBLIC"]
RESEARCH_COHORTS = HEALTH_TERMS["healthcategories/RQSH"]  # research cohorts, questionnaires and surveys
STATISTICAL = EUROPE["dataset-type/STATISTICAL"]
FRANCE = EUROPE["country/FRA"]  # whose regions members live in
LANGUAGES = {"EN": EUROPE["language/ENG"], "FR": EUROPE["language/FRA"]}
SYSTEMS = {  # of codes, in the profile's list; the codes of French medicines are in none
    "HPO": "HPO", "LOINC": "LOINC", "UCUM": "UCUM", "ATC": "ATC", "ICD-10": "ICD-10", "ORPHA": "ORPHACODE",
}  # fmt: skip
TERMS = {  # where a code of a system is defined
    "HPO": lambda code: f"http://purl.obolibrary.org/obo/{code.replace(':', '_')}",
    "LOINC": lambda code: f"https://loinc.org/{quote(code)}",
    "ATC": lambda code: f"http://purl.bioontology.org/ontology/ATC/{quote(code)}",
}
PURPOSE = message("Scientific research, for purposes that Regulation (EU) 2025/327 allows, by a licence for each.")


@dataclass(frozen=True)
class Holder:
    """What the settings say of those who hold the data, and of where it is."""

    base: str
    publisher: str | None
    publisher_type: str | None
    access_body: str | None
    legal_basis: str | None
    legislation: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> "Holder":
        return cls(
            settings.base,
            settings.catalogue_publisher,
            settings.catalogue_publisher_type,
            settings.catalogue_access_body,
            settings.catalogue_legal_basis,
            settings.catalogue_legislation,
        )


def graph_of(dataset: Mapping[Language, Any], holder: Holder) -> Graph:
    """The graph of one dataset, whose description is given in each language."""
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    _Writer(graph, dataset, holder).write()
    return graph


@dataclass(frozen=True)
class _Writer:
    graph: Graph
    texts: Mapping[Language, Any]
    holder: Holder

    @property
    def plain(self) -> Any:
        """The description whose texts are in English."""
        return self.texts[DEFAULT]

    @property
    def individuals(self) -> int:
        """The noisy number of members; of synthetic data, which is about nobody, zero."""
        return 0 if self.plain["synthetic"] else max(self.plain["size"], 0)

    @property
    def page(self) -> str:
        return f"{self.holder.base}/codebooks/{self.plain['id']}.html"

    def node(self, name: str) -> URIRef:
        return URIRef(f"{self.page}#{name}")

    def add(self, subject: URIRef, *pairs: tuple[URIRef, URIRef | Literal]) -> URIRef:
        for predicate, value in pairs:
            self.graph.add((subject, predicate, value))
        return subject

    def typed(self, iri: str, *kinds: URIRef) -> URIRef:
        return self.add(URIRef(iri), *((RDF.type, kind) for kind in kinds))

    def said(self, predicate: URIRef, sentence: Message) -> Iterator[tuple[URIRef, Literal]]:
        """A sentence in each language."""
        for language in self.texts:
            yield predicate, Literal(sentence.in_language(language), lang=language.tag)

    def named(self, predicate: URIRef, *path: str) -> Iterator[tuple[URIRef, Literal]]:
        """A text of the description in each language."""
        for language, found in self.texts.items():
            for step in path:
                found = found[step]
            yield predicate, Literal(found, lang=language.tag)

    def title(self) -> Iterator[tuple[URIRef, Literal]]:
        for language, found in self.texts.items():
            yield DCT.title, Literal(with_wave(found["title"], found["wave"]), lang=language.tag)

    def write(self) -> None:
        dataset, plain = self.node("dataset"), self.plain
        self.add(
            dataset,
            (RDF.type, DCAT.Dataset),
            (DCT.identifier, Literal(plain["id"])),
            *self.title(),
            *self.description(),
            (DCT.accessRights, self.typed(NOT_PUBLIC, DCT.RightsStatement)),
            *((DCATAP.applicableLegislation, law) for law in self.laws()),
            (DCAT.theme, self.typed(EUROPE["data-theme/HEAL"], SKOS.Concept)),
            (HEALTH.healthCategory, self.typed(RESEARCH_COHORTS, SKOS.Concept)),
            (DCT.type, self.typed(STATISTICAL, SKOS.Concept)),
            *((DCT.language, self.typed(LANGUAGES[each], DCT.LinguisticSystem)) for each in plain["languages"]),
            (DCT.spatial, self.typed(FRANCE, DCT.Location)),
            (DCT.issued, Literal(plain["frozenOn"], datatype=XSD.date)),
            (DCT.temporal, self.period("period", plain["collectedFrom"], plain["frozenOn"])),
            (HEALTH.retentionPeriod, self.period("retention", plain["frozenOn"], plain["endedOn"] or plain["endsOn"])),
            (DCAT.landingPage, self.typed(self.page, FOAF.Document)),
            (FOAF.page, URIRef(self.page)),
            *self.named(DCAT.keyword, "community", "name"),
            *self.named(DCAT.keyword, "community", "condition", "name"),
            *(self.said(DCAT.keyword, message("synthetic data")) if plain["synthetic"] else ()),
            *self.said(HEALTH.populationCoverage, self.coverage()),
            (HEALTH.numberOfUniqueIndividuals, Literal(self.individuals, datatype=XSD.nonNegativeInteger)),
            (DCT.provenance, self.provenance()),
            (DPV.hasPurpose, self.purpose()),
            *((DQV.hasQualityAnnotation, each) for each in self.annotations(dataset)),
            (DCAT.distribution, self.distribution()),
            (HEALTH.hasStructuredData, Literal(True)),
            (HEALTH.hasVariables, self.variables()),
            *self.codes(),
            *self.parties(),
        )

    def description(self) -> Iterator[tuple[URIRef, Literal]]:
        for language, found in self.texts.items():
            values = {"community": found["community"]["name"], "day": date.fromisoformat(found["frozenOn"])}
            about = message(
                "What the members of the community {community} track, frozen on {day}: one record for each member who "
                "consents. Nobody is given records. Licensed organizations publish tables of counts and means with "
                "noise.",
                **values,
            )
            if found["kind"] == "SURVEY":
                about = message(
                    "Answers to a survey of the community {community}, frozen on {day}: one record for each member who "
                    "consents. Nobody is given records. Licensed organizations publish tables of counts and means "
                    "with noise.",
                    **values,
                )
            if found["synthetic"]:
                about = SYNTHETIC_DATA
            yield DCT.description, Literal(about.in_language(language), lang=language.tag)

    def laws(self) -> list[URIRef]:
        return [self.typed(each, ELI.LegalResource) for each in self.holder.legislation]

    def period(self, name: str, first: str | None, last: str) -> URIRef:
        days = [(DCAT.endDate, Literal(last, datatype=XSD.date))]
        if first is not None:
            days.append((DCAT.startDate, Literal(first, datatype=XSD.date)))
        return self.add(self.node(name), (RDF.type, DCT.PeriodOfTime), *days)

    def coverage(self) -> Message:
        if self.plain["synthetic"]:
            return message("Nobody: the records are synthetic.")
        return message(
            "Members of an online community of patients and relatives in France who consent to this use of their data. "
            "They chose to take part and are no random sample."
        )

    def provenance(self) -> URIRef:
        told = message(
            "Members recorded the data themselves. It was frozen on one day, into categories that were fixed before "
            "any data was looked at."
        )
        if self.plain["synthetic"]:
            told = SYNTHETIC_DATA
        return self.add(self.node("provenance"), (RDF.type, DCT.ProvenanceStatement), *self.said(RDFS.label, told))

    def purpose(self) -> URIRef:
        return self.add(self.node("purpose"), (RDF.type, DPV.Purpose), *self.said(DCT.description, PURPOSE))

    def annotations(self, dataset: URIRef) -> Iterator[URIRef]:
        """What noise does to the figures, and what it guarantees."""
        cap = self.plain["budget"]["cap"]
        yield self.annotation(
            dataset,
            "size-margin",
            message(
                "The number of individuals is published with noise: its 95 % confidence interval is ±{margin}.",
                margin=SIZE_MARGIN,
            ),
        )
        yield self.annotation(
            dataset,
            "privacy",
            message(
                "All that is ever published of the dataset satisfies zero-concentrated differential privacy for each "
                "member with rho = {rho}, that is epsilon = {epsilon} at delta = {delta}.",
                rho=cap["microRho"] / 1_000_000,
                epsilon=round(cap["epsilon"], 3),
                delta=cap["delta"],
            ),
        )

    def annotation(self, dataset: URIRef, name: str, sentence: Message) -> URIRef:
        body = self.add(self.node(f"{name}-text"), (RDF.type, OA.TextualBody), *self.said(RDF.value, sentence))
        return self.add(
            self.node(name),
            (RDF.type, DQV.QualityCertificate),
            (OA.hasTarget, dataset),
            (OA.hasBody, body),
            (OA.motivatedBy, DQV.qualityAssessment),
        )

    def distribution(self) -> URIRef:
        """How the dataset is used: by queries whose answers are tables with noise."""
        rights = self.add(self.node("rights"), (RDF.type, DCT.RightsStatement), *self.rights())
        return self.add(
            self.node("distribution"),
            (RDF.type, DCAT.Distribution),
            *self.said(DCT.title, message("Tables of counts and means with noise, by GraphQL")),
            *self.named(DCT.description, "howToRequest"),
            *((DCATAP.applicableLegislation, URIRef(law)) for law in self.holder.legislation),
            (DCAT.accessURL, URIRef(f"{self.holder.base}/graphql")),
            (DCT["format"], self.typed(EUROPE["file-type/JSON"], DCT.MediaTypeOrExtent)),
            (DCT.rights, rights),
        )

    def rights(self) -> Iterator[tuple[URIRef, Literal]]:
        """Whom the dataset is offered to, and how they ask for it."""
        for language, found in self.texts.items():
            kinds, how = kinds_in(found["offeredTo"], language), found["howToRequest"]
            said = message("Offered to: {kinds}. {request}", kinds=kinds, request=how)
            yield RDFS.label, Literal(said.in_language(language), lang=language.tag)

    def variables(self) -> URIRef:
        table = self.add(
            self.node("table"),
            (RDF.type, CSVW.Table),
            *self.title(),
            (CSVW.url, URIRef(self.page.removesuffix("html") + "csv")),
            *((CSVW.column, self.column(place)) for place in range(len(self.plain["variables"]))),
        )
        return self.add(self.node("variables"), (RDF.type, CSVW.TableGroup), *self.title(), (CSVW.table, table))

    def column(self, place: int) -> URIRef:
        plain = self.plain["variables"][place]
        texts = {language.tag: found["variables"][place] for language, found in self.texts.items()}
        meant = (TERMS[each["system"]](each["code"]) for each in plain["codes"] if each["system"] in TERMS)
        return self.add(
            self.node(plain["name"]),
            (RDF.type, CSVW.Column),
            (CSVW.name, Literal(plain["name"])),
            *((CSVW.title, Literal(each["label"], lang=tag)) for tag, each in texts.items()),
            *((DCT.description, Literal(each["description"], lang=tag)) for tag, each in texts.items()),
            (CSVW.datatype, Literal("string")),
            *((CSVW.propertyUrl, URIRef(term)) for term in list(meant)[:1]),
        )

    def codes(self) -> Iterator[tuple[URIRef, URIRef | Literal]]:
        """The codes of the condition, and the systems of all codes."""
        condition = self.plain["community"]["condition"]
        own = {"ICD-10": condition["icd10"], "ORPHA": condition["orpha"]}
        systems = {each["system"] for variable in self.plain["variables"] for each in variable["codes"]}
        for system, code in own.items():
            if code is not None:
                systems.add(system)
                yield HEALTH.hasCodeValues, Literal(f"{system}: {code}")
        for system in sorted(systems & set(SYSTEMS)):
            standard = self.typed(HEALTH_TERMS[f"coding-system/{SYSTEMS[system]}"], DCT.Standard)
            yield HEALTH.hasCodingSystem, standard

    def parties(self) -> Iterable[tuple[URIRef, URIRef]]:
        """Who publishes the data and who gives access to it, by what right: what the settings say."""
        holder = self.holder
        if holder.publisher is not None:
            publisher = self.agent("publisher", holder.publisher)
            if holder.publisher_type is not None:
                self.add(publisher, (DCT.type, self.typed(_kind(holder.publisher_type), SKOS.Concept)))
            address = parseaddr(holder.publisher)[1]
            yield DCT.publisher, publisher
            contact = self.node("contact")
            self.add(contact, (RDF.type, VCARD.Kind), (VCARD.hasEmail, URIRef(f"mailto:{quote(address, safe='@')}")))
            yield DCAT.contactPoint, contact
        if holder.access_body is not None:
            yield HEALTH.hdab, self.agent("access-body", holder.access_body)
        if holder.legal_basis is not None:
            basis = Literal(holder.legal_basis)
            yield (
                DPV.hasLegalBasis,
                self.add(self.node("legal-basis"), (RDF.type, DPV.LegalBasis), (DCT.description, basis)),
            )

    def agent(self, name: str, party: str) -> URIRef:
        written, address = parseaddr(party)
        contact = self.add(self.node(f"{name}-contact"), (RDF.type, CV.ContactPoint), (CV.email, Literal(address)))
        return self.add(
            self.node(name), (RDF.type, FOAF.Agent), (FOAF.name, Literal(written)), (CV.contactPoint, contact)
        )


def _kind(code: str) -> URIRef:
    return HEALTH_TERMS[f"publisher-type/{code}"]
