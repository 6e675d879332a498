/** What this browser keeps beyond the tab: language and theme, nothing else. */
import { effect, signal } from "@preact/signals";

export const LANGUAGES = { en: "English", de: "Deutsch", fr: "Français" } as const;
export type Language = keyof typeof LANGUAGES;
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const LANGUAGE = "inferops.language";
const THEME = "inferops.theme";

function isLanguage(text: string): text is Language {
  return text in LANGUAGES;
}

/** The first of a user's languages that the console speaks. */
export function chooseLanguage(wanted: readonly string[]): Language {
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}

function readLanguage(): Language {
  return chooseLanguage([localStorage.getItem(LANGUAGE) ?? "", ...navigator.languages]);
}

function readTheme(): Theme {
  const kept = localStorage.getItem(THEME);
  return THEMES.find((theme) => theme === kept) ?? "system";
}

export const language = signal<Language>(readLanguage());
export const theme = signal<Theme>(readTheme());
/** Whether the page is dark now, whoever decided so. */
export const dark = signal(false);

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function applyTheme(): void {
  dark.value = theme.value === "dark" || (theme.value === "system" && systemIsDark.matches);
  document.documentElement.dataset.theme = dark.value ? "dark" : "light";
}

/** Makes the page follow both. */
export function applyPreferences(): void {
  effect(() => {
    document.documentElement.lang = language.value;
  });
  effect(applyTheme);
  systemIsDark.addEventListener("change", applyTheme);
}

export function setLanguage(chosen: Language): void {
  localStorage.setItem(LANGUAGE, chosen);
  language.value = chosen;
}

export function setTheme(chosen: Theme): void {
  localStorage.setItem(THEME, chosen);
  theme.value = chosen;
}
