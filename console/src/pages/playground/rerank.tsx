import { useState } from "preact/hooks";
import { formatNumber } from "../../format";
import { TextArea, TextField } from "../../parts/field";
import { Meter } from "../../parts/meter";
import { language } from "../../preferences";
import { t } from "../../strings";
import { formatMilliseconds } from "./elapsed";
import { buildRerank } from "./engine/bodies";
import { askOnce } from "./engine/call";
import { asRecord } from "./engine/chunks";
import { readDocuments, readRanking, type Ranked } from "./engine/ranking";
import type { ModeProps } from "./index";
import { useOnce } from "./once";
import { Run } from "./run";
import { modelOf } from "./targets";

interface Found {
  ranking: Ranked[];
  /** Null: the engine does not say. */
  tokens: number | null;
}

/** Documents in the order in which they answer a query. */
export function Rerank({ targets: [target], onProgram }: ModeProps) {
  const [query, setQuery] = useState("");
  const [text, setText] = useState("");
  const once = useOnce<Found>();
  const documents = readDocuments(text);
  const model = modelOf(target.endpoint);
  const body = buildRerank(model, query, documents);
  const run = () =>
    once.run(async (signal) => {
      const found = await askOnce({ target, path: "rerank", body, signal });
      const { total_tokens: tokens } = asRecord(found.usage);
      return { ranking: readRanking(found, documents), tokens: typeof tokens === "number" ? tokens : null };
    });
  const program = () =>
    onProgram(buildRerank(model, query || t("playground.hello"), text ? documents : [t("playground.text")]));
  return (
    <section class="pg-main" aria-label={t("playground.rerank")}>
      <TextField label={t("playground.query")} value={query} onValue={setQuery} />
      <TextArea
        label={t("playground.documents")}
        hint={t("playground.documentsHint")}
        value={text}
        onValue={setText}
        rows={6}
      />
      <Run
        label={t("playground.rank")}
        {...{ once, target }}
        disabled={!query.trim() || documents.length === 0}
        onRun={run}
        onProgram={program}
      />
      {once.result && <Ranking found={once.result} took={once.took ?? 0} />}
    </section>
  );
}

function Ranking({ found: { ranking, tokens }, took }: { found: Found; took: number }) {
  return (
    <div class="stack" role="status">
      {ranking.length === 0 && <p>{t("playground.noRanking")}</p>}
      <ol class="pg-ranking card">
        {ranking.map(({ text, place, score, share }) => (
          <li key={place}>
            <p>{text}</p>
            <Meter label={t("playground.score")} value={share} most={1}>
              {formatNumber(score, language.value, 4)}{" "}
              <span class="muted">{t("playground.placeBefore", { place })}</span>
            </Meter>
          </li>
        ))}
      </ol>
      <p class="row small muted">
        {tokens !== null && <span>{t("playground.completionTokens", { count: tokens, tokens })}</span>}
        <span>{formatMilliseconds(took)}</span>
      </p>
    </div>
  );
}
