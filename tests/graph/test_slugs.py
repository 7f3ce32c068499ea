"""Slugs that are made of names: letters without accents, ligatures as two letters."""

import unicodedata

import pytest

from commands.demonstration.texts import slug
from resolvers.catalogue_entries import slug_in

MADE = [
    ("Œsophage Communauté", "oesophage-communaute"),
    ("Œstrogène", "oestrogene"),
    ("Øre", "ore"),
    ("Ærø", "aero"),
    ("Straße", "strasse"),
    ("STRAẞE", "strasse"),
    ("Łódź", "lodz"),
    ("Đặng", "dang"),
    ("Þorn", "thorn"),
    ("Ħal", "hal"),
    ("DIYARBAKIR, Diyarbakır", "diyarbakir-diyarbakir"),
    ("Cœur – n° 2 (léger)", "coeur-n-2-leger"),
]
WITH_APOSTROPHES = [("Crohn's disease", "crohns-disease"), ("L’œdème", "loedeme")]


@pytest.mark.parametrize(("name", "made"), [*MADE, *WITH_APOSTROPHES])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_slug_keeps_every_letter_of_a_name(name: str, made: str, form: str) -> None:
    assert slug_in(None, unicodedata.normalize(form, name)) == made  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "made"), MADE[:-1])
def test_slugs_of_loaded_entries_keep_every_letter_too(name: str, made: str) -> None:
    assert slug(name) == made
