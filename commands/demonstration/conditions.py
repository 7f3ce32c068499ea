"""Data: the demonstration's more common conditions, with codes, English and French names, and demographics."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Disease:
    """A condition and its community, with the ICD-10 code of the WHO and, for rare diseases, Orphanet's ORPHA code.

    `source` is the disease whose symptoms are read from the HPO annotations, None if those are too sparse. `own` lists
    HPO terms to put before them, the most common first. `female` is the share of women, `age` the typical age.
    """

    slug: str
    name: str
    icd10: str
    orpha: str | None
    words: str
    description: str
    source: str | None = None
    own: str = ""
    measured: str = ""
    female: float = 0.5
    age: int = 50


# fmt: off
# In the order of the communities' sizes, the largest first; the two trials' communities are as large as their trials.
DISEASES = (
    Disease("type-2-diabetes", "Type 2 diabetes", "E11", None, "diabète de type 2, diabète, sucre, high sugar",
            "Too much sugar in the blood because insulin no longer works well enough. Members compare meals, movement and medicines.",
            own="0012378 0001959 0000103 0000017 0000622 0003401 0001943 0100639 0004324 0000989",
            measured="hba1c fasting-glucose weight waist systolic-blood-pressure", female=0.46, age=61),
    Disease("fibromyalgia", "Fibromyalgia", "M79.7", None, "fibromyalgie, fibro",
            "Pain all over the body, tiredness and poor sleep that no scan explains. A place to be believed and to share what helps.",
            own="0012532 0012378 0033630 0002360 0005197 0003326 0012533 0002315 0003401 0000739 0002027", measured="steps sleep-duration",
            female=0.88, age=49),
    Disease("multiple-sclerosis", "Multiple sclerosis", "G35", None, "sclérose en plaques, SEP, MS",
            "The immune system attacks the sheath of the nerves, often in relapses. Members follow fatigue, walking and their treatments.",
            "OMIM:126200", "0012378 0003401 0007340 0002172 0001257 0000012 0033630 0002321 0000622 0003394 0002046 0002354",
            "walking-distance steps sleep-duration", 0.73, 46),
    Disease("depression", "Depression", "F32", None, "dépression, déprime, burn-out, low mood",
            "Low mood, loss of pleasure and of energy that last. Members follow mood and sleep and talk about finding their way back.",
            own="0033838 0012154 0012378 0100785 0000739 0000737 0031469 0004396 5200271 0031845", measured="sleep-duration", female=0.64, age=43),
    Disease("crohn-disease", "Crohn's disease", "K50", None, "maladie de Crohn, Crohn, MICI, IBD, inflammatory bowel disease",
            "Inflammation anywhere along the gut, in flares. Members talk about treatments, meals, operations and remissions.",
            "OMIM:266600", "0002014 0002027 0012378 0001824 0003270 0002573 0002829 0000155 0004396", "weight haemoglobin", 0.53, 38),
    Disease("parkinson-disease", "Parkinson's disease", "G20", None, "maladie de Parkinson, parkinson",
            "Movements grow slow, stiff or trembling as dopamine runs low. Patients and relatives follow good and bad hours.",
            "OMIM:168600", "0002322 0002067 0002063 0012378 0002360 0002019 0002172 0004409 0001621 0002307", "steps weight", 0.4, 67),
    Disease("migraine", "Migraine", "G43", None, "migraine, mal de tête, headache",
            "Attacks of headache with nausea and aversion to light. Members count days, look for triggers and compare treatments.",
            own="0002076 0000613 0002183 0002017 0012378 0002321 0030833 0000622 0100785 0033630", measured="headache-days sleep-duration", female=0.8, age=40),
    Disease("hypertension", "High blood pressure", "I10", None, "hypertension artérielle, tension, HTA, essential hypertension",
            "Pressure in the arteries that stays too high, mostly without being felt. Members measure at home and share habits that help.",
            own="0002315 0002321 0012378 0001962 0000421 0001785 0000360 0012735",
            measured="systolic-blood-pressure diastolic-blood-pressure weight resting-heart-rate", female=0.5, age=63),
    Disease("breast-cancer", "Breast cancer", "C50", None, "cancer du sein",
            "From diagnosis through treatment to life afterwards: side effects, work, body and hope, among people who know.",
            own="0012378 0031217 0034265 0002829 0001004 0001596 0002017 0033630 0000739 0100785 0031088", measured="weight", female=0.99, age=55),
    Disease("psoriasis", "Psoriasis", "L40", None, "psoriasis",
            "Red, scaly patches of skin that come and go, sometimes with painful joints. Members talk about skin care, light therapy and medicines.",
            own="0025474 0040189 0000989 0000958 0001803 0031057 0002829 0012378 0031469", measured="weight", female=0.48, age=46),
    Disease("rheumatoid-arthritis", "Rheumatoid arthritis", "M06.9", None, "polyarthrite rhumatoïde, polyarthrite, PR, RA",
            "Joints inflamed by the immune system. This demonstration community is a real trial: its patients' own assessments over five months.",
            "OMIM:180300", "0002829 0001386 0005197 0012378 0001387 0003326 0001945 0001482", "arthritis-self-assessment", 0.72, 55),
    Disease("asthma", "Asthma", "J45", None, "asthme",
            "Airways that tighten and inflame. Members follow their breath, their triggers and how often they need relief.",
            own="0030828 0002094 0012735 0031352 0002875 0001742 0003193 0100785 0012378 0002205", measured="peak-flow", female=0.58, age=41),
    Disease("ankylosing-spondylitis", "Ankylosing spondylitis", "M45", None,
            "spondylarthrite ankylosante, spondylarthrite, SPA, axial spondyloarthritis",
            "Inflammation of the spine that is worst at rest and in the morning. Members share exercises, treatments and how they start the day.",
            own="0003419 0005197 0012378 0100686 0030838 0030833 0001386 0002360 0000613", measured="steps", female=0.42, age=43),
    Disease("type-1-diabetes", "Type 1 diabetes", "E10", None, "diabète de type 1, diabète, insulinodépendant, insulin-dependent",
            "The body no longer makes insulin. Members compare pumps, sensors, meals and nights without alarms.",
            own="0001943 0001959 0000103 0012378 0000739 0000622 0001337 0000975 0002360", measured="hba1c fasting-glucose weight", female=0.5, age=35),
    Disease("endometriosis", "Endometriosis", "N80", None, "endométriose, règles douloureuses, painful periods",
            "Tissue like that of the womb grows elsewhere and hurts. Members talk about diagnoses, operations and ways to get through the month.",
            own="0034267 0100607 0030016 0012378 0000132 0003270 0003419 0002017 0000789 0002019", female=1.0, age=33),
    Disease("copd", "Chronic obstructive pulmonary disease", "J44", None,
            "BPCO, bronchopneumopathie chronique obstructive, bronchite chronique, emphysème, COPD, emphysema",
            "Breath that grows short over the years. Members talk about stairs, coughs and rehabilitation, and support those who stop smoking.",
            own="0002875 0012735 0031245 0030828 0031352 0012378 0000739 0002205 0001824", measured="oxygen-saturation steps weight", female=0.42, age=66),
    Disease("irritable-bowel-syndrome", "Irritable bowel syndrome", "K58", None, "syndrome de l'intestin irritable, colopathie fonctionnelle, IBS",
            "A gut that hurts and is unpredictable, with nothing to see on a scan. Members compare foods, stress and relief.",
            own="0032155 0003270 0002014 0002019 0033589 0012378 0000739 0002017 0012537", female=0.68, age=41),
    Disease("ulcerative-colitis", "Ulcerative colitis", "K51", None, "rectocolite hémorragique, RCH, MICI, colitis, inflammatory bowel disease",
            "Inflammation of the large bowel with urgency and bleeding. Members follow flares and what brings remission.",
            own="0002573 0002014 0012702 0002027 0012378 0001824 0002829 0000739", measured="weight haemoglobin", female=0.48, age=42),
    Disease("osteoarthritis", "Osteoarthritis", "M19.9", None, "arthrose, worn joints",
            "Joints that wear and hurt with use. Members talk about exercise, shoes, injections and new knees.",
            own="0030839 0001387 0030838 0002829 0003419 0001386 0005197 0012378 0002360", measured="weight steps", female=0.66, age=65),
    Disease("bipolar-disorder", "Bipolar disorder", "F31", None, "trouble bipolaire, bipolarité, maniaco-dépression, manic depression",
            "Mood that swings between highs and lows. Members follow sleep and mood and recognise the early signs together.",
            own="0033838 0033844 0100754 0100785 0000737 0100710 0000739 0012154 0012378 0004324", measured="sleep-duration weight", female=0.58, age=42),
    Disease("prostate-cancer", "Prostate cancer", "C61", None, "cancer de la prostate",
            "Choosing a treatment and living with its effects: members talk frankly about leaks, sex, fatigue and test results.",
            own="0000012 0000017 0000020 0100639 0031217 0012378 0031845 0002653 0000739", measured="psa weight", female=0.0, age=68),
    Disease("long-covid", "Long covid", "U09.9", None, "covid long, post-covid, long COVID",
            "Symptoms that stay for months after COVID-19. Members describe what is little known so far and learn to pace themselves.",
            own="0012378 0033630 0003546 0002094 0000458 0001962 0002315 0002321 0003326 0002354 0100785", measured="resting-heart-rate steps", female=0.7, age=45),
    Disease("heart-failure", "Heart failure", "I50", None, "insuffisance cardiaque, cœur fatigué, weak heart",
            "A heart that pumps too little. Members weigh themselves, watch their ankles and share what gives breath back.",
            own="0002875 0012378 0001785 0012764 0000017 0001962 0012735 0003546 0002321", measured="weight systolic-blood-pressure resting-heart-rate",
            female=0.42, age=69),
    Disease("adhd", "Attention deficit hyperactivity disorder", "F90", None, "TDAH, trouble du déficit de l'attention, ADHD, ADD",
            "Attention that wanders, energy that overflows, in children and adults. Members share tools, treatments and humour.",
            own="0007018 0000752 0100710 0000712 0100785 0000739 0000711 0031469 0012378", measured="sleep-duration", female=0.5, age=31),
    Disease("hashimoto-thyroiditis", "Hashimoto's thyroiditis", "E06.3", None, "thyroïdite de Hashimoto, hypothyroïdie, underactive thyroid",
            "The immune system slows the thyroid. Members compare doses, test results and how they really feel.",
            own="0012378 0004324 6000855 0000958 0001596 0033630 0002019 0033838 0003326 0000132", measured="tsh weight", female=0.88, age=44),
    Disease("alzheimer-disease", "Alzheimer's disease", "G30", None, "maladie d'Alzheimer, alzheimer, démence, dementia",
            "Memory and bearings fade. Mostly relatives write here, for themselves and for the one they care for.",
            "OMIM:606889", "0002354 0001289 0030784 0000741 0000737 0002360 0000718 0000739", "weight", 0.62, 74),
    Disease("gout", "Gout", "M10", None, "goutte",
            "Crystals of urate inflame a joint overnight. Members share attacks, figures and what they no longer drink.",
            own="0001997 0001386 0002829 0001387 0012378 0002653 0030839", measured="serum-urate weight", female=0.2, age=59),
    Disease("atopic-dermatitis", "Atopic dermatitis", "L20", None, "dermatite atopique, eczéma, eczema",
            "Skin that itches, day and night. Members share creams, nights, triggers and new medicines.",
            "OMIM:603165", "0000989 0000964 0000958 0002360 0031057 0003193 0000509 0000739", "sleep-duration", 0.56, 32),
    Disease("chronic-kidney-disease", "Chronic kidney disease", "N18", None, "insuffisance rénale chronique, maladie rénale chronique, CKD",
            "Kidneys that filter less and less. Members share diets, dialysis, waiting lists and life with a graft.",
            own="0012378 0000989 0000017 0001785 0012452 0004396 0002017 0003394 0002094", measured="egfr weight systolic-blood-pressure haemoglobin",
            female=0.45, age=62),
    Disease("polycystic-ovary-syndrome", "Polycystic ovary syndrome", "E28.2", None, "syndrome des ovaires polykystiques, SOPK, PCOS",
            "Irregular periods, hormones out of balance. Members talk about weight, skin, fertility and patience.",
            own="0000858 0001007 0001061 0004324 0012378 0000789 0001596 0000712 0033838", measured="weight waist", female=1.0, age=29),
    Disease("epilepsy", "Epilepsy", "G40", None, "épilepsie, convulsions, fits",
            "A brain prone to seizures. This demonstration community is a real trial: seizures counted over four fortnights.",
            "ORPHA:1941", "0001250 0002069 0002121 0012378 0002354 0001336 0000739 0033838 0002315",
            "seizures-per-fortnight seizures-in-eight-weeks", 0.5, 29),
)
# fmt: on
