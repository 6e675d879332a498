import type { ComponentChildren } from "preact";
import type { Problem } from "../rest/problem";
import { t } from "../strings";
import { Button } from "./button";
import { Icon } from "./icon";

/** A sentence that matters, beside what it is about. */
export function Note({ tone = "", children }: { tone?: "" | "bad" | "warn"; children: ComponentChildren }) {
  return (
    <div class={`note ${tone}`} role={tone === "bad" ? "alert" : "note"}>
      <Icon name={tone ? "alert" : "info"} />
      <div>{children}</div>
    </div>
  );
}

/** Why a request was not done, in the API's own words; `shown`: fields whose errors stand beside them already. */
export function ProblemNote({
  problem,
  shown = [],
  onRetry,
}: {
  problem: Problem;
  shown?: readonly string[];
  onRetry?: () => void;
}) {
  const rest = problem.errors.filter((error) => !shown.includes(error.field));
  return (
    <Note tone={problem.status === 0 ? "warn" : "bad"}>
      <p>{problem.errors.length > 0 && rest.length < problem.errors.length ? problem.title : problem.detail}</p>
      {rest.length > 0 && rest.length < problem.errors.length && (
        <ul>
          {rest.map((error) => (
            <li key={error.field}>
              {error.field}: {error.message}
            </li>
          ))}
        </ul>
      )}
      {problem.requestId && <p class="small">{t("parts.request", { id: problem.requestId })}</p>}
      {onRetry && <Button onClick={onRetry}>{t("parts.retry")}</Button>}
    </Note>
  );
}
