/** Where what a model wrote may lead to. */

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/**
 * The address as the browser understands it, if a click on it does no harm: absolute, and of the web or of mail. Null for
 * all else: `javascript:`, `data:`, and what is relative, which would lead into the console.
 */
export function safeAddress(written: string): string | null {
  const address = parse(decodeEntities(written));
  return address && SCHEMES.has(address.protocol) ? address.href : null;
}

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

const NAMED: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  copy: "©",
  hellip: "…",
  ndash: "–",
  mdash: "—",
  times: "×",
  deg: "°",
  euro: "€",
  rarr: "→",
  larr: "←",
  colon: ":",
  Tab: "\t",
  NewLine: "\n",
};

/** Character references of Markdown's text as what they stand for; the result is text again, never markup. */
export function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(\w{1,31}));/g, (whole, decimal, hex, name) => {
    if (typeof name === "string") return NAMED[name] ?? whole;
    const code = typeof decimal === "string" ? Number.parseInt(decimal, 10) : Number.parseInt(String(hex), 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\uFFFD";
  });
}
