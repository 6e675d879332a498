/** The rows of the list: a table whose rows are drawn as they come into sight, or cards on small screens. */
import { useRef } from "preact/hooks";
import { CopyButton } from "../../parts/copy";
import { Icon } from "../../parts/icon";
import { PhaseBadge } from "../../parts/phase";
import type { Order } from "../../parts/table";
import { Money } from "../../parts/values";
import { link } from "../../router";
import { identity } from "../../session";
import { t } from "../../strings";
import { Head, type Heading } from "./head";
import { Replicas, type RegionNames } from "./replicas";
import { describeSource, type Instance } from "./rows";
import { useWindow } from "./windowed";

const HEADINGS: readonly Heading[] = [
  { id: "name", title: "instances.name" },
  { id: "phase", title: "instances.phase" },
  { id: "ready", title: "instances.ready" },
  { id: "model", title: "instances.model" },
  { id: "hardware", title: "instances.hardware" },
  { id: "now", title: "instances.priceNow", number: true },
  { id: "most", title: "instances.priceMost", number: true },
  { id: "address", title: "instances.address", fixed: true },
];

interface ListProps {
  instances: readonly Instance[];
  regions: RegionNames;
  order: Order;
  onOrder: (order: Order) => void;
}

export function List({ instances, regions, order, onOrder }: ListProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const { from, to, before, after } = useWindow(body, instances.length);
  return (
    <div class="table-frame instances">
      <table class="table" role="table" aria-label={t("instances.title")} aria-rowcount={instances.length + 1}>
        <thead role="rowgroup">
          <tr role="row" aria-rowindex={1}>
            {HEADINGS.map((heading) => (
              <Head key={heading.id} {...{ heading, order, onOrder }} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup" ref={body}>
          <Space height={before} />
          {instances.slice(from, to).map((instance, index) => (
            <Row key={instance._id} index={from + index} {...{ instance, regions }} />
          ))}
          <Space height={after} />
        </tbody>
      </table>
    </div>
  );
}

/** In place of rows that are not drawn. */
function Space({ height }: { height: number }) {
  return <tr class="space" role="presentation" aria-hidden="true" hidden={height === 0} style={{ height }} />;
}

function Row({ instance, regions, index }: { instance: Instance; regions: RegionNames; index: number }) {
  const currency = identity.value?.currencyCode;
  const source = describeSource(instance);
  return (
    <tr role="row" aria-rowindex={index + 2} data-row>
      <td role="cell" class="instance-name">
        <a href={link("instances", instance._id)}>{instance.name}</a>
        {instance.keptBy && (
          <span class="muted" title={t("instances.kept", { owner: instance.keptBy })}>
            <Icon name="lock" />
            <span class="hidden-text">{t("instances.kept", { owner: instance.keptBy })}</span>
          </span>
        )}
      </td>
      <Cell label={t("instances.phase")}>
        <PhaseBadge status={instance.status} />
      </Cell>
      <Cell label={t("instances.ready")}>
        <Replicas of={instance} {...{ regions }} />
      </Cell>
      <Cell label={t("instances.model")} title={source}>
        {source}
      </Cell>
      <Cell label={t("instances.hardware")} title={instance.hardwareId ?? ""}>
        {instance.hardwareId}
      </Cell>
      <Cell label={t("instances.priceNow")} number>
        <Money amount={instance.currentHourlyPrice} currency={currency} />
      </Cell>
      <Cell label={t("instances.priceMost")} number>
        <Money amount={instance.hourlyPrice} currency={currency} />
      </Cell>
      <Cell label={t("instances.address")} title={instance.address}>
        <span class="instance-address">
          <span class="mono small">{instance.address.replace(/^https?:\/\/|\/$/g, "")}</span>
          <CopyButton text={instance.address} label={t("instances.copyAddress", { name: instance.name })} />
        </span>
      </Cell>
    </tr>
  );
}

interface CellProps {
  label: string;
  number?: boolean;
  title?: string;
  children: preact.ComponentChildren;
}

function Cell({ label, number = false, title, children }: CellProps) {
  return (
    <td role="cell" data-label={label} class={number ? "number" : ""} {...(title ? { title } : {})}>
      <span class="value">{children}</span>
    </td>
  );
}
