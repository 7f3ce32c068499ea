"""The programs that users and developers start, each by `python -m commands.NAME`."""

import gc

# Allocations after which Python collects cyclic garbage, by generation. With Python's 700, 10 and 10, importing the
# views takes a quarter longer, and a few large requests cause a full collection: it visits all cached documents, for
# 200 ms.
gc.set_threshold(10_000, 5, 1_000)
