import type { Standing } from "./contract.ts";
import { Refused } from "./api.ts";
import { onNews } from "./ways.ts";

/** Asks how a flow stands: each second at first, then more rarely, and at once when there is news. */
export class Watch {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly off: () => void;
  private over = false;
  private asking = false;
  private readonly since = Date.now();
  private readonly status: () => Promise<Standing>;
  private readonly heard: (s: Standing) => void;
  private readonly refused: (r: Refused) => void;

  constructor(status: () => Promise<Standing>, heard: (s: Standing) => void, refused: (r: Refused) => void) {
    this.status = status;
    this.heard = heard;
    this.refused = refused;
    this.off = onNews(() => void this.look());
    this.later();
  }

  private later() {
    if (this.over) return;
    const age = Date.now() - this.since;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), age < 60_000 ? 1000 : age < 180_000 ? 2000 : 5000);
  }

  async look() {
    if (this.asking || this.over) return;
    this.asking = true;
    try {
      const s = await this.status();
      if (!this.over) this.heard(s);
    } catch (e) {
      // A broken line mends itself; a token that ended does not.
      if (!this.over && e instanceof Refused && e.status === 401) this.refused(e);
    } finally {
      this.asking = false;
      this.later();
    }
  }

  stop() {
    this.over = true;
    clearTimeout(this.timer);
    this.off();
  }
}
