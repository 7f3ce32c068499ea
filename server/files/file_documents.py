"""The queries whose results this server serves as files. Views that accept trusted documents alone accept these too."""


def insight(field: str) -> str:
    """The query of an insight's file, which is the result of one of its fields."""
    return (
        "query InsightFile($id: ID!) { insight(id: $id) {"
        f" dataset {{ title wave }} variable {{ label }} by {{ label }} file: {field} }} }}"
    )


INSIGHT_CSV = insight("csv")
INSIGHT_JSON_STAT = insight("jsonStat")
INSIGHT_CSV_METADATA = """query InsightMetadata($id: ID!) { insight(id: $id) {
  synthetic kind dataset { title wave frozenOn } variable { name label } by { name label }
  publishedAt purpose requestedBy { name } precision marginOfError countedBy { id }
  ledgerEntry { position hash line }
} }"""
INSIGHT_TREND = """query InsightTrend($id: ID!) { insight(id: $id) {
  synthetic dataset { title wave } variable { name label } by { name label }
  trend {
    waves { insight wave frozenOn }
    shares {
      category { code label } by { code label }
      points {
        value interval { low high } mismatch
        sinceFirst { value interval { low high } } sincePrevious { value interval { low high } }
      }
    }
  }
} }"""
INSIGHT_TREND_METADATA = """query InsightTrendMetadata($id: ID!) { insight(id: $id) {
  synthetic dataset { title wave } variable { name label } by { name label }
  purpose requestedBy { name } precision ledgerEntry { position hash line }
  trend { waves { insight title wave frozenOn publishedAt marginOfError } }
} }"""
CODEBOOK = """query Codebook($id: ID!) {
  dataset(id: $id) {
    id title synthetic wave kind collectedFrom frozenOn endsOn endedOn size offeredTo howToRequest community { name }
    variables {
      name label description group scale direction unit window baseline categorization maxPerMember
      codes { system code }
      categories { code label value codes { system code } }
    }
  }
}"""
# The datasets of a page of the catalogue. As few as a stranger's operation may cost by default.
CATALOGUE = """query Catalogue($first: Int!, $after: Cursor, $language: Language!) @inContext(language: $language) {
  datasets(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id title synthetic wave kind collectedFrom frozenOn endsOn endedOn size offeredTo languages howToRequest
      community { name condition { name icd10 orpha } }
      budget { cap { microRho epsilon delta } }
      variables { name label description codes { system code } }
    }
  }
}"""
OWN = (
    INSIGHT_CSV, INSIGHT_JSON_STAT, INSIGHT_CSV_METADATA, INSIGHT_TREND, INSIGHT_TREND_METADATA, CODEBOOK, CATALOGUE,
)  # fmt: skip
