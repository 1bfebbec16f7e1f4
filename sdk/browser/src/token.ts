import { PatchbayError } from "./errors.js";
import type { ClientOptions } from "./types.js";

export interface Held {
  token: string;
  /** Where the hosted page is, as the token names it. */
  link: string | undefined;
  /** Epoch milliseconds; NaN = not known. */
  until: number;
}

/** A token that ends within this time is not used for anything new. */
const margin = 30_000;

/** Keeps one connect token for whoever needs one. */
export class Tokens {
  private asked: Promise<Held> | undefined;
  private held: Held | undefined;

  constructor(private readonly options: Pick<ClientOptions, "externalUserId" | "tokenCallback">) {}

  /** The token, asked for once however many wait for it. A callback that failed is asked again next time. */
  get(): Promise<Held> {
    if (this.held && this.held.until - Date.now() < margin) this.drop(this.held.token);
    if (!this.asked) {
      const asked = (this.asked = this.ask().then(
        (held) => {
          if (this.asked === asked) this.held = held;
          return held;
        },
        (error: unknown) => {
          if (this.asked === asked) this.asked = undefined;
          throw error;
        },
      ));
    }
    return this.asked;
  }

  /** Forgets a token that is used up or refused, unless there is another one already. */
  drop(token: string): void {
    if (this.held?.token === token) this.asked = this.held = undefined;
  }

  private async ask(): Promise<Held> {
    const { externalUserId, tokenCallback } = this.options;
    let answer: unknown, cause: unknown;
    try {
      answer = await tokenCallback({ externalUserId });
    } catch (error) {
      cause = error;
    }
    const { token, expiresAt, expires_at, connectLinkUrl, connect_link_url } = (typeof answer === "string" ? { token: answer } : (answer ?? {})) as Record<string, unknown>;
    if (typeof token !== "string" || !token) {
      throw new PatchbayError(
        cause ? `The tokenCallback failed: ${cause instanceof Error ? cause.message : String(cause)}` : "The tokenCallback gave no token: return what POST /v1/connect/{project}/tokens answered.",
        { code: "token_callback", cause },
      );
    }
    const until = (expiresAt ?? expires_at) as Date | string | undefined;
    return { token, link: (connectLinkUrl ?? connect_link_url ?? undefined) as string | undefined, until: until ? new Date(until).getTime() : NaN };
  }
}
