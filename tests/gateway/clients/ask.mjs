// $QUESTION {base, key, wrong, model}: what the openai client hears at one address, as JSON.
import "./names.mjs";
import OpenAI, { toFile } from "openai";

const { base, key, wrong, model } = JSON.parse(process.env.QUESTION);
const client = new OpenAI({ baseURL: base, apiKey: key, maxRetries: 0, timeout: 20_000 });
const messages = [{ role: "user", content: "hello" }];

async function stream() {
  const times = [];
  const events = await client.chat.completions.create({ model, messages, stream: true, chunks: 4, pause: 0.2 });
  for await (const _ of events) times.push(Date.now());
  return { chunks: times.length, lasted: times.at(-1) - times[0] };
}

async function refusal(asked) {
  try {
    await asked();
    return "none";
  } catch (error) {
    return `${error.constructor.name} ${error.status} ${error.code}`;
  }
}

const audio = await toFile(Buffer.alloc(1 << 20), "speech.wav", { type: "audio/wav" });
const listed = await client.models.list();
console.log(
  JSON.stringify({
    chat: (await client.chat.completions.create({ model, messages })).choices[0].message.content,
    stream: await stream(),
    transcription: (await client.audio.transcriptions.create({ model, file: audio })).text,
    models: listed.data.map((each) => each.id),
    wrongKey: await refusal(() => client.withOptions({ apiKey: wrong }).chat.completions.create({ model, messages })),
    engineError: await refusal(() => client.chat.completions.create({ model, messages, status: 429 })),
  }),
);
