import { words } from "../../text/words";

export const texts = words({
  en: {
    title: "Password forgotten",
    lead: "A code is sent to your address. With it, you set a new password, and all open sessions end.",
    email: "E-mail address",
    request: "Send a code",
    sent: (email: string) => `If ${email} has an account, a mail with a code is on its way.`,
    code: "Code from the mail",
    password: "New password",
    passwordHint: "At least 10 characters. A few words that you remember are better than a single one.",
    set: "Set the password",
    done: "Your password is set: sign in with it.",
    signIn: "Sign in",
  },
  fr: {
    title: "Mot de passe oublié",
    lead: "Un code est envoyé à votre adresse. Il vous permet de choisir un nouveau mot de passe ; toutes les sessions ouvertes prennent alors fin.",
    email: "Adresse e-mail",
    request: "Envoyer un code",
    sent: (email: string) => `Si ${email} a un compte, un message contenant un code est en route.`,
    code: "Code reçu par e-mail",
    password: "Nouveau mot de passe",
    passwordHint: "Au moins 10 caractères. Quelques mots faciles à retenir valent mieux qu’un seul.",
    set: "Enregistrer le mot de passe",
    done: "Votre mot de passe est enregistré : connectez-vous.",
    signIn: "Se connecter",
  },
});
