/** What of an instance the form does not show, and so leaves as it is. PURE. */

/** Fields of the custom resource's spec that inputs stand for, or buttons elsewhere. */
const SHOWN = new Set(
  (
    "model image registry hardware containerPort command args env description stopped podLifetime auth apiKeys" +
    " regions limits loadBalancing weight resend"
  ).split(" "),
);

/** By their names in the custom resource, as the API writes it: `spec` is its last part, two spaces a level. */
export function listBeyond(yaml: string): string[] {
  const [, spec = ""] = yaml.split(/^spec:$/m);
  const fields = [...spec.matchAll(/^ {2}(\w+):/gm)].map(([, name = ""]) => name).filter((name) => !SHOWN.has(name));
  return /^ {4}valueFrom:/m.test(spec) ? [...fields, "env.valueFrom"] : fields;
}
