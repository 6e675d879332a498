import type { ComponentChildren, ComponentProps } from "preact";
import { Icon, type IconName } from "./icon";

interface Look {
  variant?: "plain" | "primary" | "danger" | "quiet";
  icon?: IconName;
}

/** A button; `busy`: what it does is under way, and it cannot be pressed again. */
export function Button({
  variant = "plain",
  icon,
  busy = false,
  disabled,
  children,
  ...rest
}: Look & { busy?: boolean } & Omit<ComponentProps<"button">, "icon">) {
  return (
    <button type="button" {...rest} class={`button ${variant}`} disabled={(disabled ?? false) || busy} aria-busy={busy}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that is an icon alone; `label` is its name. */
export function IconButton({ icon, label, ...rest }: { icon: IconName; label: string } & ComponentProps<"button">) {
  return (
    <button type="button" title={label} {...rest} class="button quiet square" aria-label={label}>
      <Icon name={icon} />
    </button>
  );
}

interface LinkProps extends Look {
  href: string;
  download?: string;
  target?: "_blank";
  children: ComponentChildren;
}

/** A link that looks like a button: it leads to a page. */
export function LinkButton({ variant = "plain", icon, children, target, ...rest }: LinkProps) {
  const away = target ? { target, rel: "noopener noreferrer" } : {};
  return (
    <a {...rest} {...away} class={`button ${variant}`}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}
