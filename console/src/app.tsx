/** The sign-in gate, the routes, and a page that broke. */
import type { ComponentType } from "preact";
import { Component } from "preact";
import { useEffect, useState } from "preact/hooks";
import { loadPart, PartMissing } from "./chunks";
import { Button, LinkButton } from "./parts/button";
import { Empty, Skeleton } from "./parts/empty";
import { Page } from "./parts/page";
import { ProblemNote } from "./parts/problem";
import { usePolled } from "./rest/polled";
import { link, NEW, route } from "./router";
import { endSession, identity, key, mayManage } from "./session";
import { Shell } from "./shell";
import { SignIn } from "./sign-in";
import { t } from "./strings";

type PageComponent = ComponentType<{ path: string[] }>;
type Load = () => Promise<{ default: PageComponent }>;

const PAGES = {
  instances: () => import("./pages/instances"),
  instance: () => import("./pages/instance"),
  form: () => import("./pages/form"),
  playground: () => import("./pages/playground"),
  keys: () => import("./pages/keys"),
  registries: () => import("./pages/registries"),
  catalog: () => import("./pages/catalog"),
  regions: () => import("./pages/regions"),
  usage: () => import("./pages/usage"),
} satisfies Record<string, Load>;
type PageName = keyof typeof PAGES;
const RESUME_SECONDS = 5;

/** Which page a path is of, and what it is given: the instance's id for `form` and `instance`. */
export function matchPage([area = "instances", ...rest]: string[]): { page: PageName; path: string[] } | null {
  if (area === "instances") return matchInstances(rest);
  if (area === "form" || area === "instance" || !(area in PAGES)) return null;
  return { page: area as PageName, path: rest }; // one of PAGES: asked above
}

function matchInstances([id, action, ...more]: string[]): { page: PageName; path: string[] } | null {
  if (more.length > 0) return null;
  if (id === undefined) return { page: "instances", path: [] };
  if (id === NEW) return action === undefined ? { page: "form", path: [] } : null;
  if (action === undefined) return { page: "instance", path: [id] };
  return action === "edit" ? { page: "form", path: [id] } : null;
}

export function App() {
  if (!key.value) return <SignIn />;
  if (!identity.value) return <Resume />;
  return (
    <Shell>
      <Content />
    </Shell>
  );
}

/** After a reload: the tab still has the key, and asks whose it is until somebody says so. */
function Resume() {
  const { data, problem, refresh } = usePolled("/me", RESUME_SECONDS);
  useEffect(() => {
    if (data) identity.value = data;
  }, [data]);
  return (
    <main class="stack">
      {problem ? <ProblemNote problem={problem} onRetry={refresh} /> : <Skeleton />}
      {problem && (
        <div>
          <Button onClick={() => endSession()}>{t("shell.signOut")}</Button>
        </div>
      )}
    </main>
  );
}

function Content() {
  const start = mayManage() ? "instances" : "playground";
  const { path } = route.value;
  const match = matchPage(path.length > 0 ? path : [start]);
  if (!match) return <NotFound start={start} />;
  if (!mayManage() && match.page !== "playground") return <Forbidden />;
  const id = `${match.page}/${match.path.join("/")}`;
  return (
    <Guard key={id}>
      <Lazy name={match.page} path={match.path} />
    </Guard>
  );
}

function Lazy({ name, path }: { name: PageName; path: string[] }) {
  const [loaded, setLoaded] = useState<{ Page: PageComponent } | null>(null);
  const [failure, setFailure] = useState<Error | null>(null);
  useEffect(() => {
    const load: Load = PAGES[name];
    loadPart(load).then(({ default: Page }) => setLoaded({ Page }), setFailure);
  }, [name]);
  if (failure) throw failure; // the guard above shows it
  return loaded ? <loaded.Page path={path} /> : <Skeleton />;
}

function NotFound({ start }: { start: string }) {
  return (
    <Page title={t("shell.notFound")}>
      <Empty
        icon="search"
        title={t("shell.notFoundLead")}
        action={<LinkButton href={link(start)}>{t("shell.toStart")}</LinkButton>}
      />
    </Page>
  );
}

function Forbidden() {
  return (
    <Page title={t("shell.forbidden")}>
      <Empty
        icon="lock"
        title={t("shell.forbiddenLead")}
        action={<LinkButton href={link("playground")}>{t("playground.title")}</LinkButton>}
      />
    </Page>
  );
}

/** Shows what broke a page instead of an empty one. */
class Guard extends Component<object, { failure: Error | null }> {
  override state: { failure: Error | null } = { failure: null };

  static override getDerivedStateFromError(error: unknown) {
    return { failure: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { failure } = this.state;
    if (failure === null) return this.props.children;
    const missing = failure instanceof PartMissing;
    return (
      <Page title={t(missing ? "shell.partMissing" : "shell.pageBroken")}>
        <Empty
          icon={missing ? "refresh" : "alert"}
          title={missing ? t("shell.partMissingLead") : t("shell.pageBrokenLead", { reason: failure.message })}
          action={
            <Button variant="primary" onClick={() => location.reload()}>
              {t("shell.reload")}
            </Button>
          }
        />
      </Page>
    );
  }
}
