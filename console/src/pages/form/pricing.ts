/** What the form's choice costs, with the fewest replicas and with the most. */
import { useEffect, useState } from "preact/hooks";
import { post, type Schemas } from "../../rest/client";
import { buildQuestion } from "./body";
import type { RegionDraft } from "./draft";
import { useSettled } from "./settled";

type Price = Schemas["Pricing"];

export interface Prices {
  /** Null: nothing to be paid for. */
  least: Price | null;
  most: Price;
}

/** Null while something lacks or makes no sense. */
export function usePrices(hardwareId: string, regions: readonly RegionDraft[]): Prices | null {
  const questions = (["min", "max"] as const).map((bound) => buildQuestion(hardwareId, regions, bound));
  const settled = useSettled(JSON.stringify(questions));
  const [prices, setPrices] = useState<Prices | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    const ask = async () => {
      const [least, most] = await Promise.all(
        (JSON.parse(settled) as Schemas["PricingRequest"][]).map((question) => askPrice(question, abort.signal)),
      );
      setPrices(most ? { least: least ?? null, most } : null);
    };
    ask().catch(() => undefined); // aborted: a newer one is asked
    return () => abort.abort();
  }, [settled]);
  return prices;
}

async function askPrice(question: Schemas["PricingRequest"], signal: AbortSignal): Promise<Price | null> {
  if (!question.hardwareId || question.autoScalingConfigurations.length === 0) return null;
  const answer = await post("/instances/pricing", question, { signal });
  return answer.ok ? answer.data : null;
}
