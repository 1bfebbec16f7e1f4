package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/remote"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

func (p *Program) login() *cobra.Command {
	cmd := &cobra.Command{
		Use: "login", Short: "Log in to a server as an API client, and remember it", Args: words(0, 0),
		Long: "Asks for the server, the id of an API client and its secret (Console: API clients), tries them, and keeps them in a file that\n" +
			"nobody else reads. The secret is typed, is PATCHBAY_CLIENT_SECRET, or is the first line of what comes in; it is never a flag.",
		Example: "  patchbay login --url https://patchbay.example.com\n  patchbay login --profile staging --url https://staging.example.com --client-id cli_… < secret.txt",
	}
	at := cmd.Flags().String("url", "", "where the server is, a `URL`")
	client := cmd.Flags().String("client-id", "", "the API client's `ID`")
	name := cmd.Flags().String("profile", "", "remember it under this `NAME` (PATCHBAY_PROFILE)")
	completes(cmd, "profile", p.completeProfiles)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, all, as, err := p.remembered(*name)
		if err != nil {
			return err
		}
		if !profileName.MatchString(as) {
			return wrong(cmd, "%q is no name of a profile: it is letters, digits, dots, dashes and underscores.", as)
		}
		one := all.All[as]
		if one == nil {
			one = &profile{}
		}
		in := p.asking()
		to := profile{
			URL:      strings.TrimSuffix(either(*at, c.BaseURL), "/"),
			ClientID: either(*client, c.ClientID), ClientSecret: c.ClientSecret,
		}
		if to.URL == "" {
			to.URL = strings.TrimSuffix(in.ask("Server", either(one.URL, c.PublicURL)), "/")
		}
		if u, err := url.Parse(to.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return wrong(cmd, "%q is no address of a server, such as https://patchbay.example.com.", to.URL)
		}
		if to.ClientID == "" {
			to.ClientID = in.ask("API client id", one.ClientID)
		}
		if to.ClientID == "" {
			return wrong(cmd, "As which API client? Give --client-id; clients are made in the console of %s.", to.URL)
		}
		if to.ClientSecret == "" {
			if to.ClientSecret, err = in.secret("Its secret (is not shown)"); err != nil {
				return err
			}
		}
		if to.ClientSecret == "" {
			return wrong(cmd, "The client's secret is needed: type it, send it as the first line of what comes in, or set PATCHBAY_CLIENT_SECRET.")
		}
		if one.URL == to.URL {
			to.Project, to.Environment = one.Project, one.Environment
		}
		return p.remember(cmd.Context(), all, as, &to)
	}
	return cmd
}

// remember keeps a profile whose client the server knows.
func (p *Program) remember(ctx context.Context, all *profiles, as string, to *profile) error {
	server, err := (&place{url: to.URL, id: to.ClientID, secret: secret.Text(to.ClientSecret)}).server()
	if err != nil {
		return err
	}
	if err := server.SignIn(ctx); err != nil {
		return fmt.Errorf("nothing was kept: %w", err)
	}
	if to.Project == "" { // the only one is meant
		var page struct{ Data []named }
		if server.Call(ctx, http.MethodGet, "/connect/projects?limit=2", nil, nil, &page) == nil && len(page.Data) == 1 {
			to.Project = page.Data[0].ID
		}
	}
	all.All[as], all.Current = to, as
	if err := all.save(); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(p.Out, "Logged in to %s as %s; it is the profile %s, in %s.\n", to.URL, to.ClientID, as, all.file)
	if to.Project == "" {
		_, _ = fmt.Fprintln(p.Out, "Say which project is meant unless you name one: patchbay use --project ID (patchbay projects list)")
		return nil
	}
	_, _ = fmt.Fprintf(p.Out, "Project %s, environment %s, unless you name others.\n", to.Project, either(to.Environment, tenant.Development))
	return nil
}

func (p *Program) logout() *cobra.Command {
	cmd := &cobra.Command{Use: "logout", Short: "Forget a server and the client's secret", Args: words(0, 0), Long: "The API client stays; it is deleted in the console."}
	p.who(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		_, all, name, err := p.remembered(given(cmd, "profile"))
		if err != nil {
			return err
		}
		if all.All[name] == nil {
			return fmt.Errorf("there is no profile %q", name)
		}
		delete(all.All, name)
		if all.Current == name {
			all.Current = ""
		}
		if err := all.save(); err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.Out, "The profile %s is forgotten.\n", name)
		return err //nolint:wrapcheck // standard output
	}
	return cmd
}

func (p *Program) use() *cobra.Command {
	cmd := &cobra.Command{
		Use: "use", Short: "Say which profile, project and environment are meant unless a command names others", Args: words(0, 0),
		Example: "  patchbay use --project proj_… --environment production\n  patchbay use --profile staging",
	}
	p.at(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		_, all, name, err := p.remembered(given(cmd, "profile"))
		if err != nil {
			return err
		}
		one := all.All[name]
		switch {
		case one == nil && len(all.All) == 0:
			return errors.New("you are not logged in. Type: patchbay login")
		case one == nil:
			return fmt.Errorf("there is no profile %q; there are %s", name, strings.Join(all.names(), ", "))
		case cmd.Flags().NFlag() == 0:
			return p.listProfiles(all)
		}
		if project := given(cmd, "project"); project != "" && project != one.Project {
			server, err := (&place{url: one.URL, id: one.ClientID, secret: secret.Text(one.ClientSecret)}).server()
			if err != nil {
				return err
			}
			var found named
			err = server.Call(cmd.Context(), http.MethodGet, "/connect/projects/"+url.PathEscape(project), nil, nil, &found)
			if r, ok := errors.AsType[*remote.Refused](err); err != nil && (!ok || r.Status != http.StatusForbidden) { // who may not look is believed
				return err
			}
			one.Project = project
		}
		one.Environment = either(given(cmd, "environment"), one.Environment)
		all.Current = name
		if err := all.save(); err != nil {
			return err
		}
		return p.listProfiles(all)
	}
	return cmd
}

func (p *Program) listProfiles(all *profiles) error {
	w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "\tPROFILE\tSERVER\tCLIENT\tPROJECT\tENVIRONMENT")
	for _, name := range all.names() {
		one, mark := all.All[name], ""
		if name == all.name("") {
			mark = "*"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", mark, name, one.URL, one.ClientID, either(one.Project, "-"), either(one.Environment, tenant.Development))
	}
	return w.Flush() //nolint:wrapcheck // standard output
}

// identity is who a command is, and where.
type identity struct {
	Server      string `json:"server"`
	ClientID    string `json:"client_id"`
	Profile     string `json:"profile,omitempty"` // "" = variables of the environment say it
	Project     string `json:"project,omitempty"`
	Environment string `json:"environment"`
	Scope       string `json:"scope"`
	ExpiresIn   int    `json:"token_expires_in"`
}

func (p *Program) whoami() *cobra.Command {
	cmd := &cobra.Command{Use: "whoami", Short: "Say as whom and where commands act, and whether the server knows the client", Args: words(0, 0)}
	p.at(cmd)
	asJSON := machine(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		to, _, err := p.place(cmd)
		if err != nil {
			return err
		}
		server, err := to.server()
		if err != nil {
			return err
		}
		var token struct {
			Scope     string `json:"scope"`
			ExpiresIn int    `json:"expires_in"`
		}
		in := map[string]string{"grant_type": "client_credentials", "client_id": to.id, "client_secret": to.secret.Reveal()}
		if err := server.Call(cmd.Context(), http.MethodPost, "/oauth/token", nil, in, &token); err != nil {
			return err
		}
		me := identity{to.url, to.id, to.from, to.project, to.environment, token.Scope, token.ExpiresIn}
		if *asJSON {
			return app.WriteJSON(p.Out, me)
		}
		w := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintf(w, "Server\t%s\nClient\t%s\nProfile\t%s\nProject\t%s\nEnvironment\t%s\nScopes\t%s\n", me.Server, me.ClientID,
			either(me.Profile, "none: PATCHBAY_CLIENT_ID is set"), either(me.Project, "none"), me.Environment, me.Scope)
		return w.Flush() //nolint:wrapcheck // standard output
	}
	return cmd
}

// asking is a conversation with who types, or with what comes in.
type asking struct {
	p        *Program
	lines    *bufio.Reader
	terminal *os.File // nil = there is none
}

func (p *Program) asking() *asking {
	a := &asking{p: p}
	if f, ok := p.In.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		a.terminal = f
	}
	if p.In != nil {
		a.lines = bufio.NewReader(p.In)
	} else {
		a.lines = bufio.NewReader(strings.NewReader(""))
	}
	return a
}

// ask returns what is typed, and otherwise where nothing is, or nobody types.
func (a *asking) ask(what, otherwise string) string {
	if a.terminal == nil {
		return otherwise
	}
	_, _ = fmt.Fprintf(a.p.Err, "%s", what)
	if otherwise != "" {
		_, _ = fmt.Fprintf(a.p.Err, " [%s]", otherwise)
	}
	_, _ = fmt.Fprint(a.p.Err, ": ")
	line, _ := a.lines.ReadString('\n')
	return either(strings.TrimSpace(line), otherwise)
}

// secret returns what is typed without an echo, or the next line of what comes in.
func (a *asking) secret(what string) (string, error) {
	if a.terminal != nil {
		_, _ = fmt.Fprint(a.p.Err, what+": ")
		b, err := term.ReadPassword(int(a.terminal.Fd()))
		_, _ = fmt.Fprintln(a.p.Err)
		if err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
		return strings.TrimSpace(string(b)), nil
	}
	line, err := a.lines.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// confirms asks before what cannot be taken back, unless --yes says so.
func (p *Program) confirms(cmd *cobra.Command, what string) error {
	if given(cmd, "yes") == "true" {
		return nil
	}
	a := p.asking()
	if a.terminal == nil {
		return wrong(cmd, "%s Nobody is here to ask: give --yes.", what)
	}
	if typed := a.ask(what+" Type yes", ""); typed != "yes" {
		return errors.New("nothing was done")
	}
	return nil
}
