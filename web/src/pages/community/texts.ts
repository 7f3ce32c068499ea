import { words } from "../../text/words";

export const texts = words({
  en: {
    title: "Community",
    size: (count: string, day: string) => `About ${count} members (counted on ${day}).`,
    closed: "Nobody can join this community at present.",
    follows: "What members follow",
    register: "Register to join",
    unknown: "There is no community at this address.",
    search: "Find a community",
  },
  fr: {
    title: "Communauté",
    size: (count: string, day: string) => `Environ ${count} membres (comptés le ${day}).`,
    closed: "Il n’est pas possible de rejoindre cette communauté actuellement.",
    follows: "Ce que suivent les membres",
    register: "S’inscrire pour la rejoindre",
    unknown: "Il n’y a pas de communauté à cette adresse.",
    search: "Trouver une communauté",
  },
});
