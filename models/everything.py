"""The only place that knows every module of tables: importing it fills the metadata."""

from sqlmodel import SQLModel

from models import accounts, communities, discussions, members, organizations, surveys, tracking, treatments

TOPICS = (accounts, communities, discussions, members, organizations, surveys, tracking, treatments)
metadata = SQLModel.metadata
