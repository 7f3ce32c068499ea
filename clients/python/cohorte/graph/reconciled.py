from datetime import datetime
from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import (  # noqa: F401
    CellFields,
    InsightFields,
    InsightFieldsBy,
    InsightFieldsCost,
    InsightFieldsCountedBy,
    InsightFieldsDataset,
    InsightFieldsLedgerEntry,
    InsightFieldsRequestedBy,
    InsightFieldsVariable,
    StatisticFields,
)


class Reconciled(BaseModel):
    insight: Optional["ReconciledInsight"]


class ReconciledInsight(InsightFields):
    reconciled: "ReconciledInsightReconciled"


class ReconciledInsightReconciled(BaseModel):
    releases: int
    as_of: datetime = Field(alias="asOf")
    cells: list["ReconciledInsightReconciledCells"]
    statistics: list["ReconciledInsightReconciledStatistics"]


ReconciledInsightReconciledCells = CellFields
ReconciledInsightReconciledStatistics = StatisticFields
Reconciled.model_rebuild()
ReconciledInsight.model_rebuild()
ReconciledInsightReconciled.model_rebuild()
