/** The ledger's rows as a file. The key is in a header, so that no link can fetch it: the answer is kept and given away. */
import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Select } from "../../parts/field";
import { ProblemNote } from "../../parts/problem";
import { address, send, type Problem } from "../../rest/client";
import { buildUnreachable, readProblem } from "../../rest/problem";
import { t } from "../../strings";

const CHOICES = ["hours", "records", "replicas"] as const;
type What = (typeof CHOICES)[number];

export function Download({ bounds }: { bounds: { from: string; to?: string } }) {
  const [what, setWhat] = useState<What>("hours");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const download = async () => {
    setBusy(true);
    setProblem(await save(what, bounds));
    setBusy(false);
  };
  const choices = CHOICES.map((value) => ({ value, label: t(`usage.${value}`) }));
  return (
    <section class="card stack" aria-label={t("usage.download")}>
      <div class="usage-controls">
        <Select
          label={t("usage.download")}
          value={what}
          onValue={(chosen) => setWhat(CHOICES.find((each) => each === chosen) ?? "hours")}
          choices={choices}
        />
        <Button icon="download" busy={busy} onClick={download}>
          {t("usage.downloadCsv")}
        </Button>
      </div>
      {problem && <ProblemNote problem={problem} />}
    </section>
  );
}

async function save(what: What, bounds: { from: string; to?: string }): Promise<Problem | null> {
  const response = await send(address("/usage/export", {}, { ...bounds, what, format: "csv" }));
  if (!response) return buildUnreachable();
  if (!response.ok) return readProblem(response);
  try {
    giveAway(await response.blob(), `usage-${what}-${bounds.from}.csv`);
    return null;
  } catch {
    return { ...buildUnreachable(), detail: t("usage.brokeOff") };
  }
}

function giveAway(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
