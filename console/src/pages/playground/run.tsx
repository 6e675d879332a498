import { Button } from "../../parts/button";
import { t } from "../../strings";
import type { Once } from "./once";
import { Progress } from "./progress";
import type { Target } from "./targets";

interface RunProps {
  /** What it does, as the button says it. */
  label: string;
  once: Pick<Once<unknown>, "error" | "since" | "stop">;
  target: Target;
  disabled: boolean;
  onRun: () => void;
  onProgram: () => void;
}

/** The button of a request whose answer comes as a whole, the one for its code, and how far it is. */
export function Run({ label, once, target, disabled, onRun, onProgram }: RunProps) {
  return (
    <>
      <div class="row">
        <Button variant="primary" icon="play" busy={once.since !== null} disabled={disabled} onClick={onRun}>
          {label}
        </Button>
        <Button variant="quiet" icon="code" onClick={onProgram}>
          {t("playground.viewCode")}
        </Button>
      </div>
      <Progress {...{ once, target }} />
    </>
  );
}
