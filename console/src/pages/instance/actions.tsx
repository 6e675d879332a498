/** What can be done with an instance; where GitOps keeps it, only what changes nothing. */
import { useState } from "preact/hooks";
import { Button, LinkButton } from "../../parts/button";
import { Confirm } from "../../parts/dialog";
import { toast } from "../../parts/toast";
import { del, post } from "../../rest/client";
import type { Problem } from "../../rest/problem";
import { go, link } from "../../router";
import { t } from "../../strings";
import { countReplicas } from "../instances/rows";
import { modesOf } from "../playground/modes";
import type { Detail } from ".";

type Asked = "stop" | "delete" | null;

/** Phases in which a request gets an answer, now or once it has woken the instance. */
const ANSWERS = ["ACTIVE", "PARTIALLYDEPLOYED", "PENDING"];

export function Actions({ of: instance, onChange }: { of: Detail; onChange: () => void }) {
  const [asked, setAsked] = useState<Asked>(null);
  const [starting, setStarting] = useState(false);
  const { _id: id, status, features, keptBy } = instance;
  const path = { path: { id } };
  const locked = keptBy !== null || status === "DELETING";
  const start = async () => {
    setStarting(true);
    const answer = await post("/instances/{id}/start", undefined, path);
    setStarting(false);
    toast(answer.ok ? t("instance.started") : answer.problem.detail, answer.ok ? "" : "bad");
    onChange();
  };
  const stop = async () => {
    const answer = await post("/instances/{id}/stop", undefined, path);
    onChange();
    return tell(answer.ok ? null : answer.problem, t("instance.stopped"));
  };
  const remove = async () => {
    const answer = await del("/instances/{id}", path);
    if (answer.ok) go(link("instances"));
    return tell(answer.ok ? null : answer.problem, t("instance.deleted", { name: instance.name }));
  };
  return (
    <>
      {ANSWERS.includes(status) && modesOf(features).length > 0 && (
        <LinkButton variant="primary" icon="playground" href={link("playground", id)}>
          {t(status === "PENDING" ? "instance.wake" : "instance.play")}
        </LinkButton>
      )}
      {status === "DISABLED" ? (
        <Button icon="play" busy={starting} disabled={locked} onClick={start}>
          {t("instance.start")}
        </Button>
      ) : (
        <Button icon="stop" disabled={locked} onClick={() => setAsked("stop")}>
          {t("instance.stop")}
        </Button>
      )}
      <LinkButton icon={keptBy ? "lock" : "edit"} href={link("instances", id, "edit")}>
        {t(keptBy ? "instance.view" : "instance.edit")}
      </LinkButton>
      <Button variant="danger" icon="trash" disabled={locked} onClick={() => setAsked("delete")}>
        {t("instance.delete")}
      </Button>
      <Questions of={instance} {...{ asked, stop, remove }} onClose={() => setAsked(null)} />
    </>
  );
}

function tell(problem: Problem | null, done: string): Problem | null {
  if (!problem) toast(done);
  return problem;
}

interface QuestionsProps {
  of: Detail;
  asked: Asked;
  stop: () => Promise<Problem | null>;
  remove: () => Promise<Problem | null>;
  onClose: () => void;
}

function Questions({ of: instance, asked, stop, remove, onClose }: QuestionsProps) {
  const { name, address } = instance;
  const count = countReplicas(instance).total;
  if (asked === "stop") {
    return (
      <Confirm title={t("instance.stopTitle", { name })} action={t("instance.stop")} onConfirm={stop} {...{ onClose }}>
        <p>{t("instance.stopLead", { count })}</p>
      </Confirm>
    );
  }
  if (asked !== "delete") return null;
  return (
    <Confirm
      title={t("instance.deleteTitle", { name })}
      action={t("instance.delete")}
      name={name}
      onConfirm={remove}
      {...{ onClose }}
    >
      <p>{t("instance.deleteLead", { address })}</p>
      <ul class="instance-consequences">
        <li>{t("instance.deleteReplicas", { count })}</li>
        <li>{t("instance.deleteKeeps")}</li>
      </ul>
    </Confirm>
  );
}
