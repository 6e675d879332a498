/** A question, and what each instance answered. */
import { useState } from "preact/hooks";
import { Button, IconButton } from "../../parts/button";
import { TextArea } from "../../parts/field";
import { t } from "../../strings";
import { Answers } from "./answers";
import { settings } from "./settings";
import type { Talk, Turn } from "./talk";
import type { Target } from "./targets";

interface TurnProps {
  turn: Turn;
  talk: Talk;
  targets: readonly Target[];
}

export function TurnView({ turn, talk, targets }: TurnProps) {
  return (
    <li class="pg-turn">
      <QuestionView {...{ turn, talk, targets }} />
      <Answers {...{ turn, talk, targets }} />
    </li>
  );
}

function QuestionView({ turn, talk, targets }: TurnProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const send = () => {
    if (draft !== null) talk.edit(turn.id, draft, targets, settings.value);
    setDraft(null);
  };
  return (
    <article class="pg-question" aria-label={t("playground.question")}>
      {turn.pictures.length > 0 && (
        <div class="row">
          {turn.pictures.map(({ name, url }, place) => (
            <img key={place} src={url} alt={name} class="pg-picture" />
          ))}
        </div>
      )}
      {draft === null ? (
        <>
          <p class="md-raw">{turn.text}</p>
          <IconButton icon="edit" label={t("playground.edit")} onClick={() => setDraft(turn.text)} />
        </>
      ) : (
        <div class="stack">
          <TextArea label={t("playground.edit")} value={draft} onValue={setDraft} rows={3} />
          <div class="row">
            <Button variant="primary" onClick={send} disabled={!draft.trim() && turn.pictures.length === 0}>
              {t("playground.sendAgain")}
            </Button>
            <Button onClick={() => setDraft(null)}>{t("parts.cancel")}</Button>
          </div>
        </div>
      )}
    </article>
  );
}
