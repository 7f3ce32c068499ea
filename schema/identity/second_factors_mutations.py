"""Mutations of the viewer's second factors."""

from typing import Any

from resolvers.identity import second_factors as resolve
from resolvers.identity import second_factors_mutations as write
from resolvers.identity.second_factors import CHALLENGE_LIFETIME
from resolvers.identity.second_factors_rules import CODE_DIGITS, RECOVERY_CODES
from schema.access import SIGNED_IN
from schema.identity.second_factors import SecondFactor
from schema.mutations import Options, given, given_id, mutation, mutations, shown

OPTIONS = "options for the browser's `navigator.credentials`, as JSON (`parseRequestOptionsFromJSON`)."
NONE_NEEDED = "Null if none is needed, or if the mutation was refused."
PROOF: dict[str, Any] = {
    "totp": f"The current code of an authenticator app: {CODE_DIGITS} digits. Each is accepted once.",
    "passkey": "A passkey's answer to the challenge: the credential's `toJSON()`, as text.",
    "recovery_code": "A recovery code. Each is accepted once.",
}
PROVEN = PROOF | {"challenge": "For `passkey`: the challenge of `secondFactorChallenge`."}
MINUTES = f"{CHALLENGE_LIFETIME.total_seconds() / 60:.0f} minutes"
ONE_PROOF = "Give exactly one of `totp`, `passkey` and `recoveryCode` as a proof of a second factor."
CODES = f"{RECOVERY_CODES} recovery codes, each usable once in place of a second factor. Shown only once."
ONCE = Options(stored=False)
ACCOUNTS_OWN = "The account's password."


@mutations
class SecondFactorMutations:
    second_factor_challenge = mutation(
        write.challenge_second_factor,
        "Create a challenge for a passkey, which proves a second factor in the other mutations of second factors.",
        only=SIGNED_IN,
        rate="passwords",
        shows={
            "challenge": given(str, f"The challenge, valid for {MINUTES}."),
            "passkey_options": given(str, f"For a passkey: {OPTIONS} Null if the account has no passkey."),
        },
        options=ONCE,
    )
    second_factor_start = mutation(
        write.start_second_factor,
        "Start adding a second factor to the viewer's account. It takes effect with `secondFactorConfirm`. If the "
        f"account already has a second factor, {ONE_PROOF[0].lower()}{ONE_PROOF[1:]}",
        only=SIGNED_IN,
        rate="passwords",
        shows={
            "challenge": given(str, f"For `secondFactorConfirm`, valid for {MINUTES}."),
            "secret": given(str, "The app's secret, as letters and digits. Shown only once. Null for a passkey."),
            "uri": given(str, "The `otpauth:` address with the secret, for a QR code. Null for a passkey."),
            "passkey_options": given(
                str,
                "Options for `navigator.credentials.create`, as JSON (`parseCreationOptionsFromJSON`). Null for TOTP.",
            ),
        },
        options=ONCE,
        kind="The kind of second factor.",
        name=f"A name for it: a single line of at most {write.NAME_LENGTH} characters.",
        password=ACCOUNTS_OWN,
        **PROVEN,
    )
    second_factor_confirm = mutation(
        write.confirm_second_factor,
        "Add the second factor of `secondFactorStart`. Give exactly one of `totp` and `passkey`. The account's first "
        "second factor ends its other sessions, and from then on `signIn` returns a challenge.",
        only=SIGNED_IN,
        rate="passwords",
        shows={
            "second_factor": shown(SecondFactor, resolve.second_factor_of),
            "recovery_codes": given(list[str], f"With the account's first second factor: {CODES}"),
        },
        options=ONCE,
        challenge="The challenge of `secondFactorStart`.",
        totp=f"The first code of the app: {CODE_DIGITS} digits.",
        passkey="The new passkey: the credential's `toJSON()`, as text.",
    )
    second_factor_remove = mutation(
        write.remove_second_factor,
        "Remove a second factor of the viewer's account; removing the last one also deletes the recovery codes. "
        f"{ONE_PROOF}",
        only=SIGNED_IN,
        rate="passwords",
        shows={"second_factor_id": given_id("sfa", "The id of the removed second factor.")},
        options=ONCE,
        second_factor="The second factor to remove.",
        **PROVEN,
    )
    recovery_codes_renew = mutation(
        write.renew_recovery_codes,
        f"Replace the recovery codes of the viewer's account. {ONE_PROOF}",
        only=SIGNED_IN,
        rate="passwords",
        shows={"recovery_codes": given(list[str], CODES)},
        options=ONCE,
        **PROVEN,
    )
