/** A button that asks for files. */
import { useRef } from "preact/hooks";
import { Button } from "../../../parts/button";
import type { IconName } from "../../../parts/icon";

interface FileButtonProps {
  text: string;
  /** What is asked for, for who does not see the page. */
  label: string;
  icon: IconName;
  /** As `<input accept>`: what the dialog suggests, and no more than that. */
  accept: string;
  variant?: "plain" | "quiet";
  multiple?: boolean;
  onFiles: (files: File[]) => void;
}

export function FileButton({
  text,
  label,
  icon,
  accept,
  variant = "plain",
  multiple = false,
  onFiles,
}: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button variant={variant} icon={icon} onClick={() => input.current?.click()}>
        {text}
      </Button>
      <input
        ref={input}
        type="file"
        class="hidden-text"
        tabIndex={-1}
        multiple={multiple}
        accept={accept}
        aria-label={label}
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}
