import { holdWorkspace, projectOf, workspaceHeaders } from "@/lib/window";
import { ApiError, toApiError } from "./client";

/** What a member may do in a workspace, from everything down. */
export type Role = "owner" | "admin" | "developer" | "viewer";

/** Who is signed in, and where this installation answers. */
export interface Session {
  /** `projects` are those in which the member has another role. */
  member: { id: string; email: string; name: string; role: Role; projects?: { project_id: string; role: Role }[] };
  workspace: { id: string; name: string };
  /** What has to be set up before anything else; empty: nothing. */
  set_up: "" | "two_factors" | "sso" | "address" | "deleted";
  base_url: string;
  tls_url: string;
  demo_url: string;
}

/** How this installation runs the code of components and steps, and takes e-mail. */
export interface About {
  /** refused: code could not be kept in, so that none is run. none: it is run unprotected, as its operator says. */
  code: "isolated" | "offline" | "refused" | "none";
  /** Why no better; empty: it is the best there is. */
  code_why: string;
  /** To which triggers take e-mail; empty: they take none. */
  mail_domain: string;
}

export async function call(init?: RequestInit, url = "/console/api/session"): Promise<Response> {
  try {
    return await fetch(url, { credentials: "same-origin", ...init, headers: { ...workspaceHeaders(), ...(init?.headers as Record<string, string>) } });
  } catch {
    throw new ApiError("The server cannot be reached. Check that Patchbay is running and try again.", 0, "unreachable");
  }
}

export async function refuse(response: Response): Promise<never> {
  const body: unknown = await response.json().catch(() => null);
  const e = toApiError(response.status, body, response.headers.get("x-request-id"));
  const wait = Number(response.headers.get("retry-after"));
  // The sentence may say by itself how long to wait.
  if (response.status === 429 && wait > 0 && !/\bwait\b|try again/i.test(e.message)) {
    throw new ApiError(`${e.message} Try again in ${waitText(wait)}.`, e.status, e.code, e.details);
  }
  throw e;
}

function waitText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

/** The session in the workspace that this window shows, at first in that of its address; null when nobody is signed in. */
export async function getSession(): Promise<Session | null> {
  const project = projectOf(window.location.pathname);
  return read(await call(undefined, project && Object.keys(workspaceHeaders()).length === 0 ? ofProject(project) : undefined));
}

const ofProject = (id: string) => `/console/api/session?project=${encodeURIComponent(id)}`;

/** The session in the workspace that has a project, if one is a member of it. */
export async function sessionOf(projectId: string): Promise<Session | null> {
  return read(await fetch(ofProject(projectId), { credentials: "same-origin" }));
}

async function read(response: Response): Promise<Session | null> {
  if (response.status === 401) return null;
  if (!response.ok) return refuse(response);
  return (await response.json()) as Session;
}

export async function getAbout(): Promise<About> {
  const response = await call(undefined, "/console/api/about");
  return response.ok ? ((await response.json()) as About) : refuse(response);
}

/** How the installation is; for owners and admins. */
export interface System {
  version: string;
  go: string;
  started_at: string;
  checked_at: string;
  checks: { name: string; state: "ok" | "warn" | "fail"; says: string; remedy: string }[];
  /** What waits, kind by kind. */
  work: { name: "runs" | "deliveries" | "refreshes" | "looks" | "actions" | "notices"; due: number; most: boolean; oldest_at: string | null; under_way: number; given_up: number }[];
  /** Of nudges; null when Redis does not answer. */
  queues: { name: string; waiting: number; under_way: number; again: number; done: number; failed: number; behind_seconds: number; paused: boolean }[] | null;
  workers: { host: string; pid: number; since: string; at_once: number; stopping: boolean; tasks: { kind: string; since: string }[] }[];
  keys: SystemKeys | null;
  libraries: { path: string; version: string }[];
}

export interface SystemKeys {
  fingerprint: string;
  set_at: string;
  backed_up_at: string | null;
  rotating: boolean;
  secrets: number;
  /** Sealed by a key that is not the active one. */
  to_go: number;
  data: { id: string; active: boolean; created_at: string; secrets: number }[];
}

export async function getSystem(): Promise<System> {
  const response = await call(undefined, "/console/api/system");
  return response.ok ? ((await response.json()) as System) : refuse(response);
}

/** How a second factor can be shown. */
export type Way = "totp" | "passkey" | "recovery_code";

/** A session, or how the sign-in goes on: then none is open yet. */
export type Came = Session | { second_factor: Way[] };

async function came(path: string, body: unknown): Promise<Came> {
  const response = await call({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }, `/console/api/session${path}`);
  if (!response.ok) return refuse(response);
  return (await response.json()) as Came;
}

export const signIn = (email: string, password: string) => came("", { email, password });
export const signInByCode = (code: string) => came("/code", { code });
export const signInByPasskey = (credential: unknown) => came("/passkey", { credential });

/** Where an identity provider asks who somebody is, or which of several workspaces is meant. */
export type Leads = { url: string } | { choices: { connection: string; workspace: string }[] };

/** Finds the identity provider of who has the e-mail. */
export async function leadToProvider(email: string, connection?: string, next?: string): Promise<Leads> {
  const response = await call({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email, connection, next }) }, "/console/api/session/sso");
  return response.ok ? ((await response.json()) as Leads) : refuse(response);
}

/** Ends the session. Signing out twice is fine. */
export async function signOut(): Promise<void> {
  const response = await call({ method: "DELETE" });
  holdWorkspace("");
  if (!response.ok && response.status !== 401) await refuse(response);
}
