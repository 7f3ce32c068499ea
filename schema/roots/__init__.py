"""The roots of the graph: queries, mutations and subscriptions."""

from schema.roots.mutation import Mutation as Mutation
from schema.roots.query import NODES as NODES
from schema.roots.query import Query as Query
from schema.roots.subscription import Subscription as Subscription
