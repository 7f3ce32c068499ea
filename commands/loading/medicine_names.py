"""Makes the names of medicines readable: the public medicines database writes brands and substances in capitals.

DOLIPRANE 1000 mg, comprimé -> Doliprane 1000 mg, comprimé; in English Doliprane 1000 mg, tablet
"""

import re

# Words of a name in capitals that are written small; the others are capitalized, or stay if they are abbreviations.
SMALL = frozenset({
    "au", "aux", "avec", "cent", "de", "des", "du", "en", "enfant", "enfants", "et", "la", "le", "les", "nourrisson",
    "nourrissons", "adulte", "adultes", "ou", "par", "pour", "sans", "sucre", "sous", "sur", "un", "une", "gramme",
    "grammes", "litre", "microgramme", "microgrammes", "millilitre", "millilitres",
})  # fmt: skip
ABBREVIATIONS = frozenset({
    "AP", "CH", "DH", "EG", "HP", "III", "IM", "IV", "LP", "ORO", "SC", "SR", "TM", "UFC", "UI", "UIC", "UIK", "VII",
    "VIII", "XIII", "XR",
})  # fmt: skip
VOWELS = frozenset("AEIOUYÀÂÄÉÈÊËÎÏÔÖÙÛÜŒÆ")
WORD = re.compile(r"[^\W\d_]+")

# Pharmaceutical forms, by the EDQM's standard terms in French and English.
FORMS = {
    "capsule molle": "soft capsule",
    "collyre en solution": "eye drops, solution",
    "collyre": "eye drops",
    "comprimé": "tablet",
    "comprimé à croquer": "chewable tablet",
    "comprimé à libération modifiée": "modified-release tablet",
    "comprimé à libération prolongée": "prolonged-release tablet",
    "comprimé à sucer": "lozenge",
    "comprimé dispersible": "dispersible tablet",
    "comprimé effervescent": "effervescent tablet",
    "comprimé enrobé": "coated tablet",
    "comprimé gastro-résistant": "gastro-resistant tablet",
    "comprimé orodispersible": "orodispersible tablet",
    "comprimé pelliculé": "film-coated tablet",
    "comprimé pelliculé à libération prolongée": "film-coated prolonged-release tablet",
    "comprimé pelliculé sécable": "scored film-coated tablet",
    "comprimé sécable": "scored tablet",
    "comprimé sublingual": "sublingual tablet",
    "crème": "cream",
    "dispositif transdermique": "transdermal patch",
    "emplâtre médicamenteux": "medicated plaster",
    "gel": "gel",
    "gélule": "hard capsule",
    "gélule à libération prolongée": "prolonged-release hard capsule",
    "gélule gastro-résistante": "gastro-resistant hard capsule",
    "granulés": "granules",
    "granulés pour solution buvable": "granules for oral solution",
    "lyophilisat oral": "oral lyophilisate",
    "ovule": "pessary",
    "pommade": "ointment",
    "pommade ophtalmique": "eye ointment",
    "poudre pour inhalation": "inhalation powder",
    "poudre pour solution buvable": "powder for oral solution",
    "poudre pour solution injectable": "powder for solution for injection",
    "poudre pour suspension buvable": "powder for oral suspension",
    "sirop": "syrup",
    "solution": "solution",
    "solution buvable": "oral solution",
    "solution injectable": "solution for injection",
    "solution pour application cutanée": "cutaneous solution",
    "solution pour inhalation par nébuliseur": "nebuliser solution",
    "solution pour perfusion": "solution for infusion",
    "solution pour pulvérisation nasale": "nasal spray, solution",
    "suppositoire": "suppository",
    "suspension buvable": "oral suspension",
    "suspension injectable": "suspension for injection",
    "suspension pour inhalation": "inhalation suspension",
}
CONTAINERS = {
    "": "",
    " en ampoule": " in ampoule",
    " en cartouche": " in cartridge",
    " en flacon": " in vial",
    " en poche": " in bag",
    " en récipient unidose": " in single-dose container",
    " en sachet": " in sachet",
    " en sachet-dose": " in single-dose sachet",
    " en seringue préremplie": " in pre-filled syringe",
    " en stylo prérempli": " in pre-filled pen",
}
FORMS_IN_CONTAINERS = {
    f"{form}{container}": f"{english}{inside}"
    for form, english in FORMS.items()
    for container, inside in CONTAINERS.items()
}


def readable(name: str) -> str:
    """A medicine's name with its words in capitals written as people write them."""
    head, comma, rest = name.partition(", ")
    written = WORD.sub(lambda match: word(match[0]), head)
    return f"{written[:1].upper()}{written[1:]}{comma}{rest}"


def word(text: str) -> str:
    if not text.isupper() or text in ABBREVIATIONS:
        return text
    if text.lower() in SMALL:
        return text.lower()
    is_abbreviation = len(text) <= 2 or not VOWELS & set(text)
    return text if is_abbreviation else text.capitalize()


def in_english(name: str) -> str:
    """A readable name with its form in English; as it is if the form has no standard term here."""
    head, _, form = name.partition(", ")
    english = FORMS_IN_CONTAINERS.get(form.casefold())
    return f"{head}, {english}" if english else name


def substance(name: str) -> str:
    """A substance's name: `RANITIDINE (CHLORHYDRATE DE)` and `RANITIDINE BASE` are ranitidine."""
    plain = re.sub(r"\s*\([^()]*\)$", "", name).strip() or name
    plain = re.sub(r"\s+BASE$", "", plain)
    return plain.lower() if plain.isupper() else plain
