import { defineStrings } from "./define";

export const instance = defineStrings({
  en: {
    title: "Instance",
  },
  de: {
    title: "Instanz",
  },
  fr: {
    title: "Instance",
  },
});
