import { useEffect, useRef, type ReactNode, type SyntheticEvent } from "react";
import { strings } from "../strings";
import { Button } from "./Button";

interface Props {
  title: string;
  onClose: () => void;
  wide?: boolean;
  children: ReactNode;
}

/** A window on top of the page, with the browser's own handling of focus and Escape. */
export function Dialog({ title, onClose, wide = false, children }: Props): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    // The browser would begin at the button that closes.
    element?.querySelector<HTMLElement>(".dialog-body :is(input, select, textarea, button)")?.focus();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const onCancel = (event: SyntheticEvent) => {
    event.preventDefault();
    onClose();
  };
  return (
    <dialog ref={dialog} className={wide ? "dialog dialog-wide" : "dialog"} aria-label={title} onCancel={onCancel}>
      <header className="dialog-head">
        <h2>{title}</h2>
        <Button icon="cross" look="quiet" label={strings.common.close} onClick={onClose} />
      </header>
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}
