/** Which instances are asked; the address of the page says it. */
import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Select, type Choice } from "../../parts/field";
import { PhaseBadge } from "../../parts/phase";
import { Note } from "../../parts/problem";
import { go, link } from "../../router";
import { mayManage } from "../../session";
import { t } from "../../strings";
import { OtherKey } from "./locked";
import { modesOf } from "./modes";
import { isAsleep, type Known, type Target } from "./targets";

export interface Chosen {
  targets: Target[];
  /** The id in the address that no target has. */
  missing: string | null;
}

/** The instances of the address; without one, the first that answers at once, or the first. PURE. */
export function choose(known: readonly Target[], path: readonly string[]): Chosen {
  const ids = path.slice(0, 2);
  if (ids.length === 0) {
    const best = known.find(({ endpoint }) => endpoint.status === "ACTIVE") ?? known[0];
    return { targets: best ? [best] : [], missing: null };
  }
  const found = ids.map((id) => known.find((target) => target.id === id));
  const missing = ids.find((_, place) => !found[place]) ?? null;
  return { targets: found.filter((each) => each !== undefined), missing };
}

export function Selection({ known, targets, missing }: Chosen & { known: Known }) {
  const [asking, setAsking] = useState(false);
  const ids = targets.map(({ id }) => id);
  const [first = missing ?? "", second] = ids;
  const partner = findPartner(known.targets, targets[0]);
  return (
    <section class="pg-selection" aria-label={t("playground.instances")}>
      <Pick label={t("playground.instance")} id={first} known={known} onPick={(id) => show(id, second)} />
      {second && <Pick label={t("playground.second")} id={second} known={known} onPick={(id) => show(first, id)} />}
      <div class="row">
        {second ? (
          <Button icon="close" onClick={() => show(first)}>
            {t("playground.alone")}
          </Button>
        ) : (
          partner && !missing && <Button onClick={() => show(first, partner)}>{t("playground.compare")}</Button>
        )}
        {mayManage() && (
          <Button variant="quiet" icon="keys" onClick={() => setAsking(true)}>
            {t("playground.otherKey")}
          </Button>
        )}
      </div>
      {asking && <OtherKey onClose={() => setAsking(false)} />}
      {targets.map((target) => (
        <Readiness key={target.endpoint.path} target={target} />
      ))}
    </section>
  );
}

/** Another instance that can do something of what the first can. */
function findPartner(known: readonly Target[], first: Target | undefined): string | undefined {
  const modes = modesOf(first?.endpoint.features ?? []).filter((mode) => mode === "chat" || mode === "completion");
  return known.find(
    ({ id, endpoint }) => id !== first?.id && modes.some((mode) => modesOf(endpoint.features).includes(mode)),
  )?.id;
}

function show(...ids: (string | undefined)[]): void {
  go(link("playground", ...ids.filter((id) => id !== undefined)));
}

interface PickProps {
  label: string;
  id: string;
  known: Known;
  onPick: (id: string) => void;
}

function Pick({ label, id, known, onPick }: PickProps) {
  const choices: Choice[] = known.targets.map(({ id: value, name, endpoint: { model } }) => ({
    value,
    label: model && model !== name ? `${name} (${model})` : name,
  }));
  for (const { _id, name } of known.locked) choices.push({ value: _id, label: t("playground.lockedChoice", { name }) });
  if (!choices.some(({ value }) => value === id)) choices.unshift({ value: id, label: id });
  const status = known.targets.find((target) => target.id === id)?.endpoint.status;
  const hint = status && <PhaseBadge status={status} />;
  return <Select label={label} value={id} onValue={onPick} choices={choices} hint={hint} />;
}

/** Why an answer takes a while, or will not come, before anybody asks. */
function Readiness({ target: { name, endpoint } }: { target: Target }) {
  const { status, model } = endpoint;
  if (model === null) return <Note tone="warn">{t("playground.noModel", { name })}</Note>;
  if (isAsleep(endpoint)) return <Note>{t("playground.asleep", { name })}</Note>;
  if (status === "DISABLED") return <Note tone="warn">{t("playground.disabled", { name })}</Note>;
  if (status === "ERROR") return <Note tone="warn">{t("playground.inError", { name })}</Note>;
  return status === "NEW" || status === "DEPLOYING" ? <Note>{t("playground.starting", { name })}</Note> : null;
}
