import { words } from "../../text/words";

export const texts = words({
  en: { home: "My space" },
  fr: { home: "Mon espace" },
});
