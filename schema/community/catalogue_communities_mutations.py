"""Mutations of the catalogue's communities, for catalogue editors."""

from models.identity.accounts import StaffRole
from privacy.budget import FLOOR
from resolvers.catalogue_entries import DESCRIPTION_LENGTH
from resolvers.community import catalogue_communities_mutations as write
from resolvers.community import communities as resolve
from schema.access import MANAGER
from schema.catalogue_texts import KEPT, NAME, NEW_TRANSLATIONS, REMOVED, SEARCH_WORDS, SLUG, TRANSLATIONS, VERSION
from schema.community.communities import Community
from schema.mutations import mutation, mutations, shown

DESCRIPTION = f"Description: at most {DESCRIPTION_LENGTH:,} characters."
NEEDED = (
    f"Number of consenting patients that its surveys need, {FLOOR:,} to {write.MOST_NEEDED:,}, "
    "as `CohortReadiness.needed` shows it."
)
CHANGED = {"community": shown(Community, resolve.community_of)}


@mutations
class CatalogueCommunityMutations:
    community_create = mutation(
        write.create_community,
        "Create a community as a draft, which only staff see until it is opened.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows=CHANGED,
        slug=SLUG,
        name=NAME,
        description=DESCRIPTION,
        condition="The condition that it gathers around. It must not be retired.",
        needed_count=f"{NEEDED} {write.NEEDED} by default.",
        search_words=SEARCH_WORDS,
        translations=TRANSLATIONS,
    )
    community_update = mutation(
        write.update_community,
        "Change a community.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows=CHANGED,
        community="The community.",
        version=VERSION,
        name=f"{NAME} {KEPT}",
        description=f"{DESCRIPTION} {KEPT}",
        condition=f"The condition. Only a draft can change it, to one that is not retired. {KEPT}",
        needed_count=f"{NEEDED} {KEPT}",
        search_words=f"{SEARCH_WORDS} {REMOVED}",
        translations=NEW_TRANSLATIONS,
    )
    community_open = mutation(
        write.open_community,
        "Open a draft: everybody can see it, and members can join it.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows=CHANGED,
        community="A community that is a draft.",
    )
    community_close = mutation(
        write.close_community,
        "Close an open community permanently. Its content stays readable, but nobody can join it or post in it.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows=CHANGED,
        community="The community. None of its surveys may be waiting or open.",
    )
    community_merge = mutation(
        write.merge_community,
        "Merge an open community into another one, permanently. Its members, with their diagnoses and courses, and "
        "its discussions move within minutes. Its datasets, insights and licences stay with it and remain readable.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows=CHANGED,
        community="The community to merge. None of its surveys may be waiting or open.",
        into="The open community to merge it into.",
    )
    community_indicators_set = mutation(
        write.set_indicators,
        "Replace the indicators of a community.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows=CHANGED,
        community="The community.",
        version=VERSION,
        indicators=f"All its indicators, most typical first: at most {write.INDICATORS}. New ones must not be retired.",
    )
    community_treatments_set = mutation(
        write.set_treatments,
        "Replace the treatments of a community.",
        only=MANAGER,
        staff_role=StaffRole.CATALOGUE_EDITOR,
        rate="staff",
        shows=CHANGED,
        community="The community.",
        version=VERSION,
        treatments=f"All its treatments, in the order in which it lists them: at most {write.TREATMENTS}. New ones "
        "must not be retired.",
    )
