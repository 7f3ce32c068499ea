"""Finds datasets of Cohorte, publishes insights from them, and reads these with their margins and intervals."""

from cohorte.changes import Change, Trend
from cohorte.clients import AsyncClient, Client
from cohorte.errors import CohorteError
from cohorte.insights import Insight, Provenance
from cohorte.ledger import Verified
from cohorte.plans import PlanPublication, PlanQuote, Question
from cohorte.steps import Publication
from cohorte.tables import Table

__all__ = [
    "AsyncClient",
    "Change",
    "Client",
    "CohorteError",
    "Insight",
    "PlanPublication",
    "PlanQuote",
    "Provenance",
    "Publication",
    "Question",
    "Table",
    "Trend",
    "Verified",
]
