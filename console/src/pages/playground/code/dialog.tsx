import { useState } from "preact/hooks";
import { CopyButton } from "../../../parts/copy";
import { Dialog } from "../../../parts/dialog";
import { Tabs } from "../../../parts/tabs";
import { t } from "../../../strings";
import { baseOf } from "../engine/call";
import { CodeBlock } from "../markdown/code-block";
import type { Mode } from "../modes";
import type { Target } from "../targets";
import { LANGUAGES, buildExample, type ProgramLanguage } from "./examples";

interface CodeDialogProps {
  mode: Mode;
  targets: readonly [Target, ...Target[]];
  body: Record<string, unknown>;
  onClose: () => void;
}

/** The request as a program. A long picture would hide the rest of it. */
export function CodeDialog({ mode, targets: [target], body, onClose }: CodeDialogProps) {
  const [chosen, setChosen] = useState<ProgramLanguage>("curl");
  const base = baseOf(target);
  const program = buildExample(chosen, { mode, base, body: shorten(body) });
  return (
    <Dialog title={t("playground.viewCode")} onClose={onClose}>
      <div class="row">
        <span class="muted">{t("playground.address")}</span>
        <code class="pg-address">{base}</code>
        <CopyButton text={base} label={t("playground.copyAddress")} />
      </div>
      <Tabs
        label={t("playground.programs")}
        tabs={LANGUAGES.map((id) => ({ id, title: id }))}
        chosen={chosen}
        onChoose={(id) => setChosen(LANGUAGES.find((each) => each === id) ?? "curl")}
      >
        <CodeBlock text={program} language={chosen} />
      </Tabs>
      <p class="small muted">{t("playground.keyVariable")}</p>
    </Dialog>
  );
}

function shorten(body: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(body).replace(/"data:(image\/\w+);base64,[^"]*"/g, '"data:$1;base64,..."');
  return JSON.parse(text) as Record<string, unknown>; // it was one
}
