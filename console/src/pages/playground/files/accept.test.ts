import { describe, expect, it } from "vitest";
import { AUDIO, IMAGES, judge, nameOf, type Rules } from "./accept";

const START: Record<string, string | number[]> = {
  jpeg: [0xff, 0xd8, 0xff, 0xe0],
  png: "\x89PNG\r\n\x1a\n",
  gif: "GIF89a",
  webp: "RIFF\x10\x00\x00\x00WEBPVP8 ",
  wav: "RIFF\x10\x00\x00\x00WAVEfmt ",
  webm: [0x1a, 0x45, 0xdf, 0xa3],
  tagged: "ID3\x04",
  frame: [0xff, 0xfb, 0x90, 0x64],
  m4a: "\0\0\0\x20ftypM4A ",
  programStream: [0, 0, 1, 0xba],
  heic: "\0\0\0\x18ftypheic",
  avif: "\0\0\0\x18ftypavif",
  svg: '<?xml version="1.0"?><svg onload="alert(1)">',
  html: "<!doctype html><script>alert(1)</script>",
  pdf: "%PDF-1.7",
  ogg: "OggS\0",
  flac: "fLaC\0",
  zip: "PK\x03\x04",
  executable: "\x7fELF\x02\x01\x01\0\0",
  nothing: "",
};

function file(name: string, bytes = 0): Blob {
  const start = START[name] ?? "";
  const content =
    typeof start === "string" ? Uint8Array.from(start, (each) => each.charCodeAt(0)) : new Uint8Array(start);
  return new Blob([content, new Uint8Array(Math.max(0, bytes - content.length))]);
}

const TAKEN: [Rules, string, string][] = [
  [IMAGES, "jpeg", "jpeg"],
  [IMAGES, "png", "png"],
  [IMAGES, "gif", "gif"],
  [IMAGES, "webp", "webp"],
  [AUDIO, "wav", "wav"],
  [AUDIO, "webm", "webm"],
  [AUDIO, "tagged", "mp3"],
  [AUDIO, "frame", "mp3"],
  [AUDIO, "m4a", "mp4"],
  [AUDIO, "programStream", "mpeg"],
];
const REFUSED: [Rules, string, string | null][] = [
  [IMAGES, "svg", "svg"],
  [IMAGES, "html", "text"],
  [IMAGES, "heic", "heic"],
  [IMAGES, "avif", "avif"],
  [IMAGES, "pdf", "pdf"],
  [IMAGES, "wav", "wav"],
  [IMAGES, "executable", null],
  [IMAGES, "nothing", "empty"],
  [AUDIO, "ogg", "ogg"],
  [AUDIO, "flac", "flac"],
  [AUDIO, "webp", "webp"],
  [AUDIO, "heic", "heic"],
  [AUDIO, "jpeg", "jpeg"],
  [AUDIO, "zip", "zip"],
];

describe("a file", () => {
  it.each(TAKEN)("is taken for what its content is: %#, %s", async (rules, name, type) => {
    expect(await judge(file(name), rules)).toEqual({ fits: true, type });
  });

  it.each(REFUSED)("is refused for what its content is: %#, %s", async (rules, name, found) => {
    expect(await judge(file(name), rules)).toEqual({ fits: false, why: "type", found });
  });

  it.each([IMAGES, AUDIO])("may have its largest size and no byte more", async (rules) => {
    const name = rules === IMAGES ? "png" : "wav";
    expect(await judge(file(name, rules.largest), rules)).toMatchObject({ fits: true });
    expect(await judge(file(name, rules.largest + 1), rules)).toMatchObject({ fits: false, why: "size" });
  });

  it("is sent by a name that tells its content", () => {
    expect(nameOf("speech.WAV", "wav")).toBe("speech.WAV");
    expect(nameOf("speech.mpga", "mp3")).toBe("speech.mpga");
    expect(nameOf("speech.m4a", "mp4")).toBe("speech.m4a");
    expect(nameOf("speech.txt", "wav")).toBe("speech.txt.wav");
    expect(nameOf("", "webm")).toBe("recording.webm");
  });
});
