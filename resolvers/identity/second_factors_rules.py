"""Checks codes of authenticator apps and answers of passkeys, and encrypts the secrets of apps. Pure: no SQL."""

import base64
import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

import pyotp
import webauthn
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

ISSUER = "Cohorte"
STEP_SECONDS = 30  # RFC 6238, section 5.2
DRIFT_STEPS = 1  # of a phone's clock, in both directions
PLAIN, ENCRYPTED = b"\x00", b"\x01"  # how a stored secret begins
NONCE_BYTES = 12
RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # 80 bits: too many to guess, even from a stolen hash
CODE_DIGITS = 6  # of an app's code: RFC 6238 leaves it to RFC 4226, which asks for 6 at least
DIGITS = re.compile(rf"[0-9]{{{CODE_DIGITS}}}", re.ASCII)


@dataclass(frozen=True)
class SecondFactorSettings:
    """What second factors depend on: the key of apps' secrets, if any, and where passkeys belong."""

    key: bytes | None  # 32 bytes
    domain: str  # the relying party's id
    origins: tuple[str, ...]  # of pages of that domain, from which passkeys are accepted


@dataclass(frozen=True)
class Passkey:
    """A passkey, as it is stored."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def new_secret() -> str:
    """A secret for an authenticator app, in base32: 160 bits, as RFC 4226 recommends."""
    return pyotp.random_base32()


def app_address(secret: str, account: str) -> str:
    """The `otpauth:` address of a secret, which apps read from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def totp_step(secret: str, code: str, now: float, last_step: int) -> int | None:
    """The time step after `last_step` whose code this is, at `now` (seconds since 1970) or a step off; None if none."""
    typed = "".join(code.split())
    if not DIGITS.fullmatch(typed):
        return None
    app, present = pyotp.TOTP(secret), int(now // STEP_SECONDS)
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if step > last_step and hmac.compare_digest(app.generate_otp(step), typed):
            return step
    return None


def key_of(setting: str | None) -> bytes | None:
    """The key that encrypts secrets, of the operator's setting; None if there is none."""
    return None if setting is None else hashlib.sha256(setting.encode()).digest()


def stored_secret(secret: str, account: UUID, key: bytes | None) -> bytes:
    """A secret as it is stored: encrypted for this account, or this webhook, (AES-256-GCM) if there is a key."""
    if key is None:
        return PLAIN + secret.encode()
    nonce = secrets.token_bytes(NONCE_BYTES)
    return ENCRYPTED + nonce + AESGCM(key).encrypt(nonce, secret.encode(), account.bytes)


def read_secret(stored: bytes, account: UUID, key: bytes | None) -> str | None:
    """The secret; None if it was encrypted with another key or for another account."""
    if stored[:1] == PLAIN:
        return stored[1:].decode()
    if key is None:
        return None
    nonce, sealed = stored[1 : 1 + NONCE_BYTES], stored[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, sealed, account.bytes).decode()
    except InvalidTag:
        return None


def new_recovery_codes() -> list[str]:
    """Codes in base32, in groups that people can read out."""
    codes = (base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES))
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def recovery_hash(typed: str) -> bytes:
    """The SHA-256 of a recovery code, however it is spaced. No salt or cost is needed: it cannot be guessed."""
    return hashlib.sha256(re.sub(r"[\s-]", "", typed).upper().encode("utf-8", "surrogatepass")).digest()


def passkey_challenge(token: str) -> bytes:
    """The bytes that a passkey signs, which the token of the challenge determines."""
    return hashlib.sha256(b"passkey " + token.encode("utf-8", "surrogatepass")).digest()


def creation_options(settings: SecondFactorSettings, token: str, account: UUID, name: str, known: list[bytes]) -> str:
    """Options for `navigator.credentials.create`, as JSON. `known` are the account's passkeys, which are excluded."""
    return options_to_json(
        webauthn.generate_registration_options(
            rp_id=settings.domain,
            rp_name=ISSUER,
            user_name=name,
            user_id=account.bytes,
            challenge=passkey_challenge(token),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
    )


def request_options(settings: SecondFactorSettings, token: str, known: list[bytes]) -> str:
    """Options for `navigator.credentials.get`, as JSON. `known` are the account's passkeys."""
    return options_to_json(
        webauthn.generate_authentication_options(
            rp_id=settings.domain,
            challenge=passkey_challenge(token),
            allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def new_passkey(settings: SecondFactorSettings, token: str, answer: str) -> Passkey | None:
    """The passkey that a browser has created for this challenge; None if the answer is not valid."""
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=passkey_challenge(token),
            expected_rp_id=settings.domain,
            expected_origin=list(settings.origins),
            require_user_verification=True,
        )
    except Exception:  # whatever a stranger's bytes make the parsers of JSON, CBOR and keys raise
        return None
    return Passkey(made.credential_id, made.credential_public_key, made.sign_count)


def credential_id_of(answer: str) -> bytes | None:
    """The id of the passkey that an answer is by, as it says; None if it says none."""
    try:
        return base64url_to_bytes(json.loads(answer)["id"])
    except Exception:  # as above
        return None


def sign_count_of(settings: SecondFactorSettings, token: str, answer: str, passkey: Passkey) -> int | None:
    """The passkey's count of signatures in an answer to this challenge; None if the answer is not valid.

    An answer whose count does not exceed the stored one is not valid, unless both are 0: the passkey may be a copy.
    """
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=passkey_challenge(token),
            expected_rp_id=settings.domain,
            expected_origin=list(settings.origins),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except Exception:  # as above
        return None
    return verified.new_sign_count
