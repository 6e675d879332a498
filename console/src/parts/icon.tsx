/** Icons of 16 px, drawn in the colour of the text; a name for screen readers stands beside them. */
const PATHS = {
  instances: "M2.5 3.5h11v4h-11zM2.5 8.5h11v4h-11zM5 5.5h.01M5 10.5h.01",
  playground: "M2.5 3.5h11v7h-6l-3 2.5v-2.5h-2z",
  keys: "M6 6.5a3 3 0 1 0-1.5 2.6M6 7.5h7.5v2.5M11 7.5v2",
  registries: "M8 2 13.5 5v6L8 14l-5.500-3V5zM2.500 5 8 8l5.500-3M8 8v6",
  catalog: "M3 2.500h4v11H3zM7 4.500h3v9H7zM10.500 5l2.200-.6 1.300 8.600-2.600.5z",
  regions: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM2 8h12M8 2c2 2 2.600 4 2.600 6S10 12 8 14c-2-2-2.600-4-2.600-6S6 4 8 2Z",
  usage: "M2.500 13.500h11M4 11V8M7 11V4M10 11V6M13 11V2.500",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  check: "m3 8.500 3.300 3.300L13 5",
  close: "m4 4 8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  menu: "M2.500 4.500h11M2.500 8h11M2.500 11.500h11",
  alert: "M8 2 14.500 13.500h-13zM8 6.500v3M8 11.500h.01",
  info: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM8 7.500v3.500M8 5h.01",
  up: "m4 10 4-4 4 4",
  down: "m4 6 4 4 4-4",
  right: "m6 4 4 4-4 4",
  play: "M5 3.500v9l7.500-4.500z",
  stop: "M4 4h8v8H4z",
  pause: "M5.500 3.500v9M10.500 3.500v9",
  edit: "M3 13h2.500L13 5.500 10.500 3 3 10.500z",
  trash: "M3 4.500h10M6.500 4V2.500h3V4M4.500 4.500l.6 9h5.800l.6-9M6.700 7v4M9.300 7v4",
  refresh: "M13 3v3.500H9.500M3 13V9.500h3.500M12.500 6.500A5 5 0 0 0 3.500 6M3.500 9.500a5 5 0 0 0 9 .500",
  download: "M8 2.500v7.500M4.500 7 8 10.500 11.500 7M3 13.500h10",
  search: "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9ZM10.300 10.300l3.200 3.200",
  signOut: "M6.500 2.500h-4v11h4M10.500 5 13.500 8l-3 3M13.500 8H6",
  send: "M2.500 8 13.500 2.500 10 13.500 7.500 9zM7.500 9l6-6.500",
  microphone: "M8 2a2 2 0 0 0-2 2v4a2 2 0 0 0 4 0V4a2 2 0 0 0-2-2ZM3.500 8a4.500 4.500 0 0 0 9 0M8 12.500V14",
  image: "M2.500 3h11v10h-11zM2.500 11 6 7.500l3 3 2-2 2.500 2.500M10.500 6h.01",
  file: "M4 2h5l3.500 3.500V14H4zM9 2v4h3.500",
  code: "m5.500 4.500-3.500 3.500 3.500 3.500M10.500 4.500 14 8l-3.500 3.500",
  lock: "M3.500 7h9v6.500h-9zM5.500 7V5a2.500 2.500 0 0 1 5 0v2",
  moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3 5.500 5.500 0 1 0 13 9.500Z",
  more: "M3.500 8h.01M8 8h.01M12.500 8h.01",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.4"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
