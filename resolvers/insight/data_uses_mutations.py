"""Links entries of the public ledger to published results, by an entry of its own."""

from models.database import Connection
from models.messages import message
from models.parameters import DataUseNumber
from models.viewers import Audience, Viewer
from resolvers.faults import Faults
from resolvers.insight.ledger import NewEntry, append
from resolvers.links import https_address
from resolvers.transactions import limit_reached, not_eligible, not_found, taken

MOST_LINKS = 20  # of one data use
NOT_OURS = message("Only the organization that requested this use, or a data steward, can link its results.")


async def link_results(
    connection: Connection, viewer: Viewer, faults: Faults, *, data_use: DataUseNumber, url: str
) -> int:
    """Appends an entry to the ledger that links an earlier one to its published results; the earlier one's position.

    To be called as the publisher, last in a transaction. Raises Refused: NOT_FOUND, NOT_ELIGIBLE if another
    organization or Cohorte requested the use, INVALID and TOO_LONG for the address, TAKEN if the use has this link,
    LIMIT_REACHED if it has too many.
    """
    use = None
    with faults.collected():
        use = await connection.fetchrow(
            "SELECT * FROM insight.ledger_entry WHERE position = $1 AND results_of IS NULL", data_use
        )
        if use is None:
            raise not_found("data_use")
        if viewer.audience is Audience.BUYER and use["organization_id"] != viewer.organization:
            raise not_eligible(NOT_OURS, "data_use")
    with faults.collected():
        url = https_address(url, "url")
    faults.refuse()
    assert use is not None
    # One at a time for each use: two at once would both find that it has no such link.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"results of {data_use}")
    links = await connection.fetch("SELECT results_url FROM insight.ledger_entry WHERE results_of = $1", data_use)
    if any(link["results_url"] == url for link in links):
        raise taken(message("This use already has this link."), "url")
    if len(links) >= MOST_LINKS:
        raise limit_reached(message("A use can have at most {most} links.", most=MOST_LINKS), "data_use")
    entry = NewEntry(
        release=None,
        dataset=None,
        dataset_title=use["dataset_title"],
        community=use["community_id"],
        purpose=use["purpose"],
        purpose_kind=use["purpose_kind"],
        variables=tuple(use["variables"]),
        micro_rho=0,
        commitment=None,
        organization=use["organization_id"],
        organization_name=use["organization_name"],
        demonstration=use["demonstration"],
        results_of=use["position"],
        results_url=url,
    )
    await append(connection, [entry])
    return data_use
