"""The structure of the demonstration's discussion texts: themes, their placeholders, and languages."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """A subject of discussions, with texts that fit together: each answer fits every opening of its theme.

    Placeholders: {t} a treatment, {s} a symptom, {c} the condition, {n} and {few} small numbers, {d} a duration.
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
    chat: tuple[str, ...]  # complete replies off topic
    returns: tuple[str, ...]  # later replies by the discussion's author
    stories: tuple[tuple[str, ...], ...]  # beginnings, middles and ends of replies in long discussions
    lengths: tuple[str, ...]


CARE = frozenset({"care"})
TREATMENT = frozenset({"treatment"})
SYMPTOM = frozenset({"symptom"})
BOTH = frozenset({"treatment", "symptom"})
NOTHING: frozenset[str] = frozenset()
