import { words } from "../../text/words";

export const texts = words({
  en: {
    title: "Join your organization",
    lead: "An administrator of your organization has invited you. The mail has a code: choose a password with it.",
    code: "Code from the mail",
    password: "Password",
    passwordHint: "At least 10 characters. Choose one that you have never used elsewhere.",
    join: "Join",
    done: "Your account is open. Sign in with the address that you were invited at, and your password.",
    signIn: "Sign in",
    signedIn: "You have signed in with an account. Sign out to accept an invitation to another one.",
    signOut: "Sign out",
  },
  fr: {
    title: "Rejoindre votre organisation",
    lead: "Une personne qui administre votre organisation vous a envoyé une invitation. Le message contient un code : choisissez avec lui un mot de passe.",
    code: "Code reçu par e-mail",
    password: "Mot de passe",
    passwordHint: "Au moins 10 caractères. Choisissez-en un que vous n’avez jamais utilisé ailleurs.",
    join: "Rejoindre",
    done: "Votre compte est ouvert. Connectez-vous avec l’adresse à laquelle vous avez reçu l’invitation et votre mot de passe.",
    signIn: "Se connecter",
    signedIn: "Une session est ouverte avec un autre compte. Fermez-la pour accepter une invitation.",
    signOut: "Se déconnecter",
  },
});
