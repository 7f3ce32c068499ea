from typing import Optional

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
    TotalFields,
)


class Insight(BaseModel):
    insight: Optional["InsightInsight"]


class InsightInsight(InsightFields):
    cells: list["InsightInsightCells"]
    statistics: list["InsightInsightStatistics"]
    totals: list["InsightInsightTotals"]


InsightInsightCells = CellFields
InsightInsightStatistics = StatisticFields
InsightInsightTotals = TotalFields
Insight.model_rebuild()
InsightInsight.model_rebuild()
