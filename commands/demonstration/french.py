"""Data: the French texts of the demonstration's discussions."""

from commands.demonstration.themes import BOTH, CARE, NOTHING, SYMPTOM, TREATMENT, Language, Theme

FRENCH = Language(
    themes=(
        Theme(
            TREATMENT,
            ("{t} : au bout de combien de temps ?", "Je commence {t} lundi", "{t}, vos premières semaines ?", "Débuts sous {t}"),
            (
                "Mon spécialiste m'a prescrit {t} en me demandant d'être patient. J'en suis à la semaine {n} et je ne sens rien de neuf.",
                "Je commence {t} lundi, après {d} d'hésitation. J'aimerais savoir à quoi ressemblent les premières semaines.",
                "{n} semaines de {t} maintenant. Certains jours j'y crois, et le lendemain je ne sais plus.",
            ),
            (
                "Chez moi il a fallu {n} semaines, et c'est ma fille qui l'a remarqué la première.",
                "Rien du tout pendant {d}, puis un matin l'escalier est redevenu un escalier.",
                "Mon médecin m'avait dit de ne pas juger {t} avant trois mois. Elle avait raison.",
                "J'ai noté un chiffre chaque soir. Sans cela j'aurais juré que rien ne changeait.",
                "Pour être honnête, pas grand effet chez moi, et nous avons changé au bout de {d}. Cela arrive aussi.",
                "Rapide pour moi : {n} semaines. Mais chacun semble avoir son calendrier.",
                "Le début a été le plus dur. Vers la semaine {n} on a augmenté la dose et cela a tout changé.",
                "J'ai failli abandonner au même moment que toi. Contente d'avoir attendu un mois de plus.",
            ),
        ),
        Theme(
            BOTH,
            ("{s} depuis que je prends {t} ?", "{t} et {s} : un lien ?", "{t} : vous aussi, {s} ?"),
            (
                "Depuis que je prends {t}, c'est presque tous les jours : {s}. La notice en parle, mais mon médecin pense que c'est la maladie.",
                "{d} de {t} et voilà autre chose : {s}. Je ne veux pas arrêter un traitement qui marche.",
                "J'avais déjà connu cela ({s}), mais jamais à ce point. Tout a commencé {n} jours après la première prise de {t}.",
            ),
            (
                "J'ai eu ça aussi. C'est parti tout seul au bout de {n} semaines.",
                "Le prendre le soir, en mangeant, a tout changé pour moi. Demande avant de décaler, quand même.",
                "Chez moi cela n'avait rien à voir avec {t} : prise de sang, fer très bas.",
                "Nous avons divisé la dose par deux, puis remonté doucement. Plus rien depuis.",
                "Appelle ta pharmacienne : la mienne m'a plus aidée que la notice.",
                "J'ai tenu un carnet pendant {n} semaines : c'était toujours le lendemain de la prise. Cela a convaincu mon médecin.",
                "Pour moi ce fut la raison d'arrêter, après {d}. Le traitement suivant a été plus doux.",
                "Pas sous {t}, mais sous le précédent. C'est passé à l'arrêt.",
            ),
        ),
        Theme(
            TREATMENT,
            ("Arrêter {t}", "Qui a arrêté {t} ?", "Faire une pause avec {t}"),
            (
                "Après {d} de {t}, mes résultats sont bons et mon médecin propose d'essayer sans. J'ai peur de revenir en arrière.",
                "J'ai oublié {t} pendant {n} jours en vacances et je n'ai rien senti. Du coup je me demande à quoi il sert.",
                "On parle d'arrêter {t} avant une opération. Personne ne sait me dire comment seront les semaines d'après.",
            ),
            (
                "Surtout pas tout seul. Je l'ai fait, et je l'ai payé en {n} semaines.",
                "Nous avons baissé par paliers sur {d}. Pas de rechute à ce jour.",
                "J'ai arrêté puis repris. La deuxième fois il a marché aussi bien, si cela te rassure.",
                "Mon équipe m'a donné un plan écrit : quoi surveiller, qui appeler. Demande la même chose.",
                "Le premier mois allait bien, le second moins. Il faut juger tard.",
                "J'ai finalement continué. Aller bien, c'était le signe qu'il marche, pas que je peux m'en passer.",
                "Cela dépend tellement des gens. Que disait ton dernier bilan ?",
            ),
        ),
        Theme(
            SYMPTOM,
            ("{s} : qu'est-ce qui vous aide ?", "Vivre avec : {s}", "Vos petites astuces ({s})", "Encore une semaine difficile : {s}"),
            (
                "Ce qui me gêne le plus n'est pas le reste, c'est cela : {s}. J'ai essayé le repos, la chaleur et beaucoup de tisane.",
                "Mauvaise semaine côté {s} : j'ai encore annulé un dîner entre amis, pour la troisième fois du mois.",
                "Mon médecin me parle de tout sauf de ce point : {s}. Alors je vous demande.",
            ),
            (
                "Le dosage de l'effort, vraiment. Je prévois la moitié de ce que je crois pouvoir faire, et j'en fais plus.",
                "Une douche chaude avant de dormir, et plus d'écran après vingt et une heures. C'est bête, mais ça marche.",
                "Chez moi cela vient par vagues d'environ {n} jours. Savoir que cela finit aide à tenir.",
                "Je le note ici tous les jours. C'est la courbe qui a fait tendre l'oreille à mon médecin.",
                "Bouger un peu, même quand tout dit non. {n} minutes, pas plus.",
                "Mon kiné m'a donné trois exercices. Demande une ordonnance si tu peux.",
                "Rien n'y faisait avant qu'on s'occupe du sommeil.",
                "J'ai appris à dire non. C'est toute mon astuce.",
            ),
        ),
        Theme(
            SYMPTOM,
            ("{s} la nuit", "Plus de sommeil : {s}", "Trois heures du matin et toujours : {s}"),
            (
                "La nuit est le pire moment ({s}) : réveil à trois heures, et c'est fini. À midi je ne suis plus bon à rien.",
                "Je dors {few} heures au mieux, toujours pour la même raison : {s}. Comment tenez-vous le lendemain ?",
            ),
            (
                "Pareil. Je me lève, je me fais une tisane, et je ne regarde plus l'heure.",
                "Un deuxième oreiller et une chambre fraîche m'ont rendu {few} heures par nuit.",
                "Mon médecin a déplacé une prise le soir, et la moitié du problème était réglée.",
                "Une sieste courte avant quinze heures, avec un réveil. Plus longue, elle gâche la nuit.",
                "Chez moi c'était en plus une apnée du sommeil. À demander.",
                "La radio, tout bas. Je connais toutes les émissions sur la mer.",
                "J'ai cessé de lutter. Bizarrement, je dors mieux depuis.",
            ),
        ),
        Theme(
            NOTHING,
            ("{c} et travail", "Le dire à son employeur ?", "Reprise du travail après {d}", "Temps partiel : vos avis ?"),
            (
                "Je reprends le travail après {d} d'arrêt. Mon chef sait que j'ai été malade, mais pas de quoi.",
                "Je tiens jusqu'au mercredi, ensuite plus rien. Je me demande s'il faut baisser mes heures.",
                "Entretien la semaine prochaine. En parler ou pas ?",
            ),
            (
                "Je l'ai dit à l'équipe en une phrase, au café. Mieux que toutes ces années à le cacher.",
                "Le médecin du travail a été mon meilleur allié. On peut demander à le voir soi-même.",
                "J'ai attendu la fin de la période d'essai. Aucun regret.",
                "Deux jours de télétravail ont changé ma vie, et personne n'y a perdu.",
                "J'en ai trop dit et je l'ai regretté. Dis ce dont tu as besoin, pas ce que tu as.",
                "Je suis passée à {few} jours. Moins d'argent, plus de vie.",
                "Demande un mi-temps thérapeutique. Mes premières semaines, c'était le matin seulement.",
            ),
        ),
        Theme(
            NOTHING,
            ("Diagnostic tout récent", "Nouvelle ici : {c}", "{c} et mille questions", "Bonjour d'un nouveau"),
            (
                "Le mot est tombé mardi : {c}. J'ai hoché la tête, je suis rentré, et je n'avais rien compris.",
                "Après {d} d'examens, cela porte un nom : {c}. Je suis presque soulagée, et j'ai peur.",
                "Je débarque. {c} depuis {n} mois. Ma famille est gentille mais ne sait pas quoi dire.",
            ),
            (
                "Bienvenue. Le début est le pire, parce que tout semble possible. Ensuite cela rapetisse.",
                "Note tes questions avant chaque rendez-vous, la plus importante en premier.",
                "Il m'a fallu {d} pour prononcer le mot. Prends ton temps.",
                "Ne lis pas tout la nuit. Je l'ai fait, et presque rien de tout cela ne m'est arrivé.",
                "Cela fait {n} ans pour moi : je jardine, je travaille et je ris. Pas tous les jours, mais presque.",
                "Emmène quelqu'un au prochain rendez-vous. À deux on entend mieux.",
                "Contente que tu nous aies trouvés. Ici personne ne dit « mais tu as bonne mine ».",
            ),
        ),
        Theme(
            NOTHING,
            ("Aider sans étouffer", "Pour ceux qui vivent avec nous", "Mon conjoint est malade", "En parler à la maison"),
            (
                "Je suis celui qui n'est pas malade. Je veux aider et je m'y prends souvent mal.",
                "Mes enfants demandent pourquoi je suis encore fatiguée. Que dites-vous aux vôtres ?",
                "À la maison on ne parle plus que de la maladie.",
            ),
            (
                "Demande « de quoi as-tu besoin aujourd'hui ? » et crois la réponse. Je n'ai jamais voulu autre chose.",
                "Nous avons un soir par semaine où le mot est interdit.",
                "On leur a parlé d'une batterie : certains jours elle commence à trente pour cent. Les enfants comprennent tout de suite.",
                "Prends soin de toi aussi. J'ai craqué après {d} à tout porter.",
                "Mon compagnon vient à un rendez-vous sur trois. Cela a fait de nous une équipe.",
                "Fais les courses sans attendre de merci. C'est une distraite qui te le dit.",
            ),
        ),
        Theme(
            CARE,
            ("{t} : utile ou pas ?", "{t} : vos expériences ?", "Qui a essayé : {t} ?", "On me propose : {t}"),
            (
                "Mon spécialiste m'a proposé ceci : {t}. J'ai dit que j'allais réfléchir, et me voilà à réfléchir.",
                "Près de chez moi il y a {d} d'attente ({t}). Je me demande si cela vaut la peine.",
                "J'ai beaucoup lu sur le sujet ({t}), mais peu de gens qui ont la même maladie que moi.",
            ),
            (
                "Pour moi ce fut un tournant, et je l'avais repoussé pendant {d}.",
                "Choisis bien l'équipe. Avec la deuxième, c'était un autre monde.",
                "Cela ne m'a pas fait de mal, ni beaucoup de bien. Je ne regrette pas d'avoir essayé.",
                "Prépare tes questions : qu'est-ce qui ira mieux, quand, et sinon quoi ?",
                "Demande ce qui est remboursé avant de commencer. Je ne l'ai pas fait.",
                "Les {n} premiers jours ont été durs, ensuite j'ai compris à quoi cela servait.",
                "J'ai rencontré par ce forum quelqu'un qui l'avait fait. Cela valait dix brochures.",
                "Il faut s'y habituer. Donne-toi {d}, puis juge.",
            ),
        ),
        Theme(
            TREATMENT,
            ("Voyager avec {t}", "Vacances et {t}", "{t} en avion ?"),
            (
                "Premier voyage depuis que je prends {t}. {n} jours, il fera chaud. À quoi faut-il penser ?",
                "Deux semaines loin d'ici et {t} dans les bagages. La dernière fois, longue discussion à la douane.",
            ),
            (
                "Une lettre du médecin en anglais, et la boîte à ton nom. On ne m'a jamais rien demandé, mais tout de même.",
                "Toujours en cabine, jamais en soute.",
                "Prends le double, dans deux sacs.",
                "J'ai gardé l'heure de la maison pour les prises ; sur {n} jours, c'était plus simple.",
                "Prévois un jour sans rien à l'arrivée. Je ne le faisais pas, et je le passais au lit.",
                "L'assurance veut être au courant. Appelle avant, pas après.",
            ),
        ),
    ),
    greetings=("Bonjour à tous. ", "Bonsoir. ", "", "", "Coucou. ", "Bonjour, premier message ici. ", ""),
    questions=(
        " Comment cela s'est passé pour vous ?", " Quelqu'un est-il passé par là ?", " Je prends tous les avis, bons ou mauvais.",
        " Que feriez-vous ?", " Suis-je la seule personne dans ce cas ?", " Merci de m'avoir lu.", " Comment faites-vous ?", "",
    ),
    leads=(
        "Bonjour ! ", "Je connais ça. ", "", "", "Pareil ici. ", "Bienvenue au club dont personne ne voulait. ", "Cela me rappelle quelque chose. ",
        "Courage. ", "Merci d'avoir posé la question. ", "Voici comment c'était pour moi. ", "",
    ),
    tails=(
        "", "", " Tiens bon.", " Donne-nous des nouvelles.", " Mais ce n'est que moi.", " J'espère que cela t'aide un peu.",
        " À voir avec ton médecin, bien sûr.", " Prends soin de toi.", " Je t'embrasse.", " Qu'en dit ton médecin ?", " Raconte-nous la suite.",
    ),
    chat=(
        "Je suis le sujet, j'ai la même question.", "Merci à tous, je lis tout même si j'écris peu.",
        "Je l'ai montré à ma sœur : elle a enfin compris.", "Des nouvelles ?", "Ce fil mériterait d'être épinglé.",
        "Belle journée aujourd'hui, je passe dire que cela existe.", "D'accord avec tout ce qui précède.",
        "Je n'y avais jamais pensé. J'essaie cette semaine.", "Pluie ici, vous devinez comment je vais. Bonjour quand même.",
        "Même question {d} plus tard, et contente que ce fil soit encore là.", "J'ai essayé. C'est peu, mais c'est déjà ça.",
        "Dix minutes de marche aujourd'hui. Je prends.", "Cela fait du bien de savoir que je n'invente rien.",
    ),
    returns=(
        "Merci, vous n'imaginez pas comme cela m'aide.", "Petit mot : un peu mieux cette semaine, je croise les doigts.",
        "J'ai vu mon médecin. On continue ainsi et on refait le point dans {n} semaines.", "Je n'attendais pas autant de réponses. Merci.",
        "Des nouvelles après {d} : la patience a payé.", "J'essaie ce soir.", "Bonne idée, le carnet, je n'y avais pas pensé.",
    ),
    stories=(
        ("L'hiver dernier", "Il y a deux ans", "Au début", "La semaine avant mes vacances", "Après le deuxième avis", "Ce printemps", "Il y a quelque temps"),
        (
            "j'étais exactement à ta place", "j'ai fait comme si de rien n'était", "mon médecin a presque tout changé d'un coup",
            "j'ai tenu un carnet pendant un mois", "j'étais si fatiguée que j'ai tout annulé", "une infirmière a pris une demi-heure pour m'expliquer",
            "je croyais que cela ne passerait jamais", "j'ai demandé de l'aide pour la première fois",
        ),
        (
            "et ce fut la meilleure décision de l'année", "et je le referais", "et peu à peu c'est devenu plus léger", "mais il a fallu du temps",
            "et ma famille a mieux compris que je ne le craignais", "et j'ai appris ce que je peux et ne peux pas faire",
            "même si j'ai encore de mauvais jours", "et j'aurais aimé qu'on me le dise plus tôt",
        ),
    ),
    lengths=("deux mois", "six mois", "un an", "trois semaines", "six semaines", "deux ans", "presque trois mois"),
)  # fmt: skip
