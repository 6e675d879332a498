/** The first page: whose key is it? The API decides, and says why not. */
import { useState } from "preact/hooks";
import { Button } from "./parts/button";
import { TextField } from "./parts/field";
import { Note } from "./parts/problem";
import { Brand, Choices } from "./shell";
import { get } from "./rest/client";
import { beginSession, takeFarewell } from "./session";
import { t } from "./strings";

const farewell = takeFarewell();

export function SignIn() {
  const [secret, setSecret] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    const given = secret.trim();
    if (!given) {
      setError(t("shell.keyMissing"));
      return;
    }
    setBusy(true);
    const answer = await get("/me", { headers: { "x-api-key": given } });
    setBusy(false);
    if (answer.ok) beginSession(given, answer.data);
    else setError(answer.problem.detail);
  };
  return (
    <div class="sign-in">
      <main class="card">
        <Brand />
        <form onSubmit={submit} class="stack" noValidate>
          <h1>{t("shell.signIn")}</h1>
          <p class="muted">{t("shell.signInLead")}</p>
          {farewell && <Note tone="warn">{farewell}</Note>}
          <TextField
            type="password"
            autocomplete="off"
            autofocus
            label={t("shell.key")}
            value={secret}
            onValue={setSecret}
            error={error}
            hint={t("shell.signInKept")}
          />
          <Button type="submit" variant="primary" busy={busy}>
            {t("shell.signIn")}
          </Button>
        </form>
        <Choices />
        <p role="alert" class="hidden-text">
          {error}
        </p>
      </main>
    </div>
  );
}
