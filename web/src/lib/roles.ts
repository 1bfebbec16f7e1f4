import type { Role } from "@/api/session";

/** From the one that may do most down. */
export const roles: Role[] = ["owner", "admin", "developer", "viewer"];

/** What a role is, in a few words. */
export const hints: Record<Role, string> = {
  owner: "Does everything, with the workspace itself.",
  admin: "Does everything in all projects, but nothing to owners.",
  developer: "Builds, and looks after what is built.",
  viewer: "Looks, and is shown no secret.",
};

/** What members may do, and from which role down to which. */
export const deeds: { what: string; by: Role[] }[] = [
  { what: "Look at users, accounts, workflows and runs", by: ["owner", "admin", "developer", "viewer"] },
  { what: "Build and run: apps, workflows, triggers, endpoints", by: ["owner", "admin", "developer"] },
  { what: "Make and delete projects, and change their settings", by: ["owner", "admin"] },
  { what: "Invite and change members, make API clients, read the audit log", by: ["owner", "admin"] },
  { what: "See what connected accounts hold; each time is logged", by: ["owner", "admin"] },
  { what: "Make owners, hand the workspace over, say how members sign in", by: ["owner"] },
];

/** Whether the role looks after members, keys and projects. */
export const manages = (role: Role) => role === "owner" || role === "admin";

/** The roles that somebody of a role may give. */
export const givable = (by: Role): Role[] => (by === "owner" ? roles : roles.slice(1));

export const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
