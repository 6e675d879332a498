/** What each instance answered to one question, side by side. */
import { AnswerView } from "./answer-view";
import { settings } from "./settings";
import type { Talk, Turn } from "./talk";
import type { Target } from "./targets";

interface AnswersProps {
  turn: Turn;
  talk: Talk;
  targets: readonly Target[];
  /** Whether the texts are Markdown. */
  markdown?: boolean;
}

export function Answers({ turn, talk, targets, markdown = true }: AnswersProps) {
  return (
    <div class="pg-answers" data-count={targets.length}>
      {targets.map((target) => (
        <AnswerView
          key={target.endpoint.path}
          target={target}
          answer={turn.answers[target.endpoint.path]}
          onRetry={() => talk.retry(turn.id, target, settings.value)}
          markdown={markdown}
        />
      ))}
    </div>
  );
}
