/** Beside the form: what it costs, and the custom resource that it would apply. */
import { useMemo } from "preact/hooks";
import { Badge } from "../../parts/badge";
import { CopyButton } from "../../parts/copy";
import { Skeleton } from "../../parts/empty";
import { Money } from "../../parts/values";
import type { Schemas } from "../../rest/client";
import { t } from "../../strings";
import { listBeyond } from "./beyond";
import type { Preview } from "./preview";
import type { Prices } from "./pricing";

export function PriceCard({ prices }: { prices: Prices | null }) {
  return (
    <section class="card stack" aria-labelledby="price-title">
      <h2 id="price-title">{t("preview.price")}</h2>
      {prices ? (
        <dl class="form-prices">
          <Price label={t("preview.least")} price={prices.least} currency={prices.most.currencyCode} />
          <Price label={t("preview.most")} price={prices.most} currency={prices.most.currencyCode} />
        </dl>
      ) : (
        <p class="muted">{t("preview.unknown")}</p>
      )}
    </section>
  );
}

function Price({ label, price, currency }: { label: string; price: Schemas["Pricing"] | null; currency: string }) {
  return (
    <div>
      <dt class="muted small">{label}</dt>
      <dd>
        <span class="form-price">
          <Money amount={price?.pricePerHour ?? 0} currency={currency} />
        </span>{" "}
        <span class="muted">/ {t("preview.hour")}</span>
      </dd>
      <dd class="muted small">
        <Money amount={price?.pricePerMonth ?? 0} currency={currency} /> / {t("preview.month")}
      </dd>
    </div>
  );
}

export function ManifestCard({ preview, readOnly }: { preview: Preview; readOnly: boolean }) {
  const { yaml, problem, checking } = preview;
  const beyond = useMemo(() => listBeyond(yaml), [yaml]);
  const state = checking ? "checking" : problem ? "refused" : "accepted";
  return (
    <section class="card stack" aria-labelledby="yaml-title">
      <div class="row spread">
        <h2 id="yaml-title">{t("preview.yaml")}</h2>
        <span class="row" role="status">
          {!readOnly && (
            <Badge tone={state === "accepted" ? "good" : state === "refused" ? "warn" : ""}>
              {t(`preview.${state}`)}
            </Badge>
          )}
          {yaml && !problem && <CopyButton text={yaml} label={t("preview.copy")} />}
        </span>
      </div>
      <p class="muted small">{t(readOnly ? "preview.yamlIs" : "preview.yamlLead")}</p>
      {beyond.length > 0 && !readOnly && <p class="small">{t("preview.beyond", { fields: beyond.join(", ") })}</p>}
      {problem && !checking && <Reasons problem={problem} />}
      {yaml ? (
        // it scrolls, so the keyboard must reach it
        <pre class={`form-manifest ${problem ? "old" : ""}`} tabIndex={0} aria-labelledby="yaml-title">
          {yaml}
        </pre>
      ) : (
        !problem && <Skeleton lines={8} />
      )}
    </section>
  );
}

/** What is still lacking, in the API's words. */
function Reasons({ problem }: { problem: Schemas["Problem"] }) {
  if (problem.errors.length === 0) return <p class="small">{problem.detail}</p>;
  return (
    <ul class="form-reasons small">
      {problem.errors.map(({ field, message }, place) => (
        <li key={place}>
          <code>{field}</code> {message}
        </li>
      ))}
    </ul>
  );
}
