import { defineStrings } from "./define";
import { de } from "./usage.de";
import { en } from "./usage.en";
import { fr } from "./usage.fr";

export const usage = defineStrings({ en, de, fr });
