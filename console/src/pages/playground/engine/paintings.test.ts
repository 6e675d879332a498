import { expect, test } from "vitest";
import { readPaintings } from "./paintings";

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

test("a picture is shown as what its content is", () => {
  expect(readPaintings({ data: [{ b64_json: PIXEL, url: null }] })).toEqual([
    { url: `data:image/png;base64,${PIXEL}`, ending: "png", elsewhere: "" },
  ]);
});

test("a picture that lies elsewhere is told and not loaded", () => {
  expect(readPaintings({ data: [{ url: "https://elsewhere.example/a.png" }] })).toEqual([
    { url: "", ending: "", elsewhere: "https://elsewhere.example/a.png" },
  ]);
});

test.each([
  { b64_json: btoa("<svg onload='alert(1)'></svg>") },
  { b64_json: btoa("<html></html>") },
  { b64_json: `${PIXEL}" onerror="alert(1)` },
  { b64_json: "no base64" },
  { b64_json: "" },
  { b64_json: 3 },
  null,
])("what is no picture is none: %j", (each) => {
  expect(readPaintings({ data: [each] })).toMatchObject([{ url: "" }]);
});

test.each([{}, { data: null }, { data: {} }])("takes no harm from %j", (found) => {
  expect(readPaintings(found)).toEqual([]);
});
