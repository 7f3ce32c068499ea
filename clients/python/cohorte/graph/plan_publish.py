from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import UserErrorCode
from .fragments import Cost, PlanQuoteFields


class PlanPublish(BaseModel):
    insight_plan_publish: Optional["PlanPublishInsightPlanPublish"] = Field(
        alias="insightPlanPublish"
    )


class PlanPublishInsightPlanPublish(BaseModel):
    insights: Optional[list["PlanPublishInsightPlanPublishInsights"]]
    charged: Optional["PlanPublishInsightPlanPublishCharged"]
    quote: Optional["PlanPublishInsightPlanPublishQuote"]
    user_errors: list["PlanPublishInsightPlanPublishUserErrors"] = Field(
        alias="userErrors"
    )


class PlanPublishInsightPlanPublishInsights(BaseModel):
    id: str


PlanPublishInsightPlanPublishCharged = Cost
PlanPublishInsightPlanPublishQuote = PlanQuoteFields


class PlanPublishInsightPlanPublishUserErrors(BaseModel):
    code: UserErrorCode
    message: str
    path: list[str]


PlanPublish.model_rebuild()
PlanPublishInsightPlanPublish.model_rebuild()
