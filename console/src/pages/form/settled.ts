import { useEffect, useState } from "preact/hooks";

const PAUSE = 350;

/** A value once it has not changed for a moment: what is typed is asked about when the typing pauses. */
export function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
