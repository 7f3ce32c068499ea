"""Imports every module of tables, so that the metadata is complete."""

from sqlmodel import SQLModel

from models.community import catalogue_changes, communities, discussions, moderation, proposals, sources
from models.identity import (
    accounts,
    associations,
    data_exports,
    data_reads,
    help_lines,
    members,
    mutation_results,
    organization_users,
    organizations,
    outbox,
    privacy_notices,
    readings,
    registrations,
    second_factors,
    staff,
    terms,
    webhooks,
)
from models.insight import counts, datasets, insights, ledger, licences, network
from models.research import departures, surveys
from models.tracking import observations, own_indicators, own_treatments, treatments

metadata = SQLModel.metadata
