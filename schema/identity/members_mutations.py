"""Mutations of members: the viewer's own profile."""

from resolvers.identity import members_mutations
from resolvers.identity.accounts_rules import (
    ABOUT_LENGTH,
    ASSOCIATION_LENGTH,
    DEFAULT_LOCALE,
    FIRST_BIRTH_YEAR,
    PSEUDONYM_LENGTHS,
    RENAMES,
    RENAMING_DAYS,
    RESERVED_DAYS,
)
from schema.access import PATIENT
from schema.identity.accounts import Me
from schema.mutations import Options, mutation, mutations, shown

PSEUDONYM = (
    "{} to {} characters, up to {} for an association. It must look unlike every other member's, and is neither an "
    "e-mail address nor a claim to be staff."
).format(*PSEUDONYM_LENGTHS, ASSOCIATION_LENGTH)
LOCALE = f"The language of mail to the member: an IETF language tag, such as `{DEFAULT_LOCALE}`."
BIRTH_YEAR = f"The year of birth, {FIRST_BIRTH_YEAR} or later."
REGION = "The region of residence, one of `Query.regions`. Case, accents and punctuation are ignored."


@mutations
class MemberMutations:
    profile_update = mutation(
        members_mutations.update_profile,
        "Change the viewer's pseudonym, profile or language. Omitted fields do not change.",
        only=PATIENT,
        rate="profile",
        shows={"me": shown(Me, members_mutations.profile_changed, "The viewer's profile.")},
        options=Options(read_by="member_id"),
        pseudonym=f"{PSEUDONYM} Can change {RENAMES} times in {RENAMING_DAYS} days. The previous one is "
        f"reserved for the viewer for {RESERVED_DAYS} days. Null is refused.",
        about=f"What all members and moderators read about the viewer, whatever `sharing` is: at most "
        f"{ABOUT_LENGTH:,} characters. Null clears it.",
        birth_year=f"{BIRTH_YEAR} Not after a stated year of diagnosis. Null clears it.",
        sex="The viewer's sex, or UNKNOWN. Null is refused.",
        region=f"{REGION} Null clears it.",
        locale=f"{LOCALE} Null is refused.",
        sharing="Who can see the viewer's age band, sex, region, communities, courses and observations. Pseudonym, "
        "kind and `about` are always visible to members and moderators. Null is refused.",
    )
