import { useId, useState, type ReactNode } from "react";
import { Button } from "../parts/Button";
import { Icon, iconOf } from "../parts/icons";
import { strings } from "../strings";
import { SIGNS } from "./EdgeLayer";

const text = strings.canvas.legendOf;
const KINDS = ["work", "branch", "wait", "call"] as const;
const EDGES = ["success", "error", "fall-through"] as const;

/** What shapes, lines and signs mean: shown on demand. */
export function Legend(): ReactNode {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <>
      <Button icon="info" look="quiet" label={strings.canvas.legend} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)} />
      {open && (
        <ul className="legend" id={id} aria-label={strings.canvas.legend}>
          {EDGES.map((kind) => (
            <li key={kind}>
              <svg className={`edge ${kind}`} width="56" height="14" aria-hidden="true">
                <path className="edge-line" d="M2 7H46" />
                <path className="edge-tip" d="M54 7l-9 -5v10z" />
              </svg>
              <span className={`edge-chip ${kind}`}>
                <span className="edge-sign" aria-hidden="true">
                  {SIGNS[kind]}
                </span>
                {text[kind]}
              </span>
            </li>
          ))}
          {KINDS.map((kind) => (
            <li key={kind}>
              <LegendCard kind={kind} />
              {text[kind]}
            </li>
          ))}
          <li>
            <LegendCard kind="end" end="success" />
            {text.end}
          </li>
          <li>
            <LegendCard kind="end" end="error" />
            {text.endError}
          </li>
        </ul>
      )}
    </>
  );
}

function LegendCard({ kind, end }: { kind: (typeof KINDS)[number] | "end"; end?: "success" | "error" }): ReactNode {
  const icon = end === "success" ? "check" : end === "error" ? "cross" : iconOf(null, kind);
  return (
    <span className="legend-card" aria-hidden="true">
      <span className={`card card-${kind} ${end ? `end-${end}` : ""}`}>
        <span className="card-icon">
          <Icon name={icon} />
        </span>
      </span>
    </span>
  );
}
