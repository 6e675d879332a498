/** A key as a row. */
import { Badge, type Tone } from "../../parts/badge";
import { IconButton } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Meter } from "../../parts/meter";
import type { Column } from "../../parts/table";
import { Ago } from "../../parts/values";
import { formatMoney, formatNumber } from "../../format";
import { language } from "../../preferences";
import { link } from "../../router";
import { identity } from "../../session";
import { t } from "../../strings";
import { isMine, type Key } from "./dialogs";
import { LOOK_BACK_DAYS } from "./last-use";

export type Action = "edit" | "rotate" | "delete";

const TONES: Record<string, Tone> = { Ready: "good", Rotating: "good", Pending: "busy", Disabled: "", Expired: "warn" };
const FEW = 3;
type LastUse = ReadonlyMap<string, number>;

/** `lastUse`: days ago by key; null: there is no ledger to tell. */
export function buildColumns(onAction: (action: Action, key: Key) => void, lastUse: LastUse | null): Column<Key>[] {
  return [
    { id: "name", title: t("keys.name"), cell: (key) => <Name of={key} /> },
    { id: "status", title: t("keys.status"), cell: (key) => <Status of={key} /> },
    {
      id: "scopes",
      title: t("keys.scopes"),
      cell: ({ scopes }) => (
        <div class="keys-scope-list">
          {scopes.map((scope) => (
            <Badge key={scope}>{scope}</Badge>
          ))}
        </div>
      ),
    },
    { id: "instances", title: t("keys.instances"), cell: (key) => <Instances of={key} /> },
    { id: "limits", title: t("keys.limits"), cell: (key) => <Limits of={key} /> },
    { id: "budget", title: t("keys.budget"), cell: (key) => <Budget of={key} /> },
    { id: "expires", title: t("keys.expires"), cell: (key) => <Expiry at={key.expiresAt} /> },
    ...(lastUse ? [{ id: "used", title: t("keys.used"), cell: ({ _id }: Key) => nameDays(lastUse.get(_id)) }] : []),
    { id: "actions", title: "", cell: (key) => <Actions of={key} onAction={onAction} /> },
  ];
}

function Name({ of }: { of: Key }) {
  return (
    <div class="keys-cell-lines">
      <strong>{of.name}</strong>
      <span class="mono small muted">{of.prefix ? `${of.prefix}…` : of._id}</span>
      {of.description && <span class="small muted">{of.description}</span>}
      {isMine(of) && <span class="small muted">{t("keys.mine")}</span>}
    </div>
  );
}

const STATUSES = ["Ready", "Rotating", "Disabled", "Expired", "Pending"] as const;

/** The API's constants in words; rare ones as they are, for who looks them up. */
function nameStatus(status: string): string {
  const known = STATUSES.find((each) => each === status);
  return known ? t(`keys.${known}`) : status;
}

function Status({ of }: { of: Key }) {
  const plain = of.status === "Ready";
  return (
    <div class="keys-cell-lines">
      <Badge tone={TONES[of.status] ?? "bad"} dot>
        {nameStatus(of.status)}
      </Badge>
      {!plain && of.message && <span class="small muted">{of.message}</span>}
      {of.warnings.map((warning) => (
        <span key={warning} class="small keys-warned">
          {warning}
        </span>
      ))}
    </div>
  );
}

function nameDays(days: number | undefined): string {
  if (days === undefined) return t("keys.unused", { count: LOOK_BACK_DAYS });
  return new Intl.RelativeTimeFormat(language.value, { numeric: "auto" }).format(-days, "day");
}

function Expiry({ at }: { at: string | null }) {
  if (!at) return <span class="muted">{t("parts.never")}</span>;
  return (
    <div class="keys-cell-lines">
      <span>{new Intl.DateTimeFormat(language.value, { dateStyle: "medium" }).format(new Date(at))}</span>
      <span class="small muted">
        <Ago at={at} />
      </span>
    </div>
  );
}

function Instances({ of }: { of: Key }) {
  const names = of.instanceIds;
  if (names.length === 0) return <span class="muted">{t("keys.noInstances")}</span>;
  return (
    <div class="keys-cell-lines">
      {names.slice(0, FEW).map((name) => (
        <a key={name} href={link("instances", name)}>
          {name}
        </a>
      ))}
      {names.length > FEW && (
        <span class="small muted" title={names.join(", ")}>
          {t("keys.more", { count: names.length - FEW })}
        </span>
      )}
    </div>
  );
}

function Limits({ of: { limits } }: { of: Key }) {
  const { requestsPerMinute: requests, tokensPerMinute: tokens } = limits;
  if (!requests && !tokens) return <span class="muted">{t("keys.unlimited")}</span>;
  return (
    <div class="keys-cell-lines keys-nowrap small">
      {requests && <span>{t("keys.requestsShort", { count: formatNumber(requests, language.value) })}</span>}
      {tokens && <span>{t("keys.tokensShort", { count: formatNumber(tokens, language.value) })}</span>}
    </div>
  );
}

function Budget({ of: { budget, spent, name } }: { of: Key }) {
  if (!budget) return <span class="muted">{t("keys.unlimited")}</span>;
  const money = (amount: number) => formatMoney(amount, identity.value?.currencyCode, language.value);
  const used = Number(spent ?? 0);
  const share = budget.amount > 0 ? used / budget.amount : 1;
  const said = { spent: spent === null ? "–" : money(used), amount: money(budget.amount) };
  return (
    <Meter
      label={t("keys.budgetOf", { name })}
      value={used}
      most={budget.amount}
      tone={share >= 1 ? "bad" : share >= 0.8 ? "warn" : ""}
    >
      {budget.period === "day" ? t("keys.spentDay", said) : t("keys.spentMonth", said)}
    </Meter>
  );
}

function Actions({ of, onAction }: { of: Key; onAction: (action: Action, key: Key) => void }) {
  const { name } = of;
  if (of.keptBy) {
    return (
      <span class="keys-kept small muted" title={t("keys.keptHint")}>
        <Icon name="lock" /> {t("keys.keptBy", { tool: of.keptBy })}
      </span>
    );
  }
  return (
    <div class="keys-actions">
      <IconButton icon="edit" label={t("keys.editTitle", { name })} onClick={() => onAction("edit", of)} />
      <IconButton icon="refresh" label={t("keys.rotateTitle", { name })} onClick={() => onAction("rotate", of)} />
      <IconButton icon="trash" label={t("keys.deleteTitle", { name })} onClick={() => onAction("delete", of)} />
    </div>
  );
}
