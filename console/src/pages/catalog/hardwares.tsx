import { Empty, Skeleton } from "../../parts/empty";
import { ProblemNote } from "../../parts/problem";
import { Table, type Column } from "../../parts/table";
import { formatNumber } from "../../format";
import { language } from "../../preferences";
import { Money } from "../../parts/values";
import { usePolled } from "../../rest/polled";
import type { Schemas } from "../../rest/client";
import { identity } from "../../session";
import { t } from "../../strings";
import { isFound } from "./search";

type Hardware = Schemas["Hardware"];
type Region = Schemas["Region"];

const SECONDS = 60;
const ROOM_SECONDS = 10;

export function Hardwares({ wanted }: { wanted: string }) {
  const { data, problem, refresh } = usePolled("/hardwares", SECONDS);
  const regions = usePolled("/regions", ROOM_SECONDS);
  if (!data) return problem ? <ProblemNote problem={problem} onRetry={refresh} /> : <Skeleton />;
  if (data.length === 0) {
    return (
      <Empty icon="catalog" title={t("catalog.noHardware")}>
        {t("catalog.noneLead")}
      </Empty>
    );
  }
  const found = data.filter((each) => isFound(wanted, [each.id, each.name, each.gpu?.model ?? null]));
  if (found.length === 0) return <Empty icon="search" title={t("catalog.nothing")} />;
  const columns = buildColumns(regions.data ?? []);
  return <Table label={t("catalog.hardware")} columns={columns} rows={found} rowKey={({ id }) => id} />;
}

function buildColumns(regions: readonly Region[]): Column<Hardware>[] {
  return [
    {
      id: "name",
      title: t("catalog.hardware"),
      cell: ({ id, name }) => (
        <div class="catalog-lines">
          <strong>{name}</strong>
          <span class="small muted mono">{id}</span>
        </div>
      ),
    },
    { id: "gpu", title: t("catalog.gpu"), cell: ({ gpu }) => <Gpu of={gpu} /> },
    { id: "cpu", title: t("catalog.cpu"), number: true, cell: ({ cpu }) => number(cpu / 1000) },
    { id: "ram", title: t("catalog.memory"), number: true, cell: ({ ram }) => `${number(ram / 1024)} GiB` },
    {
      id: "price",
      title: t("catalog.pricePerHour"),
      number: true,
      cell: ({ hourlyPrice }) => <Money amount={hourlyPrice} currency={identity.value?.currencyCode} />,
    },
    { id: "room", title: t("catalog.room"), cell: ({ id }) => <Room hardware={id} regions={regions} /> },
  ];
}

function Gpu({ of }: { of: Hardware["gpu"] }) {
  if (!of) return <span class="muted">{t("catalog.noGpu")}</span>;
  return (
    <>
      {of.count} × {of.model}
      {of.memory !== null && <span class="muted"> · {number(of.memory)} GiB</span>}
    </>
  );
}

/** How many replicas of it still fit in each region. */
function Room({ hardware, regions }: { hardware: string; regions: readonly Region[] }) {
  const rooms = regions.flatMap(({ id, name, capacities }) =>
    capacities.filter((each) => each.hardwareId === hardware).map(({ capacity }) => ({ id, name, capacity })),
  );
  return (
    <div class="catalog-lines small">
      {rooms.map(({ id, name, capacity }) => (
        <span key={id} class={capacity === 0 ? "muted" : ""}>
          {t("catalog.roomIn", { count: capacity, region: name })}
        </span>
      ))}
    </div>
  );
}

function number(value: number): string {
  return formatNumber(value, language.value, 2);
}
