"""Codes of authenticator apps, stored secrets, recovery codes and answers of passkeys."""

from uuid import uuid4

import pyotp
import pytest

from resolvers.identity import second_factors_rules as rules
from resolvers.identity.second_factors_rules import SecondFactorSettings
from tests.support.authenticator import PRESENT, VERIFIED, Authenticator

SECRET, KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", bytes(range(32))
SETTINGS = SecondFactorSettings(KEY, "localhost", ("http://localhost:8000",))
STEP = 59_000_000  # of the first of several codes that differ
CODES = [pyotp.TOTP(SECRET).generate_otp(STEP + each) for each in range(-2, 3)]


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("second", [0.0, 29.999])
def test_a_code_is_accepted_a_step_early_and_a_step_late(place: int, second: float) -> None:
    assert len(set(CODES)) == len(CODES)
    found = rules.totp_step(SECRET, CODES[place], STEP * 30 + second, 0)
    assert found == (STEP + place - 2 if abs(place - 2) <= 1 else None)


def test_no_step_is_accepted_again_and_none_before_the_last() -> None:
    now = STEP * 30
    assert [rules.totp_step(SECRET, code, now, STEP) for code in CODES] == [None, None, None, STEP + 1, None]
    assert [rules.totp_step(SECRET, code, now, STEP + 1) for code in CODES] == [None] * 5


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "12 34 5", "+12345", "1e5000"]
)
def test_what_is_no_code_of_six_digits_is_not_accepted(typed: str) -> None:
    assert rules.totp_step(SECRET, typed, STEP * 30, 0) is None
    code = CODES[2]
    assert rules.totp_step(SECRET, f" {code[:3]} {code[3:]}", STEP * 30, 0) == STEP


def test_a_stored_secret_is_readable_with_the_key_for_its_account_alone() -> None:
    account = uuid4()
    stored = rules.stored_secret(SECRET, account, KEY)
    assert SECRET.encode() not in stored
    assert stored != rules.stored_secret(SECRET, account, KEY)  # a nonce of its own
    assert rules.read_secret(stored, account, KEY) == SECRET
    assert rules.read_secret(stored, uuid4(), KEY) is None  # moved to another account's row
    assert rules.read_secret(stored, account, bytes(32)) is None
    assert rules.read_secret(stored, account, None) is None
    assert rules.read_secret(stored[:-1], account, KEY) is None
    # Without a key it is stored as it is, and stays readable when the server is given one.
    plain = rules.stored_secret(SECRET, account, None)
    assert rules.read_secret(plain, account, None) == rules.read_secret(plain, account, KEY) == SECRET


def test_recovery_codes_differ_and_may_be_typed_in_any_case_and_spacing() -> None:
    codes = rules.new_recovery_codes()
    assert len({rules.recovery_hash(code) for code in codes}) == rules.RECOVERY_CODES == len(codes)
    assert {len(code) for code in codes} == {19}
    assert rules.recovery_hash(f" {codes[0].lower().replace('-', ' ')}\n") == rules.recovery_hash(codes[0])


def test_an_app_is_given_the_secret_by_its_address() -> None:
    read = pyotp.parse_uri(rules.app_address(SECRET, "ada@people.example"))
    assert (read.secret, read.issuer, read.name) == (SECRET, "Cohorte", "ada@people.example")


# Passkeys


def created(device: Authenticator, token: str = "token") -> rules.Passkey | None:
    options = rules.creation_options(SETTINGS, token, uuid4(), "ada@people.example", [])
    return rules.new_passkey(SETTINGS, token, device.create(options))


def signed(device: Authenticator, passkey: rules.Passkey, token: str = "token", **changed: object) -> int | None:
    options = rules.request_options(SETTINGS, token, [passkey.credential_id])
    return rules.sign_count_of(SETTINGS, "token", device.sign(options, **changed), passkey)


def test_a_passkey_is_created_and_signs() -> None:
    device = Authenticator()
    passkey = created(device)
    assert passkey is not None
    assert passkey.credential_id == device.credential_id
    assert signed(device, passkey) == 1


@pytest.mark.parametrize("flags", [0, PRESENT, VERIFIED])
def test_a_passkey_must_verify_its_user(flags: int) -> None:
    assert created(Authenticator(flags=flags)) is None
    device = Authenticator()
    passkey = created(device)
    assert passkey is not None
    device.flags = flags
    assert signed(device, passkey) is None


@pytest.mark.parametrize("origin", ["http://localhost:8001", "https://localhost", "https://evil.example", "null", ""])
def test_a_passkey_is_accepted_from_pages_of_the_domain_alone(origin: str) -> None:
    assert created(Authenticator(origin=origin)) is None


def test_another_challenge_type_or_key_is_not_accepted() -> None:
    device = Authenticator()
    passkey = created(device)
    assert passkey is not None
    assert signed(device, passkey, token="another") is None
    assert signed(device, passkey, type="webauthn.create") is None
    other = Authenticator(credential_id=device.credential_id)
    assert signed(other, passkey) is None


def test_a_copy_of_a_passkey_is_noticed_by_its_count() -> None:
    device = Authenticator(count=5)
    passkey = created(device)
    assert passkey is not None
    assert passkey.sign_count == 5
    device.count = 4  # signs with 5, as the stored count
    assert signed(device, passkey) is None
    device.count = 3
    assert signed(device, passkey) is None
    device.count = 5
    assert signed(device, passkey) == 6
    without = Authenticator(counts=False)
    passkey = created(without)
    assert passkey is not None
    assert [signed(without, passkey), signed(without, passkey)] == [0, 0]


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "null", "[" * 3000, '{"id": 1}', '{"id": "a", "rawId": "a"}', "\x00", "é"]
)
def test_an_answer_that_is_none_is_not_accepted(answer: str) -> None:
    passkey = rules.Passkey(b"id", b"key", 0)
    assert rules.new_passkey(SETTINGS, "token", answer) is None
    assert rules.sign_count_of(SETTINGS, "token", answer, passkey) is None
    assert rules.credential_id_of(answer) in (None, b"i")
