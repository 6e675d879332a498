// One HTTP/2 connection to a gateway that is about to leave: a stream that is open, a request that comes late, a new
// connection. Prints what became of each.
import { connect } from "node:http2";

const { url, host, key, chunks } = JSON.parse(process.env.QUESTION);

function ask(session, body) {
  const headers = { ":method": "POST", ":path": "/v1/chat/completions", ":authority": host, "x-api-key": key };
  return new Promise((resolve, reject) => {
    const stream = session.request({ ...headers, "content-type": "application/json" });
    let status, text = "";
    stream.on("response", (answer) => (status = answer[":status"]));
    stream.on("data", (data) => (text += data));
    stream.on("end", () => resolve({ status, events: text.split("data: {").length - 1 }));
    stream.on("error", reject);
    stream.end(JSON.stringify(body));
  });
}

const session = connect(url);
const goaway = new Promise((resolve) => session.on("goaway", resolve));
const open = ask(session, { stream: true, chunks });
await new Promise((resolve) => setTimeout(resolve, 1000));
const late = await ask(session, {});
const code = await goaway;
const other = connect(url);
const fresh = await ask(other, {});
other.close();
console.log(JSON.stringify({ open: await open, late, code, fresh }));
process.exit(0);
