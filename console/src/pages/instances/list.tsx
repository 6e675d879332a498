/** The rows of the list: a table whose rows are drawn as they come into sight, or cards on small screens. */
import { useRef } from "preact/hooks";
import type { Order } from "../../parts/table";
import { language } from "../../preferences";
import { t } from "../../strings";
import { Head, type Heading } from "./head";
import type { RegionNames } from "./replicas";
import { Row } from "./row";
import type { Instance } from "./rows";
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
            <Row key={instance._id} index={from + index} words={language.value} {...{ instance, regions }} />
          ))}
          <Space height={after} />
        </tbody>
      </table>
    </div>
  );
}

/** In place of rows that are not drawn. */
function Space({ height }: { height: number }) {
  return (
    <tr class="space" role="presentation" aria-hidden="true" hidden={height === 0} style={{ height: `${height}px` }} />
  );
}
