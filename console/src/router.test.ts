import { expect, it } from "vitest";
import { link, readRoute } from "./router";

it.each([
  ["", [], ""],
  ["#/", [], ""],
  ["#/instances", ["instances"], ""],
  ["#/instances/chat-1/edit?tab=logs&q=a%26b", ["instances", "chat-1", "edit"], "tab=logs&q=a%26b"],
  ["#/instances/a%2Fb", ["instances", "a/b"], ""],
  ["#/instances/%E0%A4%A", ["instances", "%E0%A4%A"], ""],
  ["#instances?x=1?2", ["instances"], "x=1"],
])("reads %s", (hash, path, query) => {
  const route = readRoute(hash);
  expect([route.path, route.query.toString()]).toEqual([path, query]);
});

it("leads to what it was made of", () => {
  expect(readRoute(link("instances", "a/b ?#")).path).toEqual(["instances", "a/b ?#"]);
});
