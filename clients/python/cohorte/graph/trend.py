from datetime import date, datetime
from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import (  # noqa: F401
    CategoryFields,
    InsightFields,
    InsightFieldsBy,
    InsightFieldsCost,
    InsightFieldsCountedBy,
    InsightFieldsDataset,
    InsightFieldsLedgerEntry,
    InsightFieldsRequestedBy,
    InsightFieldsVariable,
    PointFields,
)


class Trend(BaseModel):
    insight: Optional["TrendInsight"]


class TrendInsight(InsightFields):
    trend: "TrendInsightTrend"


class TrendInsightTrend(BaseModel):
    waves: list["TrendInsightTrendWaves"]
    shares: list["TrendInsightTrendShares"]
    means: list["TrendInsightTrendMeans"]


class TrendInsightTrendWaves(BaseModel):
    insight: str
    title: str
    wave: str
    frozen_on: date = Field(alias="frozenOn")
    published_at: datetime = Field(alias="publishedAt")
    margin_of_error: int = Field(alias="marginOfError")


class TrendInsightTrendShares(BaseModel):
    category: "TrendInsightTrendSharesCategory"
    by: list["TrendInsightTrendSharesBy"]
    points: list["TrendInsightTrendSharesPoints"]


TrendInsightTrendSharesCategory = CategoryFields
TrendInsightTrendSharesBy = CategoryFields
TrendInsightTrendSharesPoints = PointFields


class TrendInsightTrendMeans(BaseModel):
    by: list["TrendInsightTrendMeansBy"]
    points: list["TrendInsightTrendMeansPoints"]


TrendInsightTrendMeansBy = CategoryFields
TrendInsightTrendMeansPoints = PointFields
Trend.model_rebuild()
TrendInsight.model_rebuild()
TrendInsightTrend.model_rebuild()
TrendInsightTrendShares.model_rebuild()
TrendInsightTrendMeans.model_rebuild()
