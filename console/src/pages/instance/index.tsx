/** One instance: how it is, why, and what can be done with it. */
import { useMemo } from "preact/hooks";
import { formatTime } from "../../format";
import { CopyButton } from "../../parts/copy";
import { Empty, Skeleton } from "../../parts/empty";
import { LinkButton } from "../../parts/button";
import { Page } from "../../parts/page";
import { PhaseBadge } from "../../parts/phase";
import { Note, ProblemNote } from "../../parts/problem";
import { Tabs } from "../../parts/tabs";
import { language } from "../../preferences";
import { usePolled } from "../../rest/polled";
import type { Schemas } from "../../rest/client";
import { link, route, setQuery } from "../../router";
import { t } from "../../strings";
import { useRegionNames } from "../instances/region-names";
import { Actions } from "./actions";
import { Events } from "./events";
import "./instance.css";
import { Logs } from "./logs";
import { Overview } from "./overview";
import { Spec } from "./spec";
import { Timeline } from "./timeline";

export type Detail = Schemas["InstanceDetail"];

const SECONDS = 3;
const TABS = ["overview", "timeline", "logs", "events", "spec"] as const;

export default function Instance({ path: [id = ""] }: { path: string[] }) {
  const target = useMemo(() => ({ path: { id } }), [id]);
  const { data, problem, at, refresh } = usePolled("/instances/{id}", SECONDS, target);
  if (problem?.status === 404) return <Gone reason={problem.detail} id={id} />;
  return (
    <Page
      title={data?.name ?? id}
      lead={data && <Lead of={data} />}
      actions={data && <Actions of={data} onChange={refresh} />}
    >
      {problem && !data && <ProblemNote problem={problem} onRetry={refresh} />}
      {problem && data && (
        <Note tone="warn">{t("instance.stale", { time: formatTime(at, language.value), reason: problem.detail })}</Note>
      )}
      {!data && !problem && <Skeleton lines={10} />}
      {data?.keptBy && <Note>{t("instance.kept", { owner: data.keptBy })}</Note>}
      {data && <Sections of={data} />}
    </Page>
  );
}

function Lead({ of: { status, address, features } }: { of: Detail }) {
  return (
    <div class="row instance-lead">
      <PhaseBadge status={status} />
      <span class="instance-url">
        <span class="mono small">{address}</span>
        <CopyButton text={address} label={t("instance.copyAddress")} />
      </span>
      {features.length > 0 && <span class="small">{features.join(", ")}</span>}
    </div>
  );
}

function Sections({ of: instance }: { of: Detail }) {
  const regions = useRegionNames();
  const chosen = TABS.find((tab) => tab === route.value.query.get("tab")) ?? "overview";
  return (
    <Tabs
      label={t("instance.sections")}
      tabs={TABS.map((tab) => ({ id: tab, title: t(`instance.${tab}`) }))}
      chosen={chosen}
      onChoose={(tab) => setQuery({ tab: tab === "overview" ? "" : tab })}
    >
      {chosen === "overview" && <Overview of={instance} {...{ regions }} />}
      {chosen === "timeline" && <Timeline id={instance._id} {...{ regions }} />}
      {chosen === "logs" && <Logs of={instance} {...{ regions }} />}
      {chosen === "events" && <Events id={instance._id} />}
      {chosen === "spec" && <Spec of={instance} />}
    </Tabs>
  );
}

function Gone({ id, reason }: { id: string; reason: string }) {
  return (
    <Page title={id}>
      <Empty
        icon="search"
        title={t("instance.gone")}
        action={<LinkButton href={link("instances")}>{t("instance.toInstances")}</LinkButton>}
      >
        {reason}
      </Empty>
    </Page>
  );
}
