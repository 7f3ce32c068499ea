import { words } from "../../text/words";

export const texts = words({
  en: { home: "My space", communities: "Communities", surveys: "Surveys", data: "My data", account: "Account" },
  fr: { home: "Mon espace", communities: "Communautés", surveys: "Questionnaires", data: "Mes données", account: "Compte" },
});
