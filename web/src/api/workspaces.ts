import { queryOptions } from "@tanstack/react-query";
import { own } from "./account";
import { api, data } from "./client";
import type { Role, Session } from "./session";

/** A workspace in which one is a member. */
export interface Membership {
  id: string;
  name: string;
  role: Role;
}

export const workspacesQuery = queryOptions({ queryKey: ["workspaces"], queryFn: () => own<{ data: Membership[]; may_create: boolean }>("GET", "workspaces"), staleTime: 60_000 });

/** Opens another workspace in this session: windows whose address names no project begin there. */
export const chooseWorkspace = (id: string) => own<Session>("POST", "workspace", { id });
export const createWorkspace = (name: string) => own<Session>("POST", "workspaces", { name });
export const workspaceQuery = queryOptions({ queryKey: ["workspace"], queryFn: () => data(api.GET("/workspace")) });

/** A workspace that is to be deleted. No count goes beyond `most`. */
export interface Deletion {
  name: string;
  asked_at: string;
  asked_by: string;
  deletes_at: string;
  projects: number;
  triggers: number;
  users: number;
  grants: number;
  most: number;
}

export const deletionQuery = queryOptions({ queryKey: ["workspace-deletion"], queryFn: () => own<Deletion>("GET", "workspace/deletion") });
export const deleteWorkspace = (name: string) => own("POST", "workspace/deletion", { name });
export const takeWorkspaceBack = () => own("DELETE", "workspace/deletion");
