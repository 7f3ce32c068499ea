"""Checks the translations of a survey, and reports each fault with its path. Needs no database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from models.languages import DEFAULT, Language
from models.messages import Message, message
from resolvers.research.visibility_rules import OptionDefinition, QuestionDefinition
from resolvers.transactions import Refusal, RefusalCode, Step

IN_ENGLISH = message("The texts themselves are in English. Translate them into another language.")


@dataclass(frozen=True)
class SurveyTranslation:
    """A survey's title and description in another language than English."""

    language: Language
    title: str
    description: str


class Translated(Protocol):
    """The texts of a survey, a question or an option in one language."""

    @property
    def language(self) -> Language: ...


def language_refusals(translations: Sequence[Translated], *path: Step) -> Iterator[Refusal]:
    """The refusals of languages that occur twice, and of the language of the texts themselves."""
    seen = set()
    for number, translation in enumerate(translations):
        if translation.language is DEFAULT:
            yield _invalid(IN_ENGLISH, *path, number, "language")
        elif translation.language in seen:
            yield _invalid(message("Another translation is in this language."), *path, number, "language")
        seen.add(translation.language)


def missing_texts(
    survey: Sequence[SurveyTranslation], questions: Sequence[QuestionDefinition], *path: Step
) -> Iterator[Refusal]:
    """The refusals of texts that lack a language in which others of the survey are; `path` leads to the questions.

    A member would read a half in one language, and a half in the other.
    """
    languages = {each.language for each in survey}
    for question in questions:
        languages |= {each.language for each in question.translations or ()}
        languages |= {each.language for option in question.options for each in option.translations or ()}
    for language in sorted(languages):
        if language not in {each.language for each in survey}:
            yield _missing(language, "translations")
        for number, question in enumerate(questions):
            place = (*path, number)
            found = next((each for each in question.translations or () if each.language is language), None)
            if found is None or (found.help is None) != (question.help is None):
                yield _missing(language, *place, "translations")
            for at, option in enumerate(question.options):
                if language not in {each.language for each in option.translations or ()}:
                    yield _missing(language, *place, "options", at, "translations")


def with_kept(
    questions: Sequence[QuestionDefinition], before: Mapping[str, QuestionDefinition]
) -> list[QuestionDefinition]:
    """The questions with the translations that they had before, by key and code, where none are given."""
    return [_with_kept(question, before.get(question.key)) for question in questions]


def _with_kept(question: QuestionDefinition, before: QuestionDefinition | None) -> QuestionDefinition:
    options = {} if before is None else {option.code: option.translations for option in before.options}

    def kept(option: OptionDefinition) -> OptionDefinition:
        return replace(option, translations=options.get(option.code)) if option.translations is None else option

    translations = question.translations
    if translations is None and before is not None:
        translations = before.translations
    return replace(question, translations=translations, options=tuple(map(kept, question.options)))


def _missing(language: Language, *path: Step) -> Refusal:
    text = message(
        "Other texts of the survey are translated into {language}, and this is not, or only in part.", language=language
    )
    return _invalid(text, *path)


def _invalid(text: Message, *path: Step) -> Refusal:
    return Refusal(RefusalCode.INVALID, text, path)
