/** What every section of the form works with. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Schemas } from "../../rest/client";
import type { Draft, RegionDraft } from "./draft";
import type { Material } from "./material";

export interface FormState {
  draft: Draft;
  material: Material;
  /** What is being changed; null: a new one. */
  instance: Schemas["InstanceDetail"] | null;
  /** What replicas get: the form's choice, or its model's; "" where neither says. */
  hardwareId: string;
  /** GitOps keeps it. */
  readOnly: boolean;
  set: (changes: Partial<Draft>) => void;
  setRegion: (place: number, changes: Partial<RegionDraft>) => void;
  /** What the API says of an input, once somebody was there. */
  error: (path: string) => string | undefined;
  /** Whether there is any such error at paths that begin so. */
  isWrongBelow: (path: string) => boolean;
}

export const FormContext = createContext<FormState | null>(null);

export function useForm(): FormState {
  const state = useContext(FormContext);
  if (!state) throw new Error("a section stands outside of its form");
  return state;
}
