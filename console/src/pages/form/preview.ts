/** What the API would make of the form, asked without making it. */
import { useEffect, useState } from "preact/hooks";
import { getText, sendText, type Answer, type Problem, type Schemas } from "../../rest/client";
import { useSettled } from "./settled";

const YAML = "application/yaml";

export interface Preview {
  /** The custom resource; the last good one while something is wrong. */
  yaml: string;
  problem: Problem | null;
  checking: boolean;
}

/** What is to be judged; an instance that is only shown has no body. */
export interface Intent {
  /** "": a new instance. */
  id: string;
  etag: string;
  body: Schemas["InstanceCreate"] | Schemas["InstancePatch"] | null;
}

export function usePreview(intent: Intent): Preview {
  const wanted = JSON.stringify(intent);
  const settled = useSettled(wanted);
  const [state, setState] = useState({ yaml: "", problem: null as Problem | null, of: "" });
  useEffect(() => {
    const abort = new AbortController();
    const judge = async () => {
      const answer = await ask(JSON.parse(settled) as Intent, abort.signal); // written above
      setState((before) => ({
        yaml: answer.ok ? answer.data : before.yaml,
        problem: answer.ok ? null : answer.problem,
        of: settled,
      }));
    };
    judge().catch(() => undefined); // aborted: a newer one is asked
    return () => abort.abort();
  }, [settled]);
  return { yaml: state.yaml, problem: state.problem, checking: state.of !== wanted };
}

function ask({ id, etag, body }: Intent, signal: AbortSignal): Promise<Answer<string>> {
  const query = { dryRun: true };
  if (!body) return getText("/instances/{id}", YAML, { path: { id }, signal });
  if (!id) {
    const made = body as Schemas["InstanceCreate"]; // without an id it is a new one
    return sendText("post", "/instances", made, { accept: YAML, query, signal });
  }
  const headers: Record<string, string> = etag ? { "if-match": etag } : {};
  const changed = body;
  return sendText("patch", "/instances/{id}", changed, { accept: YAML, path: { id }, query, headers, signal });
}
