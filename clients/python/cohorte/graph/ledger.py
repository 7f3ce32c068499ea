from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import EntryFields


class Ledger(BaseModel):
    ledger_entries: "LedgerLedgerEntries" = Field(alias="ledgerEntries")


class LedgerLedgerEntries(BaseModel):
    nodes: list["LedgerLedgerEntriesNodes"]
    page_info: "LedgerLedgerEntriesPageInfo" = Field(alias="pageInfo")


LedgerLedgerEntriesNodes = EntryFields


class LedgerLedgerEntriesPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


Ledger.model_rebuild()
LedgerLedgerEntries.model_rebuild()
