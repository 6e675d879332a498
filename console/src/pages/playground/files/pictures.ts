/** Pictures as a request carries them. */
import { t } from "../../../strings";
import type { Picture } from "../talk";
import { IMAGES, MEDIA_TYPES, judge, type Rules, type Verdict } from "./accept";

/** Why a file is refused, in words. */
export function explain(name: string, verdict: Exclude<Verdict, { fits: true }>, rules: Rules): string {
  const allowed = rules === IMAGES ? "JPEG, PNG, WEBP, GIF" : "mp3, mp4, mpeg, mpga, m4a, wav, webm";
  if (verdict.why === "size") {
    const values = { name, size: (verdict.bytes / 1024 / 1024).toFixed(1), largest: rules.largest / 1024 / 1024 };
    return t("playground.tooLarge", values);
  }
  if (verdict.found === null) return t("playground.unknownType", { name, allowed });
  if (verdict.found === "empty") return t("playground.emptyFile", { name });
  return t("playground.wrongType", { name, found: verdict.found.toUpperCase(), allowed });
}

export interface Taken {
  pictures: Picture[];
  /** Sentences, one for each file that is refused. */
  refusals: string[];
}

/** Reads what is a picture by its content. */
export async function takePictures(files: readonly File[]): Promise<Taken> {
  const taken: Taken = { pictures: [], refusals: [] };
  for (const file of files) {
    const verdict = await judge(file, IMAGES);
    if (verdict.fits) taken.pictures.push({ name: file.name, url: await readUrl(file, MEDIA_TYPES[verdict.type]) });
    else taken.refusals.push(explain(file.name, verdict, IMAGES));
  }
  return taken;
}

/** As a `data:` URL of the type that its content has, whatever its name says. */
function readUrl(file: File, type: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(typeof reader.result === "string" ? reader.result : "");
    reader.onerror = () => reject(new Error(t("playground.unreadable", { name: file.name })));
    reader.readAsDataURL(file.slice(0, file.size, type));
  });
}
