"""Runs a Python module's command line as a process of its own."""

import asyncio
import os
import sys
from pathlib import Path

from models.functions import FOLDER

ROOT = FOLDER.parents[1]


async def run_module(*words: str, folder: Path = ROOT, **environment: str) -> tuple[int | None, str]:
    """Runs `python -m` with these words in a folder; returns its exit status and output."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *words,
        cwd=folder,
        env={"PATH": os.environ["PATH"]} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode, output.decode()
    finally:
        if process.returncode is None:
            process.kill()
