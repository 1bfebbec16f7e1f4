package command

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/remote"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// place is where a command on a server acts, and as whom.
type place struct {
	project, environment string

	url, id string
	secret  secret.Text
	from    string // the profile; "" = the environment's variables
}

// who declares the flag of whom a command is.
func (p *Program) who(cmd *cobra.Command) {
	cmd.Flags().String("profile", "", "as whom, a `NAME` of patchbay login (PATCHBAY_PROFILE)")
	completes(cmd, "profile", p.completeProfiles)
}

// at declares the flags that say where a command acts.
func (p *Program) at(cmd *cobra.Command) {
	cmd.Flags().String("project", "", "the project's `ID` (PATCHBAY_PROJECT_ID, patchbay use)")
	completes(cmd, "project", p.completeProjects)
	choice(cmd, new(string), "environment", "", "the environment (PATCHBAY_ENVIRONMENT, patchbay use)", tenant.Development, tenant.Production)
	p.who(cmd)
}

// given is a flag's text, where the command has the flag.
func given(cmd *cobra.Command, flag string) string {
	if f := cmd.Flags().Lookup(flag); f != nil {
		return f.Value.String()
	}
	return ""
}

// place finds out where a command acts: what its flags say, else variables of the
// environment, else the profile. A profile that is named by --profile goes before
// variables.
func (p *Program) place(cmd *cobra.Command) (*place, *app.Config, error) {
	flag := given(cmd, "profile")
	c, all, name, err := p.remembered(flag)
	if err != nil {
		return nil, nil, err
	}
	one := all.All[name]
	if one == nil {
		if flag != "" || c.Profile != "" {
			return nil, nil, fmt.Errorf("there is no profile %q. Type: patchbay login --profile %s", name, name)
		}
		one = &profile{}
	}
	if flag != "" {
		c.BaseURL, c.ClientID, c.ClientSecret, c.ProjectID, c.Environment = "", "", "", "", ""
	}
	to := &place{url: c.BaseURL, id: c.ClientID, secret: secret.Text(c.ClientSecret)}
	if to.id == "" {
		to.id, to.secret, to.from = one.ClientID, secret.Text(one.ClientSecret), name
		to.url = either(to.url, one.URL)
		c.ProjectID, c.Environment = either(c.ProjectID, one.Project), either(c.Environment, one.Environment)
	}
	to.url = either(to.url, c.PublicURL)
	to.project = either(given(cmd, "project"), c.ProjectID)
	to.environment = either(given(cmd, "environment"), either(c.Environment, tenant.Development))
	if !slices.Contains([]string{tenant.Development, tenant.Production}, to.environment) {
		return nil, nil, fmt.Errorf("configuration: PATCHBAY_ENVIRONMENT is %q, want %s or %s", to.environment, tenant.Development, tenant.Production)
	}
	c.BaseURL = to.url
	return to, &c, nil
}

func either(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}

// needsProject refuses a command that has none.
func (to *place) needsProject(cmd *cobra.Command) error {
	if to.project == "" {
		return wrong(cmd, "Of which project? Give --project, set PATCHBAY_PROJECT_ID, or type: patchbay use --project ID.")
	}
	return nil
}

// server is what commands call, as the client that is meant.
func (to *place) server() (*remote.Client, error) {
	if to.id == "" || to.secret.Reveal() == "" {
		return nil, errors.New("you are not logged in. Type patchbay login, or set PATCHBAY_CLIENT_ID and PATCHBAY_CLIENT_SECRET: an API client, which you make in the console")
	}
	return &remote.Client{Base: to.url, ID: to.id, Secret: to.secret, HTTP: &http.Client{Timeout: time.Minute}}, nil
}

// reach is place and server of a command that is about a project.
func (p *Program) reach(cmd *cobra.Command) (*place, *remote.Client, error) {
	to, _, err := p.place(cmd)
	if err != nil {
		return nil, nil, err
	}
	if err := to.needsProject(cmd); err != nil {
		return nil, nil, err
	}
	server, err := to.server()
	return to, server, err
}

// header says which environment is meant.
func (to *place) header() http.Header {
	return http.Header{"X-Pd-Environment": {to.environment}}
}
