/** Which files the playground takes, and why it refuses others. */
import { SNIFFED_BYTES, sniff, type FileType, type Found } from "./sniff";

const MEBIBYTE = 1024 * 1024;

export interface Rules {
  types: readonly FileType[];
  /** Bytes. */
  largest: number;
}

export const IMAGES: Rules = { types: ["jpeg", "png", "webp", "gif"], largest: 20 * MEBIBYTE };
/** mpga is an ending of mp3, m4a one of mp4. */
export const AUDIO: Rules = { types: ["mp3", "mp4", "mpeg", "wav", "webm"], largest: 25 * MEBIBYTE };

export const MEDIA_TYPES: Record<FileType, string> = {
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  webp: "image/webp",
  mp3: "audio/mpeg",
  mp4: "audio/mp4",
  mpeg: "video/mpeg",
  wav: "audio/wav",
  webm: "audio/webm",
};

export type Verdict =
  | { fits: true; type: FileType }
  | { fits: false; why: "size"; bytes: number }
  | { fits: false; why: "type"; found: Found | null };

/** Whether a file is taken, by its size and its content. */
export async function judge(file: Blob, rules: Rules): Promise<Verdict> {
  if (file.size > rules.largest) return { fits: false, why: "size", bytes: file.size };
  const found = sniff(new Uint8Array(await file.slice(0, SNIFFED_BYTES).arrayBuffer()));
  const type = rules.types.find((each) => each === found);
  return type ? { fits: true, type } : { fits: false, why: "type", found };
}

const ENDINGS: Partial<Record<FileType, readonly string[]>> = { mp3: ["mp3", "mpga", "mpeg"], mp4: ["mp4", "m4a"] };

/** A name whose ending fits the content: engines and the gateway go by it. */
export function nameOf(given: string, type: FileType): string {
  const ending = /\.([^.]+)$/.exec(given)?.[1]?.toLowerCase() ?? "";
  return (ENDINGS[type] ?? [type]).includes(ending) ? given : `${given || "recording"}.${type}`;
}
