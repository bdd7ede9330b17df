import { useState, type ReactNode } from "react";
import { Dialog } from "../parts/Dialog";
import { strings } from "../strings";
import { lettersOn, spelt, switchLetters } from "./shortcuts";

export function HelpDialog({ onClose }: { onClose: () => void }): ReactNode {
  const [letters, setLetters] = useState(lettersOn());
  return (
    <Dialog title={strings.help.title} onClose={onClose} wide>
      <label className="check">
        <input
          type="checkbox"
          checked={letters}
          onChange={(event) => {
            switchLetters(event.target.checked);
            setLetters(event.target.checked);
          }}
        />
        {strings.help.letters}
      </label>
      <div className="help">
        {strings.help.groups.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.keys.map(([keys, does]) => (
                <div key={keys}>
                  <dt>
                    {keys.split(" ").map((key) => (
                      <kbd key={key}>{spelt(key)}</kbd>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
