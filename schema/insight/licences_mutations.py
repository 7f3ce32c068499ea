"""Mutations of licences: requesting them, and deciding on them."""

from models.identity.accounts import StaffRole
from models.identity.organization_users import UserRole
from models.insight.licences import MOST_MICRO_RHO
from resolvers.insight import licences as resolve
from resolvers.insight import licences_mutations as licences
from schema.access import BUYER, MANAGER
from schema.inputs import nested
from schema.insight.licences import Licence
from schema.mutations import mutation, mutations, shown

LICENCE = {"licence": shown(Licence, resolve.licence_of)}

nested(
    licences.Price,
    "MoneyInput",
    "An amount of money.",
    amount="The amount in the currency's main unit: 0 or more, with at most two decimals.",
    currency="The ISO 4217 code of the currency, such as `EUR`.",
)


@mutations
class LicenceMutations:
    licence_decide = mutation(
        licences.decide_licence,
        "Grant or refuse a requested licence, as a data steward.",
        only=MANAGER,
        staff_role=StaffRole.DATA_STEWARD,
        rate="staff",
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
        "Request a licence to query a community's datasets, for a purpose and under undertakings.",
        only=BUYER,
        user_role=UserRole.ADMINISTRATOR,
        rate="requests",
        shows=LICENCE,
        community="The community whose datasets the licence opens.",
        purpose=f"The purpose in words, which is public: at most {licences.PURPOSE_LENGTH} characters.",
        purpose_kind="The kind of purpose: one of the organization's `purposes`.",
        undertakings="The version of the undertakings that the organization accepts, from `Query.undertakings`.",
        starts_on="The first day, by UTC: today or later.",
        ends_on=f"The last day, by UTC: at most {licences.YEARS} years after the first.",
    )
