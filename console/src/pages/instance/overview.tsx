/** How an instance is: what stands in its way, its conditions, its regions, and what it is made of. */
import { Badge, type Tone } from "../../parts/badge";
import { Facts } from "../../parts/facts";
import { Table, type Column } from "../../parts/table";
import { Ago, Money } from "../../parts/values";
import { link } from "../../router";
import { identity } from "../../session";
import { t, type StringKey } from "../../strings";
import { nameRegion, type RegionNames } from "../instances/replicas";
import { Explained } from "./explained";
import { repeats } from "./findings";
import { describeTriggers } from "./triggers";
import type { Detail } from ".";

type Container = Detail["containers"][number];
type Condition = Detail["conditions"][number];

export function Overview({ of: instance, regions }: { of: Detail; regions: RegionNames }) {
  return (
    <>
      <Explained of={instance} />
      <section class="stack">
        <h2>{t("instance.regions")}</h2>
        <Regions of={instance} {...{ regions }} />
      </section>
      <div class="instance-columns">
        <section class="card stack">
          <h2>{t("instance.conditions")}</h2>
          <Conditions of={instance} />
        </section>
        <section class="card stack">
          <h2>{t("instance.facts")}</h2>
          <About of={instance} />
        </section>
      </div>
    </>
  );
}

function Regions({ of: { containers, message }, regions }: { of: Detail; regions: RegionNames }) {
  const columns: Column<Container>[] = [
    {
      id: "region",
      title: t("instance.region"),
      cell: ({ regionId }) => <strong class="instance-nowrap">{nameRegion(regionId, regions)}</strong>,
    },
    {
      id: "ready",
      title: t("instance.ready"),
      cell: ({ deployStatus: { ready, total } }) => (
        <span class="instance-nowrap">{t("instance.readyOf", { ready, total })}</span>
      ),
    },
    {
      id: "scale",
      title: t("instance.scale"),
      cell: ({ scale: { min, max } }) => <span class="instance-nowrap">{t("instance.minMax", { min, max })}</span>,
    },
    {
      id: "triggers",
      title: t("instance.triggers"),
      cell: ({ scale }) => describeTriggers(scale.triggers).join(" · "),
    },
    {
      id: "error",
      title: t("instance.error"),
      cell: ({ errorMessage }) =>
        errorMessage && (
          <span class="instance-error">{repeats(errorMessage, message) ? t("instance.asAbove") : errorMessage}</span>
        ),
    },
  ];
  return (
    <Table label={t("instance.regions")} rows={containers} rowKey={(row) => String(row.regionId)} {...{ columns }} />
  );
}

/** Phases in which no replica is as it should be. */
const RESTS = ["PENDING", "DISABLED"];

/** Of a rollout that goes on "True" is neither good nor bad. */
function toneOf({ type, status }: Condition, phase: string): Tone {
  if (type === "Progressing") return status === "True" ? "busy" : "";
  if (type === "Available" && RESTS.includes(phase)) return "";
  return status === "True" ? "good" : status === "False" ? "bad" : "warn";
}

const MEANINGS: Record<string, StringKey> = {
  Accepted: "instance.accepted",
  Progressing: "instance.progressing",
  Available: "instance.available",
  Scalable: "instance.scalable",
  Routable: "instance.routable",
};
const ANSWERS: Record<Condition["status"], StringKey> = {
  True: "instance.yes",
  False: "instance.no",
  Unknown: "instance.unknown",
};

function Conditions({ of: { conditions, status: phase, message: said } }: { of: Detail }) {
  const known = RESTS.includes(phase) ? null : said; // the top of the page says it, too
  if (conditions.length === 0) return <p class="muted">{t("instance.noConditions")}</p>;
  return (
    <ul class="instance-conditions">
      {conditions.map((condition) => {
        const meaning = MEANINGS[condition.type];
        return (
          <li key={condition.type}>
            <div class="row">
              <Badge tone={toneOf(condition, phase)} dot>
                {t(ANSWERS[condition.status])}
              </Badge>
              <strong>{meaning ? t(meaning) : condition.type}</strong>
              <span class="muted small">
                <Ago at={condition.since} />
              </span>
            </div>
            {condition.message && (
              <p class="muted">{repeats(condition.message, known) ? t("instance.asAbove") : condition.message}</p>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function About({ of: instance }: { of: Detail }) {
  const currency = identity.value?.currencyCode;
  const variables = Object.keys(instance.envs);
  const keys = instance.apiKeysIds.length > 0 ? instance.apiKeysIds.join(", ") : t("instance.noKeys");
  return (
    <Facts
      of={[
        [t("instance.model"), instance.modelId],
        [t("instance.image"), instance.image && <code>{instance.image}</code>],
        [t("instance.registry"), instance.registryId && <a href={link("registries")}>{instance.registryId}</a>],
        [t("instance.hardware"), instance.hardwareId],
        [t("instance.priceNow"), <Money key="now" amount={instance.currentHourlyPrice} {...{ currency }} />],
        [t("instance.priceMost"), <Money key="most" amount={instance.hourlyPrice} {...{ currency }} />],
        [t("instance.keys"), instance.auth === "None" ? t("instance.public") : <a href={link("keys")}>{keys}</a>],
        [
          t("instance.lifetime"),
          instance.podLifetime === null
            ? t("instance.forever")
            : t("instance.seconds", { count: instance.podLifetime }),
        ],
        [t("instance.port"), instance.containerPort],
        [t("instance.command"), instance.startupCommand && <code>{instance.startupCommand}</code>],
        [t("instance.arguments"), instance.startupArgs && <code>{instance.startupArgs}</code>],
        [t("instance.variables"), variables.join(", ")],
        [t("instance.description"), instance.description],
        [t("instance.created"), <Ago key="created" at={instance.createdAt} />],
        [t("instance.updated"), <Ago key="updated" at={instance.updatedAt} />],
      ]}
    />
  );
}
