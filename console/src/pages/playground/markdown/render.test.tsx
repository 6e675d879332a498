import type { ComponentChildren, VNode } from "preact";
import { describe, expect, it } from "vitest";
import { CodeBlock } from "./code-block";
import { decodeEntities, safeAddress } from "./links";
import { LONGEST, renderMarkdown } from "./render";

interface Element {
  name: string;
  props: Record<string, unknown>;
}

/** All elements of a tree, and all of its text. */
function walk(children: ComponentChildren): { elements: Element[]; text: string } {
  if (Array.isArray(children)) {
    const parts = (children as ComponentChildren[]).map(walk);
    return { elements: parts.flatMap((part) => part.elements), text: parts.map((part) => part.text).join("") };
  }
  if (typeof children === "string" || typeof children === "number") return { elements: [], text: String(children) };
  if (typeof children !== "object" || children === null) return { elements: [], text: "" };
  const { type, props } = children as VNode<Record<string, unknown> & { children?: ComponentChildren }>;
  const { children: below, ...own } = props;
  const inner = walk(below);
  if (type === CodeBlock) return { elements: [{ name: "CodeBlock", props: own }], text: String(own.text) };
  const name = typeof type === "string" ? type : "";
  return { elements: name ? [{ name, props: own }, ...inner.elements] : inner.elements, text: inner.text };
}

function render(text: string): { names: string[]; elements: Element[]; text: string } {
  const tree = walk(renderMarkdown(text));
  return { ...tree, names: tree.elements.map((element) => element.name) };
}

const HARMLESS = new Set(
  "p h3 h4 h5 h6 ul ol li blockquote strong em del code br hr a div table thead tbody tr th td CodeBlock".split(" "),
);
const ATTRIBUTES = new Set(
  "class href target rel title start scope data-align tabIndex role text language key".split(" "),
);

const HOSTILE = [
  "<script>alert(1)</script>",
  "a <script>alert(1)</script> b",
  "<img src=x onerror=alert(1)>",
  "a <img src=x onerror=alert(1)> b",
  "<svg/onload=alert(1)>",
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "<a href='javascript:alert(1)'>x</a>",
  "<details open ontoggle=alert(1)>\n\nx\n\n</details>",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](\u0001javascript:alert(1))",
  "[x](java\tscript:alert(1))",
  "[x](<java\nscript:alert(1)>)",
  "[x](javascript&colon;alert(1))",
  "[x](&#106;avascript:alert(1))",
  "[x](&#x6A;avascript:alert(1))",
  "[x](data:text/html,<script>alert(1)</script>)",
  "[x](vbscript:alert(1))",
  "[x](blob:https://a.test/1)",
  "[x](file:///etc/passwd)",
  "[x](#/instances/chat)",
  "[x](//evil.test)",
  "[x](/ai-inference/instances)",
  "![x](javascript:alert(1))",
  "![x](data:image/svg+xml,<svg onload=alert(1)>)",
  "[![x](javascript:alert(1))](javascript:alert(2))",
  "<javascript:alert(1)>",
  "[x][y]\n\n[y]: javascript:alert(1)",
  '[x](https://a.test "onmouseover=alert(1)")',
  '[x](https://a.test/"onmouseover="alert(1))',
  "| <script>alert(1)</script> | [x](javascript:alert(1)) |\n|-|-|\n| <img onerror=alert(1)> | b |",
  "> - > - <script>alert(1)</script>\n> - > - [x](javascript:alert(1))",
  "# <img src=x onerror=alert(1)>",
  "```html onload=alert(1)\n<script>alert(1)</script>\n```",
  "`<script>alert(1)</script>`",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
  "<!-- --><script>alert(1)</script>",
  "<style>*{display:none}</style>",
  "<base href='https://evil.test'>",
  "<form action='https://evil.test'><button>x</button></form>",
];

describe("hostile Markdown", () => {
  it.each(HOSTILE)("becomes harmless elements and text: %s", (text) => {
    for (const { name, props } of render(text).elements) {
      expect(HARMLESS).toContain(name);
      expect(Object.keys(props).filter((each) => !ATTRIBUTES.has(each))).toEqual([]);
      if (name === "a") expect(props.href).toMatch(/^(https?:\/\/|mailto:)/);
    }
  });

  it.each(["<script>alert(1)</script>", "a <img src=x onerror=alert(1)> b", "[x](javascript:alert(1))"])(
    "is shown as it is written: %s",
    (text) => {
      expect(render(text).text).toBe(text);
    },
  );

  it.each([
    [">".repeat(2000) + "x"],
    ["> ".repeat(400) + "<script>"],
    [Array.from({ length: 150 }, (_, level) => " ".repeat(2 * level) + "- [x](javascript:alert(1))").join("\n")],
    ["*a **b ".repeat(500)],
    ["[".repeat(2000)],
    ["x".repeat(LONGEST + 1)],
  ])("of any depth and length is rendered: %#", (text) => {
    const { names } = render(text);
    expect(names.filter((name) => !HARMLESS.has(name) || name === "a")).toEqual([]);
  });
});

const RENDERED: [string, string[], string][] = [
  ["**a** _b_ ~~c~~ `d`", ["p", "strong", "em", "del", "code"], "a b c d"],
  ["# a\n###### b", ["h3", "h6"], "ab"],
  ["1. a\n2. b\n   - c", ["ol", "li", "li", "ul", "li"], "abc"],
  ["- [x] a\n- [ ] b", ["ul", "li", "li"], "☑ a☐ b"],
  ["> a", ["blockquote", "p"], "a"],
  ["a  \nb\n\n---", ["p", "br", "hr"], "ab"],
  ["a &amp; b &lt;c&gt; &#8364; &unknown;", ["p"], "a & b <c> € &unknown;"],
  ["`&amp;`", ["p", "code"], "&amp;"],
  ["\\*a\\*", ["p"], "*a*"],
  ["|a|b|\n|-|-:|\n|c|d|", ["div", "table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"], "abcd"],
];

describe("Markdown", () => {
  it.each(RENDERED)("is rendered: %s", (written, names, text) => {
    expect(render(written)).toMatchObject({ names, text });
  });

  it("has links that open elsewhere and tell nobody where from", () => {
    const [, link] = render("[docs](https://a.test/b?c=d&e=f)").elements;
    expect(link?.props).toMatchObject({
      href: "https://a.test/b?c=d&e=f",
      target: "_blank",
      rel: "noopener noreferrer nofollow",
      title: "https://a.test/b?c=d&e=f",
    });
  });

  it("loads no pictures: they are links", () => {
    const { names, text } = render("![a cat](https://a.test/cat.png)");
    expect(names).toEqual(["p", "a"]);
    expect(text).toContain("a cat");
  });

  it("gives code with its language, also while its end has not come yet", () => {
    const { elements } = render('a\n\n```python\nprint("<b>")\n');
    expect(elements.at(-1)).toEqual({ name: "CodeBlock", props: { text: 'print("<b>")', language: "python" } });
  });
});

describe("an address", () => {
  it.each([
    "javascript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,x",
    "#x",
    "/x",
    "x",
    "//a.test",
    "",
    "http://",
  ])("leads nowhere: %s", (written) => {
    expect(safeAddress(written)).toBeNull();
  });

  it.each(["https://a.test/", "http://a.test/b", "mailto:a@b.test", "HTTPS://a.test/"])("is good: %s", (written) => {
    expect(safeAddress(written)?.toLowerCase()).toBe(written.toLowerCase());
  });

  it("may have references to characters that are none", () => {
    expect(decodeEntities("&#0;&#x110000;&#99999999;")).toBe("\uFFFD\uFFFD&#99999999;");
  });
});
