"""Runs the programs of others."""

import asyncio
import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".venv" / "conformance" / "bin"  # of locks/conformance.lock


async def output_of(*words: str, folder: Path = ROOT, **environment: str) -> str:
    """Runs a program in a folder; returns its output. Raises AssertionError with its output and errors if it fails."""
    process = await asyncio.create_subprocess_exec(
        *words,
        cwd=folder,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, f"{words[0]} has failed:\n{output.decode()}\n{errors.decode()}"
    return output.decode()
