"""Data: the French names and descriptions of the demonstration's conditions and their communities.

Each line has the community's slug, the name with its article as in running text, and the community's description.
"""

FRENCH_CONDITIONS = """
type-2-diabetes | le diabète de type 2 | Trop de sucre dans le sang parce que l'insuline n'agit plus assez. On y compare repas, activité physique et médicaments.
fibromyalgia | la fibromyalgie | Des douleurs partout, de la fatigue et un mauvais sommeil qu'aucun examen n'explique. Un lieu où l'on vous croit et où l'on partage ce qui soulage.
multiple-sclerosis | la sclérose en plaques | Le système immunitaire attaque la gaine des nerfs, souvent par poussées. On y suit la fatigue, la marche et les traitements.
depression | la dépression | Une tristesse, une perte de plaisir et d'énergie qui durent. On y suit l'humeur et le sommeil, et l'on parle du chemin pour s'en sortir.
crohn-disease | la maladie de Crohn | Une inflammation de n'importe quelle partie du tube digestif, par poussées. On y parle de traitements, de repas, d'opérations et de rémissions.
parkinson-disease | la maladie de Parkinson | Faute de dopamine, les gestes deviennent lents, raides ou tremblants. Malades et proches y suivent les bonnes et les mauvaises heures.
migraine | la migraine | Des crises de maux de tête, avec des nausées et une gêne à la lumière. On y compte les jours, on y cherche les déclencheurs et l'on compare les traitements.
hypertension | l'hypertension artérielle | Une pression trop élevée dans les artères, le plus souvent sans qu'on la sente. On y mesure sa tension chez soi et l'on partage les habitudes qui aident.
breast-cancer | le cancer du sein | Du diagnostic au traitement, puis à la vie d'après : effets indésirables, travail, corps et espoir, entre personnes qui savent.
psoriasis | le psoriasis | Des plaques rouges qui pèlent, vont et viennent, parfois avec des douleurs articulaires. On y parle de soins, de lumière et de médicaments.
rheumatoid-arthritis | la polyarthrite rhumatoïde | Le système immunitaire enflamme les articulations. Cette communauté de démonstration est un véritable essai : les auto-évaluations de ses malades pendant cinq mois.
asthma | l'asthme | Des bronches qui se resserrent et s'enflamment. On y suit son souffle, ses déclencheurs et le recours au traitement de crise.
ankylosing-spondylitis | la spondylarthrite ankylosante | Une inflammation de la colonne, pire au repos et le matin. On y partage exercices, traitements et bons matins.
type-1-diabetes | le diabète de type 1 | Le corps ne produit plus d'insuline. On y compare pompes, capteurs, repas et nuits sans alarme.
endometriosis | l'endométriose | Un tissu semblable à la muqueuse de l'utérus pousse ailleurs et fait mal. On y parle de diagnostic, d'opérations et de façons de passer le mois.
copd | la bronchopneumopathie chronique obstructive | Un souffle qui se raccourcit avec les années. On y parle d'escaliers, de toux et de réadaptation, et l'on soutient les personnes qui arrêtent de fumer.
irritable-bowel-syndrome | le syndrome de l'intestin irritable | Un intestin douloureux et imprévisible, sans rien de visible aux examens. On y compare aliments, stress et soulagement.
ulcerative-colitis | la rectocolite hémorragique | Une inflammation du gros intestin, avec urgences et saignements. On y suit les poussées et ce qui mène à la rémission.
osteoarthritis | l'arthrose | Des articulations usées, douloureuses à l'effort. On y parle de mouvement, de chaussures, d'infiltrations et de prothèses du genou.
bipolar-disorder | le trouble bipolaire | Une humeur qui oscille entre des hauts et des bas. On y suit le sommeil et l'humeur et l'on apprend à reconnaître les premiers signes.
prostate-cancer | le cancer de la prostate | Choisir un traitement et vivre avec ses effets : on y parle franchement de fuites, de sexualité, de fatigue et d'analyses.
long-covid | le Covid long | Des symptômes qui restent des mois après le Covid-19. On y décrit ce qui est encore mal connu et l'on apprend à doser ses efforts.
heart-failure | l'insuffisance cardiaque | Un cœur qui pompe trop peu. On s'y pèse, on surveille ses chevilles et l'on partage ce qui redonne du souffle.
adhd | le trouble du déficit de l'attention avec ou sans hyperactivité | Une attention qui s'échappe, une énergie qui déborde, chez l'enfant et l'adulte. On y partage outils, traitements et humour.
hashimoto-thyroiditis | la thyroïdite de Hashimoto | Le système immunitaire ralentit la thyroïde. On y compare les doses, les analyses et ce que l'on ressent vraiment.
alzheimer-disease | la maladie d'Alzheimer | La mémoire et les repères s'effacent. Ce sont surtout les proches qui écrivent ici, pour eux-mêmes et pour la personne qu'ils aident.
gout | la goutte | Des cristaux d'acide urique enflamment une articulation en une nuit. On y parle de crises, d'analyses et de ce que l'on ne boit plus.
atopic-dermatitis | la dermatite atopique | Une peau qui démange, jour et nuit. On y partage crèmes, nuits, déclencheurs et nouveaux médicaments.
chronic-kidney-disease | la maladie rénale chronique | Des reins qui filtrent de moins en moins. On y parle de régimes, de dialyse, de listes d'attente et de la vie avec un greffon.
polycystic-ovary-syndrome | le syndrome des ovaires polykystiques | Des règles irrégulières, des hormones déréglées. On y parle de poids, de peau, de fertilité et de patience.
epilepsy | l'épilepsie | Un cerveau sujet aux crises. Cette communauté de démonstration est un véritable essai : des crises comptées pendant quatre quinzaines.
systemic-lupus-erythematosus | le lupus érythémateux systémique | Le système immunitaire s'en prend à la peau, aux articulations et aux reins. On y parle de poussées, de soleil et de traitements au long cours.
hiv | l'infection par le VIH | Un virus tenu en silence par un traitement quotidien ou tous les deux mois. On y parle de l'âge, de l'annonce aux autres et des comprimés.
restless-legs-syndrome | le syndrome des jambes sans repos | Des jambes qui doivent bouger à l'heure du repos. On y compare les soirées, le fer et les médicaments.
celiac-disease | la maladie cœliaque | Le gluten abîme l'intestin. On y parle de cuisine, d'étiquettes, de restaurants et de prises de sang.
sjogren-syndrome | le syndrome de Gougerot-Sjögren | Les yeux secs, la bouche sèche et une fatigue profonde. On y partage collyres, régimes et patience.
chronic-hepatitis-b | l'hépatite B chronique | Un virus qui reste dans le foie. On y parle de résultats, de traitements et de ce que l'on dit aux autres.
hypermobile-ehlers-danlos | le syndrome d'Ehlers-Danlos hypermobile | Des articulations trop souples et douloureuses. On y parle d'orthèses, d'efforts à doser et de diagnostics longs à venir.
multiple-myeloma | le myélome multiple | Un cancer de la moelle osseuse traité par cycles. On y parle d'analyses, de greffes et d'années gagnées.
sarcoidosis | la sarcoïdose | De petits nodules dans les poumons, la peau ou les yeux, et une fatigue que peu comprennent. On y compare la cortisone et son arrêt.
cystic-fibrosis | la mucoviscidose | Un mucus épais dans les poumons et l'intestin. Malades et parents y parlent de soins quotidiens, de modulateurs et de souffle retrouvé.
amyotrophic-lateral-sclerosis | la sclérose latérale amyotrophique | Les muscles perdent leurs nerfs. Malades et proches y partagent des aides, des mots et ce qu'il reste possible de faire.
sickle-cell-disease | la drépanocytose | Des globules rouges qui bouchent les petits vaisseaux et font mal. On y parle de crises, de prévention et de droits.
myasthenia-gravis | la myasthénie | Des muscles qui se fatiguent en quelques minutes : paupières, voix, bras. On y parle de doses, de repos et d'urgences.
marfan-syndrome | le syndrome de Marfan | Un tissu conjonctif qui cède, dans l'aorte d'abord. On y parle de suivi, de sport et d'opérations.
narcolepsy | la narcolepsie | Un sommeil qui s'impose le jour, des forces qui lâchent dans un rire. On y parle de siestes, de travail et de conduite.
systemic-sclerosis | la sclérodermie systémique | La peau et des organes qui durcissent. On y parle de mains froides, de traitements et de souffle.
neurofibromatosis-type-1 | la neurofibromatose de type 1 | Des taches et des tumeurs le long des nerfs, chez l'enfant et l'adulte. On y parle de suivi, d'école et du regard des autres.
behcet-disease | la maladie de Behçet | Des aphtes, des yeux et des vaisseaux enflammés, par poussées. On y parle de colchicine, de fatigue et d'examens des yeux.
idiopathic-pulmonary-fibrosis | la fibrose pulmonaire idiopathique | Des poumons qui cicatrisent sans cause connue. On y parle d'oxygène, d'effets indésirables et de petites marches.
addison-disease | la maladie d'Addison | Des surrénales qui ne produisent plus de cortisol. On y parle de doses, de jours de maladie et de trousses d'urgence.
huntington-disease | la maladie de Huntington | Une maladie héréditaire du mouvement, de l'humeur et de la pensée. Les familles y parlent de tests, de choix et d'aide au quotidien.
giant-cell-arteritis | l'artérite à cellules géantes | Des artères de la tête enflammées. On y parle de cortisone, de sa diminution et de la peur de perdre la vue.
pulmonary-arterial-hypertension | l'hypertension artérielle pulmonaire | Une pression élevée dans les artères des poumons. On y parle de pompes, d'escaliers et de projets.
primary-biliary-cholangitis | la cholangite biliaire primitive | De petits canaux biliaires enflammés. On y parle de démangeaisons, de fatigue et de bilans du foie.
chronic-inflammatory-demyelinating-polyneuropathy | la polyradiculonévrite inflammatoire démyélinisante chronique | Les nerfs des bras et des jambes perdent leur gaine. On y parle de perfusions, d'équilibre et de force retrouvée.
dermatomyositis | la dermatomyosite | Des muscles faibles et une éruption violacée. On y parle d'escaliers, de soleil et de cortisone.
fabry-disease | la maladie de Fabry | Une enzyme manque, les mains et les pieds brûlent. Les familles y parlent de perfusions, de cœur et de reins.
gaucher-disease | la maladie de Gaucher | Des graisses qui s'accumulent dans la rate et les os. Les familles y parlent de perfusions, de douleurs osseuses et de numérations sanguines.
acute-intermittent-porphyria | la porphyrie aiguë intermittente | Des crises de douleur déclenchées par les hormones, le jeûne ou des médicaments. On y partage déclencheurs et listes de médicaments sûrs.
"""
