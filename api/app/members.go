package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/patchbay-dev/patchbay/internal/member"
)

// ResetFactors takes the second factors off a person, in all of their workspaces,
// and ends their sessions.
func (a *App) ResetFactors(ctx context.Context, email string, out io.Writer) error {
	factors, sessions, err := a.SignIns.ResetFactors(ctx, email)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s has no second factor any more (%d removed), and no session (%d ended).\n", email, factors, sessions)
	return err
}

// RemoveMember ends a membership.
func (a *App) RemoveMember(ctx context.Context, workspace, email string, out io.Writer) error {
	w, m, err := a.memberBy(ctx, workspace, email)
	if err != nil {
		return err
	}
	if err := a.Members.Remove(ctx, w, member.Owner, m.ID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s is not a member any more.\n", m.Email)
	return err
}

// ChangeRole gives a member another role.
func (a *App) ChangeRole(ctx context.Context, workspace, email string, role member.Role, out io.Writer) error {
	w, m, err := a.memberBy(ctx, workspace, email)
	if err != nil {
		return err
	}
	m, err = a.Members.Change(ctx, w, member.Owner, m.ID, func(r *member.Rights) {
		r.Role = role
		if r.Role == member.Owner || r.Role == member.Admin { // of all projects
			r.AllProjects, r.Projects = true, nil
		}
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s is %s.\n", m.Email, m.Role)
	return err
}

// theWorkspace returns the workspace that was named, or the only one there is.
func (a *App) theWorkspace(ctx context.Context, named string) (string, error) {
	if named != "" {
		w, err := a.Members.Workspace(ctx, named)
		if err != nil {
			return "", err
		}
		return w.ID, nil
	}
	all, err := a.Members.Workspaces(ctx)
	if err != nil {
		return "", err
	}
	if len(all) == 1 {
		return all[0].ID, nil
	}
	var b strings.Builder
	for _, w := range all {
		fmt.Fprintf(&b, "\n  %s  %s", w.ID, w.Name)
	}
	return "", errors.New("name one of the workspaces by --workspace:" + b.String())
}

func (a *App) memberBy(ctx context.Context, workspace, email string) (workspaceID string, m *member.Listed, err error) {
	if workspaceID, err = a.theWorkspace(ctx, workspace); err != nil {
		return "", nil, err
	}
	all, err := a.Members.List(ctx, workspaceID)
	if err != nil {
		return "", nil, err
	}
	for i := range all {
		if strings.EqualFold(all[i].Email, email) {
			return workspaceID, &all[i], nil
		}
	}
	return "", nil, member.ErrNotFound
}

// ListMembers writes who is in a workspace: a table, or a list for programs.
func (a *App) ListMembers(ctx context.Context, workspace string, out io.Writer, asJSON bool) error {
	workspaceID, err := a.theWorkspace(ctx, workspace)
	if err != nil {
		return err
	}
	all, err := a.Members.List(ctx, workspaceID)
	if err != nil {
		return err
	}
	if asJSON {
		type row struct {
			Email       string               `json:"email"`
			Name        string               `json:"name"`
			Role        string               `json:"role"`
			AllProjects bool                 `json:"all_projects"`
			Projects    []member.ProjectRole `json:"projects"`
			TwoFactors  bool                 `json:"two_factors"`
		}
		rows := make([]row, len(all))
		for i := range all {
			m := &all[i]
			rows[i] = row{m.Email, m.Name, string(m.Role), m.AllProjects, append([]member.ProjectRole{}, m.Projects...), m.TwoFactors}
		}
		return WriteJSON(out, map[string]any{"workspace_id": workspaceID, "data": rows})
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "E-MAIL\tROLE\tPROJECTS\tTWO FACTORS\tNAME")
	for i := range all {
		m, in, two := &all[i], "all", "no"
		if !m.AllProjects {
			in = fmt.Sprint(len(m.Projects))
		}
		if m.TwoFactors {
			two = "yes"
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", m.Email, m.Role, in, two, m.Name)
	}
	return t.Flush()
}

// InviteMember invites somebody by e-mail, or says the link that is to be handed over.
func (a *App) InviteMember(ctx context.Context, workspace, email string, role member.Role, out io.Writer) error {
	workspaceID, err := a.theWorkspace(ctx, workspace)
	if err != nil {
		return err
	}
	i, link, err := a.Members.Invite(ctx, workspaceID, member.Owner, email, member.Rights{Role: role, AllProjects: true})
	if err != nil {
		return err
	}
	if link == "" {
		_, err = fmt.Fprintf(out, "%s was invited as %s, by e-mail.\n", i.Email, i.Role)
		return err
	}
	_, err = fmt.Fprintf(out, "%s was invited as %s. Hand this link over; it is good until %s:\n%s\n", i.Email, i.Role, i.ExpiresAt.UTC().Format("2006-01-02 15:04 MST"), link)
	return err
}
