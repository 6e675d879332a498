/** What a person may set of generation; an empty text leaves the engine's default. */
import { signal } from "@preact/signals";

/** The fields as vLLM names them. Source: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html */
export const NUMBERS = {
  temperature: { least: 0, most: 2, whole: false },
  top_p: { least: 0, most: 1, whole: false },
  top_k: { least: -1, most: 1_000_000, whole: true },
  repetition_penalty: { least: 0.01, most: 10, whole: false },
  max_tokens: { least: 1, most: 10_000_000, whole: true },
  seed: { least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER, whole: true },
} as const;

export type NumberName = keyof typeof NUMBERS;
export const NAMES = Object.keys(NUMBERS) as NumberName[]; // they are these
export type Sampling = Partial<Record<NumberName, number>>;

export interface Settings extends Record<NumberName, string> {
  system: string;
}

export const DEFAULTS: Settings = {
  system: "",
  temperature: "",
  top_p: "",
  top_k: "",
  repetition_penalty: "",
  max_tokens: "",
  seed: "",
};

/** Of this tab, as long as it is not loaded anew. */
export const settings = signal<Settings>(DEFAULTS);

/** The fields that are no number, or one out of bounds. */
export function findWrong(written: Settings): NumberName[] {
  return NAMES.filter((name) => {
    const text = written[name].trim();
    if (text === "") return false;
    const { least, most, whole } = NUMBERS[name];
    const value = Number(text);
    return !(value >= least && value <= most && (!whole || Number.isInteger(value)));
  });
}

/** The fields that are set, and right. */
export function readSampling(written: Settings): Sampling {
  const wrong = findWrong(written);
  const set = NAMES.filter((name) => written[name].trim() !== "" && !wrong.includes(name));
  return Object.fromEntries(set.map((name) => [name, Number(written[name])]));
}
