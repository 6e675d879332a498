/** What the playground offers for an instance, by its features. */

export const MODES = ["chat", "completion", "embeddings", "rerank", "painting", "audio"] as const;
export type Mode = (typeof MODES)[number];

const NEEDED: Record<Mode, readonly string[]> = {
  chat: ["chat", "vision"],
  completion: ["completion"],
  embeddings: ["embeddings"],
  rerank: ["rerank"],
  painting: ["image"],
  audio: ["audio"],
};

/** All where nobody knows what an image can do. */
export function modesOf(features: readonly string[]): Mode[] {
  if (features.length === 0) return [...MODES];
  return MODES.filter((mode) => NEEDED[mode].some((feature) => features.includes(feature)));
}
