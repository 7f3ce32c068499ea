import { words } from "../../text/words";

export const texts = words({
  en: { title: "No page here", text: "There is no page at this address. It may have moved, or the link is incomplete.", home: "To the home page" },
  fr: { title: "Page introuvable", text: "Il n’y a pas de page à cette adresse. Elle a peut-être changé d’adresse, ou le lien est incomplet.", home: "Aller à l’accueil" },
});
