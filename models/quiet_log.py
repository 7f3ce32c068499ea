"""Which of PostgreSQL's settings keep what members write out of its log.

PostgreSQL logs a statement that fails, and its errors repeat rows. Only a superuser can change these settings.
"""

from models.connecting import connect

QUIET = {
    "log_min_messages": ("log", "fatal", "panic"),
    "log_min_error_statement": ("log", "fatal", "panic"),
    "log_statement": ("none", "ddl"),
    "log_min_duration_statement": ("-1",),
    "log_min_duration_sample": ("-1",),
    "log_transaction_sample_rate": ("0",),
    "log_parameter_max_length_on_error": ("0",),
    "log_lock_waits": ("off",),
    "debug_print_parse": ("off",),
    "debug_print_rewritten": ("off",),
    "debug_print_plan": ("off",),
    "auto_explain.log_min_duration": ("-1",),  # there is none unless that module is loaded
}


async def loud_settings(dsn: str) -> list[str]:
    """The settings of the server at `dsn` with which its log may contain what members write. Any role may connect."""
    connection = await connect(dsn)
    try:
        found = await connection.fetch(
            "SELECT name, setting FROM pg_settings WHERE name = any($1::text[]) ORDER BY name", list(QUIET)
        )
    finally:
        await connection.close()
    return [row["name"] for row in found if row["setting"] not in QUIET[row["name"]]]
