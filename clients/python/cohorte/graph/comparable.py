from typing import Optional

from .base_model import BaseModel
from .fragments import InsightFields


class Comparable(BaseModel):
    insight: Optional["ComparableInsight"]


class ComparableInsight(BaseModel):
    comparable: list["ComparableInsightComparable"]


ComparableInsightComparable = InsightFields
Comparable.model_rebuild()
ComparableInsight.model_rebuild()
