package rest

import (
	"context"
	"time"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/member"
)

// invitationRate is how often a workspace may send invitations.
var invitationRate = limit.Rate{Requests: 60, Window: time.Hour}

func toMember(m *member.Listed) gen.Member {
	return gen.Member{
		ID: m.ID, Email: m.Email, Name: m.Name, Role: gen.Role(m.Role), AllProjects: m.AllProjects, Projects: toProjectRoles(m.Projects),
		CreatedAt: m.CreatedAt.UTC(), UpdatedAt: m.UpdatedAt.UTC(), LastSeenAt: utc(m.LastSeenAt), TwoFactors: m.TwoFactors,
	}
}

func toProjectRoles(all []member.ProjectRole) []gen.ProjectRole {
	return each(all, func(p *member.ProjectRole) gen.ProjectRole {
		return gen.ProjectRole{ProjectID: p.ProjectID, Role: gen.ProjectRoleRole(p.Role)}
	})
}

func projectRoles(all []gen.ProjectRole) []member.ProjectRole {
	return each(all, func(p *gen.ProjectRole) member.ProjectRole {
		return member.ProjectRole{ProjectID: p.ProjectID, Role: member.Role(p.Role)}
	})
}

// ListMembers lists the members of the workspace.
func (s *Server) ListMembers(ctx context.Context, _ gen.ListMembersRequestObject) (gen.ListMembersResponseObject, error) {
	all, err := s.Members.List(ctx, principal(ctx).Workspace)
	if err != nil {
		return nil, err
	}
	return gen.ListMembers200JSONResponse{Data: each(all, toMember)}, nil
}

// UpdateMember changes what a member may do.
func (s *Server) UpdateMember(ctx context.Context, req gen.UpdateMemberRequestObject) (gen.UpdateMemberResponseObject, error) {
	p, b := principal(ctx), req.Body
	m, err := s.Members.Change(ctx, p.Workspace, p.Role(), req.MemberID, func(r *member.Rights) {
		if b.Role != nil {
			r.Role = member.Role(*b.Role)
		}
		r.AllProjects = or(b.AllProjects, r.AllProjects)
		if b.Projects != nil {
			r.Projects = projectRoles(*b.Projects)
		}
	}, given(req.Params.UnchangedSince)...)
	if err != nil {
		return nil, err
	}
	return gen.UpdateMember200JSONResponse(toMember(m)), nil
}

// RemoveMember takes somebody out of the workspace.
func (s *Server) RemoveMember(ctx context.Context, req gen.RemoveMemberRequestObject) (gen.RemoveMemberResponseObject, error) {
	p := principal(ctx)
	return gen.RemoveMember204Response{}, s.Members.Remove(ctx, p.Workspace, p.Role(), req.MemberID)
}

func toInvitation(i *member.Invitation, link string) gen.Invitation {
	return gen.Invitation{
		ID: i.ID, Email: i.Email, Role: gen.Role(i.Role), AllProjects: i.AllProjects, Projects: toProjectRoles(i.Projects), InvitedBy: i.InvitedBy,
		MailedAt: utc(i.MailedAt), CreatedAt: i.CreatedAt.UTC(), ExpiresAt: i.ExpiresAt.UTC(), Link: set(&link),
	}
}

// ListInvitations lists the invitations that wait.
func (s *Server) ListInvitations(ctx context.Context, _ gen.ListInvitationsRequestObject) (gen.ListInvitationsResponseObject, error) {
	all, err := s.Members.Invitations(ctx, principal(ctx).Workspace)
	if err != nil {
		return nil, err
	}
	return gen.ListInvitations200JSONResponse{Data: each(all, func(i *member.Invitation) gen.Invitation { return toInvitation(i, "") })}, nil
}

// CreateInvitation invites somebody.
func (s *Server) CreateInvitation(ctx context.Context, req gen.CreateInvitationRequestObject) (gen.CreateInvitationResponseObject, error) {
	p, b := principal(ctx), req.Body
	if err := s.Limits.Take(ctx, "invitations|"+p.Workspace, invitationRate); err != nil {
		return nil, err
	}
	r := member.Rights{Role: member.Role(b.Role), AllProjects: or(b.AllProjects, true), Projects: projectRoles(value(b.Projects))}
	i, link, err := s.Members.Invite(ctx, p.Workspace, p.Role(), b.Email, r)
	if err != nil {
		return nil, err
	}
	return gen.CreateInvitation201JSONResponse(toInvitation(i, link)), nil
}

// ResendInvitation sends an invitation again.
func (s *Server) ResendInvitation(ctx context.Context, req gen.ResendInvitationRequestObject) (gen.ResendInvitationResponseObject, error) {
	p := principal(ctx)
	if err := s.Limits.Take(ctx, "invitations|"+p.Workspace, invitationRate); err != nil {
		return nil, err
	}
	i, link, err := s.Members.Resend(ctx, p.Workspace, p.Role(), req.InvitationID)
	if err != nil {
		return nil, err
	}
	return gen.ResendInvitation200JSONResponse(toInvitation(i, link)), nil
}

// DeleteInvitation takes an invitation back.
func (s *Server) DeleteInvitation(ctx context.Context, req gen.DeleteInvitationRequestObject) (gen.DeleteInvitationResponseObject, error) {
	p := principal(ctx)
	return gen.DeleteInvitation204Response{}, s.Members.Revoke(ctx, p.Workspace, p.Role(), req.InvitationID)
}

func toWorkspace(w *member.Workspace) gen.Workspace {
	return gen.Workspace{ID: w.ID, Name: w.Name, AuditKeepDays: w.AuditKeepDays, CreatedAt: w.CreatedAt.UTC(), UpdatedAt: utc(w.ChangedAt)}
}

// GetWorkspace returns the workspace.
func (s *Server) GetWorkspace(ctx context.Context, _ gen.GetWorkspaceRequestObject) (gen.GetWorkspaceResponseObject, error) {
	w, err := s.Members.Workspace(ctx, principal(ctx).Workspace)
	if err != nil {
		return nil, err
	}
	return gen.GetWorkspace200JSONResponse(toWorkspace(w)), nil
}

// UpdateWorkspace changes the workspace.
func (s *Server) UpdateWorkspace(ctx context.Context, req gen.UpdateWorkspaceRequestObject) (gen.UpdateWorkspaceResponseObject, error) {
	w, err := s.Members.Update(ctx, principal(ctx).Workspace, member.WorkspaceChange{Name: set(req.Body.Name), AuditKeepDays: req.Body.AuditKeepDays, Seen: given(req.Params.UnchangedSince)})
	if err != nil {
		return nil, err
	}
	return gen.UpdateWorkspace200JSONResponse(toWorkspace(w)), nil
}

func toAllowedAddresses(ctx context.Context, a *member.Addresses) gen.AllowedAddresses {
	out := gen.AllowedAddresses{Addresses: a.Allowed, UpdatedAt: a.ChangedAt.UTC()}
	if from := answer.Address(ctx); from != "" {
		out.YourAddress = &from
	}
	return out
}

// GetAllowedAddresses returns from where the console may be used.
func (s *Server) GetAllowedAddresses(ctx context.Context, _ gen.GetAllowedAddressesRequestObject) (gen.GetAllowedAddressesResponseObject, error) {
	a, err := s.Members.AllowedAddresses(ctx, principal(ctx).Workspace)
	if err != nil {
		return nil, err
	}
	return gen.GetAllowedAddresses200JSONResponse(toAllowedAddresses(ctx, a)), nil
}

// SetAllowedAddresses says from where the console may be used.
func (s *Server) SetAllowedAddresses(ctx context.Context, req gen.SetAllowedAddressesRequestObject) (gen.SetAllowedAddressesResponseObject, error) {
	p := principal(ctx)
	n := member.NewAddresses{Allowed: req.Body.Addresses, Force: value(req.Body.Force), Seen: given(req.Params.UnchangedSince)}
	if p.Member != nil { // clients are not held to the list
		n.From = answer.Address(ctx)
	}
	a, err := s.Members.SetAddresses(ctx, p.Workspace, n)
	if err != nil {
		return nil, err
	}
	return gen.SetAllowedAddresses200JSONResponse(toAllowedAddresses(ctx, a)), nil
}
