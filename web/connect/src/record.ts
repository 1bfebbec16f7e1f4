import type { Step } from "./contract.ts";

/** Gathers what only the page sees and sends it now and then. It holds no value that was typed in. */
export class Record {
  private steps: (Omit<Step, "ago"> & { at: number })[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly send: (steps: Step[]) => Promise<unknown>;

  constructor(send: (steps: Step[]) => Promise<unknown>) {
    this.send = send;
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.flush());
  }

  add(name: Step["name"], screen: string, detail?: string) {
    this.steps.push({ name, screen, ...(detail && { detail: detail.slice(0, 80) }), at: performance.now() });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), 1500);
  }

  flush() {
    clearTimeout(this.timer);
    const steps = this.steps.splice(0).map(({ at, ...step }) => ({ ...step, ago: Math.round(performance.now() - at) }));
    if (steps.length) this.send(steps).catch(() => undefined); // nothing depends on it
  }
}
