/** Where instances can run: what still fits, and what it costs there. */
import { Badge } from "../../parts/badge";
import { Empty, Skeleton } from "../../parts/empty";
import { Meter } from "../../parts/meter";
import { Page } from "../../parts/page";
import { ProblemNote } from "../../parts/problem";
import { Table, type Column } from "../../parts/table";
import { Money } from "../../parts/values";
import { formatNumber } from "../../format";
import { language } from "../../preferences";
import { usePolled } from "../../rest/polled";
import type { Schemas } from "../../rest/client";
import { identity } from "../../session";
import { t } from "../../strings";
import "./regions.css";

type Region = Schemas["Region"];
type Hardware = Schemas["Hardware"];
type Capacity = Schemas["Capacity"];

const SECONDS = 5;
const CATALOG_SECONDS = 60;

export default function Regions() {
  const { data, problem, refresh } = usePolled("/regions", SECONDS);
  const hardwares = usePolled("/hardwares", CATALOG_SECONDS);
  const known = new Map(hardwares.data?.map((each) => [each.id, each]));
  return (
    <Page title={t("regions.title")} lead={t("regions.lead")}>
      {problem && <ProblemNote problem={problem} onRetry={refresh} />}
      {!data && !problem && <Skeleton />}
      {data?.length === 0 && (
        <Empty icon="regions" title={t("regions.none")}>
          {t("regions.noneLead")}
        </Empty>
      )}
      {data?.map((region) => (
        <Card key={region.id} region={region} hardwares={known} />
      ))}
    </Page>
  );
}

function Card({ region, hardwares }: { region: Region; hardwares: ReadonlyMap<string, Hardware> }) {
  const { name, countryCode, state, priceFactor, capacities } = region;
  const rows = [...capacities].sort((a, b) => Number(b.capacity > 0) - Number(a.capacity > 0));
  return (
    <section class="card stack regions-card" aria-label={name}>
      <header class="row spread">
        <div>
          <h2>{name}</h2>
          <span class="muted">
            {countryCode ? nameCountry(countryCode) : t("regions.number", { id: String(region.id) })}
          </span>
        </div>
        <div class="row">
          {priceFactor !== 1 && (
            <Badge>{t("regions.factor", { factor: formatNumber(priceFactor, language.value, 4) })}</Badge>
          )}
          <Badge tone={state === "ACTIVE" ? "good" : "busy"} dot>
            {t(`regions.${state}`)}
          </Badge>
        </div>
      </header>
      {rows.length === 0 ? (
        <p class="muted">{t("regions.notCounted")}</p>
      ) : (
        <Table
          label={name}
          columns={buildColumns(region, hardwares)}
          rows={rows}
          rowKey={({ hardwareId }) => hardwareId}
        />
      )}
    </section>
  );
}

function buildColumns(region: Region, hardwares: ReadonlyMap<string, Hardware>): Column<Capacity>[] {
  return [
    {
      id: "hardware",
      title: t("regions.hardware"),
      cell: ({ hardwareId }) => hardwares.get(hardwareId)?.name ?? hardwareId,
    },
    {
      id: "price",
      title: t("regions.priceHere"),
      number: true,
      cell: ({ hardwareId }) => {
        const hardware = hardwares.get(hardwareId);
        if (!hardware) return "–";
        return <Money amount={hardware.hourlyPrice * region.priceFactor} currency={identity.value?.currencyCode} />;
      },
    },
    { id: "room", title: t("regions.room"), cell: (capacity) => <Room of={capacity} hardware={capacity.hardwareId} /> },
  ];
}

function Room({ of: { capacity, total }, hardware }: { of: Capacity; hardware: string }) {
  if (total === 0) return <span class="muted">{t("regions.noNode")}</span>;
  if (total === null) return <>{t("regions.free", { count: capacity })}</>;
  return (
    <Meter
      label={t("regions.taken", { hardware })}
      value={total - capacity}
      most={total}
      tone={capacity === 0 ? "bad" : ""}
    >
      {t("regions.freeOf", { count: capacity, total })}
    </Meter>
  );
}

function nameCountry(code: string): string {
  return new Intl.DisplayNames(language.value, { type: "region" }).of(code) ?? code;
}
