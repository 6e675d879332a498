/** A report's rows of the whole period, one for each model, key, instance or region. */
import { useState } from "preact/hooks";
import { Table, type Column, type Order } from "../../parts/table";
import { formatMoney, formatNumber } from "../../format";
import { language } from "../../preferences";
import { link } from "../../router";
import { t } from "../../strings";
import { amountOf, type Group, type Row } from "./measures";

const AMOUNTS = {
  requests: (row: Row) => row.requests,
  errors: (row: Row) => row.errors,
  broken: (row: Row) => row.broken,
  prompt: (row: Row) => row.promptTokens,
  completion: (row: Row) => row.completionTokens,
  audio: (row: Row) => amountOf(row, "audio"),
  replicaHours: (row: Row) => (row.replicaSeconds === null ? null : row.replicaSeconds / 3600),
} as const;

const COSTS = {
  tokenCost: (row: Row) => amountOf(row, "tokenCost"),
  replicaCost: (row: Row) => amountOf(row, "replicaCost"),
} as const;

const SORTED = { ...AMOUNTS, ...COSTS } as const;
type Sorted = keyof typeof SORTED;

export function Breakdown({ rows, group }: { rows: readonly Row[]; group: Group }) {
  const [order, setOrder] = useState<Order>({ column: "tokenCost", down: true });
  const by = isSorted(order.column) ? SORTED[order.column] : null;
  const compare = (a: Row, b: Row) =>
    by ? Number(by(a)) - Number(by(b)) : nameOf(a, group).localeCompare(nameOf(b, group));
  const sorted = [...rows].sort((a, b) => (order.down ? compare(b, a) : compare(a, b)));
  return (
    <Table
      label={t("usage.title")}
      columns={buildColumns(group)}
      rows={sorted}
      rowKey={(row) => `${row[group] ?? ""} ${row.currencyCode}`}
      order={order}
      onOrder={setOrder}
    />
  );
}

function isSorted(column: string): column is Sorted {
  return column in SORTED;
}

/** What has no name in the ledger has one here. */
export function nameOf(row: Row, group: Group): string {
  return nameGroup(row[group] ?? "", group);
}

export function nameGroup(name: string, group: Group): string {
  return name || t(`usage.${group}None`);
}

function buildColumns(group: Group): Column<Row>[] {
  const replicas = group !== "key";
  const amounts = (["requests", "errors", "broken", "prompt", "completion", "audio"] as const).map((id) =>
    amountColumn(id),
  );
  return [
    { id: "name", title: t(`usage.${group}`), sortable: true, cell: (row) => <Name row={row} group={group} /> },
    ...amounts,
    ...(replicas ? [amountColumn("replicaHours")] : []),
    costColumn("tokenCost"),
    ...(replicas ? [costColumn("replicaCost")] : []),
  ];
}

function amountColumn(id: keyof typeof AMOUNTS): Column<Row> {
  const digits = id === "audio" || id === "replicaHours" ? 2 : 0;
  return {
    ...{ id, title: t(`usage.${id}`), number: true, sortable: true },
    cell: (row) => {
      const amount = AMOUNTS[id](row);
      return amount === null ? (
        "–"
      ) : (
        <span class={amount ? "" : "muted"}>{formatNumber(amount, language.value, digits)}</span>
      );
    },
  };
}

function costColumn(id: keyof typeof COSTS): Column<Row> {
  return {
    ...{ id, title: t(`usage.${id}`), number: true, sortable: true },
    cell: (row) => {
      const cost = COSTS[id](row);
      const some = id === "tokenCost" && row.unpriced > 0;
      return (
        <>
          {cost === null ? "–" : formatMoney(cost, row.currencyCode, language.value)}
          {some && <span class="small usage-warned"> {t("usage.unpricedShort", { count: row.unpriced })}</span>}
        </>
      );
    },
  };
}

function Name({ row, group }: { row: Row; group: Group }) {
  const name = nameOf(row, group);
  if (group === "instance" && row.instance) return <a href={link("instances", row.instance)}>{name}</a>;
  return row[group] ? <strong>{name}</strong> : <span class="muted">{name}</span>;
}
