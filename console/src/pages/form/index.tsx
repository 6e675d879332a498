/** `#/instances/_new` and `#/instances/<id>/edit`. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { Skeleton } from "../../parts/empty";
import { Page } from "../../parts/page";
import { Note, ProblemNote } from "../../parts/problem";
import { get, type Problem } from "../../rest/client";
import { usePolled } from "../../rest/polled";
import { route } from "../../router";
import { t } from "../../strings";
import { buildDraft, readDraft, rebase, type Draft } from "./draft";
import { Editor, type Opened } from "./editor";
import "./form.css";
import { suggestName, suggestStart, type Material } from "./material";
import { useMaterial } from "./use-material";

export default function FormPage({ path: [id = ""] }: { path: string[] }) {
  const { material, problem, refresh } = useMaterial();
  const instances = usePolled("/instances", 0);
  const title = id ? t("form.editTitle", { name: id }) : t("form.title");
  const failed = problem ?? instances.problem;
  if (!material || !instances.data) {
    return (
      <Page title={title}>{failed ? <ProblemNote problem={failed} onRetry={refresh} /> : <Skeleton lines={12} />}</Page>
    );
  }
  const taken = new Set(instances.data.map((each) => each._id));
  return id ? <Change {...{ id, title, material, taken }} /> : <Creation {...{ title, material, taken }} />;
}

interface Shown {
  title: string;
  material: Material;
  taken: ReadonlySet<string>;
}

function Creation({ title, material, taken }: Shown) {
  const [opened] = useState<Opened>(() => {
    const { modelId, regionId } = suggestStart(material, route.value.query.get("model") ?? "");
    const draft = buildDraft(modelId, regionId);
    return { instance: null, etag: "", seen: { ...draft, name: suggestName(draft.name, taken) } };
  });
  return (
    <Page title={title} lead={t("form.lead")}>
      <Editor {...{ opened, material, taken }} start={opened.seen} onRebase={() => undefined} />
    </Page>
  );
}

interface Begun {
  opened: Opened;
  start: Draft;
  /** Counts how often it was read: each time the form begins anew. */
  turn: number;
}

function Change({ id, title, material, taken }: Shown & { id: string }) {
  const [begun, setBegun] = useState<Begun | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { models } = material;
  const read = useCallback(
    async (mine: Draft | null, seen: Draft | null, turn: number) => {
      const answer = await get("/instances/{id}", { path: { id } });
      setProblem(answer.ok ? null : answer.problem);
      if (!answer.ok) return;
      const instance = answer.data;
      const newest = readDraft(
        instance,
        models.find((each) => each.id === instance.modelId),
      );
      const start = mine && seen ? rebase(mine, seen, newest) : newest;
      setBegun({ opened: { instance, etag: answer.etag ?? "", seen: newest }, start, turn });
    },
    [id, models],
  );
  useEffect(() => void read(null, null, 0), [read]);
  const keeper = begun?.opened.instance?.keptBy;
  return (
    <Page title={keeper ? id : title}>
      {problem && <ProblemNote problem={problem} onRetry={() => void read(null, null, 0)} />}
      {keeper && <Note tone="warn">{t("form.keptBy", { keeper })}</Note>}
      {begun ? (
        <Editor
          key={begun.turn}
          opened={begun.opened}
          start={begun.start}
          {...{ material, taken }}
          onRebase={(mine) => void read(mine, begun.opened.seen, begun.turn + 1)}
        />
      ) : (
        !problem && <Skeleton lines={12} />
      )}
    </Page>
  );
}
