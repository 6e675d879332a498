/** Parts that sections of the form have in common. */
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { Icon } from "../../parts/icon";
import { useForm } from "./context";

export function Section({ title, lead, children }: { title: string; lead?: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <section class="card stack" aria-labelledby={id}>
      <div>
        <h2 id={id}>{title}</h2>
        {lead && <p class="muted">{lead}</p>}
      </div>
      {children}
    </section>
  );
}

interface FoldProps {
  title: string;
  /** What is in it, while it is shut. */
  summary: string;
  /** Something in it is wrong: it stays open. */
  wrong: boolean;
  level: 2 | 3;
  children: ComponentChildren;
}

export function Fold({ title, summary, wrong, level, children }: FoldProps) {
  const [open, setOpen] = useState(false);
  const Heading = `h${level}` as const;
  const toggle = (event: Event) => {
    event.preventDefault(); // what is shown is `open` and nothing else
    setOpen(!open);
  };
  return (
    <details class={level === 2 ? "card fold" : "fold"} open={open || wrong}>
      <summary onClick={toggle}>
        <Icon name="right" />
        <Heading>{title}</Heading>
        <span class="muted small">{summary}</span>
      </summary>
      <div class="stack">{children}</div>
    </details>
  );
}

/** What the API says of a group of inputs. */
export function GroupError({ path }: { path: string }) {
  const error = useForm().error(path);
  return error ? (
    <p class="form-group-error small" role="alert">
      {error}
    </p>
  ) : null;
}
