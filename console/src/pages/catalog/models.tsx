import { Badge } from "../../parts/badge";
import { LinkButton } from "../../parts/button";
import { CopyButton } from "../../parts/copy";
import { Empty, Skeleton } from "../../parts/empty";
import { ProblemNote } from "../../parts/problem";
import { Table, type Column } from "../../parts/table";
import { formatMoney } from "../../format";
import { language } from "../../preferences";
import { usePolled } from "../../rest/polled";
import type { Schemas } from "../../rest/client";
import { link, NEW } from "../../router";
import { identity } from "../../session";
import { t } from "../../strings";
import { isFound } from "./search";

type Model = Schemas["Model"];
type Hardware = Schemas["Hardware"];

const SECONDS = 60;

export function Models({ wanted }: { wanted: string }) {
  const { data, problem, refresh } = usePolled("/models", SECONDS);
  const hardwares = usePolled("/hardwares", SECONDS);
  if (!data) return problem ? <ProblemNote problem={problem} onRetry={refresh} /> : <Skeleton />;
  if (data.length === 0) {
    return (
      <Empty icon="catalog" title={t("catalog.noModels")}>
        {t("catalog.noneLead")}
      </Empty>
    );
  }
  const found = data.filter((model) => isFound(wanted, [model.id, model.name, model.servedName, ...model.features]));
  if (found.length === 0) return <Empty icon="search" title={t("catalog.nothing")} />;
  const columns = buildColumns(new Map(hardwares.data?.map((each) => [each.id, each])));
  return <Table label={t("catalog.models")} columns={columns} rows={found} rowKey={({ id }) => id} />;
}

function buildColumns(hardwares: ReadonlyMap<string, Hardware>): Column<Model>[] {
  return [
    { id: "name", title: t("catalog.model"), cell: (model) => <Name of={model} /> },
    {
      id: "features",
      title: t("catalog.features"),
      cell: ({ features }) => (
        <div class="catalog-badges">
          {features.map((feature) => (
            <Badge key={feature}>{feature}</Badge>
          ))}
        </div>
      ),
    },
    { id: "served", title: t("catalog.servedName"), cell: ({ servedName }) => <Served name={servedName} /> },
    { id: "hardware", title: t("catalog.defaultHardware"), cell: (model) => <Default of={model} {...{ hardwares }} /> },
    { id: "prices", title: t("catalog.prices"), cell: ({ prices }) => <Prices of={prices} /> },
    {
      id: "actions",
      title: "",
      cell: ({ id }) => (
        <LinkButton icon="plus" href={`${link("instances", NEW)}?model=${encodeURIComponent(id)}`}>
          {t("catalog.use")}
        </LinkButton>
      ),
    },
  ];
}

function Name({ of: { id, name, engine } }: { of: Model }) {
  return (
    <div class="catalog-lines">
      <strong>{name}</strong>
      <span class="small muted">
        <span class="mono">{id}</span>
        {engine && ` · ${engine}`}
      </span>
    </div>
  );
}

function Served({ name }: { name: string | null }) {
  if (!name) return null;
  return (
    <span class="catalog-served">
      <span class="mono">{name}</span> <CopyButton text={name} label={t("catalog.copyName", { name })} />
    </span>
  );
}

function Default({ of, hardwares }: { of: Model; hardwares: ReadonlyMap<string, Hardware> }) {
  const hardware = hardwares.get(of.defaultHardwareId ?? "");
  if (!hardware) return <span class="muted">{of.defaultHardwareId ?? t("catalog.noDefault")}</span>;
  return (
    <div class="catalog-lines">
      <span>{hardware.name}</span>
      <span class="small muted">{t("parts.perHour", { price: money(hardware.hourlyPrice) })}</span>
    </div>
  );
}

function Prices({ of }: { of: Schemas["ModelPrices"] | null }) {
  const { inputPerMillionTokens: input, outputPerMillionTokens: output, perAudioMinute: audio } = of ?? {};
  if (!input && !output && !audio) {
    return (
      <span class="muted" title={t("catalog.unpricedLead")}>
        {t("catalog.unpriced")}
      </span>
    );
  }
  return (
    <div class="catalog-lines catalog-prices small">
      {input && <span>{t("catalog.input", { price: money(Number(input)) })}</span>}
      {output && <span>{t("catalog.output", { price: money(Number(output)) })}</span>}
      {audio && <span>{t("catalog.audio", { price: money(Number(audio)) })}</span>}
    </div>
  );
}

function money(amount: number): string {
  return formatMoney(amount, identity.value?.currencyCode, language.value);
}
