/** The form itself, of a new instance or of one that is changed. */
import { useMemo, useState } from "preact/hooks";
import type { Schemas } from "../../rest/client";
import { AccessSection } from "./access";
import { buildCreate, buildPatch } from "./body";
import { FormContext, type FormState } from "./context";
import type { Draft, RegionDraft } from "./draft";
import { placeErrors } from "./errors";
import { NameSection, SaveBar, WholeNote } from "./frame";
import { HardwareSection } from "./hardware";
import { findHardware, suggestName, type Material } from "./material";
import { AdvancedSection, VariablesSection } from "./more";
import { ManifestCard, PriceCard } from "./outcome";
import { usePreview } from "./preview";
import { usePrices } from "./pricing";
import { RegionsSection } from "./regions";
import { useSave } from "./save";
import { SourceSection } from "./source";
import { TrafficSection } from "./traffic";
import { useVisibleErrors } from "./visible";

export interface Opened {
  /** As it was read; null: a new one. */
  instance: Schemas["InstanceDetail"] | null;
  etag: string;
  /** What `instance` says, as the form has it. */
  seen: Draft;
}

interface EditorProps {
  opened: Opened;
  /** What the form begins with: `seen`, or what somebody has changed of it. */
  start: Draft;
  material: Material;
  /** Names that instances have already. */
  taken: ReadonlySet<string>;
  /** Reads the newest state, and puts what was changed here on top. */
  onRebase: (mine: Draft) => void;
}

export function Editor({ opened, start, material, taken, onRebase }: EditorProps) {
  const { instance, etag, seen } = opened;
  const readOnly = Boolean(instance?.keptBy);
  const [draft, setDraft] = useState(start);
  const body = useMemo(() => (instance ? buildPatch(draft, seen) : buildCreate(draft)), [draft, instance, seen]);
  const intent = { id: instance?._id ?? "", etag, body: readOnly ? null : body };
  const preview = usePreview(intent);
  const { problem: refusal, send, busy } = useSave(intent);
  const problem = refusal ?? preview.problem;
  const { error, isWrongBelow, showAll, formProps } = useVisibleErrors(placeErrors(problem, draft, !instance));
  const hardwareId = findHardware(material, draft.source === "model" ? draft.modelId : "", draft.hardwareId);
  const prices = usePrices(hardwareId, draft.regions);
  const edit = buildEdits(setDraft);
  const chooseModel = (modelId: string) => {
    const suggested = !instance && draft.name === suggestName(draft.modelId, taken);
    edit.set({ modelId, ...(suggested ? { name: suggestName(modelId, taken) } : {}) });
  };
  const submit = (event: Event) => {
    event.preventDefault();
    showAll();
    void send();
  };
  const state: FormState = { draft, material, instance, hardwareId, readOnly, ...edit, error, isWrongBelow };
  return (
    <FormContext.Provider value={state}>
      <form class="form" noValidate onSubmit={submit} {...formProps}>
        <fieldset class="stack" disabled={readOnly}>
          <WholeNote problem={problem} onRebase={() => onRebase(draft)} />
          <SourceSection onModel={chooseModel} />
          {!instance && <NameSection />}
          <HardwareSection />
          <RegionsSection />
          <AccessSection />
          <VariablesSection />
          <TrafficSection />
          <AdvancedSection />
        </fieldset>
        <div class="form-outcome stack">
          <PriceCard prices={prices} />
          <ManifestCard {...{ preview, readOnly }} />
        </div>
        {!readOnly && <SaveBar changed={!instance || Object.keys(body).length > 0} busy={busy} />}
      </form>
    </FormContext.Provider>
  );
}

function buildEdits(setDraft: (change: (before: Draft) => Draft) => void): Pick<FormState, "set" | "setRegion"> {
  return {
    set: (changes) => setDraft((before) => ({ ...before, ...changes })),
    setRegion: (place: number, changes: Partial<RegionDraft>) =>
      setDraft((before) => ({
        ...before,
        regions: before.regions.map((each, at) => (at === place ? { ...each, ...changes } : each)),
      })),
  };
}
