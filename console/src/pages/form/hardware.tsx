/** What a replica gets, what it costs, and where there is room for it. */
import { Badge } from "../../parts/badge";
import { Note } from "../../parts/problem";
import { Money } from "../../parts/values";
import { formatNumber } from "../../format";
import { language } from "../../preferences";
import type { Schemas } from "../../rest/client";
import { identity } from "../../session";
import { t } from "../../strings";
import { Choices, type ChoiceRow } from "./choices";
import { useForm, type FormState } from "./context";
import { findHardware, findRoom, sortHardwares } from "./material";
import { Section } from "./section";

export function HardwareSection() {
  const form = useForm();
  const { draft, material, set, error } = form;
  const preferred = draft.source === "model" ? findHardware(material, draft.modelId, "") : "";
  const chosen = material.regions.filter((each) => draft.regions.some(({ regionId }) => regionId === String(each.id)));
  return (
    <Section title={t("form.hardware")} lead={t("form.hardwareLead")}>
      {material.hardwares.length === 0 && <Note>{t("form.noHardwares")}</Note>}
      <Choices
        label={t("form.hardware")}
        name="hardwareId"
        value={draft.hardwareId || preferred}
        rows={sortHardwares(material.hardwares, chosen).map((hardware) => buildRow(hardware, preferred, form))}
        error={error("hardwareId")}
        onValue={(hardwareId) => set({ hardwareId: hardwareId === preferred ? "" : hardwareId })}
      />
    </Section>
  );
}

function buildRow(hardware: Schemas["Hardware"], preferred: string, form: FormState): ChoiceRow {
  const price = <Money amount={hardware.hourlyPrice} currency={identity.value?.currencyCode} />;
  return {
    value: hardware.id,
    title: hardware.name,
    detail: describe(hardware),
    aside: (
      <>
        {hardware.id === preferred && <Badge>{t("form.modelDefault")}</Badge>}
        <Rooms hardwareId={hardware.id} form={form} />
        <strong>
          {price} <span class="muted small">/ {t("preview.hour")}</span>
        </strong>
      </>
    ),
  };
}

/** `1 × NVIDIA-L40S 48 GiB · 16 vCPU · 232 GiB` */
export function describe({ gpu, cpu, ram }: Schemas["Hardware"]): string {
  const write = (value: number) => formatNumber(value, language.value, 1);
  const memory = gpu?.memory ? ` ${write(gpu.memory)} GiB` : "";
  const gpus = gpu ? [`${gpu.count} × ${gpu.model}${memory}`] : [];
  return [...gpus, `${write(cpu / 1000)} vCPU`, `${write(ram / 1024)} GiB RAM`].join(" · ");
}

/** Free replicas in each region that knows the hardware, the chosen regions first by colour. */
function Rooms({ hardwareId, form: { material, draft } }: { hardwareId: string; form: FormState }) {
  const chosen = new Map(draft.regions.map((region) => [region.regionId, Number(region.min)]));
  const rooms = material.regions.flatMap((region) => {
    const room = findRoom(region, hardwareId);
    return room === null ? [] : [{ region, room, needed: chosen.get(String(region.id)) }];
  });
  return (
    <>
      {rooms.map(({ region, room, needed }) => (
        <Badge key={region.id} tone={needed === undefined ? "" : room >= Math.max(needed, 1) ? "good" : "warn"}>
          {t("form.room", { region: region.name, count: room })}
        </Badge>
      ))}
    </>
  );
}
