import { useEffect, useState } from "preact/hooks";
import { language } from "../../preferences";

/** Seconds since `from`, in milliseconds of the clock, as long as it is shown. Not read aloud each second. */
export function Elapsed({ from }: { from: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return <span aria-hidden="true">{formatSeconds(Math.max(0, now - from))}</span>;
}

/** `320 ms`, `4.2 s`, `1 min 5 s`, as the language of the page writes it. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds < 1000) return unit(Math.round(milliseconds), "millisecond");
  return milliseconds < 60_000 ? unit(milliseconds / 1000, "second", 1) : formatSeconds(milliseconds);
}

function formatSeconds(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const rest = unit(seconds % 60, "second");
  return minutes > 0 ? `${unit(minutes, "minute")} ${rest}` : rest;
}

function unit(value: number, name: string, digits = 0): string {
  const options = { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(language.value, options).format(value);
}
