"""Finds out how many file descriptors the process may have, and how many of them are left for connections."""

import resource

FEWEST = 20  # connections with which a server is of use


class TooFewDescriptors(Exception):
    """The process may have too few file descriptors to serve; the text says how many it needs."""


def descriptors(wanted: int) -> int:
    """The descriptors that the process may have, after raising its soft limit towards `wanted`, if that is lower."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    if soft < wanted and (hard == resource.RLIM_INFINITY or hard > soft):
        raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
        except (OSError, ValueError):  # macOS has a lower limit than it reports
            return soft
        return raised
    return soft


def connections_left(connections: int, own: int) -> tuple[int, int]:
    """How many of `connections` the process may have if it keeps `own` descriptors for itself, and how many it has.

    Raises TooFewDescriptors.
    """
    available = descriptors(connections + own)
    if available < FEWEST + own:
        raise TooFewDescriptors(
            f"The process may have {available} file descriptors and needs at least {FEWEST + own}. Raise the limit, "
            "such as with `ulimit -n`."
        )
    return min(connections, available - own), available
