from typing import Optional

from pydantic import Field

from .base_model import BaseModel


class JsonStat(BaseModel):
    insight: Optional["JsonStatInsight"]


class JsonStatInsight(BaseModel):
    json_stat: str = Field(alias="jsonStat")


JsonStat.model_rebuild()
