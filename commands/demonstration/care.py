"""Data: the demonstration's treatments other than medicines, with their French words, the name first."""

from models.tracking.treatments import TreatmentKind

OTHER_TREATMENTS = {
    TreatmentKind.PROCEDURE: """
joint replacement | prothèse articulaire
joint injection | infiltration
synovectomy | synovectomie
epilepsy surgery | chirurgie de l'épilepsie
plasma exchange | échanges plasmatiques, plasmaphérèse
autologous stem cell transplant | autogreffe de cellules souches
kidney transplant | greffe de rein
haemodialysis | hémodialyse, dialyse
peritoneal dialysis | dialyse péritonéale
lung transplant | greffe de poumon
liver transplant | greffe de foie
deep brain stimulation | stimulation cérébrale profonde
bowel resection | résection intestinale
laparoscopy | cœlioscopie
radiotherapy | radiothérapie, rayons
mastectomy | mastectomie
lumpectomy | tumorectomie
prostatectomy | prostatectomie
thymectomy | thymectomie
blood transfusion | transfusion sanguine
aortic root surgery | chirurgie de l'aorte
coronary stent | stent coronaire, angioplastie
bariatric surgery | chirurgie bariatrique, sleeve, bypass
electroconvulsive therapy | électroconvulsivothérapie
transcranial magnetic stimulation | stimulation magnétique transcrânienne, rTMS
nerve block | bloc nerveux
bronchial thermoplasty | thermoplastie bronchique
""",
    TreatmentKind.DEVICE: """
insulin pump | pompe à insuline
continuous glucose monitor | capteur de glycémie en continu
inhaler spacer | chambre d'inhalation
CPAP | pression positive continue, PPC, apnée
oxygen at home | oxygène à domicile
non-invasive ventilation | ventilation non invasive
vagus nerve stimulator | stimulateur du nerf vague
walking stick | canne
wheelchair | fauteuil roulant
foot drop splint | releveur de pied, orthèse
wrist splint | attelle de poignet
compression garments | vêtements compressifs, contention
TENS | neurostimulation électrique transcutanée, TENS, électrostimulation antalgique
light therapy lamp | lampe de luminothérapie
phototherapy | photothérapie, puvathérapie, UVB
blood pressure monitor | autotensiomètre
pacemaker | stimulateur cardiaque, pacemaker
implantable defibrillator | défibrillateur implantable
hormonal intrauterine device | stérilet hormonal
feeding tube | sonde de gastrostomie
eye drops for dry eyes | larmes artificielles
airway clearance device | appareil de drainage bronchique
""",
    TreatmentKind.THERAPY: """
physiotherapy | kinésithérapie, kiné, rééducation
occupational therapy | ergothérapie
speech therapy | orthophonie
cognitive behavioural therapy | thérapie cognitive et comportementale, TCC
psychotherapy | psychothérapie
mindfulness | pleine conscience, méditation
acupuncture | acupuncture
hypnosis | hypnose
osteopathy | ostéopathie
hydrotherapy | balnéothérapie
spa treatment | cure thermale
pulmonary rehabilitation | réadaptation respiratoire
cardiac rehabilitation | réadaptation cardiaque
cognitive rehabilitation | remédiation cognitive
psychoeducation | psychoéducation
patient education programme | éducation thérapeutique, ETP
pelvic floor therapy | rééducation périnéale
pain clinic | centre antidouleur
dietitian support | suivi diététique
""",
    TreatmentKind.SUPPLEMENT: """
vitamin D | vitamine D
vitamin B12 | vitamine B12
calcium | calcium
magnesium | magnésium
omega-3 | oméga 3
probiotics | probiotiques
curcumin | curcumine, curcuma
coenzyme Q10 | coenzyme Q10
riboflavin | riboflavine, vitamine B2
selenium | sélénium
zinc | zinc
inositol | inositol
psyllium | psyllium, ispaghul
peppermint oil | huile essentielle de menthe poivrée
emollient cream | crème émolliente
L-glutamine | L-glutamine
high-calorie drinks | compléments hyperprotéinés
""",
    TreatmentKind.LIFESTYLE: """
walking | marche
adapted physical activity | activité physique adaptée, sport
yoga | yoga
tai chi | tai-chi
swimming | natation
cycling | vélo
pacing | gestion de l'effort
gluten-free diet | régime sans gluten
ketogenic diet | régime cétogène
low-FODMAP diet | régime pauvre en FODMAP
Mediterranean diet | régime méditerranéen
low-salt diet | régime pauvre en sel, régime sans sel
low-carbohydrate diet | régime pauvre en glucides
low-purine diet | régime pauvre en purines
stopping smoking | arrêt du tabac
sleep routine | hygiène de sommeil
scheduled naps | siestes programmées
sun protection | protection solaire
relaxation | relaxation, sophrologie
cutting down alcohol | réduction de l'alcool, moins d'alcool
keeping a trigger diary | carnet des déclencheurs
""",
}
