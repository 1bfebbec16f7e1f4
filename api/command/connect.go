package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/internal/remote"
)

// lookEvery is how often it is looked whether the account is there.
const lookEvery = time.Second

// connect leads a user through a connection from the terminal.
func (p *Program) connect() *cobra.Command {
	cmd := &cobra.Command{
		Use: "connect --user USER [--app SLUG]", Short: "Connect an account: open the page for it, and wait until it is there", Args: words(0, 0),
		Long:    "Makes a connect token, prints the link, opens it in the browser, and waits until an account is connected with that token,\nor connected anew. Ctrl-C ends the waiting; the link stays good until its token ends.",
		Example: "  patchbay connect --user ada --app slack\n  patchbay connect --user ada --app slack --no-open --json",
	}
	f := cmd.Flags()
	f.String("user", "", "for whom, your own `ID` of the user")
	f.String("app", "", "the app, by its `SLUG`; without it the user chooses")
	f.String("oauth-app", "", "with this OAuth client, by its `ID`")
	f.Bool("no-open", false, "open no browser")
	f.Bool("json", false, "the account as JSON; the link is on standard error")
	needs(cmd, "user")
	completes(cmd, "app", p.completeApps)
	p.at(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		to, s, err := p.reach(cmd)
		if err != nil {
			return err
		}
		return p.connects(cmd, to, s)
	}
	return cmd
}

func (p *Program) connects(cmd *cobra.Command, to *place, s *remote.Client) error {
	ctx, user, app := cmd.Context(), given(cmd, "user"), given(cmd, "app")
	if app != "" { // or the browser would be the one to say so
		if _, err := ask[json.RawMessage](ctx, s, to, http.MethodGet, "/connect/apps/"+url.PathEscape(app), nil); err != nil {
			if r, ok := errors.AsType[*remote.Refused](err); !ok || r.Status != http.StatusForbidden {
				return err
			}
		}
	}
	token, err := ask[struct {
		Token   string    `json:"token"`
		Link    string    `json:"connect_link_url"`
		Expires time.Time `json:"expires_at"`
	}](ctx, s, to, http.MethodPost, filled("/connect/{p}/tokens", to.project, nil), map[string]any{"external_user_id": user})
	if err != nil {
		return err
	}
	link, err := linkTo(token.Link, app, given(cmd, "oauth-app"))
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(p.Err, "Open this to connect an account of %s; it is good until %s:\n%s\n", printable(user), token.Expires.Local().Format("15:04"), link)
	if given(cmd, "no-open") != "true" && p.Browse != nil {
		if err := p.Browse(ctx, link); err != nil {
			_, _ = fmt.Fprintf(p.Err, "No browser was opened: %s.\n", err)
		}
	}
	_, _ = fmt.Fprintln(p.Err, "Waiting for the account. Ctrl-C ends the waiting.")
	id, err := p.awaits(ctx, to, s, token.Token, token.Expires)
	if err != nil || id == "" {
		return err
	}
	raw, err := ask[json.RawMessage](ctx, s, to, http.MethodGet, filled("/connect/{p}/accounts/{}", to.project, []string{id}), nil)
	if err != nil {
		return err
	}
	if given(cmd, "json") == "true" {
		return p.writeRaw(raw)
	}
	v, err := decoded(raw)
	if err != nil {
		return err
	}
	return p.rows(call{table: "ID=id APP=app.name_slug USER=external_id NAME=name HEALTHY=healthy"}, []any{v}, 1, false)
}

func linkTo(link, app, oauthApp string) (string, error) {
	u, err := url.Parse(link)
	if err != nil {
		return "", fmt.Errorf("read the link: %w", err)
	}
	q := u.Query()
	if app != "" {
		q.Set("app", app)
	}
	if oauthApp != "" {
		q.Set("oauthAppId", oauthApp)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// awaits returns the account that was connected with the token, as the server says of
// the token itself. Who ends the waiting gets none.
func (p *Program) awaits(ctx context.Context, to *place, s *remote.Client, token string, until time.Time) (string, error) {
	for {
		of, err := ask[struct {
			AccountID string `json:"account_id"`
		}](ctx, s, to, http.MethodGet, "/connect/tokens/"+url.PathEscape(token)+"/validate", nil)
		switch {
		case ctx.Err() != nil:
			_, _ = fmt.Fprintln(p.Err, "No longer waiting.")
			return "", nil //nolint:nilerr // who waits said so
		case err != nil && !remote.Passing(err):
			return "", err
		case of.AccountID != "":
			return of.AccountID, nil
		}
		if !p.Now().Before(until) {
			return "", errors.New("the link is over, and no account was connected. Make another: patchbay connect")
		}
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
	}
}

// Browse opens a link in the user's browser.
func Browse(ctx context.Context, link string) error {
	name, args := "xdg-open", []string{link}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", link}
	}
	at, err := exec.LookPath(name)
	if err != nil {
		return fmt.Errorf("%s is not there", name)
	}
	if err := exec.CommandContext(context.WithoutCancel(ctx), at, args...).Start(); err != nil { //nolint:gosec // a link of the server that the user chose
		return fmt.Errorf("start %s: %w", name, err)
	}
	return nil
}
