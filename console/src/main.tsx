import { render } from "preact";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/table.css";
import "./styles/shell.css";
import { App } from "./app";
import { applyPreferences } from "./preferences";

applyPreferences();
const root = document.getElementById("app");
if (root) {
  root.replaceChildren(); // the line that stands there until the scripts are loaded
  render(<App />, root);
}
