import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Icon, type IconName } from "./icons";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: IconName;
  look?: "plain" | "primary" | "quiet" | "danger";
  /** For a button that only has an icon: what it does. */
  label?: string;
  keys?: string;
  children?: ReactNode;
}

export function Button({ icon, look = "plain", label, keys, children, className, ...rest }: Props): ReactNode {
  const hint = label && keys ? `${label} (${keys})` : label;
  return (
    <button type="button" className={["button", `button-${look}`, children ? "" : "button-icon", className ?? ""].join(" ").trim()} aria-label={children ? undefined : label} title={hint} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
