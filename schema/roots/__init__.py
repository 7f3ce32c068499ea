"""The roots of the graph: queries, mutations and subscriptions."""

from schema.roots.mutations import Mutation as Mutation
from schema.roots.queries import NODES as NODES
from schema.roots.queries import Query as Query
from schema.roots.subscriptions import Subscription as Subscription
