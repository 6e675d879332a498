// One HTTP/2 connection to a gateway that leaves: a stream, of which it prints that it is open; once somebody writes that
// the gateway is leaving, a request that comes late, and a new connection. Prints what became of each.
import { connect } from "node:http2";

const { url, host, key, chunks } = JSON.parse(process.env.QUESTION);

function ask(session, body, begun = () => {}) {
  const headers = { ":method": "POST", ":path": "/v1/chat/completions", ":authority": host, "x-api-key": key };
  return new Promise((resolve, reject) => {
    const stream = session.request({ ...headers, "content-type": "application/json" });
    let status, text = "";
    stream.on("response", (answer) => {
      status = answer[":status"];
      begun();
    });
    stream.on("data", (data) => (text += data));
    stream.on("end", () => resolve({ status, events: text.split("data: {").length - 1 }));
    stream.on("error", reject);
    stream.end(JSON.stringify(body));
  });
}

const session = connect(url);
const goaway = new Promise((resolve) => session.on("goaway", resolve));
const open = ask(session, { stream: true, chunks }, () => console.log("open"));
await new Promise((resolve) => process.stdin.once("data", resolve));
const late = await ask(session, {});
const code = await goaway;
const other = connect(url);
const fresh = await ask(other, {});
other.close();
console.log(JSON.stringify({ open: await open, late, code, fresh }));
process.exit(0);
