import { queryOptions } from "@tanstack/react-query";
import { own } from "./account";
import { api, data } from "./client";
import type { Role } from "./session";
import type { ProjectRole } from "./types";

/** What somebody is given in a workspace. */
export interface Rights {
  role: Role;
  all_projects: boolean;
  projects: ProjectRole[];
}

export const membersQuery = queryOptions({ queryKey: ["members"], queryFn: () => data(api.GET("/members")) });
export const invitationsQuery = queryOptions({ queryKey: ["invitations"], queryFn: () => data(api.GET("/invitations")) });

const member = (id: string) => ({ params: { path: { member_id: id } } });
const invitation = (id: string) => ({ params: { path: { invitation_id: id } } });

/** `since` is the `updated_at` of what was seen: who was changed meanwhile is left as they are. */
export const changeMember = (id: string, rights: Rights, since?: string) =>
  data(api.PATCH("/members/{member_id}", { params: { ...member(id).params, query: since ? { unchanged_since: since } : {} }, body: rights }));
export const removeMember = (id: string) => data(api.DELETE("/members/{member_id}", member(id)));
export const invite = (email: string, rights: Rights) => data(api.POST("/invitations", { body: { email, ...rights } }));
export const resend = (id: string) => data(api.POST("/invitations/{invitation_id}/resend", invitation(id)));
export const revoke = (id: string) => data(api.DELETE("/invitations/{invitation_id}", invitation(id)));

export const leaveWorkspace = () => own("POST", "workspace/leave");
export const transferWorkspace = (memberId: string) => own("POST", "workspace/transfer", { member_id: memberId });
