import { words } from "../../text/words";

export const texts = words({
  en: { home: "My space", welcome: "You are signed in.", surveys: "Surveys", data: "My data", account: "Account" },
  fr: { home: "Mon espace", welcome: "Vous êtes connecté.", surveys: "Enquêtes", data: "Mes données", account: "Compte" },
});
