from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import InsightKind, Precision


class CategoryFilter(BaseModel):
    variable: str
    in_: list[str] = Field(alias="in")


class CategoryGroupInput(BaseModel):
    categories: list[str]
    label: Optional[str] = None


class GroupingInput(BaseModel):
    variable: str
    groups: Optional[list["CategoryGroupInput"]] = None
    name: Optional[str] = None


class InsightInput(BaseModel):
    dataset: str
    variable: str
    by: Optional[list[str]] = None
    groupings: Optional[list["GroupingInput"]] = None
    precision: Precision
    kind: Optional[InsightKind] = None
    licence: Optional[str] = None
    client_mutation_id: Optional[str] = Field(alias="clientMutationId", default=None)


class InsightPlanPublishInput(BaseModel):
    dataset: str
    questions: list["PlannedQuestionInput"]
    licence: Optional[str] = None
    client_mutation_id: Optional[str] = Field(alias="clientMutationId", default=None)


class InsightPlanQuoteInput(BaseModel):
    dataset: str
    questions: list["PlannedQuestionInput"]
    licence: Optional[str] = None


class InsightQuoteInput(BaseModel):
    dataset: str
    variable: str
    by: Optional[list[str]] = None
    groupings: Optional[list["GroupingInput"]] = None
    precision: Precision
    kind: Optional[InsightKind] = None
    licence: Optional[str] = None


class PlannedQuestionInput(BaseModel):
    variable: str
    by: Optional[list[str]] = None
    groupings: Optional[list["GroupingInput"]] = None
    precision: Precision
    kind: Optional[InsightKind] = None


GroupingInput.model_rebuild()
InsightInput.model_rebuild()
InsightPlanPublishInput.model_rebuild()
InsightPlanQuoteInput.model_rebuild()
InsightQuoteInput.model_rebuild()
PlannedQuestionInput.model_rebuild()
