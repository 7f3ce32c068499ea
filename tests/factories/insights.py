"""Factories of releases, insights and ledger entries."""

import secrets
from dataclasses import asdict, replace
from typing import Any

import asyncpg

from models.insight import insights
from privacy import chain
from privacy.measures import Measure, Reliability
from privacy.precision import Precision
from tests.factories.datasets import dataset
from tests.factories.rows import Connection, fake, numbers, row_of


async def release(connection: Connection, **given: Any) -> asyncpg.Record:
    """A release, of the dataset's size unless a cube is given; its cost is not deducted from the dataset's budget."""
    size = not given.get("variables")
    cells = len(given.get("noisy", given.get("estimates", [0] * (1 + size))))
    return await fake(
        connection,
        insights.Release,
        given,
        {"dataset_id": dataset},
        cube=f"@v{next(numbers)}" if "variables" not in given else f"{given['variables']}@v1",
        variables=[],
        precision=Precision.WITHIN_20,
        margin=29 if size else 20,
        contributions=2 if size else 1,
        micro_rho=4_567,
        total_micro_rho=given.get("micro_rho", 4_567),
        sigma=14.798 if size else 10.464,
        noisy=[260] * cells,
        salt=secrets.token_bytes(chain.SALT_BYTES),
        estimates=[float(count) for count in given.get("noisy", [260] * cells)],
        purpose="Size of the dataset",
    )


async def insight(connection: Connection, **given: Any) -> asyncpg.Record:
    """An insight of a release, with the release's dataset and community."""
    if "release_id" not in given:
        of = {"dataset_id": given["dataset_id"]} if "dataset_id" in given else {}
        given["release_id"] = (await release(connection, **of))["id"]
    place = await row_of(
        connection,
        "SELECT d.id, d.community_id, r.published_at FROM insight.release r JOIN insight.dataset d"
        " ON d.id = r.dataset_id WHERE r.id = $1",
        given["release_id"],
    )
    return await fake(
        connection,
        insights.Insight,
        given,
        dataset_id=place["id"],
        community_id=place["community_id"],
        published_at=place["published_at"],
        variable=1,
        by=[],
    )


async def cell(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection,
        insights.Cell,
        given,
        {"insight_id": insight},
        place=0,
        category=0,
        by=[],
        count=120,
        margin=10,
        share=0.46,
        low=0.4,
        high=0.52,
        reliability=Reliability.HIGH,
    )


async def statistic(connection: Connection, **given: Any) -> asyncpg.Record:
    return await fake(
        connection,
        insights.Statistic,
        given,
        {"insight_id": insight},
        place=0,
        measure=Measure.MEAN,
        by=[],
        value=4.2,
        low=4.0,
        high=4.4,
        reliability=Reliability.HIGH,
    )


async def ledger_entry(connection: Connection, **given: Any) -> asyncpg.Record:
    """The next entry of the ledger, for a release; its position and hashes follow from the previous entry."""
    if "count_release_id" in given:
        of_release = await row_of(
            connection,
            "SELECT r.*, NULL::uuid AS dataset_id, coalesce(c.name, 'The network') AS title,"
            " NULL::uuid AS organization_id, NULL AS purpose_kind, NULL AS organization_name,"
            " 'Counts of the ' || lower(r.kind) AS purpose, '{members,others}'::text[] AS names"
            " FROM insight.count_release r LEFT JOIN catalog.community c ON c.id = r.community_id WHERE r.id = $1",
            given["count_release_id"],
        )
        return await appended(connection, given, of_release)
    if "release_id" not in given:
        of = {column: given[column] for column in ("dataset_id", "organization_id") if column in given}
        given["release_id"] = (await release(connection, **of))["id"]
    of_release = await row_of(
        connection,
        "SELECT r.*, d.title, d.community_id, o.name AS organization_name,"
        " (SELECT k.purpose_kind FROM insight.licence k WHERE k.id = r.licence_id) AS purpose_kind,"
        " array(SELECT CASE WHEN v.position IS DISTINCT FROM r.measured THEN v.name || v.groups"
        " WHEN r.counts_id IS NULL THEN 'mean(' || v.name || ')' ELSE 'sum(' || v.name || ')' END"
        " FROM insight.variable v WHERE v.dataset_id = d.id"
        " AND v.position = ANY (r.variables) ORDER BY v.position) AS names"
        " FROM insight.release r JOIN insight.dataset d ON d.id = r.dataset_id"
        " LEFT JOIN insight.organization o ON o.id = r.organization_id WHERE r.id = $1",
        given["release_id"],
    )
    return await appended(connection, given, of_release)


async def appended(connection: Connection, given: dict[str, Any], of_release: asyncpg.Record) -> asyncpg.Record:
    """The entry of a release of a dataset, or of counts, with the columns in `given`."""
    last = await row_of(
        connection,
        "SELECT coalesce(max(position), 0) AS position, (array_agg(hash ORDER BY position DESC))[1] AS hash"
        " FROM insight.ledger_entry",
    )
    entry = chain.ChainEntry(
        version=chain.UNSALTED if of_release["salt"] is None else chain.VERSION,
        position=last["position"] + 1,
        release_id=of_release["id"],
        dataset_id=of_release["dataset_id"],
        dataset_title=of_release["title"],
        community_id=of_release["community_id"],
        organization_id=of_release["organization_id"],
        organization_name=of_release["organization_name"],
        purpose=of_release["purpose"],
        variables=tuple(of_release["names"]),
        micro_rho=of_release["micro_rho"],
        commitment=chain.commitment_of(of_release["salt"], of_release["noisy"]),
        published_at=of_release["published_at"],
        previous_hash=last["hash"] or chain.GENESIS,
        purpose_kind=of_release["purpose_kind"],
    )
    entry = replace(entry, **{name: value for name, value in given.items() if name in asdict(entry)})
    columns = asdict(entry) | {"hash": chain.hash_of(entry)}
    if of_release["dataset_id"] is None:
        del columns["release_id"]
    return await fake(connection, insights.LedgerEntry, given, **columns)


async def ledger_link(connection: Connection, entry: asyncpg.Record, **given: Any) -> asyncpg.Record:
    """The next entry of the ledger, which links an earlier one to its results."""
    last = await row_of(connection, "SELECT position, hash FROM insight.ledger_entry ORDER BY position DESC LIMIT 1")
    repeated = ("community_id", "dataset_title", "organization_id", "organization_name", "purpose", "purpose_kind")
    values = {name: entry[name] for name in repeated} | {
        "version": chain.VERSION,
        "position": last["position"] + 1,
        "previous_hash": last["hash"],
        "variables": tuple(entry["variables"]),
        "published_at": entry["published_at"],
        "micro_rho": 0,
        "commitment": None,
        "results_of": entry["position"],
        "results_url": "https://example.org/results",
    }
    values |= given
    hashed = chain.hash_of(chain.ChainEntry(release_id=None, dataset_id=None, **values))
    return await fake(connection, insights.LedgerEntry, values, hash=hashed)
