"""What organizations undertake when they request a licence: the text of each version, in every language."""

from collections.abc import Mapping
from types import MappingProxyType

from models.languages import Language

RESULTS_MONTHS = 18  # after the end of a licence: article 61(4) of Regulation (EU) 2025/327

ENGLISH = f"""\
By requesting this licence, our organization undertakes the following, for every insight that is published under it, \
and for as long as we hold any of them (articles 54 and 61 of Regulation (EU) 2025/327):

1. We do not identify members, and do not try to, alone or with others or with data from elsewhere. If we recognize \
a member all the same, we use this for nothing and report it to Cohorte at once.
2. We do not pass insights on to anyone who is not named in the request. Results that we make public contain nothing \
about a single person.
3. We do not use insights for premiums, contributions, exclusions, prices or terms of an insurance or a credit; for \
job offers; for any decision about a single person; nor for a decision to the detriment of a group.
4. We do not use them for advertising or marketing, nor to develop products or services that harm.
5. We use them for the purpose that we state here, and for no other.
6. We make our results public within {RESULTS_MONTHS} months of the end of the licence, also if they are not what we \
hoped for, name Cohorte's members as their source, and add the address to the public ledger."""

# Versions are never removed or changed: licences refer to them. The last one is in force.
TEXTS: Mapping[str, Mapping[Language, str]] = MappingProxyType(
    {
        "2026-1": {
            Language.EN: ENGLISH,
            Language.FR: f"""\
En demandant cette licence, notre organisme prend les engagements suivants, pour tous les tableaux publiés en vertu \
de celle-ci et aussi longtemps que nous en conservons (articles 54 et 61 du règlement (UE) 2025/327) :

1. Nous n’identifions aucun membre et ne cherchons pas à le faire, ni seuls, ni avec d’autres, ni à l’aide d’autres \
données. Si nous reconnaissons tout de même un membre, nous n’en faisons aucun usage et le signalons aussitôt à \
Cohorte.
2. Nous ne transmettons les tableaux à personne qui ne soit nommé dans la demande. Les résultats que nous rendons \
publics ne contiennent rien sur une personne en particulier.
3. Nous n’utilisons les tableaux ni pour des primes, des cotisations, des exclusions, des prix ou des conditions \
d’assurance ou de crédit, ni pour des offres d’emploi, ni pour une décision concernant une personne en particulier, \
ni pour une décision au détriment d’un groupe.
4. Nous ne les utilisons ni pour la publicité ou la prospection, ni pour mettre au point des produits ou services \
nocifs.
5. Nous les utilisons pour la finalité déclarée ici, et pour aucune autre.
6. Nous rendons publics nos résultats dans les {RESULTS_MONTHS} mois qui suivent la fin de la licence, même s’ils ne \
sont pas ceux que nous espérions, citons les membres de Cohorte comme source et ajoutons l’adresse au registre \
public.""",
        },
        "2026-2": {  # the words of the other texts in French; the English is that of 2026-1
            Language.EN: ENGLISH,
            Language.FR: f"""\
En demandant cette licence, notre organisation prend les engagements suivants, pour tous les résultats que Cohorte \
publie en vertu de celle-ci et aussi longtemps que nous en conservons (articles 54 et 61 du règlement (UE) \
2025/327)\u00a0:

1. Nous n’identifions aucun membre et ne cherchons pas à le faire, ni seuls, ni avec d’autres, ni à l’aide d’autres \
données. Si nous reconnaissons tout de même un membre, nous n’en faisons aucun usage et le signalons aussitôt à \
Cohorte.
2. Nous ne transmettons ces résultats à personne qui ne soit nommé dans la demande. Ce que nous rendons public ne \
contient rien sur une personne en particulier.
3. Nous n’utilisons ces résultats ni pour des primes, des cotisations, des exclusions, des prix ou des conditions \
d’assurance ou de crédit, ni pour des offres d’emploi, ni pour une décision concernant une personne en particulier, \
ni pour une décision au détriment d’un groupe.
4. Nous ne les utilisons ni pour la publicité ou la prospection, ni pour mettre au point des produits ou services \
nocifs.
5. Nous les utilisons pour la finalité déclarée ici, et pour aucune autre.
6. Nous rendons publics les résultats de nos travaux dans les {RESULTS_MONTHS} mois qui suivent la fin de la licence, \
même s’ils ne sont pas ceux que nous espérions, citons les membres de Cohorte comme source et ajoutons l’adresse au \
registre public.""",
        },
    }
)
IN_FORCE = list(TEXTS)[-1]
