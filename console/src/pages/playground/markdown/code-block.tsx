import type { VNode } from "preact";
import { CopyButton } from "../../../parts/copy";

/** Code, its language as the model names it, and a button to copy it. */
export function CodeBlock({ text, language }: { text: string; language: string }): VNode {
  return (
    <figure class="code-block">
      <figcaption>
        <span>{language.slice(0, 30)}</span>
        <CopyButton text={text} />
      </figcaption>
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}
