import type { ReactNode } from "react";
import { useShortcuts } from "../app/shortcuts";
import { Button } from "../parts/Button";
import { strings } from "../strings";
import { exportPng, exportSvg, printPicture } from "./export";

/** The picture as a file: what is on the canvas, as it is there, also what is out of sight. */
export function ExportMenu({ id, title }: { id: string; title: string }): ReactNode {
  useShortcuts({ "mod+p": () => void printPicture(title) });
  return (
    <details className="menu">
      <summary className="button button-quiet" title={strings.exporting.title}>
        {strings.exporting.title}
      </summary>
      <div className="menu-list">
        <Button look="quiet" onClick={() => exportSvg(id, title)}>
          {strings.exporting.svg}
        </Button>
        <Button look="quiet" onClick={() => void exportPng(id, title)}>
          {strings.exporting.png}
        </Button>
        <Button look="quiet" onClick={() => void printPicture(title)}>
          {strings.exporting.print}
        </Button>
      </div>
    </details>
  );
}
