/** For units in Node: what a browser's tab has, as far as modules touch it when they are loaded. */
class Kept extends Map<string, string> {
  getItem = (name: string): string | null => this.get(name) ?? null;
  setItem = (name: string, value: string): void => void this.set(name, value);
  removeItem = (name: string): void => void this.delete(name);
}

const listeners = new EventTarget();

Object.assign(globalThis, {
  localStorage: new Kept(),
  sessionStorage: new Kept(),
  navigator: { languages: ["en"], language: "en" },
  location: { hash: "", reload: () => undefined },
  history: { replaceState: () => undefined },
  matchMedia: () => Object.assign(new EventTarget(), { matches: false }),
  addEventListener: listeners.addEventListener.bind(listeners),
  document: Object.assign(new EventTarget(), {
    hidden: false,
    baseURI: "https://ai.example.com/below/",
    documentElement: { dataset: {}, lang: "" },
  }),
  window: globalThis,
});
