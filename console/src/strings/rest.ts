import { defineStrings } from "./define";

export const rest = defineStrings({
  en: {
    unreachable: "The API does not answer. What you see is the last that it said; it is asked again.",
    status: "The answer was {status}, without a reason.",
  },
  de: {
    unreachable: "Die API antwortet nicht. Zu sehen ist, was sie zuletzt sagte; sie wird wieder gefragt.",
    status: "Die Antwort war {status}, ohne Begründung.",
  },
  fr: {
    unreachable: "L’API ne répond pas. Vous voyez sa dernière réponse ; elle sera interrogée de nouveau.",
    status: "La réponse est {status}, sans raison.",
  },
});
