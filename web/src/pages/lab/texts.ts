import { words } from "../../text/words";

// Names of what several pages show.
export const texts = words({
  en: {
    datasets: "Datasets",
    uses: "Our insights",
    licences: "Licences",
    keys: "Keys, webhooks and mail",
    kinds: { SURVEY: "Survey", TRACKING: "Tracking" },
    organizations: { LABORATORY: "laboratories", HOSPITAL: "hospitals", MUTUAL: "mutuals", INSURER: "insurers" },
    purposes: {
      SCIENTIFIC_RESEARCH: "Scientific research",
      PRODUCT_DEVELOPMENT: "Development of medicines, devices or health services",
      CARE_IMPROVEMENT: "Improvement of care and support",
      EDUCATION: "Teaching in health or care",
      PUBLIC_HEALTH: "Tasks of a public body in public health",
      STATISTICS: "Official statistics",
    },
    precisions: { WITHIN_5: "± 5", WITHIN_10: "± 10", WITHIN_20: "± 20", WITHIN_50: "± 50" },
    titled: (variable: string, by: readonly string[]) => (by.length ? `${variable}, by ${by.join(" and ")}` : variable),
    margin: (margin: string) => `± ${margin}`,
    own: "Cohorte",
    unknown: "It does not exist, or no licence of yours covers it.",
    back: "To the datasets",
  },
  fr: {
    datasets: "Jeux de données",
    uses: "Nos tableaux",
    licences: "Licences",
    keys: "Clés, webhooks et courriels",
    kinds: { SURVEY: "Questionnaire", TRACKING: "Suivi" },
    organizations: { LABORATORY: "laboratoires", HOSPITAL: "hôpitaux", MUTUAL: "mutuelles", INSURER: "assureurs" },
    purposes: {
      SCIENTIFIC_RESEARCH: "Recherche scientifique",
      PRODUCT_DEVELOPMENT: "Développement de médicaments, de dispositifs ou de services de santé",
      CARE_IMPROVEMENT: "Amélioration des soins et de l’accompagnement",
      EDUCATION: "Enseignement dans la santé ou les soins",
      PUBLIC_HEALTH: "Missions de santé publique d’un organisme public",
      STATISTICS: "Statistiques officielles",
    },
    precisions: { WITHIN_5: "± 5", WITHIN_10: "± 10", WITHIN_20: "± 20", WITHIN_50: "± 50" },
    titled: (variable: string, by: readonly string[]) => (by.length ? `${variable}, selon : ${by.join(" et ")}` : variable),
    margin: (margin: string) => `± ${margin}`,
    own: "Cohorte",
    unknown: "Cette page n’existe pas, ou aucune de vos licences ne la couvre.",
    back: "Vers les jeux de données",
  },
});
