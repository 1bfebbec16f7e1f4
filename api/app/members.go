package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/patchbay-dev/patchbay/internal/member"
)

// membersCommands are what may follow `patchbay members`, with how many words.
var membersCommands = map[string]int{"list": 0, "invite": 1, "role": 2, "remove": 1, "reset-factors": 1}

// MembersCommand does what follows `patchbay members`, with the rights of an
// owner: whoever runs it has the database.
func (a *App) MembersCommand(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return ErrUsage
	}
	n, ok := membersCommands[args[0]]
	if !ok || len(args) < 1+n || slices.ContainsFunc(args[1:1+n], func(s string) bool { return strings.HasPrefix(s, "-") }) {
		return ErrUsage
	}
	does, words := args[0], args[1:1+n]
	flags := flag.NewFlagSet("members", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	workspace, role := flags.String("workspace", "", ""), flags.String("role", string(member.Developer), "")
	if err := flags.Parse(args[1+n:]); err != nil || flags.NArg() > 0 {
		return ErrUsage
	}
	if does == "reset-factors" { // a person's, in all of their workspaces
		factors, sessions, err := a.SignIns.ResetFactors(ctx, words[0])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s has no second factor any more (%d removed), and no session (%d ended).\n", words[0], factors, sessions)
		return err
	}
	w, err := a.theWorkspace(ctx, *workspace)
	if err != nil {
		return err
	}
	switch does {
	case "list":
		return a.listMembers(ctx, w, out)
	case "invite":
		return a.inviteMember(ctx, w, words[0], member.Role(*role), out)
	}
	m, err := a.memberBy(ctx, w, words[0])
	if err != nil {
		return err
	}
	if does == "remove" {
		if err := a.Members.Remove(ctx, w, member.Owner, m.ID); err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s is not a member any more.\n", m.Email)
		return err
	}
	m, err = a.Members.Change(ctx, w, member.Owner, m.ID, func(r *member.Rights) {
		r.Role = member.Role(words[1])
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

func (a *App) memberBy(ctx context.Context, workspaceID, email string) (*member.Listed, error) {
	all, err := a.Members.List(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if strings.EqualFold(all[i].Email, email) {
			return &all[i], nil
		}
	}
	return nil, member.ErrNotFound
}

func (a *App) listMembers(ctx context.Context, workspaceID string, out io.Writer) error {
	all, err := a.Members.List(ctx, workspaceID)
	if err != nil {
		return err
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

func (a *App) inviteMember(ctx context.Context, workspaceID, email string, role member.Role, out io.Writer) error {
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
