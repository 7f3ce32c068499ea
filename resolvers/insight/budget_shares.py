"""Finds the budget share that a viewer may spend on a dataset: that of a licence, or that of staff."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from models.database import Connection
from models.identity.accounts import StaffRole
from models.identity.organizations import ALLOWED, OrganizationKind, PurposeKind
from models.messages import message
from models.viewers import Audience, Viewer
from privacy.budget import left_for_sale, left_for_staff
from resolvers.insight import purposes
from resolvers.insight.releases import FrozenDataset, ReleaseUse
from resolvers.transactions import Forbidden, Path, RefusalCode, invalid, not_found, refused, require_role

LICENCE: Path = ("licence",)

STAFF_USE = ReleaseUse(str(purposes.OWN_RESEARCH))


@dataclass(frozen=True)
class BudgetShare:
    """The budget share that a release is charged to: the use it is for, and the micro-rho left."""

    use: ReleaseUse
    left: int
    left_in_dataset: int  # as much or more, since a licence's quota may allow less


async def budget_share_of(
    connection: Connection,
    viewer: Viewer,
    dataset: FrozenDataset,
    day: date,
    licence: UUID | None = None,
    *,
    lock: bool = False,
) -> BudgetShare:
    """The budget share that the viewer may spend on `day`; `lock` locks the licences until the transaction ends.

    Raises Forbidden if the viewer may not publish, and Refused: NOT_ELIGIBLE if the dataset is not offered to their
    kind of organization, LICENCE_REQUIRED if no licence is in force, NOT_FOUND for a named licence that is not their
    organization's, INVALID for one that is not in force or for something else.
    """
    if viewer.audience is not Audience.BUYER:
        require_role(viewer, StaffRole.DATA_STEWARD)
        if licence is not None:
            raise not_found(*LICENCE)
        left = left_for_staff(dataset.cap_micro_rho, dataset.spent_micro_rho, dataset.sold_micro_rho)
        return BudgetShare(STAFF_USE, left, left)
    buyer = await connection.fetchrow("SELECT name, kind FROM insight.organization WHERE id = $1", viewer.organization)
    if buyer is None:
        raise Forbidden
    if buyer["kind"] not in dataset.offered_to:
        reason = message("This dataset is not offered to organizations of your kind. See `offeredTo`.")
        raise refused(RefusalCode.NOT_ELIGIBLE, reason, "dataset")
    allowed = ALLOWED[OrganizationKind(buyer["kind"])]
    return await _licensed(connection, viewer, dataset, buyer["name"], allowed, day, licence, lock)


async def _licensed(
    connection: Connection,
    viewer: Viewer,
    dataset: FrozenDataset,
    name: str,
    allowed: Collection[PurposeKind],
    day: date,
    named: UUID | None,
    lock: bool,
) -> BudgetShare:
    own = "SELECT EXISTS (SELECT FROM insight.licence WHERE id = $1 AND organization_id = $2)"
    if named is not None and not await connection.fetchval(own, named, viewer.organization):
        raise not_found(*LICENCE)
    licences = await connection.fetch(
        """
        SELECT id, purpose, purpose_kind, quota_micro_rho FROM insight.licence
        WHERE organization_id = $1 AND community_id = $2 AND status = 'GRANTED' AND $3 BETWEEN starts_on AND ends_on
            AND purpose_kind = any($4) AND id = coalesce($5, id)
        ORDER BY ends_on, id
        """,
        viewer.organization,
        dataset.community_id,
        day,
        list(allowed),
        named,
    )
    if not licences and named is not None:
        raise invalid(
            message(
                "This licence does not cover the dataset: it is for another community, not in force today, or for a "
                "purpose that your kind of organization can no longer have."
            ),
            *LICENCE,
        )
    if not licences:
        reason = message(
            "This requires a licence for the dataset's community that is in force today. See `licenceRequest`."
        )
        raise refused(RefusalCode.LICENCE_REQUIRED, reason, "dataset")
    for_sale = left_for_sale(dataset.cap_micro_rho, dataset.spent_micro_rho, dataset.sold_micro_rho)
    best: BudgetShare | None = None
    for licence in licences:
        if lock:
            # Publishing from another dataset of the community spends the same quota. The role may not lock the row.
            turn = f"licence {licence['id']}"
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", turn)
        spent = "SELECT coalesce(sum(micro_rho), 0) FROM insight.release WHERE licence_id = $1 AND NOT $2"
        taken = await connection.fetchval(spent, licence["id"], dataset.synthetic)
        left = min(for_sale, licence["quota_micro_rho"] - taken)
        if best is None or left > best.left:
            use = ReleaseUse(licence["purpose"], viewer.organization, name, licence["id"], licence["purpose_kind"])
            best = BudgetShare(use, max(left, 0), for_sale)
    assert best is not None
    return best
