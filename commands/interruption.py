"""Notes the signals that end this process while it starts.

Python raises KeyboardInterrupt wherever the process is. In a destructor, or in the callback of a weak reference, it is
reported and lost, and a process that starts spends some time there.
"""

import signal
from types import FrameType

END = (signal.SIGINT, signal.SIGTERM)

noted: list[int] = []


def note_signals() -> None:
    """From now on END are noted, and raise KeyboardInterrupt. A shell's background job goes on ignoring SIGINT."""
    for number in END:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


def interrupt(number: int, frame: FrameType | None) -> None:
    noted.append(number)
    raise KeyboardInterrupt


def expect_none() -> None:
    """Raises KeyboardInterrupt if a signal has been noted. Called when signals begin to be caught in another way."""
    if noted:
        raise KeyboardInterrupt
