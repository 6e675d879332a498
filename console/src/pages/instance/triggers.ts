/** What moves replicas, in words. */
import type { Schemas } from "../../rest/client";
import { t } from "../../strings";

type Triggers = Schemas["Triggers"];

export function describeTriggers(triggers: Triggers | null | undefined): string[] {
  const { cpu, memory, gpuMemory, gpuUtilization, http, concurrency, tokens, queue, schedules } = triggers ?? {};
  const said = [
    cpu && t("instance.triggerCpu", { count: cpu.threshold }),
    memory && t("instance.triggerMemory", { count: memory.threshold }),
    gpuMemory && t("instance.triggerGpuMemory", { count: gpuMemory.threshold }),
    gpuUtilization && t("instance.triggerGpu", { count: gpuUtilization.threshold }),
    http && t("instance.triggerHttp", { count: http.rate, window: http.window }),
    concurrency && t("instance.triggerConcurrency", { count: concurrency.target }),
    tokens && t("instance.triggerTokens", { count: tokens.perSecond }),
    queue && t("instance.triggerQueue", { count: queue.waiting }),
    ...(schedules ?? []).map(({ start, end, min }) => t("instance.triggerSchedule", { start, end, min })),
  ].filter((each) => typeof each === "string");
  return said.length > 0 ? said : [t("instance.triggerDefault")];
}
