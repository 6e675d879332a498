/** What the namespace used, and what that cost. */
import { Empty, Skeleton } from "../../parts/empty";
import { Select, TextField } from "../../parts/field";
import { Page } from "../../parts/page";
import { ProblemNote } from "../../parts/problem";
import { usePolled } from "../../rest/polled";
import { route, setQuery } from "../../router";
import { identity } from "../../session";
import { t } from "../../strings";
import { Download } from "./download";
import { GROUPS, MEASURES, readGroup, readMeasure } from "./measures";
import { PERIODS, buildBounds, buildRange, chooseEvery, readPeriod, type Range } from "./period";
import { Report } from "./report";
import { Spend } from "./spend";
import "./usage.css";

const ABSENT = 404;

export default function Usage() {
  const { data, problem, refresh } = usePolled("/spend", 0);
  const lead = t("usage.lead", { namespace: identity.value?.namespace ?? "" });
  return (
    <Page title={t("usage.title")} lead={lead}>
      {!data && !problem && <Skeleton />}
      {problem?.status === ABSENT && (
        <Empty icon="usage" title={t("usage.noLedger")}>
          {problem.detail} {t("usage.noLedgerLead")} <code>settings.ledger.enabled: true</code>
        </Empty>
      )}
      {problem && problem.status !== ABSENT && <ProblemNote problem={problem} onRetry={refresh} />}
      {data && <Content />}
    </Page>
  );
}

function Content() {
  const { query } = route.value;
  const period = readPeriod(query.get("period"));
  const group = readGroup(query.get("by"));
  const measure = readMeasure(query.get("show"), group);
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  const range = buildRange(period, { from: query.get("from") ?? "", to: query.get("to") ?? "" }, now);
  const bounds = buildBounds(range, now);
  return (
    <>
      <Spend />
      <div class="usage-controls" role="group" aria-label={t("usage.choose")}>
        <Choice of="period" label={t("usage.period")} chosen={period} choices={PERIODS} />
        {period === "own" && <OwnRange range={range} />}
        <Choice of="by" label={t("usage.by")} chosen={group} choices={GROUPS} />
        <Choice
          of="show"
          label={t("usage.show")}
          chosen={measure}
          choices={MEASURES.filter((each) => each !== "replicaCost" || group !== "key")}
        />
      </div>
      <p class="small muted">{t("usage.notAdded")}</p>
      <Report {...{ bounds, group, measure }} every={chooseEvery(range)} />
      <Download bounds={bounds} />
    </>
  );
}

type Word = (typeof PERIODS)[number] | (typeof GROUPS)[number] | (typeof MEASURES)[number];

interface ChoiceProps {
  /** Its name in the page's address. */
  of: string;
  label: string;
  chosen: Word;
  choices: readonly Word[];
}

function Choice({ of, label, chosen, choices }: ChoiceProps) {
  return (
    <Select
      label={label}
      value={chosen}
      onValue={(value) => setQuery({ [of]: value })}
      choices={choices.map((value) => ({ value, label: t(`usage.${value}`) }))}
    />
  );
}

function OwnRange({ range }: { range: Range }) {
  return (
    <>
      <TextField
        label={t("usage.from")}
        type="date"
        value={range.from}
        max={range.to}
        onValue={(from) => setQuery({ from, to: range.to })}
      />
      <TextField
        label={t("usage.to")}
        type="date"
        value={range.to}
        min={range.from}
        onValue={(to) => setQuery({ from: range.from, to })}
      />
    </>
  );
}
