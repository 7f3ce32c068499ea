"""Mutations of organizations, their API keys and their licences."""

from models.organizations import MOST_MICRO_RHO
from resolvers import api_keys_writes as keys
from resolvers import licences_writes as licences
from resolvers import organizations as resolve
from resolvers import organizations_writes as write
from resolvers.acceptance import DEFAULT_LOCALE
from schema.access import BUYER, MANAGER
from schema.inputs import nested
from schema.mutations import Options, given, given_id, mutation, mutations, shown
from schema.organizations import ApiKey, Licence, Organization

LICENCE = {"licence": shown(Licence, resolve.licence_of)}

nested(
    licences.Price,
    "MoneyInput",
    "An amount of money.",
    amount="The amount in the currency's main unit: 0 or more, with at most two decimals.",
    currency="The ISO 4217 code of the currency, such as `EUR`.",
)


@mutations
class OrganizationMutations:
    api_key_create = mutation(
        keys.create_api_key,
        f"Create an API key for the organization's programs: at most {keys.MOST_KEYS}. The secret is shown only once.",
        only=BUYER,
        shows={
            "api_key": shown(ApiKey, resolve.api_key_of, "The API key."),
            "secret": given(
                str,
                "For the header `Authorization: Bearer ...`. Shown only once and not stored. Null if the mutation was "
                "refused, and in the answer to a repeated request. If it is lost, revoke the key and create another.",
            ),
        },
        name=f"A name for the key: at most {keys.NAME_LENGTH} characters.",
        expires_at="When the key expires: within two years.",
    )
    api_key_revoke = mutation(
        keys.revoke_api_key,
        "Revoke one of the organization's API keys, with immediate effect.",
        only=BUYER,
        shows={"api_key_id": given_id("key", "The id of the revoked key.")},
        options=Options(read_by="revoked", payload="Without errors, the key is refused from now on."),
        api_key="One of the organization's own keys.",
    )
    licence_decide = mutation(
        licences.decide_licence,
        "Grant or refuse a requested licence, as a data steward.",
        only=MANAGER,
        shows=LICENCE,
        licence="The licence.",
        granted="Whether the licence is granted. Otherwise it is refused.",
        price="The agreed price, if any. Only for a licence that is granted.",
        quota=f"The total privacy budget that the licence may spend, in micro-rho: 1 to {MOST_MICRO_RHO:,}. "
        "Required for a licence that is granted.",
        reason=f"Why the licence is refused, which the organization may read: at most {licences.REASON_LENGTH:,} "
        "characters.",
    )
    licence_request = mutation(
        licences.request_licence,
        "Request a licence to query a community's datasets.",
        only=BUYER,
        shows=LICENCE,
        community="The community whose datasets the licence opens.",
        purpose=f"The purpose, which is public: at most {licences.PURPOSE_LENGTH} characters.",
        starts_on="The first day: today or later.",
        ends_on=f"The last day: at most {licences.YEARS} years after the first.",
    )
    organization_create = mutation(
        write.create_organization,
        "Create an organization, as a data steward. A code to choose a password is mailed to its contact.",
        only=MANAGER,
        shows={"organization": shown(Organization, resolve.organization_of)},
        name=f"A unique name: at most {write.NAME_LENGTH} characters.",
        kind="The kind of organization.",
        contact_email="The contact's address. A code to choose a password is mailed to it.",
        locale=f"The language of mail to the contact: `{DEFAULT_LOCALE}` by default.",
    )
