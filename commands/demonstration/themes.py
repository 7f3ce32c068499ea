"""The only place that says what a theme of the demonstration's discussions is made of, and what fills its blanks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """What a discussion may be about, with sentences that fit together: an answer answers every opening of its theme.

    Blanks: {t} a treatment, {s} a symptom, {c} the condition, {n} and {few} small numbers, {d} a length of time.
    """

    needs: frozenset[str]  # of "treatment" (a medicine or supplement), "care" (any other treatment) and "symptom"
    titles: tuple[str, ...]
    openings: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Language:
    themes: tuple[Theme, ...]
    greetings: tuple[str, ...]
    questions: tuple[str, ...]  # end an opening
    leads: tuple[str, ...]  # begin a reply
    tails: tuple[str, ...]  # end a reply
    chat: tuple[str, ...]  # a whole reply when all has been said
    returns: tuple[str, ...]  # the author's own word later on
    stories: tuple[tuple[str, ...], ...]  # beginnings, middles and ends, for long discussions
    lengths: tuple[str, ...]


CARE = frozenset({"care"})
TREATMENT = frozenset({"treatment"})
SYMPTOM = frozenset({"symptom"})
BOTH = frozenset({"treatment", "symptom"})
NOTHING: frozenset[str] = frozenset()
