__all__ = [
    "CHANGE_FROM_GQL",
    "COMPARABLE_GQL",
    "DATASETS_GQL",
    "DATASET_GQL",
    "INSIGHT_GQL",
    "JSON_STAT_GQL",
    "LEDGER_GQL",
    "PLAN_PUBLISH_GQL",
    "PLAN_QUOTE_GQL",
    "PROOF_GQL",
    "PUBLISHED_GQL",
    "PUBLISH_GQL",
    "QUOTE_GQL",
    "RECONCILED_GQL",
    "TREND_GQL",
]

DATASETS_GQL = """
query Datasets($community: String, $first: Int!, $after: Cursor) {
  datasets(community: $community, first: $first, after: $after) {
    nodes {
      ...DatasetFields
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}

fragment DatasetFields on Dataset {
  id
  title
  synthetic
  wave
  kind
  collectedFrom
  frozenOn
  endsOn
  endedOn
  size
  offeredTo
  community {
    slug
    name
  }
  budget {
    remaining {
      microRho
      epsilon
    }
  }
}
"""

DATASET_GQL = """
query Dataset($id: ID!, $search: String) {
  dataset(id: $id) {
    ...DatasetFields
    variables(search: $search) {
      ...VariableFields
    }
  }
}

fragment CategoryFields on Category {
  code
  label
  value
}

fragment DatasetFields on Dataset {
  id
  title
  synthetic
  wave
  kind
  collectedFrom
  frozenOn
  endsOn
  endedOn
  size
  offeredTo
  community {
    slug
    name
  }
  budget {
    remaining {
      microRho
      epsilon
    }
  }
}

fragment VariableFields on Variable {
  name
  label
  description
  group
  scale
  direction
  unit
  maxPerMember
  categories {
    ...CategoryFields
  }
}
"""

PUBLISHED_GQL = """
query Published($dataset: ID!, $first: Int!, $after: Cursor) {
  dataset(id: $dataset) {
    insights(first: $first, after: $after) {
      nodes {
        ...InsightFields
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}

fragment Cost on PrivacyCost {
  microRho
  epsilon
  delta
}

fragment InsightFields on Insight {
  id
  synthetic
  dataset {
    id
    title
    wave
    frozenOn
    community {
      slug
      name
    }
  }
  variable {
    name
    label
    unit
  }
  by {
    name
    label
    unit
  }
  kind
  countedBy {
    id
  }
  precision
  marginOfError
  cost {
    ...Cost
  }
  publishedAt
  requestedBy {
    name
  }
  purpose
  ledgerEntry {
    position
    hash
  }
}
"""

QUOTE_GQL = """
query Quote($input: InsightQuoteInput!) {
  insightQuote(input: $input) {
    ...QuoteFields
  }
}

fragment Cost on PrivacyCost {
  microRho
  epsilon
  delta
}

fragment ObstacleFields on QuoteObstacle {
  code
  message
}

fragment QuoteFields on InsightQuote {
  cost {
    ...Cost
  }
  affordable
  alreadyPublished
  cells
  marginOfError
  remainingAfter {
    ...Cost
  }
  cheaper
  coveredBy {
    id
  }
  prices {
    precision
    cost {
      ...Cost
    }
    affordable
  }
  leastCountShown
  readableCells
  leastGroupForShare
  leastGroupForMean
  obstacles {
    ...ObstacleFields
  }
  suggestions {
    kind
    message
    variable
    categories
    cost {
      ...Cost
    }
  }
  countedBy {
    id
  }
}
"""

PUBLISH_GQL = """
mutation Publish($input: InsightInput!) {
  insightPublish(input: $input) {
    insight {
      id
    }
    charged {
      ...Cost
    }
    quote {
      ...QuoteFields
    }
    userErrors {
      code
      message
      path
    }
  }
}

fragment Cost on PrivacyCost {
  microRho
  epsilon
  delta
}

fragment ObstacleFields on QuoteObstacle {
  code
  message
}

fragment QuoteFields on InsightQuote {
  cost {
    ...Cost
  }
  affordable
  alreadyPublished
  cells
  marginOfError
  remainingAfter {
    ...Cost
  }
  cheaper
  coveredBy {
    id
  }
  prices {
    precision
    cost {
      ...Cost
    }
    affordable
  }
  leastCountShown
  readableCells
  leastGroupForShare
  leastGroupForMean
  obstacles {
    ...ObstacleFields
  }
  suggestions {
    kind
    message
    variable
    categories
    cost {
      ...Cost
    }
  }
  countedBy {
    id
  }
}
"""

PLAN_QUOTE_GQL = """
query PlanQuote($input: InsightPlanQuoteInput!) {
  insightPlanQuote(input: $input) {
    ...PlanQuoteFields
  }
}

fragment Cost on PrivacyCost {
  microRho
  epsilon
  delta
}

fragment ObstacleFields on QuoteObstacle {
  code
  message
}

fragment PlanQuoteFields on InsightPlanQuote {
  questions {
    quote {
      ...QuoteFields
    }
    cost {
      ...Cost
    }
    sameAs
    coveredWith
    countedWith
  }
  cost {
    ...Cost
  }
  costOfUncovered {
    ...Cost
  }
  affordable
  remainingAfter {
    ...Cost
  }
  obstacles {
    ...ObstacleFields
  }
}

fragment QuoteFields on InsightQuote {
  cost {
    ...Cost
  }
  affordable
  alreadyPublished
  cells
  marginOfError
  remainingAfter {
    ...Cost
  }
  cheaper
  coveredBy {
    id
  }
  prices {
    precision
    cost {
      ...Cost
    }
    affordable
  }
  leastCountShown
  readableCells
  leastGroupForShare
  leastGroupForMean
  obstacles {
    ...ObstacleFields
  }
  suggestions {
    kind
    message
    variable
    categories
    cost {
      ...Cost
    }
  }
  countedBy {
    id
  }
}
"""

PLAN_PUBLISH_GQL = """
mutation PlanPublish($input: InsightPlanPublishInput!) {
  insightPlanPublish(input: $input) {
    insights {
      id
    }
    charged {
      ...Cost
    }
    quote {
      ...PlanQuoteFields
    }
    userErrors {
      code
      message
      path
    }
  }
}

fragment Cost on PrivacyCost {
  microRho
  epsilon
  delta
}

fragment ObstacleFields on QuoteObstacle {
  code
  message
}

fragment PlanQuoteFields on InsightPlanQuote {
  questions {
    quote {
      ...QuoteFields
    }
    cost {
      ...Cost
    }
    sameAs
    coveredWith
    countedWith
  }
  cost {
    ...Cost
  }
  costOfUncovered {
    ...Cost
  }
  affordable
  remainingAfter {
    ...Cost
  }
  obstacles {
    ...ObstacleFields
  }
}

fragment QuoteFields on InsightQuote {
  cost {
    ...Cost
  }
  affordable
  alreadyPublished
  cells
  marginOfError
  remainingAfter {
    ...Cost
  }
  cheaper
  coveredBy {
    id
  }
  prices {
    precision
    cost {
      ...Cost
    }
    affordable
  }
  leastCountShown
  readableCells
  leastGroupForShare
  leastGroupForMean
  obstacles {
    ...ObstacleFields
  }
  suggestions {
    kind
    message
    variable
    categories
    cost {
      ...Cost
    }
  }
  countedBy {
    id
  }
}
"""

INSIGHT_GQL = """
query Insight($id: ID!, $by: [String!], $where: [CategoryFilter!], $includeUnreliable: Boolean!) {
  insight(id: $id) {
    ...InsightFields
    cells(by: $by, where: $where, includeUnreliable: $includeUnreliable) {
      ...CellFields
    }
    statistics(by: $by, where: $where) {
      ...StatisticFields
    }
    totals(by: $by, where: $where) {
      ...TotalFields
    }
  }
}

fragment CategoryFields on Category {
  code
  label
  value
}

fragment CellFields on Cell {
  category {
    ...CategoryFields
  }
  by {
    ...CategoryFields
  }
  count
  marginOfError
  share
  interval {
    low
    high
  }
  reliability
  shareReliability
}

fragment Cost on PrivacyCost {
  microRho
  epsilon
  delta
}

fragment InsightFields on Insight {
  id
  synthetic
  dataset {
    id
    title
    wave
    frozenOn
    community {
      slug
      name
    }
  }
  variable {
    name
    label
    unit
  }
  by {
    name
    label
    unit
  }
  kind
  countedBy {
    id
  }
  precision
  marginOfError
  cost {
    ...Cost
  }
  publishedAt
  requestedBy {
    name
  }
  purpose
  ledgerEntry {
    position
    hash
  }
}

fragment StatisticFields on Statistic {
  measure
  by {
    ...CategoryFields
  }
  value
  interval {
    low
    high
  }
  reliability
}

fragment TotalFields on Total {
  by {
    ...CategoryFields
  }
  count
  marginOfError
  sum
  sumMarginOfError
  unknown
  unknownMarginOfError
}
"""

RECONCILED_GQL = """
query Reconciled($id: ID!, $includeUnreliable: Boolean!) {
  insight(id: $id) {
    ...InsightFields
    reconciled(includeUnreliable: $includeUnreliable) {
      releases
      asOf
      cells {
        ...CellFields
      }
      statistics {
        ...StatisticFields
      }
    }
  }
}

fragment CategoryFields on Category {
  code
  label
  value
}

fragment CellFields on Cell {
  category {
    ...CategoryFields
  }
  by {
    ...CategoryFields
  }
  count
  marginOfError
  share
  interval {
    low
    high
  }
  reliability
  shareReliability
}

fragment Cost on PrivacyCost {
  microRho
  epsilon
  delta
}

fragment InsightFields on Insight {
  id
  synthetic
  dataset {
    id
    title
    wave
    frozenOn
    community {
      slug
      name
    }
  }
  variable {
    name
    label
    unit
  }
  by {
    name
    label
    unit
  }
  kind
  countedBy {
    id
  }
  precision
  marginOfError
  cost {
    ...Cost
  }
  publishedAt
  requestedBy {
    name
  }
  purpose
  ledgerEntry {
    position
    hash
  }
}

fragment StatisticFields on Statistic {
  measure
  by {
    ...CategoryFields
  }
  value
  interval {
    low
    high
  }
  reliability
}
"""

COMPARABLE_GQL = """
query Comparable($id: ID!) {
  insight(id: $id) {
    comparable {
      ...InsightFields
    }
  }
}

fragment Cost on PrivacyCost {
  microRho
  epsilon
  delta
}

fragment InsightFields on Insight {
  id
  synthetic
  dataset {
    id
    title
    wave
    frozenOn
    community {
      slug
      name
    }
  }
  variable {
    name
    label
    unit
  }
  by {
    name
    label
    unit
  }
  kind
  countedBy {
    id
  }
  precision
  marginOfError
  cost {
    ...Cost
  }
  publishedAt
  requestedBy {
    name
  }
  purpose
  ledgerEntry {
    position
    hash
  }
}
"""

CHANGE_FROM_GQL = """
query ChangeFrom($id: ID!, $other: ID!, $by: [String!], $where: [CategoryFilter!]) {
  other: insight(id: $other) {
    ...InsightFields
  }
  insight(id: $id) {
    ...InsightFields
    changeFrom(insight: $other, by: $by, where: $where) {
      by
      shares {
        category {
          ...CategoryFields
        }
        by {
          ...CategoryFields
        }
        before
        after
        change {
          ...ChangeFields
        }
      }
      means {
        by {
          ...CategoryFields
        }
        before
        after
        change {
          ...ChangeFields
        }
      }
    }
  }
}

fragment CategoryFields on Category {
  code
  label
  value
}

fragment ChangeFields on Change {
  value
  interval {
    low
    high
  }
  mismatch
}

fragment Cost on PrivacyCost {
  microRho
  epsilon
  delta
}

fragment InsightFields on Insight {
  id
  synthetic
  dataset {
    id
    title
    wave
    frozenOn
    community {
      slug
      name
    }
  }
  variable {
    name
    label
    unit
  }
  by {
    name
    label
    unit
  }
  kind
  countedBy {
    id
  }
  precision
  marginOfError
  cost {
    ...Cost
  }
  publishedAt
  requestedBy {
    name
  }
  purpose
  ledgerEntry {
    position
    hash
  }
}
"""

TREND_GQL = """
query Trend($id: ID!, $by: [String!], $where: [CategoryFilter!]) {
  insight(id: $id) {
    ...InsightFields
    trend(by: $by, where: $where) {
      waves {
        insight
        title
        wave
        frozenOn
        publishedAt
        marginOfError
      }
      shares {
        category {
          ...CategoryFields
        }
        by {
          ...CategoryFields
        }
        points {
          ...PointFields
        }
      }
      means {
        by {
          ...CategoryFields
        }
        points {
          ...PointFields
        }
      }
    }
  }
}

fragment CategoryFields on Category {
  code
  label
  value
}

fragment ChangeFields on Change {
  value
  interval {
    low
    high
  }
  mismatch
}

fragment Cost on PrivacyCost {
  microRho
  epsilon
  delta
}

fragment InsightFields on Insight {
  id
  synthetic
  dataset {
    id
    title
    wave
    frozenOn
    community {
      slug
      name
    }
  }
  variable {
    name
    label
    unit
  }
  by {
    name
    label
    unit
  }
  kind
  countedBy {
    id
  }
  precision
  marginOfError
  cost {
    ...Cost
  }
  publishedAt
  requestedBy {
    name
  }
  purpose
  ledgerEntry {
    position
    hash
  }
}

fragment PointFields on TrendPoint {
  value
  interval {
    low
    high
  }
  mismatch
  sinceFirst {
    ...ChangeFields
  }
  sincePrevious {
    ...ChangeFields
  }
}
"""

JSON_STAT_GQL = """
query JsonStat($id: ID!) {
  insight(id: $id) {
    jsonStat
  }
}
"""

PROOF_GQL = """
query Proof($id: ID!) {
  insight(id: $id) {
    kind
    variable {
      name
    }
    by {
      name
    }
    cells(includeUnreliable: true) {
      category {
        code
      }
      by {
        code
      }
      count
    }
    totals {
      by {
        code
      }
      count
      sum
      unknown
    }
    proof {
      salt
      counts
      commitment
      variables {
        name
        categories {
          code
          value
          merges
        }
      }
      ledgerEntry {
        ...EntryFields
      }
    }
  }
}

fragment EntryFields on LedgerEntry {
  position
  hash
  previousHash
  line
}
"""

LEDGER_GQL = """
query Ledger($first: Int!, $after: Cursor) {
  ledgerEntries(first: $first, after: $after) {
    nodes {
      ...EntryFields
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}

fragment EntryFields on LedgerEntry {
  position
  hash
  previousHash
  line
}
"""
