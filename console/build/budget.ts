/** The build fails where the first page (the page itself, what it names, and the first area's chunk) grows too large. */
import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

const MOST_BYTES = 200_000;
const FIRST = ["index.html", "src/pages/instances/index.tsx", "src/pages/playground/index.tsx"];

export function budget(): Plugin {
  return {
    name: "budget",
    apply: "build",
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((each) => each.type === "chunk");
      const first = chunks.filter(({ facadeModuleId }) => FIRST.some((name) => facadeModuleId?.endsWith(name)));
      const names = new Set(first.flatMap((chunk) => reach(chunk, bundle)));
      const styles = Object.keys(bundle).filter((name) => name.endsWith(".css"));
      const bytes = [...names, ...styles].map((name) => gzipSync(read(bundle[name])).length);
      const total = bytes.reduce((sum, each) => sum + each, 0);
      if (first.length < FIRST.length) this.error(`budget: not all of ${FIRST.join(", ")} are chunks`);
      if (total > MOST_BYTES)
        this.error(`budget: the first page is ${total} bytes compressed, more than ${MOST_BYTES}`);
      this.info(`first page: ${total} bytes compressed, ${names.size} scripts`);
    },
  };
}

/** A chunk and all that it imports at once. */
function reach(chunk: Rolldown.OutputChunk, bundle: Rolldown.OutputBundle): string[] {
  const imported = chunk.imports.flatMap((name) => {
    const next = bundle[name];
    return next?.type === "chunk" ? reach(next, bundle) : [];
  });
  return [chunk.fileName, ...imported];
}

function read(file: Rolldown.OutputAsset | Rolldown.OutputChunk | undefined): string | Uint8Array {
  return file?.type === "chunk" ? file.code : (file?.source ?? "");
}
