/**
 * A talk with one instance, or with two at once: what was asked, and what each answered. In the tab's memory alone; it
 * goes on while another page is seen.
 */
import { signal } from "@preact/signals";
import { isRunning, type Answer } from "./engine/answer";
import { buildChat, buildCompletion, buildMessages, type Exchange } from "./engine/bodies";
import { streamAnswer } from "./engine/call";
import { readSampling, type Settings } from "./settings";
import { modelOf, type Target } from "./targets";

export interface Picture {
  name: string;
  /** `data:` URL. */
  url: string;
}

export interface Question {
  text: string;
  pictures: readonly Picture[];
}

export interface Turn extends Question {
  id: number;
  /** By the paths of endpoints. */
  answers: Readonly<Record<string, Answer>>;
}

let last = 0;

export class Talk {
  readonly turns = signal<readonly Turn[]>([]);
  private readonly running = new Map<string, AbortController>();

  constructor(private readonly mode: "chat" | "completion") {}

  /** Asks something new. */
  ask(question: Question, targets: readonly Target[], settings: Settings): void {
    this.turns.value = [...this.turns.value, { ...question, id: ++last, answers: {} }];
    for (const target of targets) this.answer(last, target, settings);
  }

  /** Asks something else in the place of a turn; what came after it is forgotten. */
  edit(id: number, text: string, targets: readonly Target[], settings: Settings): void {
    const turn = this.turns.value.find((each) => each.id === id);
    if (!turn) return;
    this.stop();
    this.turns.value = this.turns.value.filter((each) => each.id < id);
    this.ask({ text, pictures: turn.pictures }, targets, settings);
  }

  /** Asks one instance again; what came after that turn is forgotten. */
  retry(id: number, target: Target, settings: Settings): void {
    this.turns.value = this.turns.value.filter((each) => each.id <= id);
    this.answer(id, target, settings);
  }

  stop(): void {
    for (const abort of this.running.values()) abort.abort();
    this.running.clear();
  }

  clear(): void {
    this.stop();
    this.turns.value = [];
  }

  private answer(id: number, target: Target, settings: Settings): void {
    const { path } = target.endpoint;
    this.running.get(path)?.abort();
    const abort = new AbortController();
    this.running.set(path, abort);
    const { address, body } = this.build(id, target, settings);
    const ask = { target, path: address, body, signal: abort.signal };
    void streamAnswer(ask, (answer) => {
      const current = this.running.get(path);
      if (current && current !== abort) return; // asked again meanwhile
      if (!isRunning(answer)) this.running.delete(path);
      this.put(id, path, answer);
    });
  }

  private put(id: number, path: string, answer: Answer): void {
    this.turns.value = this.turns.value.map((turn) =>
      turn.id === id ? { ...turn, answers: { ...turn.answers, [path]: answer } } : turn,
    );
  }

  private build(id: number, { endpoint }: Target, settings: Settings) {
    const turns = this.turns.value.filter((turn) => turn.id <= id);
    const model = modelOf(endpoint);
    const sampling = readSampling(settings);
    if (this.mode === "completion") {
      return { address: "completions", body: buildCompletion(model, turns.at(-1)?.text ?? "", sampling) };
    }
    const exchanges = turns.map((turn) => readExchange(turn, turn.id === id ? "" : endpoint.path));
    return { address: "chat/completions", body: buildChat(model, buildMessages(settings.system, exchanges), sampling) };
  }
}

/** `path`: whose answer to tell; "": nobody's, for it is asked for. */
export function readExchange({ text, pictures, answers }: Turn, path: string): Exchange {
  return { text, images: pictures.map(({ url }) => url), answer: answers[path]?.text ?? "" };
}

/** Whether somebody still answers. */
export function isAnswering(turns: readonly Turn[]): boolean {
  return turns.some(({ answers }) => Object.values(answers).some(isRunning));
}

const talks = new Map<string, Talk>();

/** The talk with these, in this mode; begun at the first asking. */
export function talkWith(mode: "chat" | "completion", targets: readonly Target[]): Talk {
  const name = [mode, ...targets.map(({ endpoint }) => endpoint.path)].join(" ");
  const found = talks.get(name) ?? new Talk(mode);
  talks.set(name, found);
  return found;
}
