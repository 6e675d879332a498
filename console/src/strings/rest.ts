import { defineStrings } from "./define";

export const rest = defineStrings({
  en: {
    unreachable: "The API does not answer: it cannot be reached, or your network is away. Try again in a moment.",
    status: "The answer was {status}, without a reason.",
  },
  de: {
    unreachable:
      "Die API antwortet nicht: Sie ist nicht erreichbar, oder Ihr Netz ist weg. Versuchen Sie es gleich noch einmal.",
    status: "Die Antwort war {status}, ohne Begründung.",
  },
  fr: {
    unreachable: "L’API ne répond pas : elle est injoignable, ou votre réseau est absent. Réessayez dans un instant.",
    status: "La réponse est {status}, sans raison.",
  },
});
