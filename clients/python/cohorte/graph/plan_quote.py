from pydantic import Field

from .base_model import BaseModel
from .fragments import PlanQuoteFields


class PlanQuote(BaseModel):
    insight_plan_quote: "PlanQuoteInsightPlanQuote" = Field(alias="insightPlanQuote")


PlanQuoteInsightPlanQuote = PlanQuoteFields
PlanQuote.model_rebuild()
