"""The only place for the mutations by which callers change their own account, and the house an association's."""

from uuid import UUID

import strawberry

from models.members import Sex, Sharing
from models.viewers import Viewer
from models.viewing import Connection
from planner.declare import graph_type, sql
from resolvers import accounts, profiles, rights
from resolvers.writing import Made, Refused, not_found
from schema.access import MANAGER, PATIENT, SIGNED_IN
from schema.accounts import Me, signing_in
from schema.context import Context
from schema.members import Member
from schema.writing import Payload, carry_out, client_mutation_id, id_of, told

CHANGING = ("pseudonym", "about", "birth_year", "sex", "region", "locale", "sharing")


@strawberry.input(description="A device that is to be signed out.")
class SessionRevokeInput:
    session: strawberry.ID = strawberry.field(description="One of the viewer's own sessions.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="What changes: what is left out stays as it is, null clears what may be empty.")
class ProfileUpdateInput:
    pseudonym: str | None = strawberry.field(default=strawberry.UNSET, description="3 to 30 characters; never empty.")
    about: str | None = strawberry.field(default=strawberry.UNSET, description="At most 1,000 characters.")
    birth_year: int | None = strawberry.field(default=strawberry.UNSET, description="A year of birth.")
    sex: Sex | None = strawberry.field(default=strawberry.UNSET, description="UNKNOWN for unsaid; never empty.")
    region: str | None = strawberry.field(default=strawberry.UNSET, description="At most 100 characters.")
    locale: str | None = strawberry.field(default=strawberry.UNSET, description="Such as `fr-FR`; never empty.")
    sharing: Sharing | None = strawberry.field(default=strawberry.UNSET, description="Never empty.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="Who leaves the network for good.")
class AccountDeleteInput:
    password: str = strawberry.field(description="The account's password, once more.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="What the house has found out of an association.")
class AssociationVerifyInput:
    member: strawberry.ID = strawberry.field(description="The association.")
    verified: bool = strawberry.field(description="Whether it is the one it says.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=SIGNED_IN)
class SessionRevokePayload(Payload):
    """What signing a device out came to."""


@graph_type(audience=PATIENT)
class ProfileUpdatePayload(Payload):
    """What changing the profile came to."""

    member_id: strawberry.Private[UUID | None] = None
    me: Me | None = sql(profiles.profile_changed, "The viewer as changed; null where it was refused.")


@graph_type(audience=PATIENT)
class AccountDeletePayload(Payload):
    """What leaving came to: without errors, the account and all that was the member's alone are gone."""


@graph_type(audience=PATIENT)
class DataExportPayload(Payload):
    """All that is stored of the viewer."""

    export: str | None = strawberry.field(
        default=None,
        description="A JSON document: under each table's name its rows, each column under its own; null where refused.",
    )


@graph_type(audience=MANAGER)
class AssociationVerifyPayload(Payload):
    """What verifying an association came to."""

    member_id: strawberry.Private[UUID | None] = None
    member: Member | None = sql(profiles.member_changed, "The association; null where it was refused.")


async def session_revoke(info: strawberry.Info[Context, None], input: SessionRevokeInput) -> SessionRevokePayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        session = id_of(input.session, "ses", "input", "session")
        if not await accounts.revoke_session(connection, viewer, session):
            raise not_found("input", "session")
        return {}

    return await carry_out(info, SessionRevokePayload, input, work)


async def profile_update(info: strawberry.Info[Context, None], input: ProfileUpdateInput) -> ProfileUpdatePayload:
    given = {name: value for name in CHANGING if (value := getattr(input, name)) is not strawberry.UNSET}

    async def work(connection: Connection, viewer: Viewer) -> Made:
        changes = profiles.checked(given, info.context.settings.minimum_age)
        return {"member_id": await profiles.update_profile(connection, viewer, changes)}

    return await carry_out(info, ProfileUpdatePayload, input, work)


async def account_delete(info: strawberry.Info[Context, None], input: AccountDeleteInput) -> AccountDeletePayload:
    context = info.context
    write = context.write_as_anybody or context.write
    tries = signing_in(context.settings.limits)
    try:
        work = await rights.leaving(write, context.viewer, input.password, address=context.address, tries=tries)
    except Refused as refused:
        return AccountDeletePayload(user_errors=told(refused))
    return await carry_out(info, AccountDeletePayload, input, work)


async def data_export(info: strawberry.Info[Context, None]) -> DataExportPayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        return {"export": await rights.export(connection, viewer)}

    return await carry_out(info, DataExportPayload, None, work)


async def association_verify(
    info: strawberry.Info[Context, None], input: AssociationVerifyInput
) -> AssociationVerifyPayload:
    async def work(connection: Connection, viewer: Viewer) -> Made:
        member = id_of(input.member, "mbr", "input", "member")
        verified = await profiles.verify_association(connection, viewer, member=member, verified=input.verified)
        return {"member_id": verified}

    return await carry_out(info, AssociationVerifyPayload, input, work)
