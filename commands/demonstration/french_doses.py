"""Doses as French members write them."""

import re

# Whole phrases, longest first, so that none is taken for a part of another.
PHRASES = {
    english.strip(): french.strip()
    for english, french in (
        line.split("|")
        for line in """
        cycles of four weeks | cycles de quatre semaines
        every twelve weeks | toutes les douze semaines
        every three months | tous les trois mois
        every eight weeks | toutes les huit semaines
        every three weeks | toutes les trois semaines
        every four weeks | toutes les quatre semaines
        every two months | tous les deux mois
        every two weeks | toutes les deux semaines
        every other day | un jour sur deux
        two weeks of three | deux semaines sur trois
        three times a week | trois fois par semaine
        three times a day | trois fois par jour
        five days a month | cinq jours par mois
        four times a day | quatre fois par jour
        a day for five days | par jour pendant cinq jours
        for three days | pendant trois jours
        for four days | pendant quatre jours
        for five days | pendant cinq jours
        with each dose | à chaque prise
        over two years | sur deux ans
        before meals | avant les repas
        twice a week | deux fois par semaine
        twice a year | deux fois par an
        twice a day | deux fois par jour
        once a day | une fois par jour
        on the skin | sur la peau
        with meals | pendant les repas
        when needed | si besoin
        by pump | par pompe
        a month | par mois
        a week | par semaine
        patch | en patch
        MIU | MUI
        IU | UI
        units | unités
    """.strip().splitlines()
    )
}
PHRASE = re.compile("|".join(rf"\b{phrase}\b" for phrase in PHRASES))
POINT = re.compile(r"(?<=\d)\.(?=\d)")


def french_dose(dose: str) -> str:
    """`2.5 mg twice a day` -> `2,5 mg deux fois par jour`."""
    return POINT.sub(",", PHRASE.sub(lambda found: PHRASES[found[0]], dose))
