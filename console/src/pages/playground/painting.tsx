import { useState } from "preact/hooks";
import { Select, TextArea } from "../../parts/field";
import { Note } from "../../parts/problem";
import { t } from "../../strings";
import { formatMilliseconds } from "./elapsed";
import { buildPainting } from "./engine/bodies";
import { askOnce } from "./engine/call";
import { readPaintings, type Painting } from "./engine/paintings";
import type { ModeProps } from "./index";
import { useOnce } from "./once";
import { Run } from "./run";
import { modelOf } from "./targets";

const SIZES = ["512x512", "768x768", "1024x1024", "1536x1024", "1024x1536"];
const COUNTS = [1, 2, 3, 4];

/** A text -> pictures of it. */
export function Paint({ targets: [target], onProgram }: ModeProps) {
  const [prompt, setPrompt] = useState("");
  const [size, setSize] = useState("");
  const [count, setCount] = useState(1);
  const once = useOnce<Painting[]>();
  const build = (text: string) => buildPainting(modelOf(target.endpoint), text, { count, size });
  const run = () =>
    once.run(async (signal) =>
      readPaintings(await askOnce({ target, path: "images/generations", body: build(prompt), signal })),
    );
  return (
    <section class="pg-main" aria-label={t("playground.painting")}>
      <TextArea label={t("playground.prompt")} value={prompt} onValue={setPrompt} rows={4} />
      <div class="pg-numbers">
        <Select
          label={t("playground.size")}
          value={size}
          onValue={setSize}
          choices={[
            { value: "", label: t("playground.default") },
            ...SIZES.map((each) => ({ value: each, label: each.replace("x", " × ") })),
          ]}
        />
        <Select
          label={t("playground.count")}
          value={String(count)}
          onValue={(chosen) => setCount(Number(chosen))}
          choices={COUNTS.map((each) => ({ value: String(each), label: String(each) }))}
        />
      </div>
      <Run
        label={t("playground.paint")}
        {...{ once, target }}
        disabled={!prompt.trim()}
        onRun={run}
        onProgram={() => onProgram(build(prompt || t("playground.hello")))}
      />
      {once.result && <Gallery paintings={once.result} took={once.took ?? 0} />}
    </section>
  );
}

function Gallery({ paintings, took }: { paintings: Painting[]; took: number }) {
  return (
    <div class="stack" role="status">
      {paintings.length === 0 && <Note tone="warn">{t("playground.noPicture")}</Note>}
      <ul class="pg-gallery">
        {paintings.map((painting, place) => (
          <li key={place}>
            <Picture of={painting} number={place + 1} />
          </li>
        ))}
      </ul>
      <p class="small muted">{formatMilliseconds(took)}</p>
    </div>
  );
}

function Picture({ of: { url, ending, elsewhere }, number }: { of: Painting; number: number }) {
  if (!url && elsewhere) {
    return (
      <Note>
        {t("playground.elsewhere")} <code class="pg-address">{elsewhere}</code>
      </Note>
    );
  }
  if (!url) return <Note tone="warn">{t("playground.noPicture")}</Note>;
  const name = t("playground.pictureNumber", { number });
  return (
    <figure>
      <img src={url} alt={name} />
      <figcaption class="row spread small">
        {name}
        <a href={url} download={`picture-${number}.${ending}`}>
          {t("playground.download")}
        </a>
      </figcaption>
    </figure>
  );
}
