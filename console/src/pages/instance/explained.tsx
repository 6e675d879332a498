/** Why an instance answers or not, in the API's words, the worst first, each with what to do. */
import { useMemo } from "preact/hooks";
import { Skeleton } from "../../parts/empty";
import { Icon, type IconName } from "../../parts/icon";
import { Note, ProblemNote } from "../../parts/problem";
import { usePolled } from "../../rest/polled";
import { t, type StringKey } from "../../strings";
import { findHeading, listFindings, type Finding, type Heading } from "./findings";
import type { Detail } from ".";

/** The API asks the cluster twenty times for each. */
const SECONDS = 15;
const ICONS: Record<Finding["severity"], IconName> = { failure: "alert", warning: "alert", note: "info" };
const HEADINGS: Record<Heading, { icon: IconName; title: StringKey }> = {
  answers: { icon: "check", title: "instance.answers" },
  asleep: { icon: "moon", title: "instance.asleep" },
  halted: { icon: "stop", title: "instance.halted" },
  hindered: { icon: "alert", title: "instance.hindered" },
  underway: { icon: "refresh", title: "instance.underway" },
};
/** Their title says it all. */
const CALM: readonly Heading[] = ["answers", "asleep"];

export function Explained({ of: { _id: id, status, message } }: { of: Detail }) {
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
  const heading = findHeading(status, data);
  const findings = listFindings(data);
  return (
    <section class={`card instance-explained ${heading}`}>
      <div class="row">
        <Icon name={HEADINGS[heading].icon} />
        <h2>{t(HEADINGS[heading].title)}</h2>
      </div>
      {!CALM.includes(heading) && <p class="summary">{data.summary}</p>}
      {findings.length > 0 && (
        <ul>
          {findings.map((finding, index) => (
            <Found key={index} of={finding} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Found({ of: { severity, what, why, mend } }: { of: Finding }) {
  return (
    <li class={`instance-found-${severity}`}>
      <Icon name={ICONS[severity]} />
      <div>
        <strong>{what}</strong>
        <p class={why === null ? "muted" : ""}>{why ?? t("instance.asAbove")}</p>
        {mend && (
          <p>
            <span class="small muted">{t("instance.mend")}</span> {mend}
          </p>
        )}
      </div>
    </li>
  );
}
