import { useEffect, useMemo, useState } from "preact/hooks";
import { CopyButton } from "../../parts/copy";
import { Select, TextField } from "../../parts/field";
import { Note } from "../../parts/problem";
import { t } from "../../strings";
import { formatMilliseconds } from "./elapsed";
import { askOnce } from "./engine/call";
import { asText } from "./engine/chunks";
import { AUDIO, judge, nameOf } from "./files/accept";
import { FileButton } from "./files/file-button";
import { explain } from "./files/pictures";
import type { ModeProps } from "./index";
import { useOnce } from "./once";
import { Recorder } from "./recorder";
import { Run } from "./run";
import { modelOf } from "./targets";

interface Recording {
  name: string;
  content: Blob;
}

/** A recording -> its text: of a file, or of the microphone. */
export function Audio({ targets: [target], onProgram }: ModeProps) {
  const [recording, setRecording] = useState<Recording | null>(null);
  const [refusal, setRefusal] = useState("");
  const [task, setTask] = useState("transcriptions");
  const [spoken, setSpoken] = useState("");
  const once = useOnce<string>();
  const fields = {
    model: modelOf(target.endpoint),
    ...(spoken.trim() && task === "transcriptions" ? { language: spoken.trim() } : {}),
  };
  const take = async (content: Blob, name: string) => {
    const verdict = await judge(content, AUDIO);
    setRefusal(verdict.fits ? "" : explain(name || t("playground.recording"), verdict, AUDIO));
    setRecording(verdict.fits ? { name: nameOf(name, verdict.type), content } : null);
  };
  const run = () => {
    if (recording) void once.run((signal) => transcribe(recording, { target, path: `audio/${task}`, fields, signal }));
  };
  return (
    <section class="pg-main" aria-label={t("playground.audio")}>
      <div class="pg-pair">
        <Select
          label={t("playground.task")}
          value={task}
          onValue={setTask}
          choices={[
            { value: "transcriptions", label: t("playground.transcribe") },
            { value: "translations", label: t("playground.translate") },
          ]}
        />
        <TextField
          label={t("playground.language")}
          hint={t("playground.languageHint")}
          value={spoken}
          onValue={setSpoken}
          disabled={task !== "transcriptions"}
          optional
        />
      </div>
      <div class="row">
        <FileButton
          text={t("playground.chooseFile")}
          label={t("playground.audioFile")}
          icon="file"
          accept=".mp3,.mp4,.mpeg,.mpga,.m4a,.wav,.webm"
          onFiles={([file]) => {
            if (file) void take(file, file.name);
          }}
        />
        <Recorder onRecorded={(content) => void take(content, "")} />
      </div>
      {refusal && <Note tone="bad">{refusal}</Note>}
      {recording && <Player recording={recording} />}
      <Run
        label={t("playground.transcribeNow")}
        {...{ once, target }}
        disabled={!recording}
        onRun={run}
        onProgram={() => onProgram(fields)}
      />
      {once.result !== null && <Transcript text={once.result} took={once.took ?? 0} />}
    </section>
  );
}

interface Order {
  target: ModeProps["targets"][0];
  path: string;
  fields: Record<string, string>;
  signal: AbortSignal;
}

async function transcribe({ name, content }: Recording, { target, path, fields, signal }: Order): Promise<string> {
  const body = new FormData();
  for (const [field, value] of Object.entries(fields)) body.append(field, value);
  body.append("file", content, name);
  return asText((await askOnce({ target, path, body, signal })).text);
}

function Transcript({ text, took }: { text: string; took: number }) {
  return (
    <section class="card stack" role="status" aria-label={t("playground.transcript")}>
      <p class="md-raw">{text || t("playground.silence")}</p>
      <p class="row small muted">
        <CopyButton text={text} label={t("playground.copyAnswer")} />
        <span>{formatMilliseconds(took)}</span>
      </p>
    </section>
  );
}

function Player({ recording }: { recording: Recording }) {
  const address = useMemo(() => URL.createObjectURL(recording.content), [recording]);
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  return (
    <div class="row">
      <span class="mono">{recording.name}</span>
      <audio controls src={address} aria-label={recording.name} />
    </div>
  );
}
