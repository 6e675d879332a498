/** Short news at the edge, read aloud too: `toast(t("keys.deleted"))`. */
import { signal } from "@preact/signals";
import { t } from "../strings";
import { IconButton } from "./button";

interface News {
  id: number;
  text: string;
  tone: "" | "bad";
}

const SHOWN_SECONDS = 6;
const news = signal<News[]>([]);
let last = 0;

export function toast(text: string, tone: News["tone"] = ""): void {
  const id = ++last;
  news.value = [...news.value.slice(-2), { id, text, tone }];
  setTimeout(() => dismiss(id), SHOWN_SECONDS * 1000);
}

function dismiss(id: number): void {
  news.value = news.value.filter((each) => each.id !== id);
}

/** Where they appear; once, in the shell. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite" aria-label={t("parts.notifications")}>
      {news.value.map(({ id, text, tone }) => (
        <div key={id} class={`toast ${tone}`}>
          {text}
          <IconButton icon="close" label={t("parts.close")} onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
