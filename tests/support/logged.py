"""What one part of the server has logged."""

import pytest


def logged(caplog: pytest.LogCaptureFixture, logger: str) -> list[str]:
    """The messages of one logger, in order: a server that other tests share may log meanwhile."""
    return [record.getMessage() for record in caplog.records if record.name == logger]
