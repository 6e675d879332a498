/** Talk to an instance, or to two side by side; hear, embed, rank, paint and complete with those that can. */
import type { ComponentType } from "preact";
import { useState } from "preact/hooks";
import { Button, LinkButton } from "../../parts/button";
import { Empty, Skeleton } from "../../parts/empty";
import { Page } from "../../parts/page";
import { ProblemNote } from "../../parts/problem";
import { Tabs } from "../../parts/tabs";
import { link } from "../../router";
import { mayManage } from "../../session";
import { t } from "../../strings";
import { Audio } from "./audio";
import { Chat } from "./chat";
import { CodeDialog } from "./code/dialog";
import { Completion } from "./completion";
import { Embeddings } from "./embeddings";
import { LockedNote, OtherKey } from "./locked";
import { modesOf, type Mode } from "./modes";
import { Paint } from "./painting";
import { Rerank } from "./rerank";
import { Selection, choose } from "./selection";
import { SettingsPanel } from "./settings-panel";
import { useTargets, type Target } from "./targets";
import "./playground.css";

export default function Playground({ path }: { path: string[] }) {
  const known = useTargets();
  const { targets, missing } = choose(known.targets, path);
  const [first] = targets;
  const locked = known.locked.find(({ _id }) => _id === missing);
  const content = () => {
    if (!known.complete && !first) return known.problem ? null : <Skeleton />;
    if (locked) return <LockedNote instance={locked} onOpened={known.refresh} />;
    if (missing) return <Empty icon="search" title={t("playground.unknown", { id: missing })} />;
    return first ? <Modes targets={[first, ...targets.slice(1)]} /> : <Nothing />;
  };
  return (
    <Page title={t("playground.title")} lead={t("playground.lead")}>
      {known.problem && <ProblemNote problem={known.problem} />}
      {(first ?? missing) && <Selection {...{ known, targets, missing }} />}
      {content()}
    </Page>
  );
}

function Nothing() {
  const [asking, setAsking] = useState(false);
  const action = mayManage() ? (
    <div class="row">
      <LinkButton href={link("instances")}>{t("playground.toInstances")}</LinkButton>
      <Button icon="keys" onClick={() => setAsking(true)}>
        {t("playground.otherKey")}
      </Button>
    </div>
  ) : null;
  return (
    <>
      <Empty icon="playground" title={t("playground.nothing")} action={action}>
        {t("playground.nothingLead")}
      </Empty>
      {asking && <OtherKey onClose={() => setAsking(false)} />}
    </>
  );
}

type Targets = readonly [Target, ...Target[]];

/** The modes that all chosen instances have. */
function Modes({ targets }: { targets: Targets }) {
  const [wanted, setWanted] = useState<Mode | null>(null);
  const [program, setProgram] = useState<Record<string, unknown> | null>(null);
  const [first, second] = targets;
  const modes = modesOf(first.endpoint.features).filter(
    (mode) => !second || modesOf(second.endpoint.features).includes(mode),
  );
  const mode = modes.find((each) => each === wanted) ?? modes[0];
  if (!mode) {
    const features = targets.map(({ endpoint }) => endpoint.features.join(", ")).join(" / ");
    return <Empty icon="playground" title={t("playground.noMode", { features })} />;
  }
  const shown = <ModePage {...{ mode, targets }} onProgram={setProgram} />;
  return (
    <>
      {modes.length > 1 ? (
        <Tabs
          label={t("playground.modes")}
          tabs={modes.map((each) => ({ id: each, title: t(`playground.${each}`) }))}
          chosen={mode}
          onChoose={(id) => setWanted(modes.find((each) => each === id) ?? null)}
        >
          {shown}
        </Tabs>
      ) : (
        shown
      )}
      {program && <CodeDialog {...{ mode, targets }} body={program} onClose={() => setProgram(null)} />}
    </>
  );
}

export interface ModeProps {
  targets: Targets;
  /** Shows the request, as it would be now, as a program; the model's name is added. */
  onProgram: (body: Record<string, unknown>) => void;
}

const PAGES: Record<Mode, ComponentType<ModeProps>> = {
  chat: Chat,
  completion: Completion,
  embeddings: Embeddings,
  rerank: Rerank,
  painting: Paint,
  audio: Audio,
};

function ModePage({ mode, ...rest }: ModeProps & { mode: Mode }) {
  const Shown = PAGES[mode];
  const key = rest.targets.map(({ endpoint }) => endpoint.path).join(" ");
  if (mode !== "chat" && mode !== "completion") return <Shown key={key} {...rest} />;
  return (
    <div class="pg-columns">
      <Shown key={key} {...rest} />
      <SettingsPanel mode={mode} />
    </div>
  );
}
