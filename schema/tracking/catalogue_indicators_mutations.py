"""Mutations of the catalogue's indicators, for catalogue editors."""

from models.identity.accounts import StaffRole
from resolvers.catalogue_entries import UNIT_LENGTH
from resolvers.tracking import catalogue_indicators_mutations as write
from resolvers.tracking import observations as resolve
from schema.access import MANAGER
from schema.catalogue_texts import KEPT, NAME, NEW_TRANSLATIONS, REMOVED, SEARCH_WORDS, SLUG, TRANSLATIONS, VERSION
from schema.mutations import mutation, mutations, shown
from schema.tracking.observations import Indicator

BOUND = f"From -{write.LARGEST:,.0f} to {write.LARGEST:,.0f}. Ratings go from {write.RATING[0]} to {write.RATING[1]}."
UNIT = f"Unit as it is shown, such as `mmHg`: at most {UNIT_LENGTH} characters. Only quantities have one."
UCUM = "The same unit as a code of UCUM, case sensitive, such as `mm[Hg]`."
HPO = "Human Phenotype Ontology term, such as `HP:0012378`. Unique."
LOINC = "LOINC code, such as `2345-7`."
LAY_NAMES = "Everyday names, which searches match too."


@mutations
class CatalogueIndicatorMutations:
    indicator_create = mutation(
        write.create_indicator,
        "Create an indicator, which members can track at once.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows={"indicator": shown(Indicator, resolve.indicator_of)},
        slug=SLUG,
        name=NAME,
        kind="Kind of indicator.",
        scale="Scale of its values, which never changes.",
        minimum=f"Smallest value accepted. {BOUND}",
        maximum=f"Largest value accepted, above the smallest. {BOUND}",
        unit=UNIT,
        ucum=UCUM,
        hpo=HPO,
        loinc=LOINC,
        lay_names=LAY_NAMES,
        search_words=SEARCH_WORDS,
        translations=TRANSLATIONS,
    )
    indicator_update = mutation(
        write.update_indicator,
        "Change an indicator. The meaning of its values cannot change: bounds can only widen, and a unit with a UCUM "
        "code is fixed.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows={"indicator": shown(Indicator, resolve.indicator_of)},
        indicator="The indicator.",
        version=VERSION,
        name=f"{NAME} {KEPT}",
        minimum=f"Smallest value accepted, at most the current one. {KEPT}",
        maximum=f"Largest value accepted, at least the current one. {KEPT}",
        unit=f"{UNIT} Once the UCUM code is set, only its spelling can change. {REMOVED}",
        ucum=f"{UCUM} Once set, it cannot change. {REMOVED}",
        hpo=f"{HPO} {REMOVED}",
        loinc=f"{LOINC} {REMOVED}",
        lay_names=f"{LAY_NAMES} All of them. {KEPT}",
        search_words=f"{SEARCH_WORDS} {REMOVED}",
        translations=NEW_TRANSLATIONS,
    )
    indicator_retire = mutation(
        write.retire_indicator,
        "Retire an indicator, or offer it again. Members who have recorded it can continue; others no longer find it.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows={"indicator": shown(Indicator, resolve.indicator_of)},
        indicator="The indicator.",
        retired="Whether it is retired: true by default. False offers it again.",
    )
    indicator_merge = mutation(
        write.merge_indicator,
        "Merge an indicator into another one, permanently. It is retired, and observations, side effects and topics "
        "of discussions move within minutes. Published insights do not change.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows={"indicator": shown(Indicator, resolve.indicator_of)},
        indicator="The indicator to merge.",
        into="The indicator to merge it into, with the same scale and unit.",
    )
