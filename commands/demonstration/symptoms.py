"""Data: what demonstration members can track: symptoms by HPO id with their French names, and measurements.

The English names and lay names of symptoms are read from the HPO package during seeding. Symptoms in `GRADED` are
graded from none to severe, all others rated from 0 to 10.
"""

from dataclasses import dataclass

from models.tracking.observations import IndicatorKind, Scale

SYMPTOMS = """
0012378 fatigue, fatigué, épuisement
0012531 douleur, douleurs, mal
0000716 dépression, déprime
0000739 anxiété, angoisse
0001824 perte de poids, amaigrissement
0004324 prise de poids
0002829 douleurs articulaires, arthralgie
0001386 gonflement articulaire
0001387 raideur articulaire, raideur
0005197 raideur matinale, dérouillage
0001382 hyperlaxité
0001373 luxation
0001250 crises, crise d'épilepsie, convulsions
0002069 crise généralisée, grand mal
0002121 absences
0001945 fièvre
0001954 fièvre récurrente
0002027 mal au ventre, douleur abdominale
0032155 crampes abdominales
0003270 ballonnements
0033589 gaz
0002014 diarrhée
0002019 constipation
0002017 nausées, vomissements
0002020 reflux, remontées acides
0012702 ténesme
0002573 sang dans les selles
0002039 anorexie
0004396 manque d'appétit
0002015 difficultés à avaler, fausses routes
0002307 bave
0003401 fourmillements, paresthésies
0031006 brûlures des mains et des pieds
6000040 douleur neuropathique
0003474 troubles de la sensibilité
0003326 douleurs musculaires, courbatures
0003394 crampes, spasmes musculaires
0003552 raideur musculaire
0001324 faiblesse musculaire
0003324 faiblesse musculaire générale
0003701 faiblesse des épaules et des cuisses
0007340 faiblesse des jambes
0003484 faiblesse des bras
0003551 difficulté à monter les escaliers
0001257 spasticité, raideur
0001260 troubles de la parole, dysarthrie
0001621 voix faible
0001609 voix rauque
0001618 perte de voix
0001288 troubles de la marche
0002172 troubles de l'équilibre
0001251 ataxie, manque de coordination
0002312 maladresse
0001337 tremblements
0002322 tremblement de repos
0002067 lenteur des mouvements
0002063 rigidité
0002072 chorée, mouvements involontaires
0004305 mouvements involontaires
0001336 myoclonies, secousses
0002380 fasciculations
0001332 dystonie
0012452 jambes sans repos, impatiences
0002321 vertiges, tête qui tourne
0002315 mal de tête, céphalée
0002076 migraine
0000613 gêne à la lumière, photophobie
0002183 gêne au bruit, phonophobie
0000622 vision trouble
0000505 baisse de la vue
0000651 vision double, diplopie
0000508 paupière tombante
0001097 yeux secs, sécheresse oculaire
0000509 yeux rouges, conjonctivite
0000217 bouche sèche
0000155 aphtes
0011107 aphtes récidivants
0003249 ulcères génitaux
0000365 perte d'audition, surdité
0000360 acouphènes
0000458 perte d'odorat
0004409 baisse de l'odorat
0000223 troubles du goût
0002354 troubles de la mémoire, oublis
0033630 brouillard mental
0100543 troubles cognitifs, concentration
0001289 confusion
0000738 hallucinations
0002519 hallucinations à l'endormissement
0000741 apathie
0000737 irritabilité
0000712 sautes d'humeur
0000718 agressivité
0012154 anhédonie, perte de plaisir
0033838 humeur sombre, tristesse
0031469 perte d'estime de soi
5200271 désespoir
0100754 manie
0033844 pensées qui défilent
0100710 impulsivité
0000752 hyperactivité
0007018 trouble de l'attention
0000711 agitation
0002360 troubles du sommeil
0100785 insomnie
0001262 somnolence
0002524 cataplexie
0025233 paralysie du sommeil
0010535 apnée du sommeil
0002094 essoufflement, souffle court
0002875 essoufflement à l'effort
0012764 essoufflement couché
0012735 toux
0031245 toux grasse, crachats
0031246 toux sèche
0030828 sifflements
0031352 oppression thoracique
0100749 douleur thoracique
0002105 crachats de sang
0002205 infections respiratoires à répétition
0001742 nez bouché
0003193 rhume des foins
0003546 intolérance à l'effort
0001962 palpitations
0001279 malaise, syncope
0001278 chute de tension
0010741 jambes gonflées, œdème
0000969 œdème
0001785 chevilles gonflées
0030880 doigts blancs, Raynaud
0000958 peau sèche
0000989 démangeaisons, prurit
0000988 éruption, boutons
0000964 eczéma
0025474 plaques
0040189 squames, desquamation
0031057 crevasses
0001803 ongles piquetés
0000992 sensibilité au soleil
0001041 rougeur du visage
0200042 ulcère de la peau
0000978 bleus, ecchymoses
0000421 saignement de nez
0001482 nodules sous la peau
0001596 perte de cheveux
0001061 acné
0001007 pilosité excessive
0000975 transpiration excessive
0000966 manque de transpiration
0030166 sueurs nocturnes
0031217 bouffées de chaleur
0002046 intolérance à la chaleur
6000855 frilosité
0033834 malaise général
0030083 envie de sel
0000103 urines abondantes
0001959 soif intense
0000017 lever la nuit pour uriner
0000012 envies pressantes
0000020 fuites urinaires
0000790 sang dans les urines
0001943 hypoglycémie
0000132 règles abondantes
0100607 règles douloureuses
0000858 règles irrégulières
0034267 douleur pelvienne
0030016 douleur pendant les rapports
0031088 sécheresse vaginale
0000789 infertilité
0034265 douleur au sein
0100639 troubles de l'érection
0031845 baisse de libido
0001004 lymphœdème, gros bras
0003418 mal de dos
0003419 lombalgie, bas du dos
0030833 douleur à la nuque
0030839 douleur au genou
0030838 douleur à la hanche
0002653 douleur osseuse
0002757 fractures
0100686 enthésite, douleur au talon
0001997 crise de goutte
0012532 douleur chronique
0030164 douleur à la mâchoire
0100809 cuir chevelu douloureux
0000952 jaunisse, ictère
0002716 ganglions gonflés
0001892 saignements
0002719 infections à répétition
0012537 intolérance alimentaire
0002591 faim excessive
0002570 selles grasses
0005216 difficulté à mâcher
0030784 manque du mot
0000572 perte de vue
0012533 allodynie, peau douloureuse
"""

GRADED = frozenset({
    "HP:0001386", "HP:0001337", "HP:0002322", "HP:0000988", "HP:0010741", "HP:0001785", "HP:0000508", "HP:0001041",
    "HP:0040189", "HP:0025474", "HP:0000952", "HP:0002716", "HP:0001004", "HP:0002017", "HP:0000964", "HP:0001596",
})  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """An indicator other than a symptom; usual values lie between `low` and `high`."""

    slug: str
    name: str
    kind: IndicatorKind
    scale: Scale
    unit: str | None
    minimum: float
    maximum: float
    low: float
    high: float
    better: int  # 1: more is better, -1: less is better, 0: neither
    decimals: int
    lay: tuple[str, ...]
    french: str


def rating(slug: str, name: str, kind: IndicatorKind, lay: tuple[str, ...], french: str) -> Measured:
    return Measured(slug, name, kind, Scale.RATING_0_10, None, 0, 10, 3, 7, 1, 0, lay, french)


def measured(
    slug: str, name: str, unit: str, span: tuple[float, float], usual: tuple[float, float], better: int, decimals: int,
    french: str, lay: tuple[str, ...] = (),
) -> Measured:  # fmt: skip
    return Measured(
        slug, name, IndicatorKind.MEASUREMENT, Scale.QUANTITY, unit, *span, *usual, better, decimals, lay, french
    )


# fmt: off
MEASURED = (
    rating("mood", "Mood", IndicatorKind.MOOD, ("How I feel", "Spirits"), "humeur, moral"),
    rating("quality-of-life", "Quality of life", IndicatorKind.QUALITY_OF_LIFE, ("How life is going",), "qualité de vie"),
    rating("sleep-quality", "Sleep quality", IndicatorKind.QUALITY_OF_LIFE, ("How I slept",), "qualité du sommeil, sommeil"),
    measured("weight", "Weight", "kg", (20, 300), (55, 92), 0, 1, "poids", ("Body weight",)),
    measured("systolic-blood-pressure", "Systolic blood pressure", "mmHg", (60, 260), (118, 158), -1, 0,
             "tension artérielle, pression systolique", ("Upper blood pressure",)),
    measured("diastolic-blood-pressure", "Diastolic blood pressure", "mmHg", (30, 160), (68, 98), -1, 0,
             "tension artérielle, pression diastolique", ("Lower blood pressure",)),
    measured("hba1c", "HbA1c", "%", (3, 20), (6.1, 9.2), -1, 1, "hémoglobine glyquée", ("Three-month sugar",)),
    measured("fasting-glucose", "Fasting glucose", "mmol/L", (1, 40), (5, 11), -1, 1, "glycémie à jeun, sucre", ("Morning sugar",)),
    measured("resting-heart-rate", "Resting heart rate", "beats/min", (25, 220), (56, 88), -1, 0, "pouls, fréquence cardiaque", ("Pulse",)),
    measured("oxygen-saturation", "Oxygen saturation", "%", (50, 100), (89, 98), 1, 0, "saturation en oxygène", ("Oxygen level",)),
    measured("peak-flow", "Peak expiratory flow", "L/min", (50, 900), (280, 520), 1, 0, "débit de pointe, souffle", ("Peak flow",)),
    measured("walking-distance", "Six-minute walking distance", "m", (0, 1200), (220, 560), 1, 0, "distance de marche, périmètre de marche"),
    measured("steps", "Steps a day", "steps", (0, 60000), (2500, 8500), 1, 0, "nombre de pas", ("Step count",)),
    measured("sleep-duration", "Sleep duration", "h", (0, 24), (5.2, 8.1), 1, 1, "durée du sommeil, heures de sommeil"),
    measured("headache-days", "Headache days a month", "days", (0, 31), (3, 16), -1, 0, "jours de migraine"),
    measured("serum-urate", "Serum urate", "µmol/L", (50, 1200), (290, 560), -1, 0, "acide urique", ("Uric acid",)),
    measured("egfr", "Estimated glomerular filtration rate", "mL/min", (1, 150), (18, 62), 1, 0, "débit de filtration glomérulaire, DFG", ("Kidney function",)),
    measured("haemoglobin", "Haemoglobin", "g/dL", (3, 22), (8.5, 13.5), 1, 1, "hémoglobine", ("Blood count",)),
    measured("tsh", "TSH", "mIU/L", (0, 100), (0.8, 6.5), 0, 2, "TSH, thyroïde"),
    measured("psa", "Prostate-specific antigen", "ng/mL", (0, 1000), (0.1, 8), -1, 2, "PSA"),
    measured("waist", "Waist circumference", "cm", (40, 200), (74, 108), -1, 0, "tour de taille"),
    measured("liver-stiffness", "Liver stiffness", "kPa", (1, 75), (4.5, 13), -1, 1, "élasticité du foie, fibroscan"),
    measured("vital-capacity", "Forced vital capacity", "% of predicted", (5, 160), (52, 92), 1, 0, "capacité vitale"),
    measured("body-temperature", "Body temperature", "°C", (30, 44), (36.3, 37.4), 0, 1, "température"),
)

# The scores of the two trials, on the trials' own scales.
TRIAL_SCORES = (
    Measured("arthritis-self-assessment", "Arthritis self-assessment", IndicatorKind.SCORE, Scale.QUANTITY, None, 1, 5, 2, 4, 0, 0,
             (), "auto-évaluation de la polyarthrite"),
    Measured("seizures-in-eight-weeks", "Seizures in eight weeks", IndicatorKind.SCORE, Scale.QUANTITY, "seizures", 0, 500, 5, 60, -1, 0,
             (), "crises en huit semaines"),
    Measured("seizures-per-fortnight", "Seizures per fortnight", IndicatorKind.SCORE, Scale.QUANTITY, "seizures", 0, 500, 1, 20, -1, 0,
             (), "crises par quinzaine"),
)
# fmt: on
