"""Mutations of exports of members' data."""

from datetime import datetime, timedelta

from models.identity import data_exports as tables
from planner.declare import graph_enum
from resolvers.identity import data_exports_mutations as write
from schema.access import PATIENT
from schema.mutations import Options, given, mutation, mutations

MINUTES = write.LIFETIME // timedelta(minutes=1)

graph_enum(tables.DataExportFormat)


@mutations
class DataExportMutations:
    data_export = mutation(
        write.open_data_export,
        "Request an export of everything that is stored about the viewer, to download from a one-time address.",
        only=PATIENT,
        rate="exports",
        shows={
            "address": given(
                str,
                "The address to download the export from, relative to the server's own. It works once, without further "
                f"credentials, for {MINUTES} minutes, while the viewer's session is open and until another export is "
                "requested.",
            ),
            "expires_at": given(datetime, "When the address expires."),
        },
        options=Options(stored=False),
        format="The format of the export.",
    )
