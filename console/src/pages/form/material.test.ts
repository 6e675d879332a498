import { expect, test } from "vitest";
import type { Schemas } from "../../rest/client";
import { buildQuestion } from "./body";
import { findHardware, sortHardwares, suggestName, suggestStart, type Material } from "./material";
import { buildRegion } from "./draft";
import { MODEL } from "./samples";

function buildHardware(id: string, hourlyPrice: number): Schemas["Hardware"] {
  return { id, name: id, cpu: 1000, ram: 1024, gpu: null, hourlyPrice };
}

function buildPlace(id: number, rooms: Record<string, number>): Schemas["Region"] {
  const capacities = Object.entries(rooms).map(([hardwareId, capacity]) => ({ hardwareId, capacity, total: 8 }));
  return { id, name: `region ${id}`, countryCode: null, state: "ACTIVE", priceFactor: 1, capacities };
}

const FULL = buildPlace(1, { small: 0, large: 0 });
const FREE = buildPlace(2, { small: 0, large: 3 });
const MATERIAL: Material = {
  models: [
    { ...MODEL, id: "a", defaultHardwareId: "small" },
    { ...MODEL, id: "b", defaultHardwareId: "large" },
    { ...MODEL, id: "c", defaultHardwareId: null },
  ],
  hardwares: [buildHardware("large", 9), buildHardware("small", 1)],
  regions: [FULL, FREE],
  registries: [],
  keys: [],
};

test("a new instance begins with what would start at once", () => {
  expect(suggestStart(MATERIAL, "")).toEqual({ modelId: "b", regionId: "2" });
});

test("the model that was asked for comes first, wherever there is room or not", () => {
  expect(suggestStart(MATERIAL, "c")).toEqual({ modelId: "c", regionId: "1" });
  expect(suggestStart(MATERIAL, "none such")).toEqual({ modelId: "b", regionId: "2" });
});

test("an empty catalog leaves the choice open", () => {
  expect(suggestStart({ ...MATERIAL, models: [], regions: [] }, "")).toEqual({ modelId: "", regionId: "" });
});

test("hardware with room stands before what is cheaper and full", () => {
  const order = (regions: Schemas["Region"][]) => sortHardwares(MATERIAL.hardwares, regions).map(({ id }) => id);
  expect(order([FREE])).toEqual(["large", "small"]);
  expect(order([FULL])).toEqual(["small", "large"]);
});

test("the hardware is the form's choice, else its model's", () => {
  expect(findHardware(MATERIAL, "a", "large")).toBe("large");
  expect(findHardware(MATERIAL, "a", "")).toBe("small");
  expect(findHardware(MATERIAL, "c", "")).toBe("");
});

test("a name that is taken gets the first number that is free", () => {
  expect(suggestName("chat", new Set())).toBe("chat");
  expect(suggestName("chat", new Set(["chat", "chat-2"]))).toBe("chat-3");
});

test("the price at the fewest replicas leaves regions out that may sleep", () => {
  const regions = [
    { ...buildRegion("1"), min: "0", max: "4" },
    { ...buildRegion("2"), min: "1", max: "2" },
  ];
  const counts = (bound: "min" | "max") => buildQuestion("small", regions, bound).autoScalingConfigurations;
  expect(counts("min")).toEqual([{ regionId: 2, scale: { max: 1 } }]);
  expect(counts("max").map(({ scale }) => scale.max)).toEqual([4, 2]);
});
