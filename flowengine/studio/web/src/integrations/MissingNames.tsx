import type { ReactNode } from "react";
import type { MissingName } from "../api/integrations";
import { Button } from "../parts/Button";
import { Icon } from "../parts/icons";
import { Moment } from "../parts/Moment";
import { Name, shown } from "../parts/Name";
import { strings } from "../strings";
import { FoldedUsers } from "./Users";

const text = strings.authorizations;

function Row({ one, onAdd }: { one: MissingName; onAdd: () => void }): ReactNode {
  const isSupplied = one.state === "sandbox";
  return (
    <li className={isSupplied ? "record" : "record is-missing"}>
      <div className="record-main">
        <h2 className="mono">
          <Name text={one.name} />
        </h2>
        <span className={`status-pill ${isSupplied ? "running" : "failed"}`}>
          <Icon name={isSupplied ? "box" : "warning"} size={13} />
          {text.missingState[one.state]}
        </span>
        {one.integration !== null && (
          <span className="pill">
            <Name text={one.integration} />
          </span>
        )}
      </div>
      <p className={isSupplied ? "soft small" : "note"}>
        {text.missingHelp[one.state]} {one.deletedAt !== null && <Moment at={one.deletedAt} />}
      </p>
      <dl className="facts facts-row">
        <div>
          <dt>{text.usedBy}</dt>
          <dd>
            <FoldedUsers uses={one.uses} settings={one.settings} />
          </dd>
        </div>
      </dl>
      <div className="record-actions">
        <Button icon="plus" look={isSupplied ? "plain" : "primary"} onClick={onAdd} aria-label={text.addNamed(shown(one.name))}>
          {text.addIt}
        </Button>
      </div>
    </li>
  );
}

/** Names that flows use, and that are not there: those that something fails for, or those that the sandbox supplies. */
export function MissingNames({ title, names, onAdd }: { title: string; names: readonly MissingName[]; onAdd: (one: MissingName) => void }): ReactNode {
  if (names.length === 0) return null;
  return (
    <section className="record-group">
      <h2>{title}</h2>
      <ul className="records" aria-label={title}>
        {names.map((one) => (
          <Row key={one.name} one={one} onAdd={() => onAdd(one)} />
        ))}
      </ul>
    </section>
  );
}
