"""The pages of associations, which visitors see of those that are verified."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.identity import associations as tables
from planner.declare import column, graph_type, sql
from resolvers.identity import associations as resolve
from resolvers.identity import members
from resolvers.identity.associations_mutations import REASON_LENGTH
from resolvers.identity.associations_rules import DESCRIPTION_LENGTH
from schema.access import BUYER, MANAGER, PATIENT, PUBLIC
from schema.in_context import Language
from schema.pagination import Node

if TYPE_CHECKING:
    from schema.identity.members import Member

NOT_BUYERS = PUBLIC - BUYER


@graph_type(audience=NOT_BUYERS)
class AssociationDescription:
    """An association's description of itself, in one language."""

    language: Language = column("Its language.")
    text: str = column("The text.", characters=DESCRIPTION_LENGTH)


@graph_type(audience=PATIENT | MANAGER, row=tables.Verification, prefix="vrf")
class Verification(Node):
    """A decision on whether an association is the one it claims to be."""

    verified: bool = column("Whether the association is verified since then.")
    full_name: str = column("The full name that it had.")
    reason: str | None = column(
        "The moderator's reason. Null if a change of the association's name has ended the verification.",
        characters=REASON_LENGTH,
    )
    decided_by: str | None = sql(
        resolve.verified_by, "Name of the moderator. Null if no moderator decided, or if they have left.", only=MANAGER
    )
    created_at: datetime = column("When it was made.")


@graph_type(audience=NOT_BUYERS, row=tables.Association, prefix="asn", key=("member_id",))
class Association(Node):
    """The page of an association, with its contacts. Callers who have not signed in find only verified ones."""

    full_name: str = column("The full name.")
    website: str | None = column("The https address of its website. Null if unset.")
    email: str | None = column("E-mail address for the public. Null if unset.")
    phone: str | None = column("Telephone number. Null if unset.")
    postal_address: str | None = column("Postal address, in one or more lines. Null if unset.")
    description: str | None = column(
        "Its description of itself: in the viewer's language if there is one, and otherwise in another. Null if unset.",
        translated=True,
        characters=DESCRIPTION_LENGTH,
    )
    descriptions: list[AssociationDescription] = sql(
        resolve.descriptions_of, "Its descriptions of itself, one for each language."
    )
    member: Annotated["Member", strawberry.lazy("schema.identity.members")] = sql(
        members.member_of, "The association as a member.", only=PATIENT | MANAGER
    )
    verifications: list[Verification] = sql(
        resolve.verifications_of,
        "The decisions on its verification, latest first, visible to itself and to moderators. Empty for others.",
        only=PATIENT | MANAGER,
    )
