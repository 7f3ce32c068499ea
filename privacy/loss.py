"""A member's privacy loss: the best chance of guessing one of their answers, and an explanation for laypeople."""

import math
from statistics import NormalDist

from privacy.noise import MICRO


def guess_probability(micro_rho: int) -> float:
    """The best chance of telling which of two answers a member gave, for a guesser who knows everything else.

    A probability from 0.5, a coin toss, to 1, after releases that cost `micro_rho` in total. It is Phi(sqrt(rho)):
    releases of rho in total are no easier to distinguish than two normal distributions whose means lie sqrt(2 rho)
    standard deviations apart; a different answer leaves one cell and enters another, which doubles rho; and the best
    test between means d apart is right with probability Phi(d / 2) (Dong, Roth and Su 2022, section 2). The discrete
    noise is approximated by normal noise, which is indistinguishable from it at the scales used (Canonne, Kamath and
    Steinke 2020).

    Raises ValueError if `micro_rho` is below zero.
    """
    if micro_rho < 0:
        raise ValueError("The budget spent must not be below zero.")
    return NormalDist().cdf(math.sqrt(micro_rho / MICRO))


def statement(spent_micro_rho: int, locale: str) -> str:
    """The same in plain words, with what it does not cover: in French if the locale begins with "fr", else in English.

    Raises ValueError if `spent_micro_rho` is below zero.
    """
    # Rounded up, so that the maximum promised is never understated; the inner rounding keeps exact percentages exact.
    most = math.ceil(round(guess_probability(spent_micro_rho) * 100, 6))
    if locale.casefold().startswith("fr"):
        text = _FRENCH if spent_micro_rho else _NOTHING_IN_FRENCH
    else:
        text = _ENGLISH if spent_micro_rho else _NOTHING
    return text.format(most=most)


_ENGLISH = (
    "Someone who knows everything about everybody else, reads everything that has been published, and tries to guess"
    " which of two answers you gave would be right at most {most} times in 100; tossing a coin is right 50 times in"
    " 100. This does not cover a second account of yours, your relatives' accounts, or what you post yourself."
)
_NOTHING = (
    "Nothing computed from your answers has been published yet: someone who tries to guess which of two answers you"
    " gave is right {most} times in 100, as if by tossing a coin. Figures shown here later will not cover a second"
    " account of yours, your relatives' accounts, or what you post yourself."
)
_FRENCH = (
    "Quelqu’un qui saurait déjà tout de tous les autres, qui lirait tout ce qui a été publié et qui chercherait à"
    " deviner laquelle de deux réponses vous avez donnée aurait raison au plus {most} fois sur 100 ; à pile ou face, on"
    " a raison 50 fois sur 100. Cela ne couvre ni un second compte que vous auriez, ni les comptes de vos proches, ni"
    " ce que vous publiez vous-même."
)
_NOTHING_IN_FRENCH = (
    "Rien de ce qui a été publié à ce jour n’a été calculé à partir de vos réponses : quelqu’un qui chercherait à"
    " deviner laquelle de deux réponses vous avez donnée aurait raison {most} fois sur 100, comme à pile ou face. Les"
    " chiffres affichés ici plus tard ne couvriront ni un second compte que vous auriez, ni les comptes de vos proches,"
    " ni ce que vous publiez vous-même."
)
