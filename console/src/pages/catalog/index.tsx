/** What administrators offer: models and hardware, and what they cost. */
import { TextField } from "../../parts/field";
import { Page } from "../../parts/page";
import { Tabs } from "../../parts/tabs";
import { route, setQuery } from "../../router";
import { t } from "../../strings";
import "./catalog.css";
import { Hardwares } from "./hardwares";
import { Models } from "./models";

export default function Catalog() {
  const { query } = route.value;
  const tab = query.get("tab") === "hardware" ? "hardware" : "models";
  const wanted = query.get("q") ?? "";
  const tabs = [
    { id: "models", title: t("catalog.models") },
    { id: "hardware", title: t("catalog.hardware") },
  ];
  return (
    <Page title={t("catalog.title")} lead={t("catalog.lead")}>
      <div class="catalog-search">
        <TextField label={t("catalog.search")} type="search" value={wanted} onValue={(q) => setQuery({ q })} />
      </div>
      <Tabs label={t("catalog.title")} tabs={tabs} chosen={tab} onChoose={(id) => setQuery({ tab: id })}>
        {tab === "models" ? <Models wanted={wanted} /> : <Hardwares wanted={wanted} />}
      </Tabs>
    </Page>
  );
}
