import { useState, type SubmitEvent, type ReactNode } from "react";
import { testAuthorization, type Authorization } from "../api/integrations";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Icon } from "../parts/icons";
import { shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { Sentence } from "../parts/Sentence";
import { useAction } from "../parts/useAction";
import { strings } from "../strings";
import { hasTokens } from "./kinds";

const text = strings.authorizations;

/** Where the service can be asked for something: its first host. */
function firstAddress(one: Authorization): string {
  const [host = ""] = one.hosts;
  return host === "" ? "" : `${/^(localhost|127\.|\[::1\])/.test(host) ? "http" : "https"}://${host}/`;
}

/** See whether an authorization works: a fresh token, and a question to its service. */
export function TestDialog({ one, onClose }: { one: Authorization; onClose: () => void }): ReactNode {
  const [url, setUrl] = useState(one.integration === null ? firstAddress(one) : "");
  const [came, setCame] = useState<{ works: boolean; said: string } | null>(null);
  const action = useAction();
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (action.busy) return;
    setCame(null);
    void action.run(async () => setCame(await testAuthorization(one.name, url.trim())));
  };
  return (
    <Dialog title={text.testIt(shown(one.name))} onClose={onClose}>
      <form className="fields" onSubmit={onSubmit}>
        <p>{hasTokens(one.kind) ? text.testTokens : text.testPlain}</p>
        <label className="field">
          <span className="field-label">{text.testUrl}</span>
          <input className="mono" value={url} maxLength={2_000} autoComplete="off" spellCheck={false} onChange={(event) => setUrl(event.target.value)} />
          <span className="field-help">{one.integration === null ? text.testUrlHelp : text.testUrlBound(shown(one.integration))}</span>
        </label>
        {came && (
          <p role="status" className={came.works ? "good-note" : "note"}>
            <Icon name={came.works ? "check" : "warning"} /> {came.works ? text.works : text.worksNot} <Sentence text={came.said} />
          </p>
        )}
        {action.error && <Problem error={action.error} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{strings.common.close}</Button>
          <Button type="submit" look="primary" icon="bolt" disabled={action.busy}>
            {text.test}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
