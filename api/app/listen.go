package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/patchbay-dev/patchbay/internal/listen"
	"github.com/patchbay-dev/patchbay/internal/remote"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ListenCommand forwards an environment's events to a local address until ctx
// ends. What is typed into in are its commands; events go to out, a line each,
// and all else to notices.
func ListenCommand(ctx context.Context, c *Config, args []string, in io.Reader, out, notices io.Writer) error {
	var o listen.Options
	flags := flag.NewFlagSet("listen", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.Project, "project", c.ProjectID, "")
	flags.StringVar(&o.Environment, "environment", tenant.Development, "")
	flags.StringVar(&o.Forward, "forward", "", "")
	flags.StringVar(&o.Types, "types", "", "")
	flags.StringVar(&o.User, "user", "", "")
	flags.DurationVar(&o.Since, "since", 0, "")
	flags.BoolVar(&o.Resume, "resume", false, "")
	flags.StringVar(&o.Replay, "replay", "", "")
	flags.BoolVar(&o.JSON, "json", false, "")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return ErrUsage
	} else if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	switch {
	case flags.NArg() > 0 || o.Forward == "":
		return ErrUsage
	case o.Project == "":
		return errors.New("listen: give --project, or set PATCHBAY_PROJECT_ID")
	case o.Environment != tenant.Development && o.Environment != tenant.Production:
		return fmt.Errorf("listen: --environment is %q, want %s or %s", o.Environment, tenant.Development, tenant.Production)
	}
	server, err := newRemote(c, "events:read")
	if err != nil {
		return err
	}
	l := &listen.Listener{
		Options: o, Server: server, Local: localClient(), State: stateDir(), Commands: in, Out: out, Notices: notices, Now: time.Now,
	}
	return l.Run(ctx)
}

// localClient sends as deliveries are sent: it follows no redirect and asks for no
// compression. It waits for who sits in a debugger.
func localClient() *http.Client {
	return &http.Client{
		Timeout: 5 * time.Minute, Transport: &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newRemote returns the server that commands call, as a client with the scope.
func newRemote(c *Config, scope string) (*remote.Client, error) {
	if c.ClientID == "" || c.ClientSecret == "" {
		return nil, configError("PATCHBAY_CLIENT_ID and PATCHBAY_CLIENT_SECRET are not set. Make an API client with the scope %s in the console; PATCHBAY_BASE_URL is where the server is", scope)
	}
	return &remote.Client{Base: c.BaseURL, ID: c.ClientID, Secret: secret.Text(c.ClientSecret), HTTP: &http.Client{Timeout: time.Minute}}, nil
}

// stateDir is a folder for what commands remember between two calls.
func stateDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "patchbay", "listen")
}
