/** What a node is called here, whatever its id is: so its form stays open, and the keys in it, while it is renamed. */
export class Identities {
  private readonly known = new Map<string, string>();
  private count = 0;

  of = (node: string): string => this.known.get(node) ?? node;

  rename(from: string, to: string): void {
    const identity = this.of(from);
    this.count += 1;
    // Who has the old id after that is another one.
    this.known.set(from, `${from} #${this.count}`).set(to, identity);
  }
}
