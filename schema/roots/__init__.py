"""The door to the roots of the graph: what can be asked, what can be done, and what is told at once."""

from schema.roots.mutations import Mutation as Mutation
from schema.roots.queries import NODES as NODES
from schema.roots.queries import Query as Query
from schema.roots.subscriptions import Subscription as Subscription
