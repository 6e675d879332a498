/** Lines of a log. It stays at its end while new ones come, unless its reader has gone up. */
import { Component } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../strings";
import type { Block, Line } from "./log-buffer";

interface LinesProps {
  blocks: readonly Block[];
  wrap: boolean;
  withPod: boolean;
}

/** Pixels: nearer than this to the end is at the end. */
const NEAR = 24;

export function Lines({ blocks, wrap, withPod }: LinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    const element = box.current;
    if (element && atEnd.current) element.scrollTop = element.scrollHeight;
  }, [blocks, wrap]);
  return (
    <div
      ref={box}
      class={`instance-log ${wrap ? "wrap" : ""}`}
      role="log"
      aria-live="off"
      aria-label={t("instance.logs")}
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR;
      }}
    >
      {blocks.map(({ id, lines }) => (
        <LineBlock key={id} {...{ lines, withPod }} />
      ))}
    </div>
  );
}

interface BlockProps {
  lines: readonly Line[];
  withPod: boolean;
}

/** Drawn anew only when it has other lines. */
class LineBlock extends Component<BlockProps> {
  override shouldComponentUpdate({ lines, withPod }: BlockProps): boolean {
    return lines !== this.props.lines || withPod !== this.props.withPod;
  }

  override render() {
    const { lines, withPod } = this.props;
    return (
      <div class="instance-log-block">
        {lines.map(({ time, pod, message }, index) => (
          <div key={index} class="instance-log-line">
            <time dateTime={time}>{time.slice(11, 23)}</time>
            {withPod && <span class="instance-log-pod">{pod}</span>}
            <span>{message}</span>
          </div>
        ))}
      </div>
    );
  }
}
