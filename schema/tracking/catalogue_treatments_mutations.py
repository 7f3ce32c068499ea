"""Mutations of the catalogue's treatments, for catalogue editors."""

from models.identity.accounts import StaffRole
from resolvers.codes import CIS_DIGITS, INN_LENGTH
from resolvers.tracking import catalogue_treatments_mutations as write
from resolvers.tracking import treatments as resolve
from schema.access import MANAGER
from schema.catalogue_texts import KEPT, NAME, NEW_TRANSLATIONS, REMOVED, SEARCH_WORDS, SLUG, TRANSLATIONS, VERSION
from schema.mutations import mutation, mutations, shown
from schema.tracking.treatments import Treatment

INN = f"International nonproprietary name of a medicine: at most {INN_LENGTH} characters."
ATC = "ATC code of a medicine, with all its levels, such as `L04AX03`."
NATIONAL_CODE = f"CIS code of a medicine in France: {CIS_DIGITS} digits. Unique."


@mutations
class CatalogueTreatmentMutations:
    treatment_create = mutation(
        write.create_treatment,
        "Create a treatment, which members can follow at once.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows={"treatment": shown(Treatment, resolve.treatment_of)},
        slug=SLUG,
        name=NAME,
        kind="Kind of treatment.",
        inn=INN,
        atc=ATC,
        national_code=NATIONAL_CODE,
        search_words=SEARCH_WORDS,
        translations=TRANSLATIONS,
    )
    treatment_update = mutation(
        write.update_treatment,
        "Change a treatment.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows={"treatment": shown(Treatment, resolve.treatment_of)},
        treatment="The treatment.",
        version=VERSION,
        name=f"{NAME} {KEPT}",
        kind=f"Kind of treatment. {KEPT}",
        inn=f"{INN} {REMOVED}",
        atc=f"{ATC} {REMOVED}",
        national_code=f"{NATIONAL_CODE} {REMOVED}",
        search_words=f"{SEARCH_WORDS} {REMOVED}",
        translations=NEW_TRANSLATIONS,
    )
    treatment_retire = mutation(
        write.retire_treatment,
        "Retire a treatment, or offer it again. Members who have had a course of it can continue; others no longer "
        "find it.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows={"treatment": shown(Treatment, resolve.treatment_of)},
        treatment="The treatment.",
        retired="Whether it is retired: true by default. False offers it again.",
    )
    treatment_merge = mutation(
        write.merge_treatment,
        "Merge a treatment into another one, permanently. It is retired, and courses, evaluations and topics of "
        "discussions move within minutes. Published insights do not change.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows={"treatment": shown(Treatment, resolve.treatment_of)},
        treatment="The treatment to merge.",
        into="The treatment to merge it into.",
    )
