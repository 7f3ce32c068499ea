from typing import Optional

from .base_model import BaseModel
from .fragments import (  # noqa: F401
    DatasetFields,
    DatasetFieldsBudget,
    DatasetFieldsCommunity,
    VariableFields,
)


class Dataset(BaseModel):
    dataset: Optional["DatasetDataset"]


class DatasetDataset(DatasetFields):
    variables: list["DatasetDatasetVariables"]


DatasetDatasetVariables = VariableFields
Dataset.model_rebuild()
DatasetDataset.model_rebuild()
