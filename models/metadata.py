"""Imports every module of tables, so that the metadata is complete."""

from sqlmodel import SQLModel

from models.community import communities, discussions, moderation
from models.identity import (
    accounts,
    data_exports,
    data_reads,
    members,
    mutation_results,
    organizations,
    outbox,
    readings,
    registrations,
    second_factors,
    staff,
    terms,
)
from models.insight import counts, datasets, insights, licences
from models.research import surveys
from models.tracking import observations, treatments

metadata = SQLModel.metadata
