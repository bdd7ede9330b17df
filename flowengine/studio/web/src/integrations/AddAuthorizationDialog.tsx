import { useState, type SubmitEvent, type ReactNode } from "react";
import { project, type Project } from "../api/dryRun";
import { addAuthorization, type Authorization, type AuthorizationKind, type NewAuthorization } from "../api/integrations";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAction } from "../parts/useAction";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";

const text = strings.authorizations;

type Field = "hosts" | "clientId" | "secret" | "username" | "header" | "scopes" | "authorizeUrl" | "tokenUrl" | "revokeUrl";

/** What each kind takes; `needs` is what it does not work without. */
const KINDS: Record<AuthorizationKind, { takes: readonly Field[]; needs: readonly Field[] }> = {
  "authorization-code": { takes: ["clientId", "secret", "scopes", "authorizeUrl", "tokenUrl", "revokeUrl", "hosts"], needs: [] },
  "client-credentials": { takes: ["clientId", "secret", "scopes", "tokenUrl", "revokeUrl", "hosts"], needs: ["clientId", "secret"] },
  bearer: { takes: ["secret", "hosts"], needs: ["secret"] },
  basic: { takes: ["username", "secret", "hosts"], needs: ["username", "secret"] },
  header: { takes: ["header", "secret", "hosts"], needs: ["header", "secret"] },
  "signing-secret": { takes: ["secret"], needs: ["secret"] },
};

const LISTS: readonly Field[] = ["hosts", "scopes"];
const SANDBOX = "sandbox";

type Bound = Project["environments"][number]["integrations"][number];

const words = (written: string) => written.split(/[\s,]+/).filter(Boolean);

function bodyOf(name: string, kind: AuthorizationKind, integration: string, environment: string, values: ReadonlyMap<Field, string>): NewAuthorization {
  const body: NewAuthorization = { name, kind };
  if (integration) body.integration = integration;
  if (integration && environment) body.environment = environment;
  for (const field of KINDS[kind].takes) {
    const written = values.get(field) ?? "";
    if (written.trim() !== "") body[field] = LISTS.includes(field) ? words(written) : written;
  }
  return body;
}

interface FieldProps {
  field: Field;
  kind: AuthorizationKind;
  needed: boolean;
  value: string;
  onChange: (value: string) => void;
}

function SecretOrText({ field, kind, needed, value, onChange }: FieldProps): ReactNode {
  const isSecret = field === "secret";
  return (
    <label className="field">
      <span className="field-label">
        {isSecret ? text.secret[kind] : text.field[field]}
        {needed && (
          <span className="required" title={strings.form.required}>
            *
          </span>
        )}
      </span>
      <input className="mono" type={isSecret ? "password" : "text"} autoComplete={isSecret ? "new-password" : "off"} spellCheck={false} required={needed} value={value} onChange={(event) => onChange(event.target.value)} />
      {!isSecret && text.fieldHelp[field] !== "" && <span className="field-help">{text.fieldHelp[field]}</span>}
    </label>
  );
}

/** Return what has to be written: what the project file does not say of the integration, too. */
function neededFields(kind: AuthorizationKind, bound: Bound | undefined): Set<Field> {
  const { takes, needs } = KINDS[kind];
  const asked: readonly Field[] = [...(!bound || bound.baseUrl === SANDBOX ? (["hosts"] as const) : []), ...(bound?.oauth ? [] : (["tokenUrl", "authorizeUrl"] as const))];
  return new Set([...needs, ...asked.filter((field) => takes.includes(field))]);
}

/** Make an authorization. Its secret goes to the server, and is shown nowhere any more. */
export function AddAuthorizationDialog({ onAdded, onClose }: { onAdded: (made: Authorization) => void; onClose: () => void }): ReactNode {
  const world = useAsked(project, "project");
  const [name, setName] = useState("");
  const [kind, setKind] = useState<AuthorizationKind>("authorization-code");
  const [integration, setIntegration] = useState("");
  const [environment, setEnvironment] = useState("");
  const [values, setValues] = useState<ReadonlyMap<Field, string>>(new Map());
  const action = useAction();
  const environments = world.value?.environments ?? [];
  const integrations = [...new Set(environments.flatMap((one) => one.integrations.map((each) => each.name)))];
  const where = environments.find((one) => (environment ? one.name === environment : one.default));
  const bound = where?.integrations.find((one) => one.name === integration);
  const { takes } = KINDS[kind];
  const needed = neededFields(kind, bound);
  // What the project file says of an integration need not be written again.
  const known = bound && bound.baseUrl !== SANDBOX ? takes.filter((one) => !needed.has(one) && one !== "secret" && one !== "clientId") : [];
  const asked = takes.filter((one) => !known.includes(one));
  const field = (one: Field) => (
    <SecretOrText key={`${kind} ${one}`} field={one} kind={kind} needed={needed.has(one)} value={values.get(one) ?? ""} onChange={(value) => setValues(new Map([...values, [one, value]]))} />
  );
  const complete = name !== "" && [...needed].every((field) => (values.get(field) ?? "").trim() !== "");
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (complete) void action.run(async () => onAdded(await addAuthorization(bodyOf(name, kind, integration, environment, values))));
  };
  return (
    <Dialog title={text.add} onClose={onClose}>
      <form className="fields" onSubmit={onSubmit} autoComplete="off">
        <label className="field">
          <span className="field-label">{text.name}</span>
          <input className="mono" value={name} required pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,63}" onChange={(event) => setName(event.target.value)} />
          <span className="field-help">{text.nameHelp}</span>
        </label>
        <label className="field">
          <span className="field-label">{text.kindLabel}</span>
          <select value={kind} onChange={(event) => setKind(event.target.value as AuthorizationKind)}>
            {(Object.keys(KINDS) as AuthorizationKind[]).map((one) => (
              <option key={one} value={one}>
                {text.kind[one]}
              </option>
            ))}
          </select>
          <span className="field-help">{text.kindHelp[kind]}</span>
        </label>
        {kind !== "signing-secret" && (
          <div className="two-fields">
            <label className="field">
              <span className="field-label">{text.integration}</span>
              <select value={integration} onChange={(event) => setIntegration(event.target.value)}>
                <option value="">{text.noIntegration}</option>
                {integrations.map((one) => (
                  <option key={one} value={one}>
                    {shown(one)}
                  </option>
                ))}
              </select>
            </label>
            {integration !== "" && (
              <label className="field">
                <span className="field-label">{strings.start.environment}</span>
                <select value={environment} onChange={(event) => setEnvironment(event.target.value)}>
                  <option value="">{text.defaultEnvironment}</option>
                  {environments.map((one) => (
                    <option key={one.name} value={one.name}>
                      {shown(one.name)}
                    </option>
                  ))}
                </select>
              </label>
            )}
          </div>
        )}
        {asked.map(field)}
        {known.length > 0 && (
          <details className="changes">
            <summary>{text.more}</summary>
            <div className="fields start-variables">{known.map(field)}</div>
          </details>
        )}
        <p className="soft small">{text.secretsStay}</p>
        {action.error && <Problem error={action.error} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{strings.common.cancel}</Button>
          <Button type="submit" look="primary" disabled={!complete || action.busy}>
            {text.addIt}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
