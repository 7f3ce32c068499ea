"""Runs Patroni, as an account for which PostgreSQL runs, until it is told to stop or its parent ends.

    python commands/nodes/launcher.py UID GID CONFIGURATION

Uses the standard library only: it runs in the environment of Patroni, which has none of our packages.
"""

import ctypes
import multiprocessing
import os
import runpy
import signal
import sys

SET_DEATH_SIGNAL, KEEP_CAPABILITIES = 1, 8  # of prctl(2)
CAPABILITIES_3 = 0x20080522  # of capset(2)
READ_ALL = 1 << 1  # CAP_DAC_OVERRIDE


def become(uid: int, gid: int) -> None:
    """Becomes another account, which may still read the files of this environment. Programs that it runs may not."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(KEEP_CAPABILITIES, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    header, kept = (ctypes.c_uint32 * 2)(CAPABILITIES_3, 0), (ctypes.c_uint32 * 6)(READ_ALL, READ_ALL)
    if libc.capset(header, kept):
        raise OSError(ctypes.get_errno(), "the capability to read this environment cannot be kept")


def end_with_parent() -> None:
    """Has the kernel stop this process when its parent ends, however that happens."""
    ctypes.CDLL(None).prctl(SET_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)


def main() -> None:
    uid, gid, configuration = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    if os.geteuid() != uid:
        become(uid, gid)
        # Patroni starts PostgreSQL from a Python that it spawns, which could not read this environment.
        forking = multiprocessing.get_context("fork")
        multiprocessing.get_context = lambda method=None: forking  # type: ignore[assignment]
    end_with_parent()  # again after another account: the kernel forgets it then
    os.umask(0o077)
    sys.argv = ["patroni", configuration]
    runpy.run_module("patroni", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
