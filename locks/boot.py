"""Makes `.venv` with what installs the rest: the packages of locks/boot.lock, uv among them.

Runs before anything is installed, so it uses the standard library alone.
"""

import fcntl
import os
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

LOCK = Path(__file__).resolve().parent / "boot.lock"
VENV = LOCK.parent.parent / ".venv"
PYTHON = VENV / "bin" / "python"
# Nothing is written outside the clone: no download cache in the home folder.
ENVIRONMENT = {"PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def boot() -> None:
    """Makes `.venv` unless it is there, whole, in this place and of this lock.

    Two may be called at the same time: the second waits, then finds the work done. A clone that was moved or copied
    keeps a `.venv` whose scripts point to the old place: it is made again.
    """
    made, mark = f"{VENV} {sha256(LOCK.read_bytes()).hexdigest()}", VENV / "boot"
    with VENV.with_name(".venv.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (mark.exists() and mark.read_text() == made and PYTHON.exists()):
            print("making .venv ...", flush=True)
            make()
            mark.write_text(made)


def make() -> None:
    bundled = find_spec("ensurepip") is not None
    if not bundled and find_spec("pip") is None:
        raise SystemExit(
            "This Python can install nothing: it has neither ensurepip nor pip. "
            f"On Debian and Ubuntu: apt install python3.{sys.version_info.minor}-venv"
        )
    run(sys.executable, "-m", "venv", "--clear", *([] if bundled else ["--without-pip"]), VENV)
    # Debian without python3-venv, but with python3-pip, whose pip then installs into the other environment.
    pip = [PYTHON, "-m", "pip"] if bundled else [sys.executable, "-m", "pip", "--python", PYTHON]
    run(*pip, "install", "--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", LOCK)


def run(*command: object) -> None:
    done = subprocess.run([str(part) for part in command], env=os.environ | ENVIRONMENT, check=False)
    if done.returncode:
        raise SystemExit("The installation did not finish; the lines above say why. The next try starts afresh.")


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - this script meets whatever Python the machine has
        raise SystemExit(
            f"Cohorte needs Python 3.11 or later, not {sys.version.split()[0]}: make PYTHON=python3.12 ..."
        )
    try:
        boot()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
