/** What happened to an instance and its objects, the newest first. */
import { useMemo } from "preact/hooks";
import { Badge } from "../../parts/badge";
import { Empty, Skeleton } from "../../parts/empty";
import { ProblemNote } from "../../parts/problem";
import { Table, type Column } from "../../parts/table";
import { Ago } from "../../parts/values";
import type { Schemas } from "../../rest/client";
import { usePolled } from "../../rest/polled";
import { t } from "../../strings";

type Event = Schemas["Event"];

const SECONDS = 10;

export function Events({ id }: { id: string }) {
  const target = useMemo(() => ({ path: { id } }), [id]);
  const { data, problem, refresh } = usePolled("/instances/{id}/events", SECONDS, target);
  const columns: Column<Event>[] = [
    { id: "time", title: t("instance.time"), cell: ({ time }) => <Ago at={time} /> },
    {
      id: "reason",
      title: t("instance.reason"),
      cell: ({ type, reason, count }) => (
        <span class="row">
          <Badge tone={type === "Warning" ? "warn" : ""}>{reason}</Badge>
          {count > 1 && <span class="muted small">× {count}</span>}
        </span>
      ),
    },
    { id: "object", title: t("instance.object"), cell: ({ object }) => <span class="mono small">{object}</span> },
    { id: "message", title: t("instance.message"), cell: ({ message }) => message },
  ];
  return (
    <>
      {problem && <ProblemNote {...{ problem }} onRetry={refresh} />}
      {!data && !problem && <Skeleton />}
      {data?.length === 0 && (
        <Empty icon="info" title={t("instance.noEvents")}>
          {t("instance.noEventsLead")}
        </Empty>
      )}
      {data && data.length > 0 && (
        <Table
          label={t("instance.events")}
          rows={data}
          rowKey={({ object, reason, message, time }) => `${object} ${reason} ${message} ${time}`}
          {...{ columns }}
        />
      )}
    </>
  );
}
