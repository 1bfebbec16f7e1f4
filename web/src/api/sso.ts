import { own } from "./account";
import type { Role } from "./session";

export type GivenRole = Exclude<Role, "owner">;

export interface SsoDomain {
  id: string;
  domain: string;
  proved_at: string | null;
  /** Whoever runs the installation says that it is the workspace's. */
  by_operator: boolean;
  /** The name of the TXT record that proves it, and what it is to say. */
  record: string;
  proof: string;
}

/** What a sign-in found that signed nobody in. */
export interface SsoTest {
  at: string;
  /** Empty: all is well. */
  code: string;
  says: string;
  email: string;
  subject: string;
  groups: string[];
  role: GivenRole;
}

export interface SsoConnection {
  id: string;
  issuer: string;
  client_id: string;
  joins: boolean;
  default_role: GivenRole;
  groups_claim: string;
  group_roles: { group: string; role: GivenRole }[];
  required: boolean;
  test: SsoTest | null;
  domains: SsoDomain[];
  /** When the directory's token was made; null: there is none. */
  scim_token_at: string | null;
  updated_at: string;
}

export interface Sso {
  callback_url: string;
  scim_url: string;
  connection: SsoConnection | null;
}

export type SsoWish = Omit<SsoConnection, "id" | "test" | "domains" | "scim_token_at" | "updated_at"> & { client_secret: string; updated_at?: string };

export const ssoQuery = { queryKey: ["sso"], queryFn: () => own<Sso>("GET", "workspace/sso") };
export const saveSso = (wish: SsoWish) => own<Sso>("PUT", "workspace/sso", wish);
export const removeSso = () => own("DELETE", "workspace/sso");
export const testSso = (next: string) => own<{ url: string }>("POST", "workspace/sso/test", { next });
export const addDomain = (domain: string) => own<SsoDomain>("POST", "workspace/sso/domains", { domain });
export const proveDomain = (id: string) => own<SsoDomain>("POST", `workspace/sso/domains/${id}/proof`);
export const removeDomain = (id: string) => own("DELETE", `workspace/sso/domains/${id}`);
export const newDirectoryToken = () => own<{ token: string }>("POST", "workspace/sso/token");
export const endDirectoryToken = () => own("DELETE", "workspace/sso/token");
