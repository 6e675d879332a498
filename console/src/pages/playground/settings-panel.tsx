/** What is sent beside the prompt; what is empty is not sent. */
import { Button } from "../../parts/button";
import { TextArea, TextField } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { t } from "../../strings";
import { DEFAULTS, NAMES, NUMBERS, findWrong, settings, type NumberName } from "./settings";

export function SettingsPanel({ mode }: { mode: "chat" | "completion" }) {
  const wrong = findWrong(settings.value);
  const set = (change: Partial<typeof settings.value>) => {
    settings.value = { ...settings.value, ...change };
  };
  return (
    <aside class="pg-settings card" aria-label={t("playground.settings")}>
      <details class="fold" open={matchMedia("(min-width: 1000px)").matches}>
        <summary>
          <Icon name="right" />
          <h2>{t("playground.settings")}</h2>
        </summary>
        <div class="stack">
          {mode === "chat" && (
            <TextArea
              label={t("playground.system")}
              value={settings.value.system}
              onValue={(system) => set({ system })}
              placeholder={t("playground.systemExample")}
              rows={3}
            />
          )}
          <div class="pg-numbers">
            {NAMES.map((name) => (
              <TextField
                key={name}
                label={t(`playground.${name}`)}
                placeholder={t("playground.default")}
                value={settings.value[name]}
                onValue={(value) => set({ [name]: value })}
                error={wrong.includes(name) ? explain(name) : undefined}
              />
            ))}
          </div>
          <div>
            <Button variant="quiet" icon="refresh" onClick={() => set(DEFAULTS)}>
              {t("playground.reset")}
            </Button>
          </div>
        </div>
      </details>
    </aside>
  );
}

function explain(name: NumberName): string {
  const { least, most, whole } = NUMBERS[name];
  return t(whole ? "playground.wholeBetween" : "playground.between", { least, most });
}
