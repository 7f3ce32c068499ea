"""Spelling: which changes of a text only correct how it is written, and which change what it says."""

import pytest

from resolvers.spelling import corrects, dictionary, reads_alike

CORRECTIONS = [
    # misspelt words: a letter exchanged, missing, in excess or wrong
    ("Wieght in kg", "Weight in kg"), ("Somewaht", "Somewhat"), ("Treatd?", "Treated?"), ("Yess", "Yes"),
    ("teh weight", "the weight"), ("How manny houers of sleep", "How many hours of sleep"), ("Headahce", "Headache"),
    ("Recieve a treatement", "Receive a treatment"), ("definately", "definitely"), ("essouflement", "essoufflement"),
    ("Chirugie", "Chirurgie"), ("Medecation", "Medication"), ("Depresion", "Depression"), ("migrane", "migraine"),
    # accents, apostrophes, ligatures
    ("A quel age avez vous ete diagnostique ?", "À quel âge avez-vous été diagnostiqué ?"), ("coeur", "cœur"),
    ("Etes-vous fatigue ?", "Êtes-vous fatigué ?"), ("Symptomes", "Symptômes"), ("l'annee", "l’année"),
    ("I dont know", "I don't know"), ("isnt", "isn't"), ("aujourdhui", "aujourd'hui"), ("l'age", "l'âge"),
    # spaces, hyphens, case, punctuation, words written twice
    ("alot", "a lot"), ("health  care", "health care"), ("long term", "Long-term"), ("yes", "Yes"),
    ("the the weight", "the weight"), ("Over the last month how often", "Over the last month, how often?"),
    ("Not treated", "Not treated."), ("Very (often)", "Very often"), ("10 - 20", "10–20"), ("\u200bYes", "Yes"),
    ("'Often'", "Often"), ("He\u0301patite", "Hépatite"),
]  # fmt: skip
OTHERS = [
    # other words, most of them one letter apart
    ("Yes", "No"), ("Weight in kg", "Height in kg"), ("never", "ever"), ("walking", "waking"), ("month", "mouth"),
    ("douleur", "douceur"), ("mois", "moins"), ("poids", "taille"), ("last", "least"), ("left", "right"),
    ("more", "less"), ("always", "sometimes"), ("able", "unable"), ("not able", "notable"), ("male", "female"),
    ("mother", "father"), ("increase", "decrease"), ("abduction", "adduction"), ("hypotension", "hypertension"),
    ("symptomatic", "asymptomatic"), ("hyperkaliémie", "hypokaliémie"), ("Prednisone", "Prednisolone"),
    ("day", "days"), ("heavy", "heavier"), ("every day", "everyday"), ("tous", "tout"),
    ("In the last month", "In the last year"),
    ("Do you smoke?", "Do you smoke a lot?"), ("Do you smoke a lot?", "Do you smoke?"), ("Do you smoke?", ""),
    ("", "Do you smoke?"), ("dog bites man", "man bites dog"), ("fatigué", "fatigue"), ("sale", "salé"),
    ("were", "we're"),
    # denials
    ("Treated", "Not treated"), ("not treated", "treated"), ("avec", "sans"), ("isn't", "is"), ("n'ai", "ai"),
    ("Je ne fume pas", "Je fume"), ("No, pain", "No pain"), ("Je n'ai pas, mal", "Je n'ai pas mal"),
    # numbers, units, signs
    ("2 weeks", "3 weeks"), ("1.5", "15"), ("1,5", "1.5"), ("0-5", "0 5"), ("5", "-5"), ("< 5", "> 5"), ("≤ 5", "< 5"),
    ("10 %", "10"), ("10²", "102"), ("5'", '5"'), ("5'", "5"), ("120/80", "120 80"), ("7:30", "7 30"), ("½", "¼"),
    ("Weight in kg", "Weight in lb"), ("5 mg", "5 mcg"), ("5 mcg", "5 mg"), ("5 µg", "5 mg"), ("mmol", "mol"),
    ("mg/kg", "mg kg"), ("°C", "°F"), ("€", "$"), ("5+", "5"), ("😀", "😞"), ("type I", "type II"), ("ii", "iii"),
    # what the dictionaries do not know stays: abbreviations, names, other languages and scripts
    ("ECG", "EEG"), ("HDL", "LDL"), ("Gewicht", "Gesicht"), ("вес", "лес"), ("有痛", "没痛"), ("وزن", "وزنه"),
    ("мои", "мой"), ("かき", "がき"), ("beight", "height"), ("beight", "weight"),  # any first letter would fit
    ("Weight", "Weigt"), ("Weight", "Wеight"),  # introduces a misspelling; a Cyrillic letter
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), CORRECTIONS)
def test_a_corrected_spelling_is_a_correction(old: str, new: str) -> None:
    assert corrects(new, old, dictionary().__contains__)


@pytest.mark.parametrize(("old", "new"), OTHERS)
def test_other_words_numbers_units_and_signs_are_no_correction(old: str, new: str) -> None:
    assert not corrects(new, old, dictionary().__contains__)


@pytest.mark.parametrize("text", ["", "?", "Yes", "a a a b b", "0-5 mg/day, not more", "n'ai pas", "😀 ½ <"])
def test_every_text_corrects_itself(text: str) -> None:
    assert corrects(text, text, lambda word: False)
    assert corrects(text, text, lambda word: True)


def test_a_word_of_the_catalogue_is_known() -> None:
    assert not corrects("Tramadol", "Tramdol", dictionary().__contains__)
    assert corrects("Tramadol", "Tramdol", {"tramadol"}.__contains__)
    assert not corrects("Tramadol", "Tramdol", {"tramadol", "tramdol"}.__contains__)


def test_a_long_text_is_compared_in_a_moment() -> None:
    words = [f"word{'abcdefghij'[n % 10]}" for n in range(1_000)]
    text, doubled = " ".join(words), " ".join(word for word in words for _ in range(2))
    assert corrects(text, doubled, lambda word: True)
    assert not corrects(doubled, text, lambda word: True)


def test_texts_read_alike_whatever_their_case_and_punctuation() -> None:
    assert reads_alike("Yes, often!", "yes often")
    assert not reads_alike("Yes", "No")
    assert not reads_alike("5", "-5")
