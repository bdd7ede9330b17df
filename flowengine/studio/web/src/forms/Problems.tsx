import type { ReactNode } from "react";
import type { Finding } from "../api/types";
import { Button } from "../parts/Button";
import { shown } from "../parts/Name";
import { strings } from "../strings";
import { useFilling } from "./filling";

/** What is wrong with a field, with the repairs as buttons. */
export function FieldProblems({ id, refused, findings }: { id: string; refused?: string | undefined; findings: readonly Finding[] }): ReactNode {
  const { fix } = useFilling();
  if (refused === undefined && findings.length === 0) return null;
  return (
    <div id={id} className="field-problems">
      {refused !== undefined && <p className="field-bad">{refused}</p>}
      {findings.map((finding, number) => (
        <div key={`${finding.code}-${number}`} className={`field-problem ${finding.severity}`}>
          <p className={finding.severity === "error" ? "field-bad" : "field-doubt"}>
            <span className="sr">{strings.problems.severity[finding.severity]}</span>
            {shown(finding.message)}
            {finding.hint != null && <span className="field-hint"> {shown(finding.hint)}</span>}
          </p>
          {finding.fixes?.map((one) => (
            <Button key={one.title} className="finding-fix" onClick={() => fix(one)}>
              {shown(one.title)}
            </Button>
          ))}
        </div>
      ))}
    </div>
  );
}
