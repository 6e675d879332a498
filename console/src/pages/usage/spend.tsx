/** What was spent today and in this month, and how far budgets have gone. */
import { Meter } from "../../parts/meter";
import { Ago } from "../../parts/values";
import { formatMoney } from "../../format";
import { language } from "../../preferences";
import { usePolled } from "../../rest/polled";
import type { Schemas } from "../../rest/client";
import { t } from "../../strings";

const SECONDS = 30;

export function Spend() {
  const { data } = usePolled("/spend", SECONDS);
  if (!data) return null;
  const { currencyCode: currency, day, month, budgets } = data;
  return (
    <>
      <div class="usage-tiles">
        <Tile title={t("usage.tokensToday")} amount={day.tokenCost} currency={currency} />
        <Tile title={t("usage.tokensMonth")} amount={month.tokenCost} currency={currency} />
        <Tile title={t("usage.replicasToday")} amount={day.replicaCost} currency={currency} />
        <Tile title={t("usage.replicasMonth")} amount={month.replicaCost} currency={currency} />
      </div>
      {budgets.length > 0 && (
        <section class="card stack" aria-label={t("usage.budgets")}>
          <h2>{t("usage.budgets")}</h2>
          <div class="usage-budgets">
            {budgets.map((budget) => (
              <Budget key={budget.key} of={budget} currency={currency} />
            ))}
          </div>
        </section>
      )}
    </>
  );
}

function Tile({ title, amount, currency }: { title: string; amount: string; currency: string }) {
  return (
    <div class="card usage-tile">
      <span class="muted small">{title}</span>
      <strong>{formatMoney(Number(amount), currency, language.value)}</strong>
    </div>
  );
}

function Budget({ of: { key, amount, spent, until }, currency }: { of: Schemas["BudgetSpend"]; currency: string }) {
  const [most, used] = [Number(amount), Number(spent)];
  const money = (value: number) => formatMoney(value, currency, language.value);
  const tone = used >= most ? "bad" : used >= 0.8 * most ? "warn" : "";
  return (
    <div>
      <strong>{key}</strong>
      <Meter label={t("usage.budgetOf", { key })} value={used} most={most} tone={tone}>
        {t("usage.spentOf", { spent: money(used), amount: money(most) })}{" "}
        <span class="muted">
          {t("usage.anew")} <Ago at={until} />
        </span>
      </Meter>
    </div>
  );
}
