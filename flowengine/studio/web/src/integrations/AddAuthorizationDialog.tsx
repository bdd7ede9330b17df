import { useRef, useState, type SubmitEvent, type ReactNode } from "react";
import { project, type Project } from "../api/dryRun";
import { addAuthorization, type Authorization, type AuthorizationKind, type MissingName } from "../api/integrations";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { shown } from "../parts/Name";
import { Problem } from "../parts/Problem";
import { useAction } from "../parts/useAction";
import { useAsked } from "../parts/useAsked";
import { strings } from "../strings";
import { AuthorizationFields } from "./AuthorizationFields";
import { ALL_KINDS, given, KINDS, NAME, type Field, type Values } from "./kinds";

const text = strings.authorizations;
const SANDBOX = "sandbox";

type Bound = Project["environments"][number]["integrations"][number];

/** Return what has to be written: what the project file does not say of the integration, too. */
function neededFields(kind: AuthorizationKind, bound: Bound | undefined): Set<Field> {
  const { takes, needs } = KINDS[kind];
  const asked: readonly Field[] = [...(!bound || bound.baseUrl === SANDBOX ? (["hosts"] as const) : []), ...(bound?.oauth ? [] : (["tokenUrl", "authorizeUrl"] as const))];
  return new Set([...needs, ...asked.filter((field) => takes.includes(field))]);
}

interface NameProps {
  name: string;
  known: readonly string[];
  onChange: (name: string) => void;
}

function NameInput({ name, known, onChange }: NameProps): ReactNode {
  const bad = name === "" || NAME.test(name) ? (known.includes(name) ? text.taken(name) : null) : text.nameRule;
  return (
    <label className="field">
      <span className="field-label">{text.name}</span>
      <input className="mono" value={name} required maxLength={200} autoComplete="off" spellCheck={false} aria-invalid={bad !== null} onChange={(event) => onChange(event.target.value)} />
      {bad === null ? <span className="field-help">{text.nameHelp}</span> : <span className="field-bad">{bad}</span>}
    </label>
  );
}

interface PlaceProps {
  environments: Project["environments"];
  integration: string;
  environment: string;
  onIntegration: (name: string) => void;
  onEnvironment: (name: string) => void;
}

/** For which service it is, and in which environment that is looked up. */
function Place({ environments, integration, environment, onIntegration, onEnvironment }: PlaceProps): ReactNode {
  const integrations = [...new Set(environments.flatMap((one) => one.integrations.map((each) => each.name)))];
  return (
    <div className="two-fields">
      <label className="field">
        <span className="field-label">{text.integration}</span>
        <select value={integration} onChange={(event) => onIntegration(event.target.value)}>
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
          <select value={environment} onChange={(event) => onEnvironment(event.target.value)}>
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
  );
}

interface Props {
  /** A name that flows use: what they say of it is filled in. */
  wanted: MissingName | null;
  known: readonly string[];
  onAdded: (made: Authorization) => void;
  onClose: () => void;
}

/** Return how a form begins: as those want it who use the name. */
function beginning(wanted: MissingName | null) {
  const isVerified = wanted?.settings.some((one) => one.what !== "stream") ?? false;
  const kinds: readonly AuthorizationKind[] = isVerified ? ["signing-secret"] : (wanted?.kinds ?? []);
  const [first = "authorization-code" as const] = kinds.includes("authorization-code") ? [] : kinds;
  return { kinds, name: wanted?.name ?? "", kind: first, integration: wanted?.integration ?? "", environment: wanted?.environments[0] ?? "" };
}

function KindSelect({ kind, kinds, onChange }: { kind: AuthorizationKind; kinds: readonly AuthorizationKind[]; onChange: (kind: AuthorizationKind) => void }): ReactNode {
  return (
    <label className="field">
      <span className="field-label">{text.kindLabel}</span>
      <select value={kind} onChange={(event) => onChange(event.target.value as AuthorizationKind)}>
        {ALL_KINDS.map((one) => (
          <option key={one} value={one}>
            {text.kind[one]}
          </option>
        ))}
      </select>
      <span className="field-help">{text.kindHelp[kind]}</span>
      {kinds.length > 0 && !kinds.includes(kind) && <span className="field-bad">{text.otherKinds(kinds.map((one) => text.kind[one]).join(", "))}</span>}
    </label>
  );
}

/** What the project file says of where an authorization is for. */
function boundIn(environments: Project["environments"], integration: string, environment: string): Bound | undefined {
  const where = environments.find((one) => (environment ? one.name === environment : one.default));
  return where?.integrations.find((one) => one.name === integration);
}

/** Make an authorization. Its secret goes to the server, and is shown nowhere any more. */
export function AddAuthorizationDialog({ wanted, known, onAdded, onClose }: Props): ReactNode {
  const world = useAsked(project, "project");
  const [{ kinds, ...first }] = useState(() => beginning(wanted));
  const [draft, setDraft] = useState(first);
  const [values, setValues] = useState<Values>(new Map());
  const [hasSecret, setHasSecret] = useState(false);
  const secret = useRef<HTMLInputElement>(null);
  const action = useAction();
  const { name, kind, integration, environment } = draft;
  const environments = world.value?.environments ?? [];
  const isBound = kind !== "signing-secret" && integration !== "";
  const bound = isBound ? boundIn(environments, integration, environment) : undefined;
  const { takes } = KINDS[kind];
  const needed = neededFields(kind, bound);
  // What the project file says of an integration need not be written again.
  const said = bound && bound.baseUrl !== SANDBOX ? takes.filter((one) => !needed.has(one) && one !== "secret" && one !== "clientId") : [];
  const isWritten = (field: Field) => (field === "secret" ? hasSecret : (values.get(field) ?? "").trim() !== "");
  const complete = NAME.test(name) && !known.includes(name) && [...needed].every(isWritten);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!complete || action.busy) return;
    const place = isBound ? { integration, ...(environment ? { environment } : {}) } : {};
    const body = { name, kind, ...place, ...given(kind, values, secret.current?.value ?? "") };
    void action.run(async () => onAdded(await addAuthorization(body)));
  };
  const fields = (which: readonly Field[]) => <AuthorizationFields fields={which} kind={kind} needed={needed} values={values} onChange={setValues} secret={secret} onSecret={setHasSecret} />;
  const choose = (chosen: AuthorizationKind) => {
    setDraft({ ...draft, kind: chosen });
    setHasSecret(false);
  };
  return (
    <Dialog title={wanted ? text.addNamed(shown(wanted.name)) : text.add} onClose={onClose}>
      <form className="fields" onSubmit={onSubmit} autoComplete="off">
        {world.error && <Problem error={world.error} onAgain={world.again} />}
        <NameInput name={name} known={known} onChange={(written) => setDraft({ ...draft, name: written })} />
        <KindSelect kind={kind} kinds={kinds} onChange={choose} />
        {kind !== "signing-secret" && <Place environments={environments} integration={integration} environment={environment} onIntegration={(one) => setDraft({ ...draft, integration: one })} onEnvironment={(one) => setDraft({ ...draft, environment: one })} />}
        {bound?.baseUrl === SANDBOX && <p className="note">{text.sandboxNeedsNone}</p>}
        {fields(takes.filter((one) => !said.includes(one)))}
        {said.length > 0 && (
          <details className="changes">
            <summary>{text.more}</summary>
            <div className="fields start-variables">{fields(said)}</div>
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
