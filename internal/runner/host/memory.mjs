// What a source remembers ($.service.db): read before it runs, written after.

export class Memory {
  #known;
  #changed = new Set();

  constructor(snapshot = {}) {
    this.#known = new Map(Object.entries(snapshot ?? {}).map(([k, v]) => [k, JSON.stringify(v)]));
  }

  get(key) {
    const text = this.#known.get(String(key));
    return text === undefined ? undefined : JSON.parse(text);
  }

  set(key, value) {
    const text = JSON.stringify(value);
    if (text === undefined) this.#known.delete(String(key));
    else this.#known.set(String(key), text);
    this.#changed.add(String(key));
  }

  /** What was written: values by key, and the keys that are gone. */
  changes() {
    const set = {};
    const gone = [];
    for (const key of this.#changed) {
      if (this.#known.has(key)) set[key] = this.get(key);
      else gone.push(key);
    }
    return { set, gone };
  }
}
