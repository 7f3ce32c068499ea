"""Gives freed memory back to the operating system, where the C library is glibc; elsewhere it does nothing."""

import ctypes

M_ARENA_MAX = -8  # of <malloc.h>


def use_one_heap() -> None:
    """Lets all threads allocate from one heap. To be called before there are threads.

    Each thread has its own otherwise, of which `give_back` reaches none, and which stays as large as it once was.
    Threads hardly wait for each other at a common one: the interpreter's lock has them take turns anyway.
    """
    if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(ctypes.c_int(M_ARENA_MAX), ctypes.c_int(1))


def give_back() -> None:
    """Returns the free memory of the heap to the operating system. Other threads of the interpreter go on meanwhile."""
    if (malloc_trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        malloc_trim(ctypes.c_size_t(0))
