/** Why a request was not done: the API's own words, or ours where it said none. */
import { t } from "../strings";
import type { Schemas } from "./types";

/** `status` 0: no answer came. */
export type Problem = Schemas["Problem"];

export const UNREACHABLE = 0;

export function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "detail" in value && typeof value.detail === "string";
}

/** The problem of an answer of status 400 and above, whatever wrote it: the API, the gateway or a proxy before it. */
export async function readProblem(response: Response): Promise<Problem> {
  const text = await response.text();
  const found = parse(text);
  if (isProblem(found)) return { ...found, errors: Array.isArray(found.errors) ? found.errors : [] };
  const said = readGatewayMessage(found);
  return buildProblem(response.status, said || t("rest.status", { status: response.status }));
}

export function buildUnreachable(): Problem {
  return buildProblem(UNREACHABLE, t("rest.unreachable"));
}

/** `{"error": {"message": ...}}`, as OpenAI-compatible engines and the gateway say it. */
export function readGatewayMessage(found: unknown): string {
  if (typeof found !== "object" || found === null || !("error" in found)) return "";
  const { error } = found;
  if (typeof error === "string") return error;
  if (typeof error !== "object" || error === null || !("message" in error)) return "";
  return typeof error.message === "string" ? error.message : "";
}

function buildProblem(status: number, detail: string): Problem {
  return { type: "about:blank", title: "", status, detail, requestId: "", errors: [] };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
