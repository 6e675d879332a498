import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { t } from "../../strings";
import { Elapsed } from "./elapsed";

/** What browsers record and engines read, the first that this browser can. */
const TYPES = ["audio/webm;codecs=opus", "audio/webm", "audio/mp4"];

/** Records the microphone, where the browser lets this page: only with TLS, or on localhost. */
export function Recorder({ onRecorded }: { onRecorded: (content: Blob) => void }) {
  const [since, setSince] = useState<number | null>(null);
  const [refusal, setRefusal] = useState("");
  const recorder = useRef<MediaRecorder | null>(null);
  useEffect(() => () => release(recorder.current), []);
  const start = async () => {
    const begun = await record(onRecorded);
    if (typeof begun === "string") {
      setRefusal(begun);
      return;
    }
    recorder.current = begun;
    setRefusal("");
    setSince(Date.now());
  };
  const stop = () => {
    recorder.current?.stop();
    setSince(null);
  };
  if (since !== null) {
    return (
      <div class="row" role="status">
        <Button variant="danger" icon="stop" onClick={stop}>
          {t("playground.stopRecording")}
        </Button>
        <span class="pg-waiting">
          <span class="pg-pulse" aria-hidden="true" /> {t("playground.recordingNow")} <Elapsed from={since} />
        </span>
      </div>
    );
  }
  return (
    <>
      <Button icon="microphone" disabled={!isSecureContext} onClick={start}>
        {t("playground.record")}
      </Button>
      {!isSecureContext && <span class="small muted">{t("playground.insecure")}</span>}
      {refusal && <span class="small pg-bad">{refusal}</span>}
    </>
  );
}

/** Begins to record; a sentence where the browser or its user says no. */
async function record(onRecorded: (content: Blob) => void): Promise<MediaRecorder | string> {
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  if (!mimeType) return t("playground.noRecorder");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const recorder = new MediaRecorder(stream, { mimeType });
    const pieces: Blob[] = [];
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    recorder.onstop = () => {
      release(recorder);
      onRecorded(new Blob(pieces, { type: mimeType.split(";", 1)[0] ?? "" }));
    };
    recorder.start();
    return recorder;
  } catch {
    return t("playground.noMicrophone");
  }
}

/** Gives the microphone back. */
function release(recorder: MediaRecorder | null): void {
  for (const track of recorder?.stream.getTracks() ?? []) track.stop();
}
