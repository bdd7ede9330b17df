import type { ReactNode } from "react";
import type { Finding, Fix, Severity } from "../api/types";
import { Button } from "../parts/Button";
import { Icon } from "../parts/icons";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";

const text = strings.problems;

/** Return by node the worst of its findings and how many there are. */
export function problemsByNode(findings: readonly Finding[]): Map<string, { severity: Severity; count: number }> {
  const weight = { error: 2, warning: 1, hint: 0 };
  const found = new Map<string, { severity: Severity; count: number }>();
  for (const { node, severity } of findings) {
    if (node == null) continue;
    const known = found.get(node);
    found.set(node, { severity: known && weight[known.severity] > weight[severity] ? known.severity : severity, count: (known?.count ?? 0) + 1 });
  }
  return found;
}

interface RowProps {
  finding: Finding;
  onShow?: ((finding: Finding) => void) | undefined;
  onFix: (fix: Fix) => void;
}

export function FindingRow({ finding, onShow, onFix }: RowProps): ReactNode {
  const place = [finding.node, finding.line == null ? null : text.line(finding.line)].filter((one) => one != null).join(", ");
  const message = (
    <>
      <span className="finding-message">{shown(finding.message)}</span>
      {finding.hint != null && <span className="finding-hint">{shown(finding.hint)}</span>}
      <span className="finding-place mono">
        {finding.code} {place && <Name text={place} />}
      </span>
    </>
  );
  return (
    <li className={`finding ${finding.severity}`}>
      <Icon name={finding.severity === "hint" ? "info" : "warning"} />
      <span className="sr">{text.severity[finding.severity]}</span>
      {onShow ? (
        <button type="button" className="finding-text" onClick={() => onShow(finding)}>
          {message}
        </button>
      ) : (
        <div className="finding-text">{message}</div>
      )}
      {finding.fixes?.map((fix) => (
        <Button key={fix.title} className="finding-fix" onClick={() => onFix(fix)}>
          {shown(fix.title)}
        </Button>
      ))}
    </li>
  );
}

interface Props {
  findings: readonly Finding[] | null;
  open: boolean;
  onToggle: () => void;
  onShow: (finding: Finding) => void;
  onFix: (fix: Fix) => void;
  said: string;
}

const count = (findings: readonly Finding[], severity: Severity) => findings.filter((one) => one.severity === severity).length;

/** The line below the canvas: how many problems there are, and the list of them when it is opened. */
export function Problems({ findings, open, onToggle, onShow, onFix, said }: Props): ReactNode {
  const all = findings ?? [];
  const [errors, warnings, hints] = [count(all, "error"), count(all, "warning"), count(all, "hint")];
  return (
    <section className="problems" aria-label={text.title}>
      <div className="problems-bar">
        <button type="button" className="problems-toggle" aria-expanded={open} onClick={onToggle} title={`${text.title} (p)`}>
          <Icon name={open ? "down" : "right"} />
          {text.title}
          {errors > 0 && <span className="count error">{text.errors(errors)}</span>}
          {warnings > 0 && <span className="count warning">{text.warnings(warnings)}</span>}
          {hints > 0 && <span className="count hint">{text.hints(hints)}</span>}
          {findings?.length === 0 && <span className="state good"><Icon name="check" size={14} />{text.none}</span>}
          {findings === null && <span className="soft">{text.judging}</span>}
        </button>
        <span className="sr" role="status">
          {findings !== null && [text.title, errors + warnings + hints === 0 ? text.none : [errors && text.errors(errors), warnings && text.warnings(warnings), hints && text.hints(hints)].filter(Boolean).join(", ")].join(": ")}
        </span>
        <span className="said" role="status">
          {said}
        </span>
      </div>
      {open && all.length > 0 && (
        <ul className="problems-list">
          {all.map((finding, number) => (
            <FindingRow key={`${finding.code}-${finding.line ?? 0}-${number}`} finding={finding} onShow={onShow} onFix={onFix} />
          ))}
        </ul>
      )}
    </section>
  );
}
