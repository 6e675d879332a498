import { expect, test } from "vitest";
import { listBeyond } from "./beyond";

const HEAD = "apiVersion: inferops.dev/v1alpha1\nkind: InferenceInstance\nmetadata:\n  name: chat\n  namespace: team\n";

test("what the form has inputs for is not beyond it", () => {
  expect(
    listBeyond(`${HEAD}spec:\n  model: m\n  regions:\n  - region: eu\n    scale:\n      min: 1\n  limits: {}\n`),
  ).toEqual([]);
});

test("all else is, variables that come from elsewhere too", () => {
  const env = "  env:\n  - name: TOKEN\n    valueFrom:\n      secretKeyRef:\n        key: a\n        name: b\n";
  const probes = "  probes:\n    startup:\n      periodSeconds: 5\n";
  expect(listBeyond(`${HEAD}spec:\n${env}${probes}  cache:\n    size: 5Gi\n`)).toEqual([
    "probes",
    "cache",
    "env.valueFrom",
  ]);
});

test("nothing is known of nothing", () => {
  expect(listBeyond("")).toEqual([]);
});
