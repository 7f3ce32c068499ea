"""Mutations of organizations' API keys."""

from models.identity.organization_users import UserRole
from resolvers.identity import api_keys_mutations as keys
from resolvers.identity import organizations as resolve
from schema.access import BUYER
from schema.identity.organizations import ApiKey
from schema.mutations import Options, given, given_id, mutation, mutations, shown


@mutations
class ApiKeyMutations:
    api_key_create = mutation(
        keys.create_api_key,
        f"Create an API key for the organization's programs: at most {keys.MOST_KEYS}. The secret is shown only once.",
        only=BUYER,
        user_role=UserRole.ADMINISTRATOR,
        rate="keys",
        shows={
            "api_key": shown(ApiKey, resolve.api_key_of, "The API key."),
            "secret": given(
                str,
                "For the header `Authorization: Bearer ...`. Shown only once and not stored. Null if the mutation "
                "was refused, or if the request repeats an earlier one. If it is lost, revoke the key and create "
                "another.",
            ),
        },
        name=f"A name for the key: at most {keys.NAME_LENGTH} characters.",
        expires_at=f"When the key expires: within {keys.YEARS} years.",
    )
    api_key_revoke = mutation(
        keys.revoke_api_key,
        "Revoke one of the organization's API keys, with immediate effect.",
        only=BUYER,
        user_role=UserRole.ADMINISTRATOR,
        rate="keys",
        shows={"api_key_id": given_id("key", "The id of the revoked key.")},
        options=Options(read_by="revoked", payload="Without errors, the key is refused from now on."),
        api_key="One of the organization's own keys.",
    )
