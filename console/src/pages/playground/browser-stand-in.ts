/** What modules ask of a browser as they are loaded, for tests in Node; requests and streams are Node's own. */
const storage = {
  getItem: () => null,
  setItem: () => undefined,
  removeItem: () => undefined,
  clear: () => undefined,
};
Object.assign(globalThis, {
  sessionStorage: storage,
  localStorage: storage,
  window: globalThis,
  document: {},
  location: { hash: "" },
  navigator: { languages: ["en"] },
  addEventListener: () => undefined,
  matchMedia: () => ({ matches: false }),
});
