"""Mutations of the catalogue's conditions, for catalogue editors."""

from models.identity.accounts import StaffRole
from resolvers.community import catalogue_conditions_mutations as write
from resolvers.community import communities as resolve
from schema.access import MANAGER
from schema.catalogue_texts import KEPT, NAME, NEW_TRANSLATIONS, REMOVED, TRANSLATIONS, VERSION
from schema.community.communities import Condition
from schema.mutations import mutation, mutations, shown

ICD10 = "ICD-10 code of the WHO, such as `G35` or `M05.9`."
ORPHA = "Orphanet number (ORPHAcode), such as `586`."
HPO = "Human Phenotype Ontology term, such as `HP:0000716`."


@mutations
class CatalogueConditionMutations:
    condition_create = mutation(
        write.create_condition,
        "Create a condition.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows={"condition": shown(Condition, resolve.condition_of)},
        name=f"{NAME} Unique.",
        icd10=ICD10,
        orpha=ORPHA,
        hpo=HPO,
        translations=TRANSLATIONS,
    )
    condition_update = mutation(
        write.update_condition,
        "Change a condition.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows={"condition": shown(Condition, resolve.condition_of)},
        condition="The condition.",
        version=VERSION,
        name=f"{NAME} Unique. {KEPT}",
        icd10=f"{ICD10} {REMOVED}",
        orpha=f"{ORPHA} {REMOVED}",
        hpo=f"{HPO} {REMOVED}",
        translations=NEW_TRANSLATIONS,
    )
    condition_retire = mutation(
        write.retire_condition,
        "Retire a condition, which is then not offered for new communities, or offer it again.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows={"condition": shown(Condition, resolve.condition_of)},
        condition="The condition.",
        retired="Whether it is retired: true by default. False offers it again.",
    )
