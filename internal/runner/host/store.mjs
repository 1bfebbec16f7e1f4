// Data stores and state lie with the server; each call is a question to it.

import { ask } from "./wire.mjs";

const TRIES = 50; // of an update

class DataStore {
  #call;

  constructor(call) {
    this.#call = call;
  }

  async get(key) {
    return (await this.#call("get", { key }))?.value;
  }

  /** A value with its version, under which it can be written if nobody else wrote it meanwhile. */
  async getWithVersion(key) {
    return (await this.#call("get", { key })) ?? undefined;
  }

  /**
   * Writes a value and returns its version. With ifVersion it is written only over
   * that version (0: where there is nothing); else an error is thrown whose code is
   * record_changed.
   */
  async set(key, value, options) {
    return (await this.#call("set", { key, value: value ?? null, ttl: options?.ttl, ifVersion: options?.ifVersion })).version;
  }

  /** Counts a number up, or down, in one step, and returns what it is then. */
  async increment(key, by = 1) {
    return (await this.#call("add", { key, by })).value;
  }

  /**
   * Writes what change makes of the value (undefined: there is none), and returns
   * that: once more if another wrote it meanwhile. undefined leaves it as it is.
   */
  async update(key, change, options) {
    for (let tries = 1; ; tries++) {
      const { value, version = 0 } = (await this.getWithVersion(key)) ?? {};
      const next = await change(value);
      if (next === undefined) return value;
      try {
        await this.set(key, next, { ttl: options?.ttl, ifVersion: version });
        return next;
      } catch (err) {
        if (err.code !== "record_changed" || tries >= TRIES) throw err;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * tries)); // so that those who meet do not meet again
      }
    }
  }

  async has(key) {
    return Boolean(await this.#call("has", { key }));
  }

  async delete(key, options) {
    await this.#call("delete", { key, ifVersion: options?.ifVersion });
  }

  async keys() {
    const out = [];
    for await (const page of this.#pages("keys")) out.push(...page);
    return out;
  }

  async entries() {
    const out = [];
    for await (const entry of this) out.push(entry);
    return out;
  }

  async size() {
    return Number(await this.#call("size", {}));
  }

  async clear() {
    await this.#call("clear", {});
  }

  /** Lets a key end in so many seconds; null = never. */
  async setTtl(key, seconds) {
    await this.#call("ttl", { key, ttl: seconds });
  }

  async updateTtl(key, seconds) {
    await this.setTtl(key, seconds);
  }

  async *[Symbol.asyncIterator]() {
    for await (const page of this.#pages("entries")) yield* page;
  }

  async *#pages(method) {
    for (let after = ""; after !== undefined; ) {
      const page = await this.#call(method, { after });
      yield page?.items ?? [];
      after = page?.after;
    }
  }
}

/** The store that a prop's value names: an id, or an object that has one. */
export function storeOf(value, request) {
  const store = typeof value === "string" ? value : value.id ?? value.$data_store ?? value.value;
  return new DataStore((method, args) => ask(request.id, "store", { store, method, ...args }));
}

/** The state of each scope that the run has: {project, user, …}, each as a data store. */
export function stateOf(request) {
  return Object.fromEntries((request.scopes ?? []).map((scope) => [scope, new DataStore((method, args) => ask(request.id, "store", { scope, method, ...args }))]));
}
