import type { VNode } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { renderMarkdown, renderRaw } from "./render";
import "./markdown.css";

/** Milliseconds that parsing may take, again and again while an answer grows. */
const PATIENCE = 150;

/** What a model wrote. A text that takes long to parse is made to: from then on it is shown as it is written. */
export function Markdown({ text }: { text: string }): VNode {
  const slow = useRef(false);
  const shown = useMemo(() => {
    if (slow.current) return renderRaw(text);
    const begin = performance.now();
    const nodes = renderMarkdown(text);
    slow.current = performance.now() - begin > PATIENCE;
    return nodes;
  }, [text]);
  return <div class="md">{shown}</div>;
}
