import { words } from "../../text/words";

export const texts = words({
  en: {
    title: "Take an account back",
    lead: "Somebody else has changed the e-mail address of your account? The mail to your previous address has a code. With it, your account gets that address again, and a new password.",
    ends: "All sessions end, relatives and invitations lose access, API keys stop working, and what you share is visible to you alone until you change it.",
    code: "Code from the mail",
    password: "New password",
    passwordHint: "At least 10 characters. Choose one that you have never used elsewhere.",
    revert: "Take it back",
    done: "The account is yours again, with your previous address. Everybody else is signed out.",
    check: "After you have signed in, check your second factor, your relatives and with whom you share.",
    signIn: "Sign in",
    signedIn: "You have signed in with an account. Sign out to take another one back.",
    signOut: "Sign out",
  },
  fr: {
    title: "Reprendre un compte",
    lead: "Quelqu’un d’autre a changé l’adresse e-mail de votre compte ? Le message envoyé à votre ancienne adresse contient un code. Il rend à votre compte cette adresse, avec un nouveau mot de passe.",
    ends: "Toutes les sessions prennent fin, les proches et les invitations perdent leur accès, les clés d’API cessent de fonctionner, et ce que vous partagez n’est visible que de vous jusqu’à ce que vous le changiez.",
    code: "Code reçu par e-mail",
    password: "Nouveau mot de passe",
    passwordHint: "Au moins 10 caractères. Choisissez-en un que vous n’avez jamais utilisé ailleurs.",
    revert: "Reprendre le compte",
    done: "Le compte est de nouveau à vous, avec votre ancienne adresse. Toute autre personne est déconnectée.",
    check: "Après votre connexion, vérifiez votre second facteur, vos proches et avec qui vous partagez.",
    signIn: "Se connecter",
    signedIn: "Une session est ouverte. Déconnectez-vous pour reprendre un autre compte.",
    signOut: "Se déconnecter",
  },
});
