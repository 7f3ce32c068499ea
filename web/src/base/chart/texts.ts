import { words } from "../../text/words";

export const texts = words({
  en: {
    precise: "precise, with its 95% confidence interval",
    doubtful: "imprecise: read it with its interval",
  },
  fr: {
    precise: "précis, avec son intervalle de confiance à 95 %",
    doubtful: "peu précis : à lire avec son intervalle",
  },
});
