/** What the API answers, for tests. */
import type { Schemas } from "../../rest/client";

export const MODEL: Schemas["Model"] = {
  id: "qwen3-8b",
  name: "Qwen3 8B",
  port: 8000,
  defaultHardwareId: "1x-l40s",
  features: ["chat"],
  servedName: "qwen3-8b",
  engine: "vLLM",
  prices: null,
};

export const DETAIL: Schemas["InstanceDetail"] = {
  _id: "chat",
  name: "chat",
  status: "ACTIVE",
  hourlyPrice: 1,
  currentHourlyPrice: 1,
  features: ["chat"],
  address: "http://chat.test",
  createdAt: "2030-01-01T00:00:00.000Z",
  updatedAt: "2030-01-01T00:00:00.000Z",
  containerPort: 8000,
  description: "ours",
  podLifetime: 120,
  containers: [
    {
      regionId: 1,
      scale: {
        min: 0,
        max: 4,
        cooldownPeriod: 60,
        pollingInterval: null,
        triggers: {
          http: { rate: 12, window: 20 },
          schedules: [{ start: "0 8 * * *", end: "0 20 * * *", timezone: "UTC", min: 1 }],
        },
      },
      deployStatus: { total: 1, ready: 1 },
      errorMessage: null,
    },
  ],
  hardwareId: "1x-l40s",
  envs: { A: "1" },
  startupCommand: null,
  startupArgs: null,
  apiKeysIds: ["app"],
  modelId: "qwen3-8b",
  image: null,
  registryId: null,
  auth: "ApiKey",
  limits: { requestTimeout: 600, holdTimeout: 30, maxHeldRequests: 1000, maxRequestBytes: "32Mi" },
  loadBalancing: "LeastRequest",
  resend: true,
  weight: null,
  reason: null,
  message: null,
  keptBy: null,
  conditions: [],
};
