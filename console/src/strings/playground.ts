import { de } from "./playground.de";
import { en } from "./playground.en";
import { fr } from "./playground.fr";
import { defineStrings } from "./define";

export const playground = defineStrings({ en, de, fr });
