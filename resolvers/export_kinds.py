"""Lists all kinds of data in a member's export, of every domain."""

from resolvers.exporting import ExportKind, GraphNames
from resolvers.identity.data_exports import member_kinds
from resolvers.insight.data_uses import exported_data_uses, exported_privacy_loss
from resolvers.insight.datasets import exported_records


def export_kinds(names: GraphNames) -> tuple[ExportKind, ...]:
    """The kinds, in the order of an export."""
    return (*member_kinds(names), exported_records(names), exported_data_uses(names), exported_privacy_loss())
