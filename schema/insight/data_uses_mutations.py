"""Mutations of data uses: linking them to published results."""

from models.identity.accounts import StaffRole
from models.identity.organization_users import UserRole
from resolvers.insight import data_uses as resolve
from resolvers.insight import data_uses_mutations as write
from resolvers.links import LENGTH
from schema.access import BUYER, MANAGER
from schema.insight.data_uses import DataUse
from schema.mutations import Options, mutation, mutations, shown


@mutations
class DataUseMutations:
    data_use_link_results = mutation(
        write.link_results,
        "Link a data use to its published results, as the organization that requested it or as a data steward. The "
        "link is public and permanent.",
        only=BUYER | MANAGER,
        staff_role=StaffRole.DATA_STEWARD,
        user_role=UserRole.ANALYST,
        rate="requests",
        shows={"data_use": shown(DataUse, resolve.data_use_of)},
        options=Options(as_publisher=True, read_by="data_use_position"),
        data_use="The data use, as `DataUse.id` returned it.",
        url=f"The https address of the results: at most {LENGTH} characters.",
    )
