package command

import (
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/remote"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// place is what a command on a server is about.
type place struct {
	project, environment string
}

// at declares the flags that say where.
func (p *Program) at(cmd *cobra.Command) *place {
	to := &place{}
	cmd.Flags().StringVar(&to.project, "project", "", "the project's `ID` (PATCHBAY_PROJECT_ID)")
	choice(cmd, &to.environment, "environment", tenant.Development, "the environment", tenant.Development, tenant.Production)
	completes(cmd, "project", p.completeProjects)
	return to
}

// in finds out where a command is to act.
func (to *place) in(cmd *cobra.Command, c *app.Config) error {
	if to.project == "" {
		to.project = c.ProjectID
	}
	if to.project == "" {
		return wrong(cmd, "Of which project? Give --project, or set PATCHBAY_PROJECT_ID.")
	}
	return nil
}

// newRemote returns the server that commands call, as a client with the scope.
func newRemote(c *app.Config, scope string) (*remote.Client, error) {
	if c.ClientID == "" || c.ClientSecret == "" {
		return nil, fmt.Errorf("configuration: PATCHBAY_CLIENT_ID and PATCHBAY_CLIENT_SECRET are not set. Make an API client with the scope %s in the console; PATCHBAY_BASE_URL is where the server is", scope)
	}
	return &remote.Client{Base: c.BaseURL, ID: c.ClientID, Secret: secret.Text(c.ClientSecret), HTTP: &http.Client{Timeout: time.Minute}}, nil
}
