import { words } from "../../text/words";

export const texts = words({
  en: {
    terms: "Terms of use",
    privacy: "Privacy notice",
    version: (version: string, day: string) => `Version ${version}, in force since ${day}.`,
  },
  fr: {
    terms: "Conditions d’utilisation",
    privacy: "Notice de confidentialité",
    version: (version: string, day: string) => `Version ${version}, en vigueur depuis le ${day}.`,
  },
});
