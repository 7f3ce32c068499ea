"""The words of labels: in English, or in the language that a translator speaks."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Makes labels in one language: `translate` gives a label, or a template of one, for the English one."""

    translate: Callable[[str], str] = str
    decimal_mark: str = "."

    def __call__(self, english: str, **values: str) -> str:
        """The label, with the values in place of its fields."""
        label = self.translate(english)
        return label.format(**values) if values else label

    def number(self, number: float, unit: str | None = None) -> str:
        """The number for display, with at most ten digits, no decimals if it is whole, and its unit."""
        written = f"{number:.10g}".replace(".", self.decimal_mark)
        return f"{written} {unit}" if unit else written


ENGLISH = Words()
