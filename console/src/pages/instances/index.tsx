/** Every instance of the namespace, live. */
import { useMemo } from "preact/hooks";
import { formatTime } from "../../format";
import { Button, LinkButton } from "../../parts/button";
import { Empty, Skeleton } from "../../parts/empty";
import { Page } from "../../parts/page";
import { phaseName } from "../../parts/phase";
import { Note, ProblemNote } from "../../parts/problem";
import { language } from "../../preferences";
import { usePolled } from "../../rest/polled";
import { link, NEW, route, setQuery } from "../../router";
import { t } from "../../strings";
import "./instances.css";
import { List } from "./list";
import { countPhases, findMatching, readOrder, sortInstances, writeOrder, type Instance } from "./rows";
import { useRegionNames } from "./region-names";

const SECONDS = 5;

export default function Instances() {
  const { data, problem, at, refresh } = usePolled("/instances", SECONDS);
  const create = (
    <LinkButton variant="primary" icon="plus" href={link("instances", NEW)}>
      {t("instances.create")}
    </LinkButton>
  );
  const ready = data?.filter((each) => each.status === "ACTIVE").length ?? 0;
  const lead = data && data.length > 0 ? t("instances.lead", { ready, count: data.length }) : "";
  return (
    <Page title={t("instances.title")} lead={lead} actions={data?.length === 0 ? null : create}>
      {problem && !data && <ProblemNote problem={problem} onRetry={refresh} />}
      {problem && data && (
        <Note tone="warn">
          {t("instances.stale", { time: formatTime(at, language.value), reason: problem.detail })}
        </Note>
      )}
      {!data && !problem && <Skeleton lines={8} />}
      {data?.length === 0 && (
        <Empty icon="instances" title={t("instances.empty")} action={create}>
          {t("instances.emptyLead")}
        </Empty>
      )}
      {data && data.length > 0 && <Filtered instances={data} />}
    </Page>
  );
}

function Filtered({ instances }: { instances: readonly Instance[] }) {
  const { query } = route.value;
  const [text, phase, sort] = [query.get("q") ?? "", query.get("phase") ?? "", query.get("sort")];
  const order = readOrder(sort);
  const regions = useRegionNames();
  const rows = useMemo(
    () => sortInstances(findMatching(instances, { text, phase }), readOrder(sort)),
    [instances, text, phase, sort],
  );
  return (
    <>
      <Filters {...{ instances, text, phase }} found={rows.length} />
      {rows.length > 0 ? (
        <List {...{ instances: rows, regions, order }} onOrder={(next) => setQuery({ sort: writeOrder(next) })} />
      ) : (
        <Empty
          icon="search"
          title={t("instances.noMatch")}
          action={<Button onClick={() => setQuery({ q: "", phase: "" })}>{t("instances.clear")}</Button>}
        >
          {t("instances.noMatchLead")}
        </Empty>
      )}
    </>
  );
}

interface FiltersProps {
  instances: readonly Instance[];
  text: string;
  phase: string;
  found: number;
}

function Filters({ instances, text, phase, found }: FiltersProps) {
  const phases = useMemo(() => countPhases(instances), [instances]);
  const gone = phase && !phases.some(([each]) => each === phase);
  return (
    <div class="instance-filters" role="search">
      <input
        type="search"
        class="input"
        aria-label={t("instances.search")}
        placeholder={t("instances.searchHint")}
        value={text}
        onInput={(event) => setQuery({ q: event.currentTarget.value })}
      />
      <select
        class="input"
        aria-label={t("instances.phase")}
        value={phase}
        onChange={(event) => setQuery({ phase: event.currentTarget.value })}
      >
        <option value="">{t("instances.allPhases", { count: instances.length })}</option>
        {phases.map(([each, count]) => (
          <option key={each} value={each}>
            {phaseName(each)} ({count})
          </option>
        ))}
        {gone && <option value={phase}>{phaseName(phase)} (0)</option>}
      </select>
      <span class="muted small" role="status">
        {t("instances.found", { count: found })}
      </span>
    </div>
  );
}
