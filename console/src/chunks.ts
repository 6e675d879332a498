/** Parts of the console that are loaded when they are needed. */

/** A part did not come: an upgrade has replaced it since the page was opened, or the network is away. */
export class PartMissing extends Error {}

/** `import()`, whose failure can be told from one of the part itself. */
export function loadPart<T>(load: () => Promise<T>): Promise<T> {
  return load().catch((reason: unknown) => {
    throw new PartMissing(String(reason));
  });
}
