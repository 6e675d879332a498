/** Why an instance answers or not, in the API's words, the worst first, each with what to do. */
import { useMemo } from "preact/hooks";
import { Skeleton } from "../../parts/empty";
import { Icon, type IconName } from "../../parts/icon";
import { Note, ProblemNote } from "../../parts/problem";
import type { Schemas } from "../../rest/client";
import { usePolled } from "../../rest/polled";
import { t } from "../../strings";
import type { Detail } from ".";

type Finding = Schemas["Finding"];

/** The API asks the cluster twenty times for each. */
const SECONDS = 15;
const ICONS: Record<Finding["severity"], IconName> = { failure: "alert", warning: "alert", note: "info" };

export function Explained({ of: { _id: id, message } }: { of: Detail }) {
  const target = useMemo(() => ({ path: { id } }), [id]);
  const { data, problem } = usePolled("/instances/{id}/explanation", SECONDS, target);
  if (!data) {
    return (
      <>
        {message && <Note tone="warn">{message}</Note>}
        {problem ? <ProblemNote {...{ problem }} /> : <Skeleton lines={3} />}
      </>
    );
  }
  const hindered = data.findings.some(({ severity }) => severity !== "note");
  return (
    <section class={`card explained ${data.ready ? "" : "bad"}`}>
      <div class="row">
        <Icon name={data.ready ? "check" : "alert"} />
        <h2>{t(data.ready ? "instance.answers" : "instance.hindered")}</h2>
      </div>
      {(hindered || !data.ready) && <p class="summary">{data.summary}</p>}
      {data.findings.length > 0 && (
        <ul>
          {data.findings.map((finding, index) => (
            <li key={index} class={finding.severity}>
              <Icon name={ICONS[finding.severity]} />
              <div>
                <strong>{finding.what}</strong>
                <p>{finding.why}</p>
                {finding.mend && finding.mend !== data.summary && (
                  <p class="mend">
                    <span class="small muted">{t("instance.mend")}</span> {finding.mend}
                  </p>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
