// $QUESTION {url, host, key, model}: what streams hear that wait with heartbeats, as JSON: of the openai client, and of
// several at once over one HTTP/2 connection.
import { connect } from "node:http2";
import OpenAI from "openai";

const { url, host, key, model } = JSON.parse(process.env.QUESTION);
const body = { model, messages: [{ role: "user", content: "hello" }], stream: true };
const prefer = "heartbeat=1";
const baseURL = `${url}/v2/${host.split(".")[0]}/openai/v1`;
const client = new OpenAI({ baseURL, apiKey: key, maxRetries: 0, timeout: 30_000 });
const session = connect(url);

async function chunks() {
  let count = 0;
  for await (const _ of await client.chat.completions.create(body, { headers: { prefer } })) count++;
  return count;
}

function hear() {
  const headers = { ":method": "POST", ":path": "/v1/chat/completions", ":authority": host, "x-api-key": key, prefer };
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const stream = session.request({ ...headers, "content-type": "application/json", "content-length": text.length });
    let status, heard = "";
    stream.on("response", (answer) => (status = answer[":status"]));
    stream.on("data", (data) => (heard += data));
    stream.on("end", () => {
      const [before, after] = [heard.slice(0, heard.indexOf("data: ")), heard.slice(heard.indexOf("data: "))];
      resolve({ status, waited: /^(: waiting\n\n){2,}$/.test(before), events: after.split("data: {").length - 1 });
    });
    stream.on("error", reject);
    stream.end(text);
  });
}

const [counted, ...heard] = await Promise.all([chunks(), hear(), hear(), hear()]);
session.close();
console.log(JSON.stringify({ counted, heard }));
