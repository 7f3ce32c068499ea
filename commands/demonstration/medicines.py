"""Data: the demonstration's medicines, with international name, ATC code, French words and usual doses.

The first of the French words is the French name; without any, the name is the same in both languages.

A medicine that the ATC classification lists several times has the code of its use here, or none if that is uncertain.
"""

MEDICINES = """
methotrexate | L04AX03 | méthotrexate | 10 mg a week, 15 mg a week, 20 mg a week
leflunomide | L04AK01 | léflunomide | 10 mg, 20 mg
hydroxychloroquine | P01BA02 | | 200 mg, 400 mg
sulfasalazine | A07EC01 | | 1 g, 2 g
adalimumab | L04AB04 | | 40 mg every two weeks
etanercept | L04AB01 | étanercept | 25 mg twice a week, 50 mg a week
infliximab | L04AB02 | | 5 mg/kg every eight weeks
golimumab | L04AB06 | | 50 mg a month
certolizumab pegol | L04AB05 | | 200 mg every two weeks
tocilizumab | L04AC07 | | 162 mg a week
sarilumab | L04AC14 | | 200 mg every two weeks
abatacept | L04AA24 | | 125 mg a week
rituximab | L01FA01 | | 1 g twice a year
baricitinib | L04AF02 | | 2 mg, 4 mg
tofacitinib | L04AF01 | | 5 mg twice a day
upadacitinib | L04AF03 | | 15 mg, 30 mg
prednisone | H02AB07 | prednisone, cortisone | 5 mg, 10 mg, 20 mg, 40 mg
prednisolone | H02AB06 | prednisolone, cortisone | 5 mg, 10 mg, 20 mg
methylprednisolone | H02AB04 | méthylprednisolone, cortisone | 1 g for three days
dexamethasone | H02AB02 | dexaméthasone | 20 mg a week, 40 mg a week
hydrocortisone | H02AB09 | | 15 mg, 20 mg, 25 mg
fludrocortisone | H02AA02 | | 50 µg, 100 µg
naproxen | M01AE02 | naproxène | 500 mg, 1 g
ibuprofen | M01AE01 | ibuprofène | 400 mg, 600 mg, 1200 mg
ketoprofen | M01AE03 | kétoprofène | 100 mg, 200 mg
diclofenac | M01AB05 | diclofénac | 75 mg, 150 mg
celecoxib | M01AH01 | célécoxib | 200 mg
etoricoxib | M01AH05 | étoricoxib | 60 mg, 90 mg
mefenamic acid | M01AG01 | acide méfénamique | 500 mg
paracetamol | N02BE01 | paracétamol, acetaminophen | 500 mg, 1 g, 3 g
tramadol | N02AX02 | | 50 mg, 100 mg, 200 mg
progabide | N03AG05 | | 20 mg/kg
levetiracetam | N03AX14 | lévétiracétam | 500 mg, 1 g, 2 g
lamotrigine | N03AX09 | | 50 mg, 100 mg, 200 mg
valproic acid | N03AG01 | acide valproïque, valproate | 500 mg, 1 g
carbamazepine | N03AF01 | carbamazépine | 400 mg, 800 mg
oxcarbazepine | N03AF02 | oxcarbazépine | 600 mg, 1200 mg
eslicarbazepine | N03AF04 | eslicarbazépine | 800 mg
topiramate | N03AX11 | | 25 mg, 50 mg, 100 mg
lacosamide | N03AX18 | | 200 mg, 400 mg
brivaracetam | N03AX23 | brivaracétam | 100 mg
perampanel | N03AX22 | pérampanel | 4 mg, 8 mg
cenobamate | N03AX25 | cénobamate | 100 mg, 200 mg
clobazam | N05BA09 | | 10 mg, 20 mg
clonazepam | N03AE01 | clonazépam | 0.5 mg, 1 mg
gabapentin | N02BF01 | gabapentine | 300 mg, 900 mg, 1800 mg
pregabalin | N02BF02 | prégabaline | 75 mg, 150 mg, 300 mg
interferon beta-1a | L03AB07 | interféron bêta-1a | 30 µg a week, 44 µg three times a week
interferon beta-1b | L03AB08 | interféron bêta-1b | 250 µg every other day
glatiramer acetate | L03AX13 | acétate de glatiramère | 40 mg three times a week
natalizumab | L04AG03 | | 300 mg every four weeks
fingolimod | L04AE01 | | 0.5 mg
ozanimod | L04AE02 | | 0.92 mg
siponimod | L04AE03 | | 2 mg
ponesimod | L04AE04 | ponésimod | 20 mg
ocrelizumab | L04AG08 | ocrélizumab | 600 mg twice a year
ofatumumab | L04AG12 | | 20 mg a month
dimethyl fumarate | L04AX07 | fumarate de diméthyle | 240 mg twice a day
teriflunomide | L04AK02 | tériflunomide | 14 mg
cladribine | L04AA40 | | 3.5 mg/kg over two years
alemtuzumab | L04AG06 | | 12 mg a day for five days
fampridine | N07XX07 | | 10 mg twice a day
baclofen | M03BX01 | baclofène | 15 mg, 30 mg, 60 mg
tizanidine | M03BX02 | | 4 mg, 8 mg
oxybutynin | G04BD04 | oxybutynine | 5 mg, 10 mg
solifenacin | G04BD08 | solifénacine | 5 mg, 10 mg
mirabegron | G04BD12 | mirabégron | 50 mg
amantadine | N04BB01 | | 100 mg, 200 mg
modafinil | N06BA07 | | 100 mg, 200 mg, 400 mg
metformin | A10BA02 | metformine | 500 mg, 1 g, 2 g
gliclazide | A10BB09 | | 30 mg, 60 mg, 120 mg
glimepiride | A10BB12 | glimépiride | 2 mg, 4 mg
sitagliptin | A10BH01 | sitagliptine | 100 mg
vildagliptin | A10BH02 | vildagliptine | 50 mg twice a day
empagliflozin | A10BK03 | empagliflozine | 10 mg, 25 mg
dapagliflozin | A10BK01 | dapagliflozine | 10 mg
liraglutide | A10BJ02 | | 1.2 mg, 1.8 mg
dulaglutide | A10BJ05 | | 1.5 mg a week
semaglutide | A10BJ06 | sémaglutide | 0.5 mg a week, 1 mg a week
repaglinide | A10BX02 | répaglinide | 1 mg before meals
insulin glargine | A10AE04 | insuline glargine | 12 units, 20 units, 34 units
insulin degludec | A10AE06 | insuline dégludec | 14 units, 22 units
insulin aspart | A10AB05 | insuline asparte | with meals
insulin lispro | A10AB04 | insuline lispro | with meals
glucagon | H04AA01 | | 3 mg when needed
duloxetine | N06AX21 | duloxétine | 30 mg, 60 mg
milnacipran | N06AX17 | | 50 mg, 100 mg
amitriptyline | N06AA09 | | 10 mg, 25 mg, 50 mg
venlafaxine | N06AX16 | | 37.5 mg, 75 mg, 150 mg
sertraline | N06AB06 | | 50 mg, 100 mg
escitalopram | N06AB10 | | 10 mg, 20 mg
fluoxetine | N06AB03 | fluoxétine | 20 mg, 40 mg
paroxetine | N06AB05 | paroxétine | 20 mg
citalopram | N06AB04 | | 20 mg
mirtazapine | N06AX11 | | 15 mg, 30 mg
vortioxetine | N06AX26 | vortioxétine | 10 mg, 20 mg
agomelatine | N06AX22 | agomélatine | 25 mg
bupropion | N06AX12 | | 150 mg, 300 mg
clomipramine | N06AA04 | | 25 mg, 75 mg
lithium | N05AN01 | | 400 mg, 800 mg
quetiapine | N05AH04 | quétiapine | 50 mg, 150 mg, 300 mg
olanzapine | N05AH03 | | 5 mg, 10 mg
aripiprazole | N05AX12 | | 5 mg, 10 mg, 15 mg
risperidone | N05AX08 | rispéridone | 1 mg, 2 mg
salbutamol | R03AC02 | | when needed
formoterol | R03AC13 | formotérol | 12 µg twice a day
salmeterol | R03AC12 | salmétérol | 50 µg twice a day
budesonide | R03BA02 | budésonide | 200 µg, 400 µg
fluticasone | R03BA05 | | 100 µg, 250 µg, 500 µg
beclometasone | R03BA01 | béclométasone | 100 µg, 200 µg
montelukast | R03DC03 | montélukast | 10 mg
omalizumab | R03DX05 | | 300 mg every four weeks
mepolizumab | R03DX09 | mépolizumab | 100 mg every four weeks
benralizumab | R03DX10 | | 30 mg every eight weeks
dupilumab | D11AH05 | | 300 mg every two weeks
tiotropium | R03BB04 | | 18 µg
umeclidinium | R03BB07 | uméclidinium | 55 µg
glycopyrronium | R03BB06 | | 44 µg
indacaterol | R03AC18 | indacatérol | 150 µg
roflumilast | R03DX07 | | 500 µg
azithromycin | J01FA10 | azithromycine | 250 mg three times a week
varenicline | N07BA03 | varénicline | 1 mg twice a day
nicotine | N07BA01 | | 14 mg patch, 21 mg patch
mesalazine | A07EC02 | mésalazine | 2 g, 4 g
azathioprine | L04AX01 | | 100 mg, 150 mg
mercaptopurine | L01BB02 | | 50 mg, 75 mg
vedolizumab | L04AG05 | védolizumab | 300 mg every eight weeks
ustekinumab | L04AC05 | ustékinumab | 90 mg every eight weeks, 90 mg every twelve weeks
risankizumab | L04AC18 | | 150 mg every twelve weeks
loperamide | A07DA03 | lopéramide | 2 mg when needed
levodopa and carbidopa | N04BA02 | lévodopa et carbidopa | 300 mg, 400 mg, 600 mg
pramipexole | N04BC05 | | 0.18 mg, 0.7 mg, 1.05 mg
ropinirole | N04BC04 | | 0.5 mg, 2 mg, 8 mg
rotigotine | N04BC09 | | 2 mg patch, 6 mg patch
rasagiline | N04BD02 | | 1 mg
safinamide | N04BD03 | | 50 mg, 100 mg
entacapone | N04BX02 | | 200 mg with each dose
opicapone | N04BX04 | | 50 mg
apomorphine | N04BC07 | | by pump
rivastigmine | N06DA03 | | 4.6 mg patch, 9.5 mg patch
donepezil | N06DA02 | donépézil | 5 mg, 10 mg
memantine | N06DX01 | mémantine | 10 mg, 20 mg
galantamine | N06DA04 | | 8 mg, 16 mg
secukinumab | L04AC10 | sécukinumab | 150 mg a month, 300 mg a month
ixekizumab | L04AC13 | ixékizumab | 80 mg every four weeks
bimekizumab | L04AC21 | bimékizumab | 160 mg every four weeks
guselkumab | L04AC16 | | 100 mg every eight weeks
calcipotriol | D05AX02 | | once a day on the skin
acitretin | D05BB02 | acitrétine | 25 mg
ciclosporin | L04AD01 | ciclosporine | 100 mg, 200 mg
apremilast | L04AA32 | aprémilast | 30 mg twice a day
mycophenolic acid | L04AA06 | acide mycophénolique, mycophénolate | 1 g, 2 g
belimumab | L04AG04 | bélimumab | 200 mg a week
anifrolumab | L04AG11 | | 300 mg every four weeks
cyclophosphamide | L01AA01 | | 500 mg every two weeks
dienogest | G03DB08 | diénogest | 2 mg
desogestrel | G03AC09 | désogestrel | 75 µg
leuprorelin | L02AE02 | leuproréline | 3.75 mg a month, 11.25 mg every three months
triptorelin | L02AE04 | triptoréline | 3 mg a month, 11.25 mg every three months
sumatriptan | N02CC01 | | 50 mg when needed
zolmitriptan | N02CC03 | | 2.5 mg when needed
rizatriptan | N02CC04 | | 10 mg when needed
eletriptan | N02CC06 | élétriptan | 40 mg when needed
erenumab | N02CD01 | érénumab | 70 mg a month, 140 mg a month
galcanezumab | N02CD02 | galcanézumab | 120 mg a month
fremanezumab | N02CD03 | frémanézumab | 225 mg a month
rimegepant | N02CD06 | rimégépant | 75 mg when needed
propranolol | C07AA05 | | 40 mg, 80 mg, 160 mg
metoprolol | C07AB02 | métoprolol | 50 mg, 100 mg
candesartan | C09CA06 | candésartan | 8 mg, 16 mg
botulinum toxin | M03AX01 | toxine botulique | every twelve weeks
tamoxifen | L02BA01 | tamoxifène | 20 mg
letrozole | L02BG04 | létrozole | 2.5 mg
anastrozole | L02BG03 | | 1 mg
exemestane | L02BG06 | exémestane | 25 mg
fulvestrant | L02BA03 | | 500 mg a month
palbociclib | L01EF01 | | 125 mg
ribociclib | L01EF02 | | 600 mg
abemaciclib | L01EF03 | abémaciclib | 150 mg twice a day
trastuzumab | L01FD01 | | every three weeks
paclitaxel | L01CD01 | | 80 mg/m² a week
docetaxel | L01CD02 | docétaxel | 75 mg/m² every three weeks
capecitabine | L01BC06 | capécitabine | two weeks of three
goserelin | L02AE03 | goséréline | 3.6 mg a month
bicalutamide | L02BB03 | | 50 mg, 150 mg
enzalutamide | L02BB04 | | 160 mg
apalutamide | L02BB05 | | 240 mg
darolutamide | L02BB06 | | 600 mg twice a day
abiraterone | L02BX03 | abiratérone | 1 g
degarelix | L02BX02 | dégarélix | 80 mg a month
tamsulosin | G04CA02 | tamsulosine | 0.4 mg
tadalafil | G04BE08 | | 5 mg, 20 mg, 40 mg
sildenafil | G04BE03 | sildénafil | 20 mg three times a day
amlodipine | C08CA01 | | 5 mg, 10 mg
lercanidipine | C08CA13 | lercanidipine | 10 mg, 20 mg
nifedipine | C08CA05 | nifédipine | 20 mg, 30 mg
ramipril | C09AA05 | | 2.5 mg, 5 mg, 10 mg
perindopril | C09AA04 | périndopril | 4 mg, 8 mg
lisinopril | C09AA03 | | 10 mg, 20 mg
enalapril | C09AA02 | énalapril | 10 mg, 20 mg
losartan | C09CA01 | | 50 mg, 100 mg
valsartan | C09CA03 | | 80 mg, 160 mg
irbesartan | C09CA04 | irbésartan | 150 mg, 300 mg
telmisartan | C09CA07 | | 40 mg, 80 mg
hydrochlorothiazide | C03AA03 | | 12.5 mg, 25 mg
indapamide | C03BA11 | | 1.5 mg
bisoprolol | C07AB07 | | 2.5 mg, 5 mg, 10 mg
nebivolol | C07AB12 | nébivolol | 5 mg
carvedilol | C07AG02 | carvédilol | 12.5 mg, 25 mg
sacubitril and valsartan | C09DX04 | sacubitril et valsartan | 49/51 mg, 97/103 mg
spironolactone | C03DA01 | | 25 mg, 50 mg, 100 mg
eplerenone | C03DA04 | éplérénone | 25 mg, 50 mg
furosemide | C03CA01 | furosémide | 20 mg, 40 mg, 80 mg
ivabradine | C01EB17 | | 5 mg twice a day
digoxin | C01AA05 | digoxine | 125 µg, 250 µg
apixaban | B01AF02 | | 5 mg twice a day
rivaroxaban | B01AF01 | | 20 mg
acetylsalicylic acid | B01AC06 | acide acétylsalicylique, aspirine, aspirin | 75 mg, 100 mg
atorvastatin | C10AA05 | atorvastatine | 10 mg, 20 mg, 40 mg
rosuvastatin | C10AA07 | rosuvastatine | 5 mg, 10 mg
darbepoetin alfa | B03XA02 | darbépoétine alfa | 30 µg a month
sevelamer | V03AE02 | sévélamer | 800 mg with meals
alfacalcidol | A11CC03 | | 0.25 µg
finerenone | C03DA05 | finérénone | 10 mg, 20 mg
tacrolimus | L04AD02 | | 2 mg, 4 mg
ferrous sulfate | B03AA07 | sulfate ferreux, fer | 80 mg
folic acid | B03BB01 | acide folique | 5 mg, 5 mg a week
glucosamine | M01AX05 | | 1.2 g
allopurinol | M04AA01 | | 100 mg, 200 mg, 300 mg
febuxostat | M04AA03 | fébuxostat | 80 mg
colchicine | M04AC01 | | 0.5 mg, 1 mg
anakinra | L04AC03 | | 100 mg
mebeverine | A03AA04 | mébévérine | 200 mg twice a day
phloroglucinol | A03AX12 | | 160 mg when needed
linaclotide | A06AX04 | | 290 µg
macrogol | A06AD15 | | 10 g
levothyroxine | H03AA01 | lévothyroxine | 50 µg, 75 µg, 100 µg, 125 µg
liothyronine | H03AA02 | | 12.5 µg
dolutegravir | J05AJ03 | dolutégravir | 50 mg
raltegravir | J05AJ01 | raltégravir | 400 mg twice a day
rilpivirine | J05AG05 | | 25 mg
darunavir | J05AE10 | | 800 mg
doravirine | J05AG06 | | 100 mg
lamivudine | J05AF05 | | 300 mg
abacavir | J05AF06 | | 600 mg
cabotegravir | J05AJ04 | cabotégravir | every two months
entecavir | J05AF10 | entécavir | 0.5 mg
tenofovir disoproxil | J05AF07 | ténofovir disoproxil | 245 mg
tenofovir alafenamide | J05AF13 | ténofovir alafénamide | 25 mg
peginterferon alfa-2a | L03AB11 | peginterféron alfa-2a | 180 µg a week
methylphenidate | N06BA04 | méthylphénidate | 20 mg, 36 mg, 54 mg
atomoxetine | N06BA09 | atomoxétine | 40 mg, 80 mg
lisdexamfetamine | N06BA12 | lisdexamfétamine | 30 mg, 50 mg
riluzole | N07XX02 | | 50 mg twice a day
edaravone | N07XX14 | édaravone | 105 mg
ivacaftor | R07AX02 | | 150 mg twice a day
ivacaftor with tezacaftor and elexacaftor | R07AX32 | ivacaftor avec tézacaftor et élexacaftor | once a day
dornase alfa | R05CB13 | | 2.5 mg
tobramycin | J01GB01 | tobramycine | 300 mg twice a day
pancreatin | A09AA02 | pancréatine | 25,000 units with meals
pyridostigmine | N07AA02 | | 60 mg, 240 mg
efgartigimod alfa | L04AG13 | | cycles of four weeks
eculizumab | L04AJ01 | éculizumab | 1200 mg every two weeks
human immunoglobulin | J06BA02 | immunoglobulines humaines | 1 g/kg every four weeks
bosentan | C02KX01 | | 125 mg twice a day
ambrisentan | C02KX02 | | 5 mg, 10 mg
macitentan | C02KX04 | macitentan | 10 mg
riociguat | C02KX05 | | 2.5 mg three times a day
selexipag | B01AC27 | sélexipag | 800 µg twice a day
treprostinil | B01AC21 | tréprostinil | by pump
iloprost | B01AC11 | | five days a month
pirfenidone | L04AX05 | pirfénidone | 2403 mg
nintedanib | L01EX09 | nintédanib | 150 mg twice a day
pilocarpine | N07AX01 | | 5 mg four times a day
tetrabenazine | N07XX06 | tétrabénazine | 25 mg, 75 mg
tiapride | N05AL03 | | 100 mg
agalsidase alfa | A16AB03 | | 0.2 mg/kg every two weeks
agalsidase beta | A16AB04 | agalsidase bêta | 1 mg/kg every two weeks
migalastat | A16AX14 | | 123 mg every other day
imiglucerase | A16AB02 | imiglucérase | 60 units/kg every two weeks
velaglucerase alfa | A16AB10 | vélaglucérase alfa | 60 units/kg every two weeks
eliglustat | A16AX10 | éliglustat | 84 mg twice a day
sodium oxybate | N07XX04 | oxybate de sodium | 4.5 g, 6 g
pitolisant | N07XX11 | | 18 mg, 36 mg
solriamfetol | N06BA14 | solriamfétol | 75 mg, 150 mg
hydroxycarbamide | L01XX05 | hydroxycarbamide, hydroxyurée, hydroxyurea | 500 mg, 1 g
deferasirox | V03AC03 | déférasirox | 14 mg/kg
phenoxymethylpenicillin | J01CE02 | phénoxyméthylpénicilline | 1 MIU twice a day
selumetinib | L01EE04 | sélumétinib | 25 mg/m² twice a day
ursodeoxycholic acid | A05AA02 | acide ursodésoxycholique | 750 mg, 1 g
obeticholic acid | A05AA04 | acide obéticholique | 5 mg, 10 mg
bezafibrate | C10AB02 | bézafibrate | 400 mg
hemin | B06AB01 | hémine | 3 mg/kg for four days
givosiran | A16AX16 | | 2.5 mg/kg a month
lenalidomide | L04AX04 | lénalidomide | 10 mg, 25 mg
pomalidomide | L04AX06 | | 4 mg
bortezomib | L01XG01 | bortézomib | 1.3 mg/m² a week
carfilzomib | L01XG02 | | 56 mg/m² a week
daratumumab | L01FC01 | | 1800 mg a month
zoledronic acid | M05BA08 | acide zolédronique | 4 mg a month
tralokinumab | D11AH07 | | 300 mg every two weeks
abrocitinib | D11AH08 | | 100 mg, 200 mg
pimecrolimus | D11AH02 | pimécrolimus | twice a day on the skin
cetirizine | R06AE07 | cétirizine | 10 mg
hydroxyzine | N05BB01 | | 25 mg
clomifene | G03GB02 | clomifène | 50 mg for five days
melatonin | N05CH01 | mélatonine | 2 mg
"""
