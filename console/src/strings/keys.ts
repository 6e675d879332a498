import { defineStrings } from "./define";
import { de } from "./keys.de";
import { en } from "./keys.en";
import { fr } from "./keys.fr";

export const keys = defineStrings({ en, de, fr });
