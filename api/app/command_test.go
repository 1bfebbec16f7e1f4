package app_test

import (
	"cmp"
	"context"
	"io"
	"time"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/api/command"
)

// typed carries out a command line as the process would that has the configuration.
// What a command opens is the rig's own server.
func (g *rig) typed(ctx context.Context, c app.Config, out, notices io.Writer, args ...string) error {
	p := command.Program{
		Out: out, Err: notices, Now: time.Now, Profiles: cmp.Or(g.profiles, "testdata/no-profiles.json"),
		Load: func() (app.Config, error) { return c, nil },
		Open: func(context.Context, app.Config) (*app.App, func(), error) { return g.App, func() {}, nil },
	}
	return p.Execute(ctx, args)
}
