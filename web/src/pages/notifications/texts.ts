import { words } from "../../text/words";

export const texts = words({
  en: {
    title: "Notifications",
    unread: (shown: string, _isOne: boolean) => `${shown} unread`,
    new: "new",
    none: "You have no notification yet. Answers to your discussions, surveys and decisions appear here.",
    readAll: "Mark all as read",
    kinds: {
      REPLY: "An answer in a discussion that you started",
      SURVEY_OPEN: "A survey that you can answer has opened",
      INSIGHT_PUBLISHED: "A result was published from data that includes yours",
      CARE_LINK: "An invitation to keep a diary, or its acceptance",
      MODERATION: "A decision of a moderator",
      PROPOSAL: "A decision on your proposal for the catalogue",
      SURVEY_CLOSED: "A survey that you had answered or begun closed early",
      SUPPORT: "Where to find somebody to talk to, at any hour",
    },
    open: "Open",
  },
  fr: {
    title: "Notifications",
    unread: (shown: string, isOne: boolean) => (isOne ? `${shown} non lue` : `${shown} non lues`),
    new: "nouvelle",
    none: "Vous n’avez pas encore de notification. Les réponses à vos discussions, les questionnaires et les décisions s’affichent ici.",
    readAll: "Tout marquer comme lu",
    kinds: {
      REPLY: "Une réponse dans une discussion que vous avez lancée",
      SURVEY_OPEN: "Un questionnaire auquel vous pouvez répondre est ouvert",
      INSIGHT_PUBLISHED: "Un résultat a été publié à partir de données dont les vôtres",
      CARE_LINK: "Une invitation à tenir un journal, ou son acceptation",
      MODERATION: "Une décision de la modération",
      PROPOSAL: "Une décision sur votre proposition pour le catalogue",
      SURVEY_CLOSED: "Un questionnaire que vous aviez rempli ou commencé a été clos avant son terme",
      SUPPORT: "Où trouver quelqu’un à qui parler, à toute heure",
    },
    open: "Ouvrir",
  },
});
