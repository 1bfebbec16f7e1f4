// Queries as axios writes them: lists as a[]=1&a[]=2, objects as a[b]=1.

const encode = (text) =>
  encodeURIComponent(text).replace(/%3A/gi, ":").replace(/%24/g, "$").replace(/%2C/gi, ",").replace(/%20/g, "+").replace(/%5B/gi, "[").replace(/%5D/gi, "]");

/** Returns the query of params, without a question mark. */
export function queryOf(params, serializer) {
  if (typeof serializer === "function") return serializer(params);
  if (serializer?.serialize) return serializer.serialize(params, serializer);
  if (params instanceof URLSearchParams) return params.toString();
  const write = serializer?.encode ?? encode;
  const indexes = serializer?.indexes; // null = a=1&a=2, false = a[]=1, true = a[0]=1
  return pairsOf(params, indexes === undefined ? false : indexes).map(([k, v]) => `${write(k)}=${write(v)}`).join("&");
}

/** The names and values of a form or a query. */
export function pairsOf(value, indexes = false, under = "") {
  const out = [];
  for (const [key, v] of Object.entries(value ?? {})) {
    if (v === null || v === undefined) continue;
    const name = under ? `${under}[${key}]` : key;
    if (v instanceof Date) out.push([name, v.toISOString()]);
    else if (Array.isArray(v)) v.forEach((item, i) => put(item, indexes === null ? name : indexes ? `${name}[${i}]` : `${name}[]`));
    else put(v, name);
  }
  return out;

  function put(v, name) {
    if (v === null || v === undefined) return;
    if (v instanceof Date) out.push([name, v.toISOString()]);
    else if (typeof v === "object") out.push(...pairsOf(v, indexes, name.replace(/\[\]$/, "")));
    else out.push([name, String(v)]);
  }
}
