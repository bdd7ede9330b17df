import { Component, type ReactNode } from "react";
import { strings } from "../strings";
import { Button } from "./Button";

interface Props {
  /** Begins anew when it changes: another page is not to blame. */
  of: string;
  children: ReactNode;
}

interface State {
  fault: Error | null;
  of: string;
}

/** Keeps a fault of one page to that page, and says what happened instead of showing nothing. */
export class Boundary extends Component<Props, State> {
  override state: State = { fault: null, of: this.props.of };

  static getDerivedStateFromError(fault: unknown): Partial<State> {
    return { fault: fault instanceof Error ? fault : new Error(String(fault)) };
  }

  static getDerivedStateFromProps({ of }: Props, state: State): Partial<State> | null {
    return of === state.of ? null : { fault: null, of };
  }

  override render(): ReactNode {
    const { fault } = this.state;
    if (!fault) return this.props.children;
    return (
      <section className="page" role="alert">
        <h1>{strings.errors.fault}</h1>
        <p>{strings.errors.faultHelp}</p>
        <pre className="fault">{fault.message}</pre>
        <Button look="primary" onClick={() => this.setState({ fault: null })}>
          {strings.common.again}
        </Button>
      </section>
    );
  }
}
