import { defineStrings } from "./define";
import { de } from "./instance.de";
import { en } from "./instance.en";
import { fr } from "./instance.fr";

export const instance = defineStrings({ en, de, fr });
