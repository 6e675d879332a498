/** API keys: what they open, what they may use and have spent; a key itself is shown once. */
import { useMemo, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Empty, Skeleton } from "../../parts/empty";
import { Page } from "../../parts/page";
import { ProblemNote } from "../../parts/problem";
import { Table } from "../../parts/table";
import { usePolled } from "../../rest/polled";
import { t } from "../../strings";
import { buildColumns, type Action } from "./columns";
import { CreateKey, DeleteKey, EditKey, RotateKey, type Key } from "./dialogs";
import "./keys.css";
import { findLastUse, lookBack } from "./last-use";
import { Secret } from "./secret";

const SECONDS = 10;
const USE_SECONDS = 60;

type Open =
  { what: "create" } | { what: Action; key: Key } | { what: "secret"; name: string; secret: string; note?: string };

export default function Keys() {
  const { data, problem, refresh } = usePolled("/api-keys", SECONDS);
  const [open, setOpen] = useState<Open | null>(null);
  const create = (
    <Button variant="primary" icon="plus" onClick={() => setOpen({ what: "create" })}>
      {t("keys.create")}
    </Button>
  );
  const columns = buildColumns((what, key) => setOpen({ what, key }), useLastUse());
  return (
    <Page title={t("keys.title")} lead={t("keys.lead")} actions={data?.length === 0 ? null : create}>
      {problem && <ProblemNote problem={problem} onRetry={refresh} />}
      {!data && !problem && <Skeleton />}
      {data?.length === 0 && (
        <Empty icon="keys" title={t("keys.none")} action={create}>
          {t("keys.noneLead")}
        </Empty>
      )}
      {data && data.length > 0 && (
        <Table label={t("keys.title")} columns={columns} rows={data} rowKey={(key) => key._id} />
      )}
      {open && <OpenDialog open={open} setOpen={setOpen} refresh={refresh} />}
    </Page>
  );
}

/** Null until the ledger has told, and where there is none. */
function useLastUse() {
  const { data } = usePolled("/usage", USE_SECONDS, { query: { by: "key", every: "day", from: lookBack(Date.now()) } });
  return useMemo(() => data && findLastUse(data.rows, Date.now()), [data]);
}

interface OpenProps {
  open: Open;
  setOpen: (open: Open | null) => void;
  refresh: () => void;
}

function OpenDialog({ open, setOpen, refresh }: OpenProps) {
  const close = () => setOpen(null);
  const done = () => {
    setOpen(null);
    refresh();
  };
  const show = (made: { name: string; secret: string | null }, note?: string) => {
    refresh();
    setOpen(made.secret ? { what: "secret", name: made.name, secret: made.secret, ...(note && { note }) } : null);
  };
  switch (open.what) {
    case "create":
      return <CreateKey onClose={close} onMade={show} />;
    case "edit":
      return <EditKey id={open.key._id} onClose={close} onChanged={done} />;
    case "rotate":
      return <RotateKey of={open.key} onClose={close} onMade={(made) => show(made, made.message ?? "")} />;
    case "delete":
      return <DeleteKey of={open.key} onClose={close} onDone={refresh} />;
    case "secret":
      return <Secret {...open} onClose={close} />;
  }
}
