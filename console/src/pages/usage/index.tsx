import { Page } from "../../parts/page";
import { t } from "../../strings";

export default function Index(_: { path: string[] }) {
  return <Page title={t("usage.title")}></Page>;
}
