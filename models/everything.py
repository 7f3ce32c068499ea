"""Imports every module of tables, so that the metadata is complete."""

from sqlmodel import SQLModel

from models import (
    accounts,
    communities,
    datasets,
    discussions,
    insights,
    members,
    moderation,
    organizations,
    registrations,
    surveys,
    tracking,
    treatments,
    writing,
)

metadata = SQLModel.metadata
