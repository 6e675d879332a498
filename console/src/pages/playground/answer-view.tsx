/** One answer: as it comes, how fast it came, or why it did not. */
import { Badge } from "../../parts/badge";
import { Button } from "../../parts/button";
import { CopyButton } from "../../parts/copy";
import { Note } from "../../parts/problem";
import { formatNumber } from "../../format";
import { language } from "../../preferences";
import { t } from "../../strings";
import { Elapsed, formatMilliseconds } from "./elapsed";
import { isRunning, measure, type Answer } from "./engine/answer";
import { Markdown } from "./markdown/markdown";
import type { Target } from "./targets";

interface AnswerProps {
  answer: Answer | undefined;
  target: Target;
  /** Absent: it cannot be asked again. */
  onRetry?: (() => void) | undefined;
  /** Whether the text is Markdown; else it is shown as it is. */
  markdown?: boolean;
}

export function AnswerView({ answer, target, onRetry, markdown = true }: AnswerProps) {
  const { name } = target;
  return (
    <article class="pg-answer" aria-label={t("playground.answerOf", { name })} aria-busy={answer && isRunning(answer)}>
      <header class="small muted">{name}</header>
      {answer && <Said {...{ answer, target, markdown }} />}
      {answer && !isRunning(answer) && <Ended answer={answer} />}
      {(!answer || !isRunning(answer)) && (
        <footer class="row">
          {answer?.text && <CopyButton text={answer.text} label={t("playground.copyAnswer")} />}
          {onRetry && (
            <Button variant="quiet" icon="refresh" onClick={onRetry}>
              {t("playground.retry")}
            </Button>
          )}
        </footer>
      )}
    </article>
  );
}

function Said({ answer, target, markdown }: { answer: Answer; target: Target; markdown: boolean }) {
  const { text, thought, state } = answer;
  return (
    <>
      {(state === "waiting" || state === "held") && <Waiting {...{ answer, target }} />}
      {thought && (
        <details class="pg-thought" open={!text}>
          <summary>{t("playground.thought")}</summary>
          <div class="md-raw">{thought}</div>
        </details>
      )}
      {text && (markdown ? <Markdown text={text} /> : <div class="md-raw">{text}</div>)}
    </>
  );
}

/** A sleeping instance is woken by the request itself, which waits at the gateway. */
function Waiting({ answer, target }: { answer: Answer; target: Target }) {
  const {
    name,
    endpoint: { status },
  } = target;
  const wakes = answer.state === "held" || status !== "ACTIVE";
  return (
    <p class="pg-waiting" role="status">
      <span class="pg-pulse" aria-hidden="true" />
      {wakes ? t("playground.waking", { name }) : t("playground.waiting")} <Elapsed from={answer.asked} />
    </p>
  );
}

function Ended({ answer }: { answer: Answer }) {
  return (
    <>
      {answer.error && <Note tone="bad">{answer.error}</Note>}
      <p class="row small muted">
        {answer.state === "stopped" && <Badge tone="warn">{t("playground.stopped")}</Badge>}
        {answer.reason === "length" && <Badge tone="warn">{t("playground.lengthReached")}</Badge>}
        {describeSpeed(answer).map((part) => (
          <span key={part}>{part}</span>
        ))}
      </p>
    </>
  );
}

function describeSpeed(answer: Answer): string[] {
  const { prompt, completion, guessed, rate, first } = measure(answer);
  const tokens = completion === null ? "" : formatNumber(completion, language.value);
  return [
    prompt === null ? "" : t("playground.promptTokens", { count: prompt }),
    completion === null
      ? ""
      : t("playground.completionTokens", { count: completion, tokens: guessed ? `≈ ${tokens}` : tokens }),
    rate === null ? "" : t("playground.rate", { rate: formatNumber(rate, language.value, 1) }),
    first === null ? "" : t("playground.firstAfter", { time: formatMilliseconds(first) }),
  ].filter(Boolean);
}
