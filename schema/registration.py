"""The only place for the mutations of who has not signed in: opening an account, and getting back into one."""

from datetime import timedelta

import strawberry

from models.members import MemberKind, Sex
from planner.declare import graph_type
from resolvers import attempts
from resolvers import registration as resolve
from resolvers.attempts import Tries
from resolvers.writing import Refused
from schema.access import PUBLIC
from schema.context import Context
from schema.scalars import EmailAddress
from schema.writing import Payload, carry_out, client_mutation_id, told

ASKING_FOR_MAIL = "mail"  # of what is tried


@strawberry.input(description="Who registers.")
class RegisterInput:
    email: EmailAddress = strawberry.field(description="Where a code is mailed to, and what is signed in with.")
    password: str = strawberry.field(description="10 to 128 characters, none of those that everybody uses.")
    pseudonym: str = strawberry.field(description="3 to 30 characters that other members see; no e-mail address.")
    kind: MemberKind = strawberry.field(description="Whether it is a patient, a relative or an association.")
    birth_year: int | None = strawberry.field(default=None, description="A year of birth; it may be left unsaid.")
    sex: Sex | None = strawberry.field(default=None, description="UNKNOWN where it is left unsaid.")
    region: str | None = strawberry.field(default=None, description="At most 100 characters; it may be left unsaid.")
    locale: str | None = strawberry.field(default=None, description="The language to write in: `fr-FR` if not said.")
    notice_version: str = strawberry.field(description="The version of the privacy notice that was read.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A code that was mailed when registering.")
class VerifyEmailInput:
    code: str = strawberry.field(description="The code; its case and the spaces in it do not matter.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="Who no longer knows a password, or never received a code.")
class RequestPasswordResetInput:
    email: EmailAddress = strawberry.field(description="The address that was registered with.")
    client_mutation_id: str | None = client_mutation_id()


@strawberry.input(description="A new password, and the code that allows it.")
class ResetPasswordInput:
    code: str = strawberry.field(description="The code; its case and the spaces in it do not matter.")
    password: str = strawberry.field(description="10 to 128 characters, none of those that everybody uses.")
    client_mutation_id: str | None = client_mutation_id()


@graph_type(audience=PUBLIC)
class RegisterPayload(Payload):
    """What registering came to: the same whether or not the address is somebody's."""


@graph_type(audience=PUBLIC)
class VerifyEmailPayload(Payload):
    """What a code came to: without errors, the account is open and can be signed in to."""


@graph_type(audience=PUBLIC)
class RequestPasswordResetPayload(Payload):
    """What asking came to: the same whether or not the address is somebody's."""


@graph_type(audience=PUBLIC)
class ResetPasswordPayload(Payload):
    """What a code came to: without errors, the password is the new one and no session is open."""


async def register(info: strawberry.Info[Context, None], input: RegisterInput) -> RegisterPayload:
    settings = info.context.settings
    wanted = resolve.Wanted(
        input.email,
        input.password,
        input.pseudonym,
        input.kind,
        input.birth_year,
        input.sex,
        input.region,
        input.locale,
        input.notice_version,
    )
    try:
        work = await resolve.registering(
            wanted, notice_version=settings.notice_version, minimum_age=settings.minimum_age
        )
        await count_mail(info.context, input.email)
    except Refused as refused:
        return RegisterPayload(user_errors=told(refused))
    return await carry_out(info, RegisterPayload, input, work, as_anybody=True)


async def verify_email(info: strawberry.Info[Context, None], input: VerifyEmailInput) -> VerifyEmailPayload:
    return await carry_out(info, VerifyEmailPayload, input, resolve.verifying(input.code), as_anybody=True)


async def request_password_reset(
    info: strawberry.Info[Context, None], input: RequestPasswordResetInput
) -> RequestPasswordResetPayload:
    work = resolve.requesting_password_reset(input.email, demonstration=info.context.settings.demo)
    try:
        await count_mail(info.context, input.email)
    except Refused as refused:
        return RequestPasswordResetPayload(user_errors=told(refused))
    return await carry_out(info, RequestPasswordResetPayload, input, work, as_anybody=True)


async def reset_password(info: strawberry.Info[Context, None], input: ResetPasswordInput) -> ResetPasswordPayload:
    try:
        work = await resolve.resetting_password(input.code, input.password)
    except Refused as refused:
        return ResetPasswordPayload(user_errors=told(refused))
    return await carry_out(info, ResetPasswordPayload, input, work, as_anybody=True)


async def count_mail(context: Context, email: str) -> None:
    """Raises Refused when an address was written to, or somebody had others written to, too often."""
    limits = context.settings.limits
    tries = Tries(limits.mails, limits.mails_from, timedelta(minutes=limits.tries_minutes))
    write = context.write_as_anybody or context.write
    await attempts.count_apart(write, ASKING_FOR_MAIL, email, context.address, tries)
