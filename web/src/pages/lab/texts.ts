import { words } from "../../text/words";

export const texts = words({
  en: { home: "Laboratory", welcome: "You are signed in for your organization." },
  fr: { home: "Laboratoire", welcome: "Vous êtes connecté pour votre organisation." },
});
