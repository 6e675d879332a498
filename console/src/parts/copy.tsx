import { useEffect, useState } from "preact/hooks";
import { t } from "../strings";
import { Button, IconButton } from "./button";
import { toast } from "./toast";

/** Copies on hosts without TLS too, where browsers have no `navigator.clipboard`. */
export async function copyText(text: string): Promise<boolean> {
  const clipboard: Clipboard | undefined = isSecureContext ? navigator.clipboard : undefined;
  try {
    if (!clipboard) return copyBySelection(text);
    await clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "hidden-text";
  const focused = document.activeElement;
  (document.querySelector("dialog[open]") ?? document.body).append(area); // a modal dialog makes all else inert
  area.select();
  // the only way that there is on such hosts
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const done = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}

/** Copies `text`; with `children` a button with words, else an icon named `label`. */
export function CopyButton({
  text,
  label = t("parts.copy"),
  children,
}: {
  text: string;
  label?: string;
  children?: string;
}) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    const done = await copyText(text);
    setCopied(done);
    toast(done ? t("parts.copied") : t("parts.notCopied"), done ? "" : "bad");
  };
  const icon = copied ? "check" : "copy";
  return children ? (
    <Button icon={icon} onClick={copy}>
      {children}
    </Button>
  ) : (
    <IconButton icon={icon} label={label} onClick={copy} />
  );
}
