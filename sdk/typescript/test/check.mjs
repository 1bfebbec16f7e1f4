// Reads requests as the vectors write them and says what this library makes of each: node check.mjs
import { readFileSync } from "node:fs";
import { rolldown } from "rolldown";

const bundle = await rolldown({ input: new URL("../src/index.ts", import.meta.url).pathname, logLevel: "warn" });
const { output } = await bundle.generate({ format: "esm" });
const { verifyWebhook, WebhookError } = await import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString("base64")}`);

async function check({ secrets, now, headers, body_base64 }) {
  try {
    const event = await verifyWebhook({ headers, body: Buffer.from(body_base64, "base64"), secret: secrets, now: () => now * 1000 });
    return { id: event.id, type: event.type, external_user_id: event.externalUserId ?? "" };
  } catch (e) {
    if (!(e instanceof WebhookError)) throw e;
    return { error: e.code };
  }
}
console.log(JSON.stringify(await Promise.all(JSON.parse(readFileSync(0, "utf8")).map(check))));
