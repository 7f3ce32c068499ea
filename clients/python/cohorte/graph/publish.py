from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import UserErrorCode
from .fragments import Cost, QuoteFields


class Publish(BaseModel):
    insight_publish: Optional["PublishInsightPublish"] = Field(alias="insightPublish")


class PublishInsightPublish(BaseModel):
    insight: Optional["PublishInsightPublishInsight"]
    charged: Optional["PublishInsightPublishCharged"]
    quote: Optional["PublishInsightPublishQuote"]
    user_errors: list["PublishInsightPublishUserErrors"] = Field(alias="userErrors")


class PublishInsightPublishInsight(BaseModel):
    id: str


PublishInsightPublishCharged = Cost
PublishInsightPublishQuote = QuoteFields


class PublishInsightPublishUserErrors(BaseModel):
    code: UserErrorCode
    message: str
    path: list[str]


Publish.model_rebuild()
PublishInsightPublish.model_rebuild()
