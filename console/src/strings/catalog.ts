import { defineStrings } from "./define";

export const catalog = defineStrings({
  en: {
    title: "Catalog",
  },
  de: {
    title: "Katalog",
  },
  fr: {
    title: "Catalogue",
  },
});
