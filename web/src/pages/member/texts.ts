import { words } from "../../text/words";

export const texts = words({
  en: { home: "My space", welcome: "You are signed in." },
  fr: { home: "Mon espace", welcome: "Vous êtes connecté." },
});
