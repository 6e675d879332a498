/** Makes or changes the instance, and goes to its page. */
import { useRef, useState } from "preact/hooks";
import { toast } from "../../parts/toast";
import { patch, post, type Answer, type Problem, type Schemas } from "../../rest/client";
import { go, link } from "../../router";
import { t } from "../../strings";
import type { Intent } from "./preview";

export function useSave(intent: Intent) {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<{ problem: Problem; of: string } | null>(null);
  const once = useRef({ of: "", key: "" });
  const of = JSON.stringify(intent);
  const send = async () => {
    if (once.current.of !== of) once.current = { of, key: buildKey() };
    setBusy(true);
    const answer = await write(intent, once.current.key);
    setBusy(false);
    setRefused(answer.ok ? null : { problem: answer.problem, of });
    if (!answer.ok) return;
    toast(t(intent.id ? "form.saved" : "form.created", { name: answer.data.name }));
    go(link("instances", answer.data._id));
  };
  const problem = refused?.of === of ? refused.problem : null; // what is judged is another by now
  return { busy, problem, send };
}

function write({ id, etag, body }: Intent, key: string): Promise<Answer<Schemas["Instance"]>> {
  if (!id) return post("/instances", body as Schemas["InstanceCreate"], { headers: { "idempotency-key": key } });
  const headers: Record<string, string> = etag ? { "if-match": etag } : {};
  return patch("/instances/{id}", body as Schemas["InstancePatch"], { path: { id }, headers });
}

/** One word that nobody else has; hosts without TLS have no crypto.randomUUID. */
function buildKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");
}
