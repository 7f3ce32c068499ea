"""Checks that a revised survey keeps the meaning of the answers to it, and reports each fault with its path.

Needs no database. Why these rules: docs/decisions/0008-survey-revisions.md.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from models.languages import Language
from models.messages import Message, message
from models.research.surveys import RuleOperator
from resolvers.research.surveys_rules import OPTIONS
from resolvers.research.visibility_rules import (
    Comparable,
    OptionDefinition,
    QuestionDefinition,
    QuestionTranslation,
    value_of,
)
from resolvers.spelling import Known, corrects, reads_alike, words_of
from resolvers.transactions import Refusal, RefusalCode, Step

# The versions of each question that members could see, oldest first, by key.
Asked: TypeAlias = Mapping[str, Sequence[QuestionDefinition]]
RuleCondition: TypeAlias = tuple[str, RuleOperator, frozenset[Comparable]]

FIXED = message(
    "This cannot change once the survey is scheduled, because answers depend on it. Ask a question with a new key."
)
OTHER_TEXT = message(
    "Members see these words: you can correct misspelt words and punctuation, but not ask something else. Use a new "
    "key for another question."
)
OTHER_LABEL = message(
    "Members see these words: you can correct misspelt words and punctuation, but not offer something else. Use a new "
    "code for another option."
)
OTHER_FRAME = message(
    "Members see these words: you can correct misspelt words and punctuation, but not say something else, because "
    "members have been invited with them."
)
LABEL_OF_ANOTHER = message("Another option of this question has this label, or had it.")
REST_ADDED = message("An option of this question stands for whatever the others leave out, so none can be added.")
REST_REMOVED = message("An option of this question stands for whatever the others leave out, so none can be removed.")
TOO_MANY = message(
    "A question can have at most {most} options, including those that are no longer offered.", most=OPTIONS
)

# Labels of options that mean whatever the others leave out, or all of them; words in lower case, without hyphens.
REST = re.compile(
    r"\b(others?|else|none|neither|nothing|nobody|no one|all of (these|them|the above)"
    r"|autres?|aucune?|rien|toutes? (ces|les) (réponses|options|propositions)|ci dessus)\b"
)


def revision_refusals(
    asked: Asked, questions: Sequence[QuestionDefinition], known: Known, *path: Step
) -> Iterator[Refusal]:
    """The refusals of questions that would change what answers to `asked` mean, with paths that begin with `path`.

    `known` tells which words are in a dictionary. The questions are otherwise valid.
    """
    before = {key: versions[-1] for key, versions in asked.items()}
    after = {question.key: question for question in questions}
    for number, question in enumerate(questions):
        if question.key not in asked:
            continue
        place = (*path, number)
        if question.kind is not before[question.key].kind:
            yield _too_late(FIXED, *place, "kind")
            continue
        if _conditions(question, after) != _conditions(before[question.key], before):
            yield _too_late(FIXED, *place, "visible_when")
        yield from _question_refusals(asked[question.key], question, known, *place)


def wording_refusals(old: str, new: str, known: Known, *path: Step) -> Iterator[Refusal]:
    """The refusal of a title or a description that does more than correct the one that members were invited with."""
    if not corrects(new, old, known):
        yield _too_late(OTHER_FRAME, *path)


def _question_refusals(
    versions: Sequence[QuestionDefinition], question: QuestionDefinition, known: Known, *path: Step
) -> Iterator[Refusal]:
    for name in ("minimum", "maximum", "bins", "max_choices"):
        if getattr(question, name) != getattr(versions[-1], name):
            yield _too_late(FIXED, *path, name)
    if not _is_kept(question.text, [each.text for each in versions], known):
        yield _too_late(OTHER_TEXT, *path, "text")
    if not _is_kept(question.help or "", [each.help or "" for each in versions], known):
        yield _too_late(OTHER_TEXT, *path, "help")
    for number, translation in enumerate(question.translations or ()):
        place, earlier = (*path, "translations", number), _translated(versions, translation.language)
        if not _is_kept(translation.text, [each.text for each in earlier], known):
            yield _too_late(OTHER_TEXT, *place, "text")
        if earlier and not _is_kept(translation.help or "", [each.help or "" for each in earlier], known):
            yield _too_late(OTHER_TEXT, *place, "help")
    yield from _option_refusals(versions, question.options, known, *path, "options")


def _option_refusals(
    versions: Sequence[QuestionDefinition], options: Sequence[OptionDefinition], known: Known, *path: Step
) -> Iterator[Refusal]:
    labels: dict[str, list[str]] = {}
    for option in (option for version in versions for option in version.options):
        labels.setdefault(option.code, []).append(option.label)
    offered = {option.code: option for option in versions[-1].options}
    kept = [option for option in options if option.code in offered]
    stands_for_rest = any(REST.search(" ".join(words_of(offered[option.code].label))) for option in kept)
    if stands_for_rest and len(kept) < len(offered):
        yield _too_late(REST_REMOVED, *path)
    if len(labels.keys() | {option.code for option in options}) > OPTIONS:
        yield _too_late(TOO_MANY, *path)
    for number, option in enumerate(options):
        own = labels.get(option.code, [])
        others = (label for code in labels if code != option.code for label in labels[code])
        if stands_for_rest and option.code not in offered:
            yield _too_late(REST_ADDED, *path, number)
        elif not _is_kept(option.label, own, known):
            yield _too_late(OTHER_LABEL, *path, number, "label")
        elif option.label not in own and any(reads_alike(option.label, other) for other in others):
            yield Refusal(RefusalCode.INVALID, LABEL_OF_ANOTHER, (*path, number, "label"))
        for at, translation in enumerate(option.translations or ()):
            earlier = [
                each.label
                for version in versions
                for one in version.options
                for each in one.translations or ()
                if one.code == option.code and each.language is translation.language
            ]
            if not _is_kept(translation.label, earlier, known):
                yield _too_late(OTHER_LABEL, *path, number, "translations", at, "label")


def _translated(versions: Sequence[QuestionDefinition], language: Language) -> list[QuestionTranslation]:
    """The texts that the versions had in a language; none if members never saw the question in it."""
    return [each for version in versions for each in version.translations or () if each.language is language]


def _is_kept(text: str, versions: Sequence[str], known: Known) -> bool:
    # Compared with every version: several corrections in turn could lead from one word to another.
    text = text.strip()
    return text in versions or all(corrects(text, each, known) for each in versions)


def _conditions(question: QuestionDefinition, by_key: Mapping[str, QuestionDefinition]) -> frozenset[RuleCondition]:
    """The rules of a question: equal if they show it for the same answers, as EQUALS and IN with one value do."""
    return frozenset(
        (
            rule.question,
            RuleOperator.IN if rule.operator is RuleOperator.EQUALS else rule.operator,
            frozenset(value_of(by_key[rule.question].kind, value) for value in rule.values),
        )
        for rule in question.visible_when
    )


def _too_late(reason: Message, *path: Step) -> Refusal:
    return Refusal(RefusalCode.TOO_LATE, reason, path)
