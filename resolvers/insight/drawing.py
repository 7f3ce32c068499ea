"""Draws noise without blocking the event loop, and lets no error that may contain an exact count out.

Where nothing else is said, noise is drawn in a thread of this process. A process that serves has it drawn in another.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from privacy import noise
from resolvers.insight.noise_process import Arguments, DrawingFailed, Drawn, NoiseProcess, ProcessEnded


class NoiseFailed(Exception):
    """The noise could not be drawn. The message is the class of the error, whose own message might hold counts."""


class NoiseUnavailable(NoiseFailed):
    """The process that draws has ended or hung. Nobody knows what it drew, so drawing again shows nothing more."""


_apart: NoiseProcess | None = None


@contextmanager
def drawn_apart() -> Iterator[NoiseProcess]:
    """As long as it lasts, this process has all noise drawn by another one, which is ended at the end."""
    global _apart  # one for the whole process, which never draws itself
    before, _apart = _apart, NoiseProcess()
    try:
        yield _apart
    finally:
        _apart.close()
        _apart = before


async def drawn(draw: Callable[[*Arguments], Drawn], *given: *Arguments) -> Drawn:
    """What `draw`, a function of `privacy`, returns for exact counts. Raises NoiseFailed if it fails.

    To be called in the transaction that charges it and stores what was drawn, so that a failure undoes both.
    """
    return await (in_thread(draw, *given) if _apart is None else in_thread(_apart.call, draw, *given))


async def be_ready() -> None:
    """Has the process that draws start, if there is one, which takes half a second: before anything is locked.

    A failure is left to the draw, which is undone with what it was for.
    """
    if _apart is not None:
        with suppress(NoiseFailed):
            await drawn(noise.noise_for, 1)


async def in_thread(work: Callable[[*Arguments], Drawn], *given: *Arguments) -> Drawn:
    """What `work` returns for exact counts, in a thread of this process. Raises NoiseFailed if it fails."""
    try:
        return await asyncio.to_thread(work, *given)
    except Exception as error:
        failed = _without_counts(error)
    raise failed  # outside of the handler, so that the error is not its context


def _without_counts(error: Exception) -> NoiseFailed:
    if isinstance(error, ProcessEnded):
        return NoiseUnavailable(type(error).__name__)
    return NoiseFailed(str(error) if isinstance(error, DrawingFailed) else type(error).__name__)
