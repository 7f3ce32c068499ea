from datetime import date, datetime
from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import (
    DatasetKind,
    Direction,
    InsightKind,
    Measure,
    MeasurementScale,
    Mismatch,
    OrganizationKind,
    Precision,
    QuoteSuggestionKind,
    Reliability,
    UserErrorCode,
    VariableGroup,
)


class CategoryFields(BaseModel):
    code: str
    label: str
    value: Optional[float]


class CellFields(BaseModel):
    category: "CellFieldsCategory"
    by: list["CellFieldsBy"]
    count: Optional[int]
    margin_of_error: int = Field(alias="marginOfError")
    share: Optional[float]
    interval: Optional["CellFieldsInterval"]
    reliability: Reliability
    share_reliability: Optional[Reliability] = Field(alias="shareReliability")


class CellFieldsCategory(CategoryFields):
    pass


class CellFieldsBy(CategoryFields):
    pass


class CellFieldsInterval(BaseModel):
    low: float
    high: float


class ChangeFields(BaseModel):
    value: Optional[float]
    interval: Optional["ChangeFieldsInterval"]
    mismatch: Optional[Mismatch]


class ChangeFieldsInterval(BaseModel):
    low: float
    high: float


class Cost(BaseModel):
    micro_rho: int = Field(alias="microRho")
    epsilon: float
    delta: float


class DatasetFields(BaseModel):
    id: str
    title: str
    synthetic: bool
    wave: str
    kind: DatasetKind
    collected_from: Optional[date] = Field(alias="collectedFrom")
    frozen_on: date = Field(alias="frozenOn")
    ends_on: date = Field(alias="endsOn")
    ended_on: Optional[date] = Field(alias="endedOn")
    size: int
    offered_to: list[OrganizationKind] = Field(alias="offeredTo")
    community: "DatasetFieldsCommunity"
    budget: "DatasetFieldsBudget"


class DatasetFieldsCommunity(BaseModel):
    slug: str
    name: str


class DatasetFieldsBudget(BaseModel):
    remaining: "DatasetFieldsBudgetRemaining"


class DatasetFieldsBudgetRemaining(BaseModel):
    micro_rho: int = Field(alias="microRho")
    epsilon: float


class EntryFields(BaseModel):
    position: int
    hash: str
    previous_hash: str = Field(alias="previousHash")
    line: str


class InsightFields(BaseModel):
    id: str
    synthetic: bool
    dataset: "InsightFieldsDataset"
    variable: "InsightFieldsVariable"
    by: list["InsightFieldsBy"]
    kind: InsightKind
    counted_by: Optional["InsightFieldsCountedBy"] = Field(alias="countedBy")
    precision: Precision
    margin_of_error: int = Field(alias="marginOfError")
    cost: "InsightFieldsCost"
    published_at: datetime = Field(alias="publishedAt")
    requested_by: Optional["InsightFieldsRequestedBy"] = Field(alias="requestedBy")
    purpose: Optional[str]
    ledger_entry: "InsightFieldsLedgerEntry" = Field(alias="ledgerEntry")


class InsightFieldsDataset(BaseModel):
    id: str
    title: str
    wave: str
    frozen_on: date = Field(alias="frozenOn")
    community: "InsightFieldsDatasetCommunity"


class InsightFieldsDatasetCommunity(BaseModel):
    slug: str
    name: str


class InsightFieldsVariable(BaseModel):
    name: str
    label: str
    unit: Optional[str]


class InsightFieldsBy(BaseModel):
    name: str
    label: str
    unit: Optional[str]


class InsightFieldsCountedBy(BaseModel):
    id: str


class InsightFieldsCost(Cost):
    pass


class InsightFieldsRequestedBy(BaseModel):
    name: str


class InsightFieldsLedgerEntry(BaseModel):
    position: int
    hash: str


class ObstacleFields(BaseModel):
    code: UserErrorCode
    message: str


class QuoteFields(BaseModel):
    cost: "QuoteFieldsCost"
    affordable: bool
    already_published: bool = Field(alias="alreadyPublished")
    cells: int
    margin_of_error: int = Field(alias="marginOfError")
    remaining_after: "QuoteFieldsRemainingAfter" = Field(alias="remainingAfter")
    cheaper: list[Precision]
    covered_by: list["QuoteFieldsCoveredBy"] = Field(alias="coveredBy")
    prices: list["QuoteFieldsPrices"]
    least_count_shown: int = Field(alias="leastCountShown")
    readable_cells: Optional[int] = Field(alias="readableCells")
    least_group_for_share: Optional[int] = Field(alias="leastGroupForShare")
    least_group_for_mean: Optional[int] = Field(alias="leastGroupForMean")
    obstacles: list["QuoteFieldsObstacles"]
    suggestions: list["QuoteFieldsSuggestions"]
    counted_by: Optional["QuoteFieldsCountedBy"] = Field(alias="countedBy")


class QuoteFieldsCost(Cost):
    pass


class QuoteFieldsRemainingAfter(Cost):
    pass


class QuoteFieldsCoveredBy(BaseModel):
    id: str


class QuoteFieldsPrices(BaseModel):
    precision: Precision
    cost: "QuoteFieldsPricesCost"
    affordable: bool


class QuoteFieldsPricesCost(Cost):
    pass


class QuoteFieldsObstacles(ObstacleFields):
    pass


class QuoteFieldsSuggestions(BaseModel):
    kind: QuoteSuggestionKind
    message: str
    variable: Optional[str]
    categories: list[str]
    cost: Optional["QuoteFieldsSuggestionsCost"]


class QuoteFieldsSuggestionsCost(Cost):
    pass


class QuoteFieldsCountedBy(BaseModel):
    id: str


class PlanQuoteFields(BaseModel):
    questions: list["PlanQuoteFieldsQuestions"]
    cost: "PlanQuoteFieldsCost"
    cost_of_uncovered: "PlanQuoteFieldsCostOfUncovered" = Field(alias="costOfUncovered")
    affordable: bool
    remaining_after: "PlanQuoteFieldsRemainingAfter" = Field(alias="remainingAfter")
    obstacles: list["PlanQuoteFieldsObstacles"]


class PlanQuoteFieldsQuestions(BaseModel):
    quote: "PlanQuoteFieldsQuestionsQuote"
    cost: "PlanQuoteFieldsQuestionsCost"
    same_as: Optional[int] = Field(alias="sameAs")
    covered_with: list[int] = Field(alias="coveredWith")
    counted_with: Optional[int] = Field(alias="countedWith")


class PlanQuoteFieldsQuestionsQuote(QuoteFields):
    pass


class PlanQuoteFieldsQuestionsCost(Cost):
    pass


class PlanQuoteFieldsCost(Cost):
    pass


class PlanQuoteFieldsCostOfUncovered(Cost):
    pass


class PlanQuoteFieldsRemainingAfter(Cost):
    pass


class PlanQuoteFieldsObstacles(ObstacleFields):
    pass


class PointFields(BaseModel):
    value: Optional[float]
    interval: Optional["PointFieldsInterval"]
    mismatch: Optional[Mismatch]
    since_first: Optional["PointFieldsSinceFirst"] = Field(alias="sinceFirst")
    since_previous: Optional["PointFieldsSincePrevious"] = Field(alias="sincePrevious")


class PointFieldsInterval(BaseModel):
    low: float
    high: float


class PointFieldsSinceFirst(ChangeFields):
    pass


class PointFieldsSincePrevious(ChangeFields):
    pass


class StatisticFields(BaseModel):
    measure: Measure
    by: list["StatisticFieldsBy"]
    value: Optional[float]
    interval: Optional["StatisticFieldsInterval"]
    reliability: Reliability


class StatisticFieldsBy(CategoryFields):
    pass


class StatisticFieldsInterval(BaseModel):
    low: float
    high: float


class TotalFields(BaseModel):
    by: list["TotalFieldsBy"]
    count: int
    margin_of_error: int = Field(alias="marginOfError")
    sum: float
    sum_margin_of_error: float = Field(alias="sumMarginOfError")
    unknown: int
    unknown_margin_of_error: int = Field(alias="unknownMarginOfError")


class TotalFieldsBy(CategoryFields):
    pass


class VariableFields(BaseModel):
    name: str
    label: str
    description: str
    group: VariableGroup
    scale: MeasurementScale
    direction: Optional[Direction]
    unit: Optional[str]
    max_per_member: int = Field(alias="maxPerMember")
    categories: list["VariableFieldsCategories"]


class VariableFieldsCategories(CategoryFields):
    pass


CategoryFields.model_rebuild()
CellFields.model_rebuild()
ChangeFields.model_rebuild()
Cost.model_rebuild()
DatasetFields.model_rebuild()
EntryFields.model_rebuild()
InsightFields.model_rebuild()
ObstacleFields.model_rebuild()
QuoteFields.model_rebuild()
PlanQuoteFields.model_rebuild()
PointFields.model_rebuild()
StatisticFields.model_rebuild()
TotalFields.model_rebuild()
VariableFields.model_rebuild()
