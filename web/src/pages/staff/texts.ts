import { words } from "../../text/words";

export const texts = words({
  en: { home: "Staff", welcome: "You are signed in as staff." },
  fr: { home: "Équipe", welcome: "Vous êtes connecté comme membre de l’équipe." },
});
