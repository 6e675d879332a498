import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { beginSession, endSession, identity, key, takeFarewell } from "../session";
import { address, get, patch, send } from "./client";

const WHOSE = { namespace: "team-a", name: "ci", scopes: ["manage"], currencyCode: null };
let asked: Request[] = [];

function answerWith(status: number, body: unknown, during: () => void = () => undefined): void {
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    asked.push(new Request(url, init));
    during();
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const type = typeof body === "string" ? "text/html" : "application/json";
    return Promise.resolve(new Response(status === 204 ? null : text, { status, headers: { "content-type": type } }));
  });
}

beforeEach(() => {
  asked = [];
  beginSession("inf-secret", WHOSE);
});
afterEach(() => {
  endSession();
  takeFarewell();
  vi.unstubAllGlobals();
});

it("finds the API below whatever path the console is at, and writes parameters safely", () => {
  expect(
    address("/instances/{id}", { id: "a/b ?" }, { limit: 5, name: undefined, regionId: null, tag: ["x", "y"] }),
  ).toBe("https://ai.example.com/below/ai-inference/instances/a%2Fb%20%3F?limit=5&tag=x&tag=y");
});

it("sends the key as a header, never in the address", async () => {
  answerWith(200, []);
  expect(await get("/instances")).toMatchObject({ ok: true, data: [] });
  expect(asked[0]?.headers.get("x-api-key")).toBe("inf-secret");
  expect(asked[0]?.url).not.toContain("inf-secret");
});

it("sends a body as JSON and leaves out headers that are undefined", async () => {
  answerWith(200, {});
  await patch("/instances/{id}", { description: "d" }, { path: { id: "chat" }, headers: { "if-match": undefined } });
  expect(await asked[0]?.json()).toEqual({ description: "d" });
  expect(asked[0]?.headers.has("if-match")).toBe(false);
});

it("gives the API's own words of a refusal", async () => {
  const errors = [{ field: "name", value: "x", message: "is taken" }];
  answerWith(422, { type: "about:blank", title: "T", status: 422, detail: "name: is taken", requestId: "7", errors });
  expect(await get("/instances")).toMatchObject({ ok: false, problem: { detail: "name: is taken", errors } });
});

it.each([
  [
    "the gateway's",
    { error: { message: "The REST API is away.", code: "service_unavailable" } },
    "The REST API is away.",
  ],
  ["a proxy's page", "<html>502</html>", "The answer was 502, without a reason."],
])("understands refusals of others: %s", async (_, body, detail) => {
  answerWith(502, body);
  expect(await get("/instances")).toMatchObject({ ok: false, problem: { status: 502, detail } });
});

it("ends the session when its key is refused, with the API's sentence, and forgets the key", async () => {
  answerWith(401, { status: 401, detail: "The key opens nothing.", errors: [] });
  await get("/instances");
  // eslint-disable-next-line no-restricted-globals
  expect([key.value, identity.value, sessionStorage.getItem("inferops.key")]).toEqual(["", null, null]);
  expect(takeFarewell()).toBe("The key opens nothing.");
  expect(takeFarewell()).toBe("");
});

it("goes on when a key that was replaced meanwhile is refused, or one that is not the session's", async () => {
  answerWith(401, { status: 401, detail: "no" }, () => beginSession("inf-new", WHOSE));
  await get("/instances");
  expect(key.value).toBe("inf-new");
  answerWith(401, { status: 401, detail: "no" });
  await send(address("/me"), { headers: { "x-api-key": "inf-other" } });
  expect(key.value).toBe("inf-new");
});

it("says that nobody answers, and throws only where the caller broke off", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
  expect(await get("/instances")).toMatchObject({ ok: false, problem: { status: 0 } });
  await expect(get("/instances", { signal: AbortSignal.abort() })).rejects.toThrow();
});
