import { defineStrings } from "./define";

export const registries = defineStrings({
  en: {
    title: "Registries",
  },
  de: {
    title: "Registries",
  },
  fr: {
    title: "Registres",
  },
});
