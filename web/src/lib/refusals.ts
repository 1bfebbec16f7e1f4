/** Why a browser that went to an identity provider came back without a session, by the codes of internal/sso. */
export const refusals: Record<string, string> = {
  sso_flow: "This sign-in took too long, or was begun in another browser. Begin it again.",
  sso_declined: "Your identity provider let nobody in.",
  sso_provider: "What your identity provider answered is not accepted. An owner of the workspace sees why with “Test it” on the page Single sign-on.",
  sso_discovery: "Your identity provider does not say how it is reached. Try again later.",
  address_blocked: "Your identity provider is at an address that this installation may not reach.",
  sso_email: "Your identity provider tells no e-mail.",
  sso_unverified: "Your identity provider does not say that your e-mail is verified.",
  sso_other_domain: "Your e-mail is of a domain that the workspace has not shown to be its own.",
  sso_uninvited: "You are no member of this workspace. Ask to be invited.",
  sso_inactive: "Your organisation's directory says that you are not active here.",
  sso_other_person: "Your e-mail belongs to somebody whom your identity provider knows under another name. Ask an owner of the workspace to remove them first.",
};
