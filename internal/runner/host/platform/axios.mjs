// axios(step, config): a call to an app, in the form that components make it in.

import { now } from "../logs.mjs";
import { ask } from "../wire.mjs";
import { request } from "./http.mjs";
import { bodyOf, setDefault } from "./body.mjs";
import { queryOf } from "./params.mjs";

/**
 * Makes a call and returns the body of its answer; with returnFullResponse, all of
 * it: data, status, statusText, headers, config. An answer that is no success is
 * thrown as an error whose message is the answer's body as JSON.
 *
 * @param step whatever has an export; debug tells it what was sent and answered.
 * @param config as axios takes it. A query in url is moved into params, and what is
 *   undefined in headers, params and data is left out.
 * @param signConfig {oauthSignerUri, token}: where the call is signed (OAuth 1).
 */
export default async function axios(step, config, signConfig) {
  return call({}, step, config, signConfig);
}

/** Returns an axios with defaults. */
axios.create = (defaults = {}) => {
  const made = (step, config, signConfig) => call(defaults, step, config, signConfig);
  made.create = (more) => axios.create({ ...defaults, ...more });
  return made;
};

async function call(defaults, step, given, signConfig) {
  if (given === undefined && step?.url) [step, given] = [undefined, step];
  const config = prepare({ ...defaults, ...given, headers: { ...defaults.headers, ...given?.headers } });
  if (signConfig) setDefault(config.headers, "Authorization", await signed(config, signConfig), true);
  const told = typeof step?.export === "function" ? step : undefined; // else it is a prop of that name
  if (config.debug) told?.export("debug_config", shown(config));
  const res = await sent(config);
  if (!res.ok) {
    told?.export("debug", { status: res.status, headers: res.headers, data: exportable(res.data) });
    throw refused(res);
  }
  if (config.debug) told?.export("debug_response", exportable(res.data));
  const { ok, ...full } = res;
  return config.returnFullResponse ? { ...full, config } : res.data;
}

function prepare(config) {
  if (config.body !== undefined) throw new Error("config.body is not used: give the body of the call as config.data.");
  if (!config.url && !config.baseURL) throw new Error("The call has no url.");
  const out = { ...config, method: (config.method ?? "get").toUpperCase(), headers: without(config.headers) ?? {} };
  out.params = config.params instanceof URLSearchParams ? config.params : without(config.params);
  out.data = without(config.data);
  const at = out.url?.indexOf("?") ?? -1;
  if (at >= 0) {
    const query = new URLSearchParams(out.url.slice(at + 1).replace(/#.*$/, ""));
    out.url = out.url.slice(0, at);
    out.params = out.params instanceof URLSearchParams ? new URLSearchParams([...query, ...out.params]) : { ...repeated(query), ...out.params };
  }
  return out;
}

/** A query as an object; what is named more than once stays so. */
function repeated(query) {
  const out = {};
  for (const key of new Set(query.keys())) {
    const values = query.getAll(key);
    if (values.length === 1) out[key] = values[0];
    else out[key.replace(/\[\]$/, "")] = values;
  }
  return out;
}

/** A plain object without what is undefined; anything else as it is. */
function without(v) {
  if (v === null || typeof v !== "object" || ![Object.prototype, null].includes(Object.getPrototypeOf(v))) return v;
  return Object.fromEntries(Object.entries(v).filter(([, x]) => x !== undefined));
}

async function sent(config) {
  const { body, headers } = bodyOf(config);
  if (config.auth) setDefault(headers, "Authorization", `Basic ${Buffer.from(`${config.auth.username ?? ""}:${config.auth.password ?? ""}`).toString("base64")}`, true);
  const res = await request({ method: config.method, url: addressOf(config), headers, body }, {
    stream: config.responseType === "stream", timeout: Number(config.timeout) || 0, redirects: config.maxRedirects ?? 5, signal: config.signal,
    agent: config.httpsAgent ?? config.httpAgent, most: config.maxContentLength > 0 ? config.maxContentLength : 0,
  }).catch((err) => {
    throw Object.assign(err, { isAxiosError: true });
  });
  const validate = config.validateStatus === undefined ? (status) => status >= 200 && status < 300 : config.validateStatus ?? (() => true);
  const data = read(res.data, config, res.headers);
  return { data, status: res.status, statusText: res.statusText, headers: res.headers, ok: validate(res.status) };
}

/** Where a call goes. */
export function addressOf(config) {
  let url = config.url ?? "";
  if (config.baseURL && !/^([a-z][a-z\d+.-]*:)?\/\//i.test(url)) url = url ? `${config.baseURL.replace(/\/+$/, "")}/${url.replace(/^\/+/, "")}` : config.baseURL;
  const query = config.params ? queryOf(config.params, config.paramsSerializer) : "";
  return query ? `${url.replace(/#.*$/, "")}${url.includes("?") ? "&" : "?"}${query}` : url;
}

function read(data, { responseType, responseEncoding, transformResponse }, headers) {
  if (responseType === "stream") return data;
  if (responseType === "arraybuffer") return data;
  let out = data.toString(responseEncoding ?? "utf8").replace(/^\uFEFF/, "");
  if (transformResponse) {
    for (const fn of [transformResponse].flat()) out = fn(out, headers);
    return out;
  }
  if (responseType === "text" || out === "") return out;
  try {
    return JSON.parse(out);
  } catch {
    return out;
  }
}

function refused({ status, statusText, headers, data }) {
  const err = new Error(typeof data === "object" && data?.pipe ? `The app answered ${status}.` : JSON.stringify(exportable(data)) || `The app answered ${status}.`);
  delete err.stack;
  err.code = status >= 500 ? "ERR_BAD_RESPONSE" : "ERR_BAD_REQUEST";
  err.isAxiosError = true;
  err.status = status;
  err.response = { status, statusText, headers, data };
  return err;
}

const exportable = (data) => (Buffer.isBuffer(data) ? data.toString("utf8") : data?.pipe ? undefined : data);

/** A call without what it is signed with. */
function shown({ method, url, params, data, headers }) {
  const hidden = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, /auth|token|key|cookie|secret/i.test(k) ? "(hidden)" : v]));
  return { method, url, params, data: exportable(data), headers: hidden };
}

/** What of a call is signed with OAuth 1: where it goes, and what is in its query and form. */
export function transformConfigForOauth(config) {
  const out = { method: (config.method ?? "get").toUpperCase(), url: addressOf({ ...config, params: undefined }), params: config.params };
  const type = Object.entries(config.headers ?? {}).find(([k]) => k.toLowerCase() === "content-type")?.[1];
  if (config.data instanceof URLSearchParams) out.data = Object.fromEntries(config.data);
  else if (/urlencoded/i.test(type ?? "")) out.data = typeof config.data === "string" ? Object.fromEntries(new URLSearchParams(config.data)) : config.data;
  return out;
}

/** How an oauth_signer_uri begins that names the server, which signs with what it has of the account. */
const SERVER = "patchbay:oauth1/";

async function signed(config, { oauthSignerUri, token }) {
  if (!oauthSignerUri) throw new Error("There is no oauth_signer_uri: the account is not one of OAuth 1, and its calls are not signed.");
  if (oauthSignerUri.startsWith(SERVER)) {
    const { body, headers } = bodyOf(config);
    const form = Object.entries(headers).some(([k, v]) => /^content-type$/i.test(k) && /urlencoded/i.test(v)) ? String(body ?? "") : "";
    return await ask(now()?.id, "sign", { account: oauthSignerUri.slice(SERVER.length), method: config.method, url: addressOf(config), form });
  }
  const res = await sent(prepare({ method: "post", url: oauthSignerUri, data: { requestData: transformConfigForOauth(config), token } }));
  if (!res.ok) throw refused(res);
  return typeof res.data === "string" ? res.data : res.data?.signature ?? res.data;
}
