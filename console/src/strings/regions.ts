import { defineStrings } from "./define";

export const regions = defineStrings({
  en: {
    title: "Regions",
  },
  de: {
    title: "Regionen",
  },
  fr: {
    title: "Régions",
  },
});
