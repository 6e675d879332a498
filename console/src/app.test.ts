import { expect, it } from "vitest";
import { matchPage } from "./app";

it.each([
  [[], "instances", []],
  [["instances", "_new"], "form", []],
  [["instances", "new"], "instance", ["new"]],
  [["instances", "new", "edit"], "form", ["new"]],
  [["playground", "chat"], "playground", ["chat"]],
])("%j is the page %s", (path, page, given) => {
  expect(matchPage(path)).toEqual({ page, path: given });
});

it.each([[["nowhere"]], [["form"]], [["instance"]], [["instances", "_new", "edit"]], [["instances", "a", "b", "c"]]])(
  "%j is no page",
  (path) => {
    expect(matchPage(path)).toBeNull();
  },
);
