interface Held {
  token: string;
  /** When another one is fetched, in milliseconds. */
  until: number;
}

/** An access token, fetched once for all calls that wait for it and before it ends. */
export class Tokens {
  private held: Held | undefined;
  private pending: Promise<Held> | undefined;

  constructor(
    private readonly fetchToken: () => Promise<{ token: string; expiresIn: number }>,
    private readonly now: () => number,
  ) {}

  async get(): Promise<string> {
    if (this.held && this.now() < this.held.until) return this.held.token;
    this.pending ??= this.fetchToken()
      .then(({ token, expiresIn }) => (this.held = { token, until: this.now() + 1000 * (expiresIn > 240 ? expiresIn - 120 : expiresIn / 2) }))
      .finally(() => (this.pending = undefined));
    return (await this.pending).token;
  }

  /** Forgets a token that was refused, unless there is another one by now. */
  drop(token: string): void {
    if (this.held?.token === token) this.held = undefined;
  }
}
