// The accounts of the demonstration, whose password is public. The server writes them into the page if it has them.

import type { Audience } from "../graph/views";
import { words, type Language } from "../text/words";

export interface Demonstration {
  password: string;
  /** E-mail addresses by view; the first is the one that a click signs in. */
  accounts: Partial<Record<Audience, readonly string[]>>;
}

export function demonstrationOf(root: HTMLElement): Demonstration | null {
  const given = root.dataset["demonstration"];
  return given ? (JSON.parse(given) as Demonstration) : null;
}

const names = words({
  en: {
    patient: "Patient",
    relative: "Relative",
    association: "Association",
    laboratory: "Laboratory",
    hospital: "Hospital",
    mutual: "Mutual",
    insurer: "Insurer",
    moderator: "Moderator",
    manager: "Survey manager",
    steward: "Data steward",
    editor: "Catalogue editor",
  },
  fr: {
    patient: "Patient",
    relative: "Proche",
    association: "Association",
    laboratory: "Laboratoire",
    hospital: "Hôpital",
    mutual: "Mutuelle",
    insurer: "Assureur",
    moderator: "Modération",
    manager: "Gestion des questionnaires",
    steward: "Gestion des données",
    editor: "Rédaction du catalogue",
  },
});

/** Whose account of the demonstration this is, in words. */
export function nameOf(email: string, language: Language): string {
  const [name = email] = email.split("@");
  return (names[language] as Record<string, string>)[name] ?? name;
}
