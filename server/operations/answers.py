"""Limits the size of an answer while it is made."""

from planner.plans import TOO_LARGE
from server.operations.errors import RequestError, limit_exceeded


class AnswerSize:
    """Counts the bytes that one operation's answer is made of, up to a limit."""

    __slots__ = ("bytes", "most")

    def __init__(self, most: int) -> None:
        self.most, self.bytes = most, 0

    def count(self, bytes: int) -> None:
        """Adds a part of this size. Raises RequestError if the answer exceeds the limit, or did before."""
        self.bytes += bytes
        if self.bytes > self.most:
            raise too_large(self.most)

    def text(self, text: str | None) -> str | None:
        """The result of a planned statement, which is counted. Raises RequestError if it exceeds the limit."""
        if text is not None:
            self.count(self.most + 1 if text == TOO_LARGE else len(text))
        return text


def too_large(most: int) -> RequestError:
    message = f"The response exceeds the limit of {most:,} bytes. Select less, or smaller pages."
    return limit_exceeded("answer_bytes", most, message)
