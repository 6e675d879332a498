import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../parts/button";
import { t } from "../../strings";
import type { ModeProps } from "./index";
import { Composer } from "./composer";
import { buildChat, buildMessages } from "./engine/bodies";
import { findWrong, readSampling, settings } from "./settings";
import { isAnswering, readExchange, talkWith, type Talk, type Turn } from "./talk";
import { TurnView } from "./turn-view";

/** A talk: its turns, and where the next question is written. */
export function Chat({ targets, onProgram }: ModeProps) {
  const talk = talkWith("chat", targets);
  const turns = talk.turns.value;
  useFollowing(turns);
  const { path, model } = targets[0].endpoint;
  const program = () => {
    const exchanges = turns.map((turn) => readExchange(turn, turn === turns.at(-1) ? "" : path));
    const shown = exchanges.length > 0 ? exchanges : [{ text: t("playground.hello"), images: [], answer: "" }];
    onProgram(buildChat(model ?? "", buildMessages(settings.value.system, shown), readSampling(settings.value)));
  };
  return (
    <section class="pg-main" aria-label={t("playground.chat")}>
      <ol class="pg-turns" data-empty={turns.length === 0}>
        {turns.length === 0 && <li class="pg-start muted">{t("playground.start")}</li>}
        {turns.map((turn) => (
          <TurnView key={turn.id} {...{ turn, talk, targets }} />
        ))}
      </ol>
      <Announce turns={turns} />
      <Composer
        answering={isAnswering(turns)}
        obstacle={findWrong(settings.value).length > 0 ? t("playground.mendSettings") : ""}
        onSend={(question) => talk.ask(question, targets, settings.value)}
        onStop={() => talk.stop()}
      />
      <Tools {...{ talk, turns, program }} />
    </section>
  );
}

function Tools({ talk, turns, program }: { talk: Talk; turns: readonly Turn[]; program: () => void }) {
  return (
    <div class="row">
      <Button variant="quiet" icon="code" onClick={program}>
        {t("playground.viewCode")}
      </Button>
      {turns.length > 0 && (
        <Button variant="quiet" icon="plus" onClick={() => talk.clear()}>
          {t("playground.newChat")}
        </Button>
      )}
    </div>
  );
}

/** Tells those who do not see it that an answer has come, instead of reading each token. */
function Announce({ turns }: { turns: readonly Turn[] }) {
  const answers = Object.values(turns.at(-1)?.answers ?? {});
  const running = isAnswering(turns.slice(-1));
  const text = answers.length === 0 ? "" : running ? t("playground.answering") : t("playground.answered");
  return (
    <p class="hidden-text" role="status">
      {text}
    </p>
  );
}

/** Keeps the end of the talk in sight, until its reader scrolls up, and again once they are back at the end. */
function useFollowing(turns: readonly Turn[]): void {
  const follows = useRef(true);
  useEffect(() => {
    let before = scrollY;
    const look = () => {
      // the talk may have grown since this page scrolled to its end: only who goes up has left it
      const left = scrollY < before - 2;
      const ended = innerHeight + scrollY >= document.documentElement.scrollHeight - 80;
      follows.current = ended || (follows.current && !left);
      before = scrollY;
    };
    addEventListener("scroll", look, { passive: true });
    return () => removeEventListener("scroll", look);
  }, []);
  useEffect(() => {
    if (follows.current && turns.length > 0) scrollTo({ top: document.documentElement.scrollHeight });
  }, [turns]);
}
