// $QUESTION {base, key, model}: what the openai client hears on a websocket, from Node and as in a browser, as JSON.
import "./names.mjs";
import OpenAI from "openai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { OpenAIRealtimeWS } from "openai/realtime/ws";

const { base, key, model } = JSON.parse(process.env.QUESTION);
const client = new OpenAI({ baseURL: base, apiKey: key });

function talk(Socket, ready) {
  return new Promise((resolve, reject) => {
    const realtime = new Socket({ model, dangerouslyAllowBrowser: true }, client);
    const heard = [];
    realtime.on("error", reject);
    realtime.on("event", (event) => {
      heard.push(event.type);
      if (heard.length === 1) realtime.send({ type: "response.create" });
      else {
        resolve({ heard, protocol: realtime.socket.protocol });
        realtime.close();
      }
    });
  });
}

const answers = { node: await talk(OpenAIRealtimeWS), browser: await talk(OpenAIRealtimeWebSocket) };
console.log(JSON.stringify(answers));
process.exit(0); // the browser's socket has no end of its own
