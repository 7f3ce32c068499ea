"""Mutations of accounts: signing in and out, and deleting the viewer's data."""

from models.identity.second_factors import SecondFactorKind
from resolvers.identity import accounts, personal_data
from resolvers.identity.accounts_rules import DEFAULT_LOCALE
from resolvers.identity.second_factors import CHALLENGE_ATTEMPTS, CHALLENGE_LIFETIME
from resolvers.rates import Unlimited
from schema.access import PATIENT, PUBLIC, SIGNED_IN
from schema.identity.accounts import Viewer
from schema.identity.second_factors_mutations import ACCOUNTS_OWN, NONE_NEEDED, OPTIONS, PROOF
from schema.mutations import Options, given, mutation, mutations


@mutations
class AccountMutations:
    account_delete = mutation(
        personal_data.delete_account,
        "Delete the viewer's account permanently. Their own data is erased, their posts lose their author, and "
        "others can use their pseudonyms.",
        only=PATIENT,
        rate="passwords",
        options=Options(payload="Without errors, the account and all data that was the member's alone are gone."),
        password=ACCOUNTS_OWN,
    )
    account_update = mutation(
        accounts.update_account,
        "Change the language of the viewer's account, used for mails and for responses to requests that name no "
        "language.",
        only=SIGNED_IN,
        rate="changes",
        locale=f"An IETF language tag for mails and responses, such as `{DEFAULT_LOCALE}`.",
    )
    session_revoke = mutation(
        accounts.revoke_session,
        "Sign out one of the viewer's devices, with immediate effect.",
        only=SIGNED_IN,
        rate="changes",
        session="One of the viewer's own sessions.",
    )
    sign_in = mutation(
        accounts.sign_in,
        "Open a session with an e-mail address and a password. An invalid or expired token with the request is "
        "ignored.",
        only=PUBLIC,
        rate="passwords",
        shows={
            "token": given(
                str,
                "For the header `Authorization: Bearer ...`. Shown only once. Null if a cookie was set, or if the "
                "mutation was refused.",
            ),
            "viewer": given(
                Viewer, "The viewer who signed in. Null if a second factor is needed, or if the mutation was refused."
            ),
            "challenge": given(
                str,
                "For `signInVerify`, if the account has a second factor: no session is open yet. Valid for "
                f"{CHALLENGE_LIFETIME.total_seconds() / 60:.0f} minutes. Null if none is needed, or if the mutation "
                "was refused.",
            ),
            "second_factors": given(
                list[SecondFactorKind], f"The kinds of second factor that the challenge accepts. {NONE_NEEDED}"
            ),
            "passkey_options": given(str, f"For a passkey: {OPTIONS} Null without a challenge, or without a passkey."),
        },
        options=Options(stored=False, as_anybody=True, open_to_keys=True),
        email="The account's e-mail address.",
        password=ACCOUNTS_OWN,
        cookie="Whether to set an HttpOnly session cookie, for browsers, instead of returning a token. Requests with "
        "the cookie need the header `GraphQL-Require-Preflight: 1`.",
    )
    sign_in_verify = mutation(
        accounts.sign_in_verify,
        "Open a session with the challenge of `signIn` and a second factor. Give exactly one of `totp`, `passkey` and "
        "`recoveryCode`. An invalid or expired token with the request is ignored.",
        only=PUBLIC,
        rate="passwords",
        shows={
            "token": given(
                str,
                "For the header `Authorization: Bearer ...`. Shown only once. Null if a cookie was set, or if the "
                "mutation was refused.",
            ),
            "viewer": given(Viewer, "The viewer who signed in."),
        },
        options=Options(stored=False, as_anybody=True, open_to_keys=True),
        challenge=f"The challenge of `signIn`. It can be tried {CHALLENGE_ATTEMPTS} times.",
        cookie="Whether to set a session cookie, as for `signIn`.",
        **PROOF,
    )
    sign_out = mutation(
        accounts.sign_out,
        "Close the viewer's session, with immediate effect, and clear its cookie.",
        only=SIGNED_IN,
        rate=Unlimited("It ends the session that it would be counted by."),
    )
