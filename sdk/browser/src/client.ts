import { api } from "./api.js";
import { Flow, redirectResult } from "./connection.js";
import { Http } from "./http.js";
import { Tokens } from "./token.js";
import type { Api, ClientOptions, Connection, ConnectOptions, OpenOptions } from "./types.js";

export interface FrontendClient extends Api {
  readonly externalUserId: string;
  /** Opens the hosted page over this one. The same as `open` with the mode "iframe". */
  connectAccount(options?: ConnectOptions): Connection;
  /** Opens the hosted page. A popup has to be opened right in a click. One at a time: a second closes the first. */
  open(options?: OpenOptions): Connection;
  /** On the page that a redirect led back to: the account that was connected; null on any other. Throws a ConnectError. */
  redirectResult(): { id: string } | null;
}

/** A client for the user who is signed in. It asks for a token when it needs one, and not before. */
export function createFrontendClient(options: ClientOptions): FrontendClient {
  const { externalUserId, tokenCallback, host } = options;
  const frontendHost = place("frontendHost", options.frontendHost), baseUrl = place("baseUrl", options.baseUrl ?? host);
  if (!externalUserId) throw new TypeError("externalUserId is missing: your own id of the user.");
  if (typeof tokenCallback !== "function") throw new TypeError("tokenCallback is missing: a function that asks your server for a connect token.");
  if (!baseUrl) throw new TypeError('host is missing: where Patchbay is, such as "connect.example.com".');
  const tokens = new Tokens(options);
  const page = (link?: string) => frontendHost ?? link?.replace(/\/_static\/.*$/, "") ?? baseUrl;
  let current: Connection | undefined;
  function open(how: OpenOptions = {}): Connection {
    current?.close();
    return (current = new Flow(tokens, page, how));
  }
  return {
    externalUserId,
    connectAccount: (how = {}) => open({ ...how, mode: "iframe" }),
    open,
    redirectResult,
    ...api(new Http(baseUrl, tokens, options), externalUserId),
  };
}

/** A host or a URL as a URL without a slash at its end. */
function place(name: string, text: string | undefined): string | undefined {
  if (!text) return undefined;
  try {
    const url = new URL(/^https?:\/\//.test(text) ? text : "https://" + text);
    return (url.origin + url.pathname).replace(/\/+$/, "");
  } catch {
    throw new TypeError(`${name} is "${text}": a host such as "connect.example.com" or a URL.`);
  }
}
