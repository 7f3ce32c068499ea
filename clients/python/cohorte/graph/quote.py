from pydantic import Field

from .base_model import BaseModel
from .fragments import QuoteFields


class Quote(BaseModel):
    insight_quote: "QuoteInsightQuote" = Field(alias="insightQuote")


QuoteInsightQuote = QuoteFields
Quote.model_rebuild()
