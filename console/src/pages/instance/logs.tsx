/** What the pods of an instance write, as they write it. */
import { useState } from "preact/hooks";
import { Badge, type Tone } from "../../parts/badge";
import { Button } from "../../parts/button";
import { copyText } from "../../parts/copy";
import { Empty } from "../../parts/empty";
import { Checkbox } from "../../parts/field";
import { ProblemNote } from "../../parts/problem";
import { toast } from "../../parts/toast";
import { t, type StringKey } from "../../strings";
import { nameRegion, type RegionNames } from "../instances/replicas";
import { countLines, MOST_LINES, writeLines, type Block } from "./log-buffer";
import { Lines } from "./log-lines";
import { useLog, type Log } from "./log-stream";
import type { Detail } from ".";

const STATES: Record<Log["state"], { tone: Tone; title: StringKey }> = {
  opening: { tone: "busy", title: "instance.logOpening" },
  live: { tone: "good", title: "instance.logLive" },
  away: { tone: "warn", title: "instance.logAway" },
  ended: { tone: "", title: "instance.logEnded" },
};

export function Logs({ of: { _id: id, containers }, regions }: { of: Detail; regions: RegionNames }) {
  const [pod, setPod] = useState("");
  const [region, setRegion] = useState("");
  const [previous, setPrevious] = useState(false);
  const [wrap, setWrap] = useState(true);
  const [frozen, setFrozen] = useState<readonly Block[] | null>(null);
  const log = useLog({ id, pod, region, previous });
  const shown = frozen ?? log.blocks;
  const choose = (set: (value: string) => void) => (value: string) => {
    setFrozen(null);
    set(value);
  };
  const copy = async () => {
    const done = await copyText(writeLines(shown));
    toast(done ? t("instance.logCopied", { count: countLines(shown) }) : t("parts.notCopied"), done ? "" : "bad");
  };
  return (
    <>
      <div class="instance-log-tools">
        <Choice
          label={t("instance.pod")}
          all={t("instance.allPods")}
          value={pod}
          choices={(log.pods.includes(pod) || !pod ? log.pods : [pod, ...log.pods]).map((each) => [each, each])}
          onValue={choose(setPod)}
        />
        {containers.length > 1 && (
          <Choice
            label={t("instance.region")}
            all={t("instance.allRegions")}
            value={region}
            choices={containers.flatMap(({ regionId }) =>
              regionId === null ? [] : [[String(regionId), nameRegion(regionId, regions)]],
            )}
            onValue={choose(setRegion)}
          />
        )}
        <Checkbox label={t("instance.previous")} checked={previous} onChecked={setPrevious} />
        <Checkbox label={t("instance.wrap")} checked={wrap} onChecked={setWrap} />
        <span class="row instance-log-actions">
          <Badge tone={STATES[log.state].tone} dot>
            {t(STATES[log.state].title)}
          </Badge>
          <Button icon={frozen ? "play" : "pause"} onClick={() => setFrozen(frozen ? null : log.blocks)}>
            {t(frozen ? "instance.resume" : "instance.pause")}
          </Button>
          <Button icon="copy" disabled={shown.length === 0} onClick={copy}>
            {t("parts.copy")}
          </Button>
        </span>
      </div>
      {log.problem && <ProblemNote problem={log.problem} />}
      {shown.length > 0 ? (
        <Lines blocks={shown} {...{ wrap }} withPod={!pod && log.pods.length > 1} />
      ) : (
        <Empty icon="file" title={t("instance.noLogs")}>
          {t(previous ? "instance.noPreviousLead" : "instance.noLogsLead")}
        </Empty>
      )}
      <p class="muted small">{t("instance.logBound", { count: MOST_LINES })}</p>
    </>
  );
}

interface ChoiceProps {
  label: string;
  all: string;
  value: string;
  choices: readonly (readonly string[])[];
  onValue: (value: string) => void;
}

function Choice({ label, all, value, choices, onValue }: ChoiceProps) {
  return (
    <select class="input" aria-label={label} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
      <option value="">{all}</option>
      {choices.map(([each, name]) => (
        <option key={each} value={each}>
          {name}
        </option>
      ))}
    </select>
  );
}
