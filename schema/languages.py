"""The languages of the graph."""

from models.languages import Language as Language
from planner.declare import graph_enum

graph_enum(Language)
