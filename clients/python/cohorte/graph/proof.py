from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import InsightKind
from .fragments import EntryFields


class Proof(BaseModel):
    insight: Optional["ProofInsight"]


class ProofInsight(BaseModel):
    kind: InsightKind
    variable: "ProofInsightVariable"
    by: list["ProofInsightBy"]
    cells: list["ProofInsightCells"]
    totals: list["ProofInsightTotals"]
    proof: "ProofInsightProof"


class ProofInsightVariable(BaseModel):
    name: str


class ProofInsightBy(BaseModel):
    name: str


class ProofInsightCells(BaseModel):
    category: "ProofInsightCellsCategory"
    by: list["ProofInsightCellsBy"]
    count: Optional[int]


class ProofInsightCellsCategory(BaseModel):
    code: str


class ProofInsightCellsBy(BaseModel):
    code: str


class ProofInsightTotals(BaseModel):
    by: list["ProofInsightTotalsBy"]
    count: int
    sum: float
    unknown: int


class ProofInsightTotalsBy(BaseModel):
    code: str


class ProofInsightProof(BaseModel):
    salt: Optional[str]
    counts: list[int]
    commitment: str
    variables: list["ProofInsightProofVariables"]
    ledger_entry: "ProofInsightProofLedgerEntry" = Field(alias="ledgerEntry")


class ProofInsightProofVariables(BaseModel):
    name: str
    categories: list["ProofInsightProofVariablesCategories"]


class ProofInsightProofVariablesCategories(BaseModel):
    code: str
    value: Optional[float]
    merges: list[str]


ProofInsightProofLedgerEntry = EntryFields
Proof.model_rebuild()
ProofInsight.model_rebuild()
ProofInsightCells.model_rebuild()
ProofInsightTotals.model_rebuild()
ProofInsightProof.model_rebuild()
ProofInsightProofVariables.model_rebuild()
