"""The only place that knows every module of tables: importing it fills the metadata."""

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
