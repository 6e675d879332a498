import { defineStrings } from "./define";

export const playground = defineStrings({
  en: {
    title: "Playground",
  },
  de: {
    title: "Playground",
  },
  fr: {
    title: "Playground",
  },
});
