import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("types of the REST API are what its document says: else run `npm run schema`", { timeout: 30_000 }, async () => {
  const document = new URL("../../../docs/reference/openapi.json", import.meta.url);
  const written = readFileSync(new URL("schema.d.ts", import.meta.url), "utf8");
  expect(written).toBe(COMMENT_HEADER + astToString(await openapiTS(document, { defaultNonNullable: false })));
});
