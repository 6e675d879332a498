/** Whether all words of a search are somewhere in the texts, in any case. PURE. */
export function isFound(wanted: string, texts: readonly (string | null)[]): boolean {
  const all = texts.join(" ").toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
