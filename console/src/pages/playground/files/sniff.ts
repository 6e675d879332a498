/** What a file is, by its first bytes: names and the types that browsers derive from them say anything. */

/** Endings of names, as the gateway and engines know them. */
export type FileType = "jpeg" | "png" | "gif" | "webp" | "mp3" | "mp4" | "mpeg" | "wav" | "webm";
/** What is told apart to say what a refused file is instead. */
export type Found =
  FileType | "heic" | "avif" | "svg" | "pdf" | "bmp" | "tiff" | "zip" | "ogg" | "flac" | "text" | "empty";

export const SNIFFED_BYTES = 64;

interface Signature {
  type: Found;
  /** Bytes in hexadecimal, `..` for any. */
  bytes: string;
}

const BOXES = ".. .. .. .. 66 74 79 70"; // ISO base media: a box "ftyp", then its brand
const SIGNATURES: Signature[] = [
  { type: "jpeg", bytes: "ff d8 ff" },
  { type: "png", bytes: "89 50 4e 47 0d 0a 1a 0a" },
  { type: "gif", bytes: "47 49 46 38 37 61" },
  { type: "gif", bytes: "47 49 46 38 39 61" },
  { type: "webp", bytes: "52 49 46 46 .. .. .. .. 57 45 42 50" },
  { type: "wav", bytes: "52 49 46 46 .. .. .. .. 57 41 56 45" },
  { type: "webm", bytes: "1a 45 df a3" },
  { type: "mp3", bytes: "49 44 33" },
  { type: "mpeg", bytes: "00 00 01 ba" },
  { type: "mpeg", bytes: "00 00 01 b3" },
  { type: "heic", bytes: `${BOXES} 68 65 69` },
  { type: "heic", bytes: `${BOXES} 6d 69 66 31` },
  { type: "avif", bytes: `${BOXES} 61 76 69` },
  { type: "mp4", bytes: BOXES },
  { type: "pdf", bytes: "25 50 44 46" },
  { type: "bmp", bytes: "42 4d" },
  { type: "tiff", bytes: "49 49 2a 00" },
  { type: "tiff", bytes: "4d 4d 00 2a" },
  { type: "zip", bytes: "50 4b 03 04" },
  { type: "ogg", bytes: "4f 67 67 53" },
  { type: "flac", bytes: "66 4c 61 43" },
];

/** What the file is; null where nobody knows. `bytes`: its first SNIFFED_BYTES. */
export function sniff(bytes: Uint8Array): Found | null {
  if (bytes.length === 0) return "empty";
  const found = SIGNATURES.find((signature) => matches(bytes, signature.bytes));
  if (found) return found.type;
  if (isMpegAudio(bytes)) return "mp3";
  const text = new TextDecoder().decode(bytes);
  if (/^\uFEFF?\s*<(\?xml|svg|!doctype svg)/i.test(text)) return "svg";
  // eslint-disable-next-line no-control-regex -- a file with other control characters is no text
  return /[\x00-\x08\x0e-\x1f\uFFFD]/.test(text) ? null : "text";
}

function matches(bytes: Uint8Array, signature: string): boolean {
  return signature.split(" ").every((byte, place) => byte === ".." || bytes[place] === Number.parseInt(byte, 16));
}

/** A frame without a tag before it: 11 bits of sync, no reserved version, layer, bit rate or sampling rate. */
function isMpegAudio([sync = 0, kind = 0, rates = 0]: Uint8Array): boolean {
  const whole = sync === 0xff && (kind & 0xe0) === 0xe0;
  return whole && (kind & 0x18) !== 0x08 && (kind & 0x06) !== 0 && (rates & 0xf0) !== 0xf0 && (rates & 0x0c) !== 0x0c;
}
