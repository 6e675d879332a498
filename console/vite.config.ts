import { defineConfig } from "vitest/config";
import { budget } from "./build/budget.ts";
import { compress } from "./build/compress.ts";

const gateway = process.env.INFEROPS ?? "http://10.244.0.1";
const proxied = {
  target: gateway,
  changeOrigin: true,
  headers: process.env.INFEROPS_HOST ? { host: process.env.INFEROPS_HOST } : {},
};

export default defineConfig({
  base: "./", // any sub-path of any proxy
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  plugins: [budget(), compress()],
  test: { setupFiles: ["build/tab.ts"] },
  server: { proxy: { "/ai-inference": proxied, "/v2": proxied } },
});
