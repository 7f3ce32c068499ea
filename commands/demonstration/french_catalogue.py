"""The French texts of the demonstration's catalogue and surveys, as the `translations` of their rows."""

import json
import re
from collections.abc import Sequence

from commands.demonstration.french_conditions import FRENCH_CONDITIONS
from commands.demonstration.french_indicators import MEASURED_NAMES, SYMPTOM_NAMES

CONDITIONS = {
    slug: (name, description)
    for slug, name, description in (line.split(" | ") for line in FRENCH_CONDITIONS.strip().splitlines())
}
CONTRACTED = {"le ": "du ", "les ": "des "}
ARTICLES = ("le ", "la ", "les ", "l'")


def translations(**texts: str | Sequence[str] | None) -> str:
    """A row's `translations` with its French texts by column; texts that are None are left out."""
    given = {
        column: typographic(text) if isinstance(text, str) else [*map(typographic, text)]
        for column, text in texts.items()
        if text is not None
    }
    return json.dumps({"fr": given} if given else {}, ensure_ascii=False)


def typographic(text: str) -> str:
    """The text with the signs of docs/translating.md, which the data has as they are typed."""
    text = re.sub(r"(?<=\w)'(?=\w)", "’", text)
    return re.sub(r" (?=[;!?])", "\u202f", re.sub(r" (?=:)", "\u00a0", text))


def capitalized(text: str) -> str:
    """`éruption cutanée` -> `Éruption cutanée`; the other letters stay as they are."""
    return text[:1].upper() + text[1:]


def condition_name(slug: str) -> str:
    """The French name of a community and its condition. Raises KeyError if it has none."""
    name = CONDITIONS[slug][0]
    return capitalized(next(name.removeprefix(article) for article in ARTICLES if name.startswith(article)))


def condition_description(slug: str) -> str:
    return CONDITIONS[slug][1]


def in_sentence(text: str, slug: str) -> str:
    """The text with {c} replaced by the condition and its article, and {of_c} by the same after `de`."""
    name = CONDITIONS[slug][0]
    article = next((article for article in CONTRACTED if name.startswith(article)), None)
    of_name = f"de {name}" if article is None else CONTRACTED[article] + name.removeprefix(article)
    return text.format(c=name, of_c=of_name)


def symptom_names(hpo: str, words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The French name and everyday names of a symptom, given its HPO id (`HP:0012378`) and its French words."""
    name = SYMPTOM_NAMES.get(hpo.removeprefix("HP:"), capitalized(words[0]))
    others = (capitalized(word) for word in words)
    return name, tuple(other for other in dict.fromkeys(others) if other != name)


def measured_names(slug: str) -> tuple[str, tuple[str, ...], str | None]:
    """The French name, everyday names and unit of another indicator; the unit is None if it is the English one."""
    return MEASURED_NAMES[slug]


def treatment_name(words: str) -> str | None:
    """The French name of a treatment, given its French words; None if the name is the same in both languages."""
    return capitalized(words.split(", ")[0]) if words else None
