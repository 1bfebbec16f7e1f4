package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/signin"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// seed is what `patchbay dev` made, so that the next start finds it again. It
// holds secrets and is readable by its owner only.
type seed struct {
	path string

	Email            string
	Password         string
	PersonID         string
	ProjectID        string
	ClientID         string
	ClientSecret     string
	OAuthAppID       string
	DemoClientID     string
	DemoClientSecret string
}

func loadSeed(path string) (*seed, error) {
	s := &seed{path: path}
	b, err := os.ReadFile(path) //nolint:gosec // our own folder
	if errors.Is(err, os.ErrNotExist) {
		s.Email, s.Password = "admin@patchbay.localhost", token.Hex("", 8)
		s.DemoClientID, s.DemoClientSecret = "patchbay", token.Hex("acme_", 16)
		return s, s.save()
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w. Fix: remove the folder .patchbay, and with it the data in it", path, err)
	}
	return s, nil
}

func (s *seed) save() error {
	b, err := json.MarshalIndent(s, "", "  ") //nolint:gosec // a file of a developer's own machine, mode 600
	if err != nil {
		return fmt.Errorf("encode seed: %w", err)
	}
	if err := os.WriteFile(s.path, append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("write seed: %w", err)
	}
	return nil
}

// seed makes one workspace with one project, one OAuth client and one admin,
// and the demo provider's OAuth client, unless the database has them.
func (a *App) seed(ctx context.Context, s *seed) error {
	if s.ClientID != "" {
		_, _, err := a.Access.Issue(ctx, s.ClientID, s.ClientSecret, "", "")
		if !errors.Is(err, access.ErrInvalidClient) {
			return err
		}
	}
	m, err := a.firstMember(ctx, "My workspace", s.Email, "Admin", func() string { return s.Password })
	if err != nil {
		return fmt.Errorf("seed workspace: %w", err)
	}
	name := "My SaaS"
	p, err := a.Projects.Create(ctx, m.WorkspaceID, name, project.Change{AppName: &name})
	if err != nil {
		return fmt.Errorf("seed project: %w", err)
	}
	development := "Development"
	c, raw, err := a.Access.Create(ctx, m.WorkspaceID, access.OAuth, access.Wish{Name: &development})
	if err != nil {
		return fmt.Errorf("seed client: %w", err)
	}
	o, err := a.Accounts.Register(ctx, p.ID, "acme_crm", account.OAuthAppInput{ClientID: s.DemoClientID, ClientSecret: secret.Text(s.DemoClientSecret)})
	if err != nil {
		return fmt.Errorf("seed demo client: %w", err)
	}
	s.PersonID, s.ProjectID, s.ClientID, s.ClientSecret, s.OAuthAppID = m.PersonID, p.ID, c.ID, raw.Reveal(), o.ID
	return s.save()
}

// writeEnv writes what a shell needs to call the API.
func (s *seed) writeEnv(path string, c *Config) error {
	lines := []string{
		"PATCHBAY_BASE_URL=" + c.PublicURL,
		"PATCHBAY_TLS_URL=" + c.ConnectURL,
		"PATCHBAY_CLIENT_ID=" + s.ClientID,
		"PATCHBAY_CLIENT_SECRET=" + s.ClientSecret,
		"PATCHBAY_PROJECT_ID=" + s.ProjectID,
		"PATCHBAY_ADMIN_EMAIL=" + s.Email,
		"PATCHBAY_ADMIN_PASSWORD=" + s.Password,
		"PATCHBAY_DEMO_URL=" + c.DemoURL,
	}
	return writeLines(path, lines)
}

// writeEnv writes what the operator's commands need beside a running server:
// (set -a; . FILE; patchbay doctor).
func (c *Config) writeEnv(path string) error {
	var lines []string
	for name, v := range map[string]string{
		"DATABASE_URL": c.DatabaseURL, "REDIS_URL": c.RedisURL, "MASTER_KEY": c.MasterKey,
		"PUBLIC_URL": c.PublicURL, "CONNECT_URL": c.ConnectURL, "DEMO_URL": c.DemoURL, "EGRESS_ALLOW": c.EgressAllow, "BLOBS": c.Blobs, "SMTP_ADDRESS": c.SMTPAddress, "SMTP_DOMAIN": c.SMTPDomain,
	} {
		lines = append(lines, "PATCHBAY_"+name+"='"+strings.ReplaceAll(v, "'", `'\''`)+"'")
	}
	slices.Sort(lines)
	return writeLines(path, lines)
}

func writeLines(path string, lines []string) error {
	_ = os.Remove(path) // a file of an earlier run may have wider rights
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// firstMember finds who has the e-mail, or makes a workspace with them as its owner.
func (a *App) firstMember(ctx context.Context, workspace, email, name string, password func() string) (*member.Member, error) {
	p, err := a.Members.Person(ctx, email)
	if errors.Is(err, member.ErrNobody) {
		return a.Members.Create(ctx, workspace, email, name, password())
	}
	if err != nil {
		return nil, err
	}
	all, err := a.Members.Of(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, signin.ErrNoWorkspace
	}
	return &all[0], nil
}

// FirstAdmin makes a workspace with a member who has the e-mail, or finds the
// member, and prints a link that signs them in once.
func (a *App) FirstAdmin(ctx context.Context, email string) error {
	m, err := a.firstMember(ctx, "Workspace", email, email, func() string {
		password := token.Hex("", 12)
		_, _ = fmt.Fprintf(os.Stdout, "password: %s\n", password)
		return password
	})
	if err != nil {
		return err
	}
	link, err := a.SignIns.NewLink(ctx, m.PersonID)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(os.Stdout, "sign in:  %s/console/link/%s\n", a.config.PublicURL, link)
	return nil
}
