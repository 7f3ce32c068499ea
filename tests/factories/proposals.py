"""Factories of members' proposals for the catalogue."""

from typing import Any

import asyncpg

from models.community import proposals
from tests.factories.members import member
from tests.factories.rows import DAY, Connection, fake, numbers


async def catalogue_proposer(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(connection, proposals.CatalogueProposer, given, {"member_id": member})


async def catalogue_proposal(connection: Connection, **given: Any) -> asyncpg.Record:
    """A proposal by `member_id`, or by a new member."""
    if "id" not in given:
        whose = {"member_id": given.pop("member_id")} if "member_id" in given else {}
        given["id"] = (await catalogue_proposer(connection, **whose))["id"]
    kind = proposals.ProposalKind.SYMPTOM
    return await fake(
        connection, proposals.CatalogueProposal, given, kind=kind, name=f"Proposal {next(numbers)}", proposed_on=DAY
    )
