import { Button } from "../../parts/button";
import { Note } from "../../parts/problem";
import { t } from "../../strings";
import { Elapsed } from "./elapsed";
import type { Once } from "./once";
import type { Target } from "./targets";

interface ProgressProps {
  once: Pick<Once<unknown>, "error" | "since" | "stop">;
  target: Target;
}

/** What a request whose answer comes as a whole waits for, or why it has none. */
export function Progress({ once, target }: ProgressProps) {
  const {
    name,
    endpoint: { status },
  } = target;
  if (once.error) return <Note tone="bad">{once.error}</Note>;
  if (once.since === null) return null;
  return (
    <div class="row">
      <p class="pg-waiting" role="status">
        <span class="pg-pulse" aria-hidden="true" />
        {status === "ACTIVE" ? t("playground.waiting") : t("playground.waking", { name })} <Elapsed from={once.since} />
      </p>
      <Button icon="stop" onClick={once.stop}>
        {t("playground.stop")}
      </Button>
    </div>
  );
}
