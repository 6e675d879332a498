// $QUESTION {url, host, key, path, streams}: that many streams at once on one HTTP/2 connection, as JSON.
import "./names.mjs";
import http2 from "node:http2";

const { url, host, key, path, streams } = JSON.parse(process.env.QUESTION);
const session = http2.connect(url);

function stream() {
  return new Promise((resolve, reject) => {
    const headers = { ":method": "POST", ":path": path, ":authority": host, "x-api-key": key };
    const request = session.request({ ...headers, "content-type": "application/json" });
    let status, text = "";
    request.on("response", (head) => (status = head[":status"]));
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => resolve(`${status} ${text.split("data: {").length - 1}`));
    request.on("error", reject);
    request.end(JSON.stringify({ stream: true, chunks: 5, pause: 0.1 }));
  });
}

const answers = await Promise.all(Array.from({ length: streams }, stream));
console.log(JSON.stringify({ answers: [...new Set(answers)], count: answers.length }));
session.close();
