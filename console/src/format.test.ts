import { expect, it } from "vitest";
import { formatAgo, formatBytes, formatMoney } from "./format";

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

it.each([
  [12.5, "USD", "en", "$12.50"],
  [0.000125, "USD", "en", "$0.000125"],
  [0, "EUR", "de", "0,00 €"],
  [1234.567, "EUR", "fr", "1 234,57 €"],
  [3, null, "en", "3.00"],
] as const)("%d %s in %s is %s", (amount, currency, language, text) => {
  expect(plain(formatMoney(amount, currency, language))).toBe(text);
});

it.each([
  [-9, ""],
  [-61, "1 minute ago"],
  [-86_400 * 2, "2 days ago"],
  [3600, "in 1 hour"],
  [400 * 86_400, "next year"],
])("%d seconds from now is %s", (seconds, text) => {
  expect(formatAgo(seconds * 1000, 0, "en")).toBe(text);
});

it.each([
  [0, "0 byte"],
  [1500, "1.5 kB"],
  [20_000_000, "20 MB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes, "en")).toBe(text);
});
