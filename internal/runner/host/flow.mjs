// `$.flow`: how a run leaves, and how its workflow is put off once it is over.

const DAY = 24 * 60 * 60 * 1000;
const LONGEST = 366 * DAY;
const RERUNS = 10_000;
const CONTEXT = 256 << 10;

/** Leaving is marked and not thrown: it is called with return and without. */
export function flowOf(request) {
  return {
    exit: (reason) => request.exit(reason),
    delay: (ms, context) => putOff(request, "delay", ms, context),
    suspend: (ms = DAY, context) => putOff(request, "suspend", ms ?? DAY, context),
    rerun: (ms = DAY, context, maxRetries) => putOff(request, "rerun", ms ?? DAY, context, maxRetries ?? 10),
    refreshTimeout: () => {},
  };
}

function putOff(request, kind, ms, context, reruns) {
  if (!request.flow) throw new Error(`$.flow.${kind} works in workflows alone: this run cannot be put off.`);
  const time = Number(ms);
  if (ms === null || !(time >= 1 && time <= LONGEST)) throw new Error(`$.flow.${kind} takes a number of milliseconds from 1 to ${LONGEST}.`);
  if (reruns !== undefined && !(Number.isInteger(reruns) && reruns >= 0 && reruns <= RERUNS)) {
    throw new Error(`$.flow.rerun takes a whole number from 0 to ${RERUNS}: how often the code is run again.`);
  }
  const text = JSON.stringify(context);
  if (text !== undefined && Buffer.byteLength(text) > CONTEXT) throw new Error(`The context of $.flow.${kind} is larger than ${CONTEXT} bytes as JSON.`);
  request.putOff({ kind, ms: time, reruns, payload: text === undefined ? undefined : JSON.parse(text) });
  return { ...request.flow };
}
