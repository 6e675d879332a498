import type { ComponentChildren } from "preact";
import "./meter.css";

/** How much of something is taken: a bar, and the words for it. */
export function Meter({
  label,
  value,
  most,
  tone = "",
  children,
}: {
  /** What is measured, for screen readers. */
  label: string;
  value: number;
  most: number;
  tone?: "" | "warn" | "bad";
  children: ComponentChildren;
}) {
  const share = most > 0 ? Math.min(value / most, 1) : value > 0 ? 1 : 0;
  return (
    <div class="meter">
      <span class="small">{children}</span>
      <div
        class={`meter-bar ${tone}`}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <span style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  );
}
