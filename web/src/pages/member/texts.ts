import { words } from "../../text/words";

export const texts = words({
  en: { home: "My space", communities: "Communities" },
  fr: { home: "Mon espace", communities: "Communautés" },
});
