/** Registries: where images come from, and whether the credentials are good. */
import { useState } from "preact/hooks";
import { Badge, type Tone } from "../../parts/badge";
import { Button, IconButton } from "../../parts/button";
import { Empty, Skeleton } from "../../parts/empty";
import { Icon } from "../../parts/icon";
import { Page } from "../../parts/page";
import { ProblemNote } from "../../parts/problem";
import { Table, type Column } from "../../parts/table";
import { Ago } from "../../parts/values";
import { usePolled } from "../../rest/polled";
import { t } from "../../strings";
import { CreateRegistry, DeleteRegistry, EditRegistry } from "./dialogs";
import type { Registry } from "./draft";
import "./registries.css";

const SECONDS = 5;
const TONES: Record<string, Tone> = { Verified: "good", Pending: "busy", RateLimited: "warn" };

type Open = { what: "create" } | { what: "edit" | "delete"; registry: Registry };

export default function Registries() {
  const { data, problem, refresh } = usePolled("/registries", SECONDS);
  const [open, setOpen] = useState<Open | null>(null);
  const create = (
    <Button variant="primary" icon="plus" onClick={() => setOpen({ what: "create" })}>
      {t("registries.create")}
    </Button>
  );
  return (
    <Page title={t("registries.title")} lead={t("registries.lead")} actions={data?.length === 0 ? null : create}>
      {problem && <ProblemNote problem={problem} onRetry={refresh} />}
      {!data && !problem && <Skeleton />}
      {data?.length === 0 && (
        <Empty icon="registries" title={t("registries.none")} action={create}>
          {t("registries.noneLead")}
        </Empty>
      )}
      {data && data.length > 0 && (
        <Table label={t("registries.title")} columns={buildColumns(setOpen)} rows={data} rowKey={({ _id }) => _id} />
      )}
      {open && <OpenDialog open={open} setOpen={setOpen} refresh={refresh} />}
    </Page>
  );
}

interface OpenProps {
  open: Open;
  setOpen: (open: Open | null) => void;
  refresh: () => void;
}

function OpenDialog({ open, setOpen, refresh }: OpenProps) {
  const onClose = () => setOpen(null);
  const onDone = () => {
    setOpen(null);
    refresh();
  };
  if (open.what === "create") return <CreateRegistry {...{ onClose, onDone }} />;
  if (open.what === "edit") return <EditRegistry id={open.registry._id} {...{ onClose, onDone }} />;
  return <DeleteRegistry of={open.registry} {...{ onClose, onDone }} />;
}

function buildColumns(onOpen: (open: Open) => void): Column<Registry>[] {
  return [
    { id: "name", title: t("registries.name"), cell: ({ name }) => <strong>{name}</strong> },
    { id: "url", title: t("registries.url"), cell: ({ url }) => <span class="mono">{url}</span> },
    {
      id: "username",
      title: t("registries.username"),
      cell: ({ username }) => username ?? <span class="muted">{t("registries.open")}</span>,
    },
    { id: "status", title: t("registries.status"), cell: (registry) => <Status of={registry} /> },
    { id: "checked", title: t("registries.checked"), cell: ({ checkedAt }) => <Ago at={checkedAt} /> },
    { id: "created", title: t("registries.createdAt"), cell: ({ createdAt }) => <Ago at={createdAt} /> },
    { id: "actions", title: "", cell: (registry) => <Actions of={registry} onOpen={onOpen} /> },
  ];
}

const STATUSES = [
  "Verified",
  "Pending",
  "Unauthorized",
  "NotFound",
  "RateLimited",
  "Unreachable",
  "TLSFailed",
] as const;

/** The API's constants in words; rare ones as they are, for who looks them up. */
function nameStatus(status: string): string {
  const known = STATUSES.find((each) => each === status);
  return known ? t(`registries.${known}`) : status;
}

function Status({ of: { status, message } }: { of: Registry }) {
  return (
    <div class="registries-verdict">
      <Badge tone={TONES[status] ?? "bad"} dot>
        {nameStatus(status)}
      </Badge>
      {status !== "Verified" && message && <span class="small muted">{message}</span>}
    </div>
  );
}

function Actions({ of, onOpen }: { of: Registry; onOpen: (open: Open) => void }) {
  const { name, keptBy } = of;
  if (keptBy) {
    return (
      <span class="registries-kept small muted" title={t("registries.keptHint")}>
        <Icon name="lock" /> {t("registries.keptBy", { tool: keptBy })}
      </span>
    );
  }
  const edit = t("registries.editTitle", { name });
  const remove = t("registries.deleteTitle", { name });
  return (
    <div class="registries-row-actions">
      <IconButton icon="edit" label={edit} onClick={() => onOpen({ what: "edit", registry: of })} />
      <IconButton icon="trash" label={remove} onClick={() => onOpen({ what: "delete", registry: of })} />
    </div>
  );
}
