/** What a painter made. Its answer is hostile: only what is a picture by its content is shown. PURE. */
import { IMAGES, MEDIA_TYPES } from "../files/accept";
import { SNIFFED_BYTES, sniff } from "../files/sniff";
import { asList, asRecord, asText } from "./chunks";

export interface Painting {
  /** A `data:` URL; "": it is none that is shown. */
  url: string;
  /** The ending of its file. */
  ending: string;
  /** Where the engine has left it instead; it is not loaded from there. */
  elsewhere: string;
}

export function readPaintings(found: Record<string, unknown>): Painting[] {
  return asList(found.data).map((each) => {
    const { b64_json, url } = asRecord(each);
    return { ...readPicture(asText(b64_json)), elsewhere: asText(url) };
  });
}

function readPicture(encoded: string): Pick<Painting, "url" | "ending"> {
  const found = sniff(decode(encoded.slice(0, Math.ceil(SNIFFED_BYTES / 3) * 4)));
  const type = IMAGES.types.find((each) => each === found);
  // base64 alone: nothing else of it gets into the address
  if (!type || !/^[A-Za-z0-9+/]+=*$/.test(encoded)) return { url: "", ending: "" };
  return { url: `data:${MEDIA_TYPES[type]};base64,${encoded}`, ending: type };
}

function decode(encoded: string): Uint8Array {
  try {
    return Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
