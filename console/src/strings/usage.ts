import { defineStrings } from "./define";

export const usage = defineStrings({
  en: {
    title: "Usage",
  },
  de: {
    title: "Verbrauch",
  },
  fr: {
    title: "Utilisation",
  },
});
