/** What is worth knowing of embeddings. PURE. */

export interface Summary {
  dimensions: number;
  norm: number;
  least: number;
  most: number;
}

export function summarize(vector: readonly number[]): Summary {
  return {
    dimensions: vector.length,
    norm: Math.sqrt(dot(vector, vector)),
    least: vector.reduce((least, each) => Math.min(least, each), Infinity),
    most: vector.reduce((most, each) => Math.max(most, each), -Infinity),
  };
}

/** From -1 to 1; null where one is of another length, or nothing but zeros. */
export function cosine(one: readonly number[], other: readonly number[]): number | null {
  const norms = Math.sqrt(dot(one, one) * dot(other, other));
  if (one.length !== other.length || norms === 0) return null;
  return Math.max(-1, Math.min(1, dot(one, other) / norms));
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, each, place) => sum + each * (other[place] ?? 0), 0);
}

/** The mean of each of at most `count` stretches: a picture of a long vector. */
export function condense(vector: readonly number[], count: number): number[] {
  const stretches = Math.min(count, vector.length);
  return Array.from({ length: stretches }, (_, place) => {
    const part = vector.slice(
      Math.floor((place * vector.length) / stretches),
      Math.floor(((place + 1) * vector.length) / stretches),
    );
    return part.reduce((sum, each) => sum + each, 0) / part.length;
  });
}
