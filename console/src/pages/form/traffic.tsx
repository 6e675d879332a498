/** How requests are treated on their way: how long, how many wait, and which replica gets them. */
import { Checkbox, Select, TextField } from "../../parts/field";
import { t } from "../../strings";
import { useForm } from "./context";
import { LIMITS, type Balancing, type Limit } from "./draft";
import { Fold, GroupError } from "./section";

/** What holds where nothing is typed. */
const DEFAULTS: Record<Limit, string> = {
  requestTimeout: "600",
  holdTimeout: "600",
  maxHeldRequests: "1000",
  maxRequestBytes: "32Mi",
};
const BALANCINGS = ["LeastRequest", "PrefixHash"] as const satisfies readonly Balancing[];

export function TrafficSection() {
  const { draft, set, isWrongBelow, error } = useForm();
  const wrong = ["limits", "loadBalancing", "resend", "weight"].some(isWrongBelow);
  return (
    <Fold level={2} title={t("traffic.title")} summary={t("traffic.summary")} wrong={wrong}>
      <GroupError path="limits" />
      <div class="form-pair">
        {LIMITS.map((limit) => (
          <TextField
            key={limit}
            label={t(`traffic.${limit}`)}
            name={`limits.${limit}`}
            type={limit === "maxRequestBytes" ? "text" : "number"}
            placeholder={DEFAULTS[limit]}
            value={draft.limits[limit]}
            hint={t(`traffic.${limit}Hint`)}
            error={error(`limits.${limit}`)}
            onValue={(value) => set({ limits: { ...draft.limits, [limit]: value } })}
          />
        ))}
        <Select
          label={t("traffic.balancing")}
          name="loadBalancing"
          value={draft.loadBalancing}
          choices={BALANCINGS.map((value) => ({ value, label: t(`traffic.${value}`) }))}
          hint={t("traffic.balancingHint")}
          error={error("loadBalancing")}
          onValue={(chosen) => set({ loadBalancing: BALANCINGS.find((each) => each === chosen) ?? "LeastRequest" })}
        />
        <TextField
          label={t("traffic.weight")}
          name="weight"
          type="number"
          optional
          value={draft.weight}
          hint={t("traffic.weightHint")}
          error={error("weight")}
          onValue={(weight) => set({ weight })}
        />
      </div>
      <Checkbox
        label={t("traffic.resend")}
        hint={t("traffic.resendHint")}
        checked={draft.resend}
        onChecked={(resend) => set({ resend })}
      />
    </Fold>
  );
}
