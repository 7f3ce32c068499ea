"""Mutations of accounts: signing in and out, and deleting the viewer's data."""

from resolvers.identity import accounts, personal_data
from resolvers.rates import Unlimited
from schema.access import PATIENT, PUBLIC, SIGNED_IN
from schema.identity.accounts import Viewer
from schema.mutations import Options, given, mutation, mutations

ACCOUNTS_OWN = "The account's password."


@mutations
class AccountMutations:
    account_delete = mutation(
        personal_data.delete_account,
        "Delete the viewer's account for good: their own data is erased, their posts lose their author, and their "
        "pseudonyms are free for anybody.",
        only=PATIENT,
        rate="passwords",
        options=Options(payload="Without errors, the account and all data that was the member's alone are gone."),
        password=ACCOUNTS_OWN,
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
                "For the header `Authorization: Bearer ...`. Shown only once. Null if it is kept in a cookie, or if "
                "the mutation was refused.",
            ),
            "viewer": given(Viewer, "Who has signed in."),
        },
        options=Options(stored=False, as_anybody=True, open_to_keys=True),
        email="The account's e-mail address.",
        password=ACCOUNTS_OWN,
        cookie="Whether to keep the session in a cookie that scripts cannot read, for pages in a browser, instead of "
        "returning its token. Requests with the cookie need the header `GraphQL-Require-Preflight: 1`.",
    )
    sign_out = mutation(
        accounts.sign_out,
        "Close the viewer's session, with immediate effect, and clear its cookie.",
        only=SIGNED_IN,
        rate=Unlimited("It ends the session that it would be counted by."),
    )
