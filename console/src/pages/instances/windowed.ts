/**
 * Which rows of a long list are drawn: those on the screen and some around them. All rows are equally high, and how high
 * is measured, so that cards of small screens work as rows of large ones do.
 */
import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

export interface Window {
  from: number;
  to: number;
  /** Pixels of the rows that are not drawn. */
  before: number;
  after: number;
}

/** Rows beyond each edge of the screen; and by how many the window moves. */
const MARGIN = 20;
const STRIDE = 10;
const FIRST = 60;

/** PURE. `top`: pixels from the list's beginning to the screen's; `height`: of the screen. */
export function findWindow(count: number, row: number, top: number, height: number): Window {
  const first = Math.floor(Math.max(top, 0) / row / STRIDE) * STRIDE - MARGIN;
  const last = Math.ceil((Math.max(top, 0) + height) / row / STRIDE) * STRIDE + MARGIN;
  const from = Math.min(Math.max(first, 0), Math.max(count - FIRST, 0));
  const to = Math.min(Math.max(last, from + FIRST), count);
  return { from, to, before: from * row, after: (count - to) * row };
}

/** `body`: the element whose children are the rows, each with `data-row`. */
export function useWindow(body: RefObject<HTMLElement | null>, count: number): Window {
  const [row, setRow] = useState(44);
  const [window, setWindow] = useState(() => findWindow(count, row, 0, innerHeight));
  useLayoutEffect(() => {
    let frame = 0;
    const look = () => {
      frame = 0;
      const top = -(body.current?.getBoundingClientRect().top ?? 0);
      const next = findWindow(count, row, top, innerHeight);
      setWindow((before) => (isSame(before, next) ? before : next));
    };
    const onScroll = () => {
      frame ||= requestAnimationFrame(look);
    };
    const onResize = () => {
      const measured = measureRow(body.current);
      if (measured && Math.abs(measured - row) > 0.5)
        setRow(measured); // and look again
      else look();
    };
    onResize();
    addEventListener("scroll", onScroll, { passive: true });
    addEventListener("resize", onResize);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", onScroll);
      removeEventListener("resize", onResize);
    };
  }, [body, count, row]);
  return window.to > count || window.to < Math.min(FIRST, count) ? findWindow(count, row, 0, innerHeight) : window;
}

/** From one row's beginning to the next one's. */
function measureRow(body: HTMLElement | null): number {
  const [first, second] = body?.querySelectorAll<HTMLElement>("[data-row]") ?? [];
  if (!first) return 0;
  const top = first.getBoundingClientRect();
  return second ? second.getBoundingClientRect().top - top.top : top.height;
}

function isSame(a: Window, b: Window): boolean {
  return a.from === b.from && a.to === b.to && a.before === b.before && a.after === b.after;
}
