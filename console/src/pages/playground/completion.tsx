import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { TextArea } from "../../parts/field";
import { t } from "../../strings";
import { Answers } from "./answers";
import { buildCompletion } from "./engine/bodies";
import type { ModeProps } from "./index";
import { findWrong, readSampling, settings } from "./settings";
import { isAnswering, talkWith } from "./talk";
import { modelOf } from "./targets";

/** A text that is continued, by each chosen instance. */
export function Completion({ targets, onProgram }: ModeProps) {
  const talk = talkWith("completion", targets);
  const turn = talk.turns.value.at(-1);
  const [prompt, setPrompt] = useState(turn?.text ?? "");
  const answering = isAnswering(talk.turns.value);
  const wrong = findWrong(settings.value).length > 0;
  const run = () => {
    talk.clear();
    talk.ask({ text: prompt, pictures: [] }, targets, settings.value);
  };
  const model = modelOf(targets[0].endpoint);
  return (
    <section class="pg-main" aria-label={t("playground.completion")}>
      <TextArea label={t("playground.prompt")} value={prompt} onValue={setPrompt} rows={6} />
      <div class="row">
        {answering ? (
          <Button icon="stop" onClick={() => talk.stop()}>
            {t("playground.stop")}
          </Button>
        ) : (
          <Button variant="primary" icon="play" disabled={!prompt || wrong} onClick={run}>
            {t("playground.complete")}
          </Button>
        )}
        <Button
          variant="quiet"
          icon="code"
          onClick={() =>
            onProgram(buildCompletion(model, prompt || t("playground.hello"), readSampling(settings.value)))
          }
        >
          {t("playground.viewCode")}
        </Button>
      </div>
      {turn && <Answers {...{ turn, talk, targets }} markdown={false} />}
    </section>
  );
}
