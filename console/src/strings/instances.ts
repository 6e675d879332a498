import { defineStrings } from "./define";

export const instances = defineStrings({
  en: {
    title: "Instances",
  },
  de: {
    title: "Instanzen",
  },
  fr: {
    title: "Instances",
  },
});
