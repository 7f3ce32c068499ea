"""Adds and removes second factors of the viewer's account, and renews its recovery codes."""

from dataclasses import dataclass
from uuid import UUID

from models.database import Connection
from models.identity.second_factors import ChallengePurpose, SecondFactorKind
from models.messages import message
from models.parameters import SecondFactorId
from models.viewers import Viewer
from resolvers.calling import Call
from resolvers.faults import Faults
from resolvers.identity import attempts
from resolvers.identity import second_factors_rules as rules
from resolvers.identity.credentials_mutations import expect_password
from resolvers.identity.second_factors import (
    CHALLENGE_LIFETIME,
    CHALLENGE_OVER,
    SECOND_FACTOR,
    Proof,
    expect_one,
    found_factors,
    is_proven,
    open_challenge,
    present_seconds,
    try_challenge,
    wrong_proof,
)
from resolvers.tokens import new_token, token_hash
from resolvers.transactions import Forbidden, Result, Work, invalid, limit_reached, line_within, not_found

NAME_LENGTH = 60
MOST = 10  # second factors of an account


@dataclass(frozen=True)
class New:
    """What verifies a factor that is added."""

    last_step: int | None = None
    passkey: rules.Passkey | None = None


@dataclass(frozen=True)
class Confirmed:
    """The factor that was added, and the account's recovery codes if it is the first."""

    second_factor_id: UUID
    recovery_codes: list[str]


async def challenge_second_factor(call: Call) -> Work:
    """The returned Work opens a challenge, with which the viewer proves that they have their passkey."""
    account = account_of(call.viewer)

    async with call.apart() as connection:
        factors = await found_factors(connection, account)
        opened = await open_challenge(connection, call, account, ChallengePurpose.PROVE, factors)

    async def shows(connection: Connection, viewer: Viewer) -> Result:
        return {"challenge": opened.challenge, "passkey_options": opened.passkey_options}

    return shows


async def start_second_factor(
    call: Call,
    faults: Faults,
    *,
    kind: SecondFactorKind,
    name: str,
    password: str,
    totp: str | None = None,
    passkey: str | None = None,
    recovery_code: str | None = None,
    challenge: str | None = None,
) -> Work:
    """Checks the password, and a second factor if the account has one; the returned Work shows what to enrol with.

    Raises Refused: INVALID and TOO_LONG for the name, WRONG_CREDENTIALS for the password or the second factor,
    LIMIT_REACHED after too many attempts or with too many factors.
    """
    account, label = account_of(call.viewer), ""
    with faults.collected():
        label = line_within(name, NAME_LENGTH, "name")
    with faults.collected():
        await expect_password(call, password)
    faults.refuse()
    proof = Proof(totp, passkey, recovery_code, challenge)
    async with call.apart() as connection:
        factors = await found_factors(connection, account)
    if len(factors) >= MOST:
        raise limit_reached(message("An account can have at most {most} second factors.", most=MOST))
    if factors:
        await expect_proof(call, proof)
    token, secret, settings = new_token(), None, call.second_factors
    async with call.apart() as connection:
        if kind is SecondFactorKind.TOTP:
            secret = rules.new_secret()
        stored = None if secret is None else rules.stored_secret(secret, account, settings.key)
        await connection.execute(
            "SELECT identity.open_challenge($1, $2, $3, $4, $5, $6, $7)",
            account, token_hash(token), ChallengePurpose.ENROL.value, CHALLENGE_LIFETIME, kind.value, label, stored,
        )  # fmt: skip
        found = await connection.fetchrow("SELECT * FROM identity.credential_of_account($1)", account)
    if found is None:
        raise Forbidden
    known = [each["credential_id"] for each in factors if each["credential_id"] is not None]

    async def shows(connection: Connection, viewer: Viewer) -> Result:
        passes = kind is SecondFactorKind.PASSKEY
        return {
            "challenge": token,
            "secret": secret,
            "uri": None if secret is None else rules.app_address(secret, found["email"]),
            "passkey_options": rules.creation_options(settings, token, account, found["email"], known)
            if passes
            else None,
        }

    return shows


async def confirm_second_factor(
    connection: Connection,
    viewer: Viewer,
    call: Call,
    *,
    challenge: str,
    totp: str | None = None,
    passkey: str | None = None,
) -> Confirmed:
    """Checks the first code of an app, or the new passkey, and adds it to the viewer's account.

    Adding the first one closes the account's other sessions and makes recovery codes, which are shown once. Raises
    Refused: INVALID for a challenge that is over, and unless exactly one proof is given; WRONG_CREDENTIALS for the
    proof; LIMIT_REACHED after too many attempts.
    """
    name = expect_one(Proof(totp, passkey, None, challenge), new=True)
    over = invalid(CHALLENGE_OVER, "challenge")
    account = account_of(viewer)
    async with call.apart() as apart:  # so that the attempt counts even if it fails
        found, tried = await try_challenge(apart, call, ChallengePurpose.ENROL, challenge, account)
        now = await present_seconds(apart)
    if found is None:
        raise over
    made = new_factor(call, account, found["secret"], challenge, totp, passkey, now)
    if made is None:
        raise wrong_proof(name)
    async with call.apart() as apart:
        await attempts.forget_attempts(apart, tried)
    codes, known = rules.new_recovery_codes(), made.passkey
    added = await connection.fetchrow(
        "SELECT * FROM identity.add_second_factor($1, $2, $3, $4, $5, $6, $7, $8)",
        token_hash(challenge), viewer.session, made.last_step, known and known.credential_id,
        known and known.public_key, known and known.sign_count, [*map(rules.recovery_hash, codes)], MOST,
    )  # fmt: skip
    assert added is not None
    if added["factor_id"] is None:
        raise over
    return Confirmed(added["factor_id"], codes if added["is_first"] else [])


async def remove_second_factor(
    call: Call,
    *,
    second_factor: SecondFactorId,
    totp: str | None = None,
    passkey: str | None = None,
    recovery_code: str | None = None,
    challenge: str | None = None,
) -> Work:
    """Checks a second factor of the account; the returned Work removes one, and the recovery codes with the last.

    Raises Refused: WRONG_CREDENTIALS for the proof, LIMIT_REACHED after too many attempts, INVALID unless exactly one
    proof is given. The Work raises Refused: NOT_FOUND.
    """
    account = account_of(call.viewer)
    await expect_proof(call, Proof(totp, passkey, recovery_code, challenge))

    async def removes(connection: Connection, viewer: Viewer) -> Result:
        if not await connection.fetchval("SELECT identity.remove_second_factor($1, $2)", second_factor, account):
            raise not_found("second_factor")
        return {"second_factor_id": second_factor}

    return removes


async def renew_recovery_codes(
    call: Call,
    *,
    totp: str | None = None,
    passkey: str | None = None,
    recovery_code: str | None = None,
    challenge: str | None = None,
) -> Work:
    """Checks a second factor of the account; the returned Work replaces its recovery codes, and shows the new ones.

    Raises Refused as `remove_second_factor`. The Work raises Refused: NOT_FOUND if the account has no second factor.
    """
    account = account_of(call.viewer)
    await expect_proof(call, Proof(totp, passkey, recovery_code, challenge))
    codes = rules.new_recovery_codes()

    async def renews(connection: Connection, viewer: Viewer) -> Result:
        hashes = [*map(rules.recovery_hash, codes)]
        if not await connection.fetchval("SELECT identity.renew_recovery_codes($1, $2)", account, hashes):
            raise not_found()
        return {"recovery_codes": codes}

    return renews


async def expect_proof(call: Call, proof: Proof) -> None:
    """Checks a second factor of the viewer's account, which uses it up.

    Raises Refused: INVALID unless exactly one proof is given, or for a challenge that is over; WRONG_CREDENTIALS;
    LIMIT_REACHED after too many attempts at the account.
    """
    name, account = expect_one(proof), account_of(call.viewer)
    async with call.apart() as connection:
        if proof.passkey is not None:
            found, tried = await try_challenge(connection, call, ChallengePurpose.PROVE, proof.token or "", account)
        else:
            found = await connection.fetchrow("SELECT * FROM identity.credential_of_account($1)", account)
            if found is None:
                raise Forbidden
            tried = await attempts.count_attempt(connection, SECOND_FACTOR, found["email"], call.address, call.proofs)
    if found is None:
        raise invalid(CHALLENGE_OVER, "challenge")
    async with call.apart() as connection:
        proven = await is_proven(connection, call, account, proof)
        if proven and proof.passkey is not None:  # a challenge is answered once
            proven = await connection.fetchval("SELECT identity.end_challenge($1)", token_hash(proof.token or ""))
        if proven:
            await attempts.forget_attempts(connection, tried)
    if not proven:
        raise wrong_proof(name)


def new_factor(
    call: Call, account: UUID, secret: bytes | None, token: str, totp: str | None, passkey: str | None, now: float
) -> New | None:
    """What verifies the factor of a challenge to enrol, from its first proof; None if that is not valid."""
    if secret is None:
        made = None if passkey is None else rules.new_passkey(call.second_factors, token, passkey)
        return None if made is None else New(passkey=made)
    plain = rules.read_secret(secret, account, call.second_factors.key)
    step = None if plain is None or totp is None else rules.totp_step(plain, totp, now, 0)
    return None if step is None else New(last_step=step)


def account_of(viewer: Viewer) -> UUID:
    """The viewer's account. Raises Forbidden if they are a program, which has none."""
    if viewer.account is None:
        raise Forbidden
    return viewer.account
