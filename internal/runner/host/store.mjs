// Data stores lie with the server; each call is a question to it.

import { ask } from "./wire.mjs";

class DataStore {
  #call;

  constructor(call) {
    this.#call = call;
  }

  async get(key) {
    return (await this.#call("get", { key }))?.value;
  }

  async set(key, value, options) {
    await this.#call("set", { key, value: value ?? null, ttl: options?.ttl });
  }

  async has(key) {
    return Boolean(await this.#call("has", { key }));
  }

  async delete(key) {
    await this.#call("delete", { key });
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
