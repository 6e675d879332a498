/** The custom resource as Git would keep it. */
import { useEffect, useState } from "preact/hooks";
import { CopyButton } from "../../parts/copy";
import { Skeleton } from "../../parts/empty";
import { ProblemNote } from "../../parts/problem";
import { getText, type Answer } from "../../rest/client";
import { t } from "../../strings";
import type { Detail } from ".";

export function Spec({ of: { _id: id, updatedAt } }: { of: Detail }) {
  const [answer, setAnswer] = useState<Answer<string> | null>(null);
  useEffect(() => {
    let left = false;
    void getText("/instances/{id}", "application/yaml", { path: { id } }).then((said) => {
      if (!left) setAnswer(said);
    });
    return () => {
      left = true;
    };
  }, [id, updatedAt]);
  if (!answer) return <Skeleton lines={12} />;
  if (!answer.ok) return <ProblemNote problem={answer.problem} />;
  return (
    <section class="stack">
      <div class="row spread">
        <p class="muted">{t("instance.specLead")}</p>
        <CopyButton text={answer.data}>{t("instance.copyYaml")}</CopyButton>
      </div>
      <pre class="card instance-yaml" tabIndex={0} aria-label={t("instance.spec")}>
        <code>{answer.data}</code>
      </pre>
    </section>
  );
}
