from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import InsightFields


class Published(BaseModel):
    dataset: Optional["PublishedDataset"]


class PublishedDataset(BaseModel):
    insights: "PublishedDatasetInsights"


class PublishedDatasetInsights(BaseModel):
    nodes: list["PublishedDatasetInsightsNodes"]
    page_info: "PublishedDatasetInsightsPageInfo" = Field(alias="pageInfo")


PublishedDatasetInsightsNodes = InsightFields


class PublishedDatasetInsightsPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


Published.model_rebuild()
PublishedDataset.model_rebuild()
PublishedDatasetInsights.model_rebuild()
