import { useState } from "preact/hooks";
import { CopyButton } from "../../parts/copy";
import { Facts } from "../../parts/facts";
import { TextArea } from "../../parts/field";
import { formatNumber } from "../../format";
import { language } from "../../preferences";
import { t } from "../../strings";
import { formatMilliseconds } from "./elapsed";
import { buildEmbeddings } from "./engine/bodies";
import { askOnce } from "./engine/call";
import { asList, asRecord, readUsage } from "./engine/chunks";
import { condense, cosine, summarize } from "./engine/vectors";
import type { ModeProps } from "./index";
import { useOnce } from "./once";
import { Run } from "./run";
import { modelOf } from "./targets";

interface Found {
  vectors: number[][];
  tokens: number | null;
}

/** The vector of a text, and how near that of another is. */
export function Embeddings({ targets: [target], onProgram }: ModeProps) {
  const [texts, setTexts] = useState(["", ""]);
  const [first = "", second = ""] = texts;
  const once = useOnce<Found>();
  const body = buildEmbeddings(modelOf(target.endpoint), texts.filter(Boolean));
  const run = () =>
    once.run(async (signal) => readVectors(await askOnce({ target, path: "embeddings", body, signal })));
  return (
    <section class="pg-main" aria-label={t("playground.embeddings")}>
      <div class="pg-pair">
        <TextArea label={t("playground.text")} value={first} onValue={(text) => setTexts([text, second])} rows={4} />
        <TextArea
          label={t("playground.secondText")}
          value={second}
          onValue={(text) => setTexts([first, text])}
          rows={4}
          optional
        />
      </div>
      <Run
        label={t("playground.embed")}
        {...{ once, target }}
        disabled={!first}
        onRun={run}
        onProgram={() => onProgram({ ...body, input: first ? body.input : [t("playground.hello")] })}
      />
      {once.result && <Vectors found={once.result} took={once.took ?? 0} />}
    </section>
  );
}

function readVectors(found: Record<string, unknown>): Found {
  const vectors = asList(found.data).map((each) => asList(asRecord(each).embedding).map(Number));
  return { vectors, tokens: readUsage(found.usage)?.prompt ?? null };
}

function Vectors({ found: { vectors, tokens }, took }: { found: Found; took: number }) {
  const [one, other] = vectors;
  const likeness = one && other ? cosine(one, other) : null;
  return (
    <div class="stack" role="status">
      {likeness !== null && (
        <p class="card">
          {t("playground.cosine")} <strong class="pg-large">{formatNumber(likeness, language.value, 4)}</strong>
        </p>
      )}
      <div class="pg-pair">
        {vectors.map((vector, place) => (
          <Vector key={place} vector={vector} title={t(place === 0 ? "playground.text" : "playground.secondText")} />
        ))}
      </div>
      <p class="row small muted">
        {tokens !== null && <span>{t("playground.promptTokens", { count: tokens })}</span>}
        <span>{formatMilliseconds(took)}</span>
      </p>
    </div>
  );
}

function Vector({ vector, title }: { vector: number[]; title: string }) {
  const { dimensions, norm, least, most } = summarize(vector);
  const show = (value: number) => formatNumber(value, language.value, 4);
  return (
    <section class="card stack">
      <div class="row spread">
        <h3>{title}</h3>
        <CopyButton text={JSON.stringify(vector)} label={t("playground.copyVector")} />
      </div>
      <Bars values={condense(vector, 64)} />
      <Facts
        of={[
          [t("playground.dimensions"), formatNumber(dimensions, language.value)],
          [t("playground.norm"), show(norm)],
          [t("playground.range"), `${show(least)} … ${show(most)}`],
          [t("playground.firstValues"), <code key="values">{vector.slice(0, 6).map(show).join(", ")}</code>],
        ]}
      />
    </section>
  );
}

/** A picture of a vector; what it says stands beside it. */
function Bars({ values }: { values: number[] }) {
  const highest = Math.max(...values.map(Math.abs), Number.EPSILON);
  return (
    <svg class="pg-bars" viewBox={`0 -50 ${values.length * 4} 100`} preserveAspectRatio="none" aria-hidden="true">
      {values.map((value, place) => {
        const height = (Math.abs(value) / highest) * 48;
        return <rect key={place} x={place * 4} y={value > 0 ? -height : 0} width="3" height={height} />;
      })}
    </svg>
  );
}
