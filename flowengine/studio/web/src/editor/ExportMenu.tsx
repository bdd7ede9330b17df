import type { ReactNode } from "react";
import type { Doc } from "../api/types";
import { Button } from "../parts/Button";
import { strings } from "../strings";
import { exportPng, exportSvg, printPicture } from "./export";

/** The picture as a file, drawn by the server as `flowengine show` draws it. */
export function ExportMenu({ id, doc }: { id: string; doc: Doc }): ReactNode {
  return (
    <details className="menu">
      <summary className="button button-quiet" title={strings.exporting.title}>
        {strings.exporting.title}
      </summary>
      <div className="menu-list">
        <Button look="quiet" onClick={() => void exportSvg(id, doc)}>
          SVG
        </Button>
        <Button look="quiet" onClick={() => void exportPng(id, doc)}>
          PNG
        </Button>
        <Button look="quiet" onClick={() => void printPicture(doc)}>
          {strings.exporting.print}
        </Button>
      </div>
    </details>
  );
}
