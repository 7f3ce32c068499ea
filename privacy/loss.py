"""The only place that says to a member what it has given away: the chance of a guess, and a sentence about it."""

import math
from statistics import NormalDist

from privacy.noise import MICRO


def guess(micro_rho: int) -> float:
    """The best chance of telling which of two answers a member gave, for one who knows all else: 0.5 is blind.

    Phi(sqrt(rho)): releases of rho in all are no easier to tell apart than two normal laws whose means lie sqrt(2 rho)
    standard deviations apart; another answer leaves one cell and enters another, which doubles rho; and the best test
    between means d apart is right with Phi(d / 2) (Dong, Roth and Su 2022, section 2). The discrete noise is taken for
    the normal one, from which it cannot be told at the scales that are used (Canonne, Kamath and Steinke 2020).
    """
    if micro_rho < 0:
        raise ValueError("What is spent is not below zero.")
    return NormalDist().cdf(math.sqrt(micro_rho / MICRO))


def statement(spent_micro_rho: int, locale: str) -> str:
    """The same in plain words, and what it does not cover: French where the locale begins with "fr", else English."""
    # Rounded up: what is promised as a most is never understated. An exact number stays itself.
    most = math.ceil(round(guess(spent_micro_rho) * 100, 6))
    if locale.casefold().startswith("fr"):
        said = _FRENCH if spent_micro_rho else _NOTHING_IN_FRENCH
    else:
        said = _ENGLISH if spent_micro_rho else _NOTHING
    return said.format(most=most)


_ENGLISH = (
    "Someone who already knows everything about everybody else, reads all that has been published, and tries to tell"
    " which of two answers you gave, would be right at most {most} times in 100; tossing a coin is right 50 times in"
    " 100. This does not cover a second account of yours, the accounts of your relatives, or what you post yourself."
)
_NOTHING = (
    "Nothing computed from your answers has been published yet: whoever tries to tell which of two answers you gave is"
    " right {most} times in 100, as by tossing a coin. Whatever is said later does not cover a second account of"
    " yours, the accounts of your relatives, or what you post yourself."
)
_FRENCH = (
    "Quelqu’un qui saurait déjà tout de tous les autres, qui lirait tout ce qui a été publié et qui chercherait à"
    " savoir laquelle de deux réponses vous avez donnée aurait raison au plus {most} fois sur 100 ; à pile ou face, on"
    " a raison 50 fois sur 100. Cela ne couvre ni un second compte que vous auriez, ni les comptes de vos proches, ni"
    " ce que vous publiez vous-même."
)
_NOTHING_IN_FRENCH = (
    "Rien de ce qui a été publié à ce jour n’a été calculé à partir de vos réponses : qui chercherait à savoir"
    " laquelle de deux réponses vous avez donnée aurait raison {most} fois sur 100, comme à pile ou face. Ce qui sera"
    " dit plus tard ne couvre ni un second compte que vous auriez, ni les comptes de vos proches, ni ce que vous"
    " publiez vous-même."
)
