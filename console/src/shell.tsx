/** What surrounds every page: where one can go, who is signed in, language and theme. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button, IconButton } from "./parts/button";
import { Icon, type IconName } from "./parts/icon";
import { Toasts } from "./parts/toast";
import { language, LANGUAGES, setLanguage, setTheme, theme, THEMES, type Language, type Theme } from "./preferences";
import { link, route } from "./router";
import { endSession, identity, mayManage } from "./session";
import { t, type StringKey } from "./strings";

const AREAS: readonly { name: IconName; title: StringKey; manage: boolean }[] = [
  { name: "instances", title: "instances.title", manage: true },
  { name: "playground", title: "playground.title", manage: false },
  { name: "keys", title: "keys.title", manage: true },
  { name: "registries", title: "registries.title", manage: true },
  { name: "catalog", title: "catalog.title", manage: true },
  { name: "regions", title: "regions.title", manage: true },
  { name: "usage", title: "usage.title", manage: true },
];

export function Shell({ children }: { children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const path = route.value.path.join("/");
  const before = useRef(path);
  useEffect(() => {
    setOpen(false);
    if (before.current === path) return;
    before.current = path;
    scrollTo(0, 0);
    main.current?.focus(); // a screen reader goes on at the new page
  }, [path]);
  return (
    <div class="shell">
      <button type="button" class="button skip" onClick={() => main.current?.focus()}>
        {t("shell.skip")}
      </button>
      <div class={`side ${open ? "open" : ""}`}>
        <div class="side-head">
          <Brand />
          <span class="menu-button">
            <IconButton
              icon={open ? "close" : "menu"}
              label={t("shell.menu")}
              aria-expanded={open}
              onClick={() => setOpen(!open)}
            />
          </span>
        </div>
        <Navigation />
        <Account />
      </div>
      <main ref={main} tabIndex={-1}>
        {children}
      </main>
      <Toasts />
    </div>
  );
}

function Navigation() {
  const current = route.value.path[0] ?? (mayManage() ? "instances" : "playground");
  return (
    <nav aria-label={t("shell.navigation")}>
      {AREAS.filter((area) => !area.manage || mayManage()).map(({ name, title }) => (
        <a key={name} href={link(name)} {...(name === current ? { "aria-current": "page" as const } : {})}>
          <Icon name={name} />
          {t(title)}
        </a>
      ))}
    </nav>
  );
}

function Account() {
  const whose = identity.value;
  return (
    <div class="account">
      {whose && (
        <div class="whose">
          <strong>{whose.name}</strong>
          <span class="muted small">{whose.namespace}</span>
        </div>
      )}
      <Choices />
      <a href={new URL("docs", document.baseURI).href} target="_blank" rel="noopener noreferrer" class="small">
        {t("shell.docs")}
      </a>
      <Button icon="signOut" onClick={() => endSession()}>
        {t("shell.signOut")}
      </Button>
    </div>
  );
}

export function Choices() {
  return (
    <div class="choices">
      <select
        class="input"
        aria-label={t("shell.language")}
        value={language.value}
        onChange={(event) => setLanguage(event.currentTarget.value as Language)} // its options are LANGUAGES
      >
        {Object.entries(LANGUAGES).map(([tag, name]) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
      <select
        class="input"
        aria-label={t("shell.theme")}
        value={theme.value}
        onChange={(event) => setTheme(event.currentTarget.value as Theme)} // its options are THEMES
      >
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {t(`shell.${each}`)}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Brand() {
  return (
    <span class="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#4f46e5" />
        <path d="M9 23V13m7 10V9m7 14v-7" fill="none" stroke="#fff" stroke-width="3.4" stroke-linecap="round" />
      </svg>
      inferops
    </span>
  );
}
