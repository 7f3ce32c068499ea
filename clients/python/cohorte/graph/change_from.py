from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import (  # noqa: F401
    CategoryFields,
    ChangeFields,
    InsightFields,
    InsightFieldsBy,
    InsightFieldsCost,
    InsightFieldsCountedBy,
    InsightFieldsDataset,
    InsightFieldsLedgerEntry,
    InsightFieldsRequestedBy,
    InsightFieldsVariable,
)


class ChangeFrom(BaseModel):
    other: Optional["ChangeFromOther"]
    insight: Optional["ChangeFromInsight"]


ChangeFromOther = InsightFields


class ChangeFromInsight(InsightFields):
    change_from: Optional["ChangeFromInsightChangeFrom"] = Field(alias="changeFrom")


class ChangeFromInsightChangeFrom(BaseModel):
    by: list[str]
    shares: list["ChangeFromInsightChangeFromShares"]
    means: list["ChangeFromInsightChangeFromMeans"]


class ChangeFromInsightChangeFromShares(BaseModel):
    category: "ChangeFromInsightChangeFromSharesCategory"
    by: list["ChangeFromInsightChangeFromSharesBy"]
    before: Optional[float]
    after: Optional[float]
    change: "ChangeFromInsightChangeFromSharesChange"


ChangeFromInsightChangeFromSharesCategory = CategoryFields
ChangeFromInsightChangeFromSharesBy = CategoryFields
ChangeFromInsightChangeFromSharesChange = ChangeFields


class ChangeFromInsightChangeFromMeans(BaseModel):
    by: list["ChangeFromInsightChangeFromMeansBy"]
    before: Optional[float]
    after: Optional[float]
    change: "ChangeFromInsightChangeFromMeansChange"


ChangeFromInsightChangeFromMeansBy = CategoryFields
ChangeFromInsightChangeFromMeansChange = ChangeFields
ChangeFrom.model_rebuild()
ChangeFromInsight.model_rebuild()
ChangeFromInsightChangeFrom.model_rebuild()
ChangeFromInsightChangeFromShares.model_rebuild()
ChangeFromInsightChangeFromMeans.model_rebuild()
