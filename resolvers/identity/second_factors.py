"""Reads second factors, and verifies proofs of them."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
from sqlalchemy import func

from models.database import Connection
from models.identity import second_factors as tables
from models.identity.second_factors import ChallengePurpose, SecondFactorKind
from models.messages import message
from models.rows import Expression, Row, Rows, ViewerIds, row, select
from resolvers.calling import Call
from resolvers.identity import attempts
from resolvers.identity import second_factors_rules as rules
from resolvers.identity.second_factors_rules import Passkey
from resolvers.tokens import new_token, token_hash
from resolvers.transactions import RefusalCode, invalid, refused

CHALLENGE_LIFETIME = timedelta(minutes=5)
CHALLENGE_ATTEMPTS = 5
SECOND_FACTOR = "second-factor"  # the attempts that count: each at a second factor of an account
CHALLENGE_OVER = message("This challenge is unknown, was used or has expired. Begin again.")


@dataclass(frozen=True)
class Proof:
    """What a caller gives as a second factor: one of the three. A passkey answers the challenge with this token."""

    totp: str | None
    passkey: str | None
    recovery_code: str | None
    token: str | None


@dataclass(frozen=True)
class Challenge:
    """A challenge for a second factor: its token, which kinds can answer it, and options for a passkey as JSON."""

    challenge: str
    kinds: list[SecondFactorKind]
    passkey_options: str | None


def second_factors(*, viewer: ViewerIds) -> Rows:
    """The second factors of the viewer's account, oldest first."""
    factor = row(tables.SecondFactor)
    return select(factor).where(factor.account_id == viewer.account).order_by(factor.created_at, factor.id)


def second_factors_of(owner: Row, *, viewer: ViewerIds) -> Rows:
    """As `second_factors`: those of the viewer's account."""
    return second_factors(viewer=viewer)


def recovery_codes_left(owner: Row, *, viewer: ViewerIds) -> Expression:
    """A number, 0 without an account."""
    return func.identity.recovery_codes_left(viewer.account)


def second_factor_of(made: Row) -> Rows:
    """One row: the factor that a mutation has added."""
    factor = row(tables.SecondFactor)
    return select(factor).where(factor.id == made.second_factor_id)


async def found_factors(connection: Connection, account: UUID | None) -> list[asyncpg.Record]:
    """The account's second factors with what verifies them. Holds the account until the transaction ends."""
    return await connection.fetch("SELECT * FROM identity.second_factors_of($1)", account)


async def open_challenge(
    connection: Connection, call: Call, account: UUID, purpose: ChallengePurpose, factors: list[asyncpg.Record]
) -> Challenge:
    """A new challenge that one of the account's factors answers."""
    token = new_token()
    await connection.execute(
        "SELECT identity.open_challenge($1, $2, $3, $4, NULL, NULL, NULL)",
        account, token_hash(token), purpose.value, CHALLENGE_LIFETIME,
    )  # fmt: skip
    kinds = [kind for kind in SecondFactorKind if any(each["kind"] == kind.value for each in factors)]
    known = [each["credential_id"] for each in factors if each["credential_id"] is not None]
    options = rules.request_options(call.second_factors, token, known) if known else None
    return Challenge(token, kinds, options)


async def try_challenge(
    connection: Connection, call: Call, purpose: ChallengePurpose, token: str, account: UUID | None = None
) -> tuple[asyncpg.Record | None, list[UUID]]:
    """Counts an attempt at a challenge and at its account; the challenge, None if it is over, and the counts' ids.

    With `account`, a challenge of another account is none. Raises Refused: LIMIT_REACHED after too many attempts at
    the account.
    """
    found = await connection.fetchrow(
        "SELECT * FROM identity.try_challenge($1, $2, $3, $4)",
        token_hash(token), purpose.value, account, CHALLENGE_ATTEMPTS,
    )  # fmt: skip
    if found is None:
        return None, []
    tried = await attempts.count_attempt(connection, SECOND_FACTOR, found["email"], call.address, call.proofs)
    return found, tried


async def is_proven(connection: Connection, call: Call, account: UUID, proof: Proof) -> bool:
    """Whether the proof is right, which uses it up: no code, and no count of a passkey's signatures, is right twice."""
    factors = await found_factors(connection, account)
    if proof.recovery_code is not None:
        code_hash = rules.recovery_hash(proof.recovery_code)
        return bool(await connection.fetchval("SELECT identity.use_recovery_code($1, $2)", account, code_hash))
    if proof.passkey is not None:
        return proof.token is not None and await _uses_passkey(connection, call, factors, proof.passkey, proof.token)
    return await _uses_totp(connection, call, account, factors, proof.totp or "")


async def present_seconds(connection: Connection) -> float:
    """The present moment in seconds since 1970."""
    seconds: float = await connection.fetchval("SELECT extract(epoch FROM catalog.clock())::double precision")
    return seconds


async def _uses_totp(
    connection: Connection, call: Call, account: UUID, factors: list[asyncpg.Record], code: str
) -> bool:
    now = await present_seconds(connection)
    for each in factors:
        if each["secret"] is None:
            continue
        secret = rules.read_secret(each["secret"], account, call.second_factors.key)
        step = None if secret is None else rules.totp_step(secret, code, now, each["last_step"])
        if step is not None and await connection.fetchval("SELECT identity.use_totp($1, $2)", each["id"], step):
            return True
    return False


async def _uses_passkey(
    connection: Connection, call: Call, factors: list[asyncpg.Record], answer: str, token: str
) -> bool:
    id = rules.credential_id_of(answer)
    for each in factors:
        if id is None or each["credential_id"] != id:
            continue
        known = Passkey(id, each["public_key"], each["sign_count"])
        count = rules.sign_count_of(call.second_factors, token, answer, known)
        query = "SELECT identity.use_passkey($1, $2, $3)"
        if count is not None and await connection.fetchval(query, each["id"], known.sign_count, count):
            return True
    return False


def expect_one(proof: Proof, *, new: bool = False) -> str:
    """The parameter that has the proof, which no recovery code is of a `new` factor.

    Raises Refused: INVALID unless it is exactly one.
    """
    given = {"totp": proof.totp, "passkey": proof.passkey, "recovery_code": proof.recovery_code}
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        if new:
            raise invalid(message("Give exactly one of totp and passkey."))
        raise invalid(message("Give exactly one of totp, passkey and recoveryCode."))
    return names[0]


def wrong_proof(name: str) -> Exception:
    """A refusal, to be raised: WRONG_CREDENTIALS."""
    return refused(
        RefusalCode.WRONG_CREDENTIALS, message("The second factor is not accepted. No code is accepted twice."), name
    )
