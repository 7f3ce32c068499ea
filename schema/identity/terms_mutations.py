"""The mutation by which members accept the terms of use."""

from resolvers.identity import accounts
from resolvers.identity import terms_mutations as write
from schema.access import PATIENT
from schema.identity.accounts import Account
from schema.mutations import mutation, mutations, shown


@mutations
class TermsMutations:
    terms_accept = mutation(
        write.accept_terms,
        "Accept the terms of use in force. Accepting them again changes nothing.",
        only=PATIENT,
        rate="changes",
        shows={"account": shown(Account, accounts.viewer_account, "The viewer's account.")},
        terms_version="The version of the terms that the viewer has read.",
    )
