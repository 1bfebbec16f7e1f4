package command

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/db"
)

// withConfig is a command that reads the environment.
func (p *Program) withConfig(cmd *cobra.Command, do func(cmd *cobra.Command, c *app.Config, args []string) error) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := p.Load()
		if err != nil {
			return err
		}
		return do(cmd, &c, args)
	}
	return cmd
}

// withApp is a command that stands on all that a server does.
func (p *Program) withApp(cmd *cobra.Command, do func(ctx context.Context, a *app.App, args []string) error) *cobra.Command {
	return p.withConfig(cmd, func(cmd *cobra.Command, c *app.Config, args []string) error {
		a, done, err := p.Open(cmd.Context(), *c)
		if err != nil {
			return err
		}
		defer done()
		return do(cmd.Context(), a, args)
	})
}

func (p *Program) dev() *cobra.Command {
	return p.withConfig(&cobra.Command{
		Use: "dev", Short: "Try everything out: a private database, seed data and a demo provider", Args: words(0, 0),
	}, func(cmd *cobra.Command, c *app.Config, _ []string) error { return app.Dev(cmd.Context(), *c) })
}

func (p *Program) migrate() *cobra.Command {
	cmd := &cobra.Command{
		Use: "migrate", Short: "Bring the database to this version's schema", Args: words(0, 0),
		Long: "Programs of the version before go on working beside it, unless --dry-run says that a migration takes something away.\n" +
			"With --dry-run it ends with 3 if there is something to do, and with 4 if the database is of a newer version.",
	}
	dryRun := cmd.Flags().Bool("dry-run", false, "say what would be done, and who holds the lock; change nothing")
	wait := cmd.Flags().Duration("wait", db.MigrateWait, "for how long to wait for another who migrates, or makes a backup")
	asJSON := machine(cmd)
	return p.withConfig(cmd, func(cmd *cobra.Command, c *app.Config, _ []string) error {
		return app.Migrate(cmd.Context(), c, *wait, *dryRun, p.Out, *asJSON)
	})
}

func (p *Program) serve() *cobra.Command {
	return p.withApp(&cobra.Command{Use: "serve", Short: "Answer HTTP", Args: words(0, 0)}, func(ctx context.Context, a *app.App, _ []string) error {
		return a.Serve(ctx, func() {})
	})
}

func (p *Program) work() *cobra.Command {
	return p.withApp(&cobra.Command{Use: "work", Short: "Deliver webhooks and run workflows", Args: words(0, 0)}, func(ctx context.Context, a *app.App, _ []string) error {
		return a.Work(ctx)
	})
}

func (p *Program) all() *cobra.Command {
	return p.withApp(&cobra.Command{Use: "all", Short: "Serve and work in one process", Args: words(0, 0)}, func(ctx context.Context, a *app.App, _ []string) error {
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error { return a.Serve(ctx, func() {}) })
		g.Go(func() error { return a.Work(ctx) })
		return g.Wait() //nolint:wrapcheck // the server's own
	})
}

// build is what this program was made of.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // of the source
	Time     string `json:"time,omitempty"`     // of the revision
	Modified bool   `json:"modified"`           // beside it
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (p *Program) version() *cobra.Command {
	cmd := &cobra.Command{Use: "version", Short: "Say which version this is", Args: words(0, 0)}
	asJSON := machine(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		b := build{Version: app.Version(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
		if info, ok := debug.ReadBuildInfo(); ok {
			for _, s := range info.Settings {
				switch s.Key {
				case "vcs.revision":
					b.Revision = s.Value
				case "vcs.time":
					b.Time = s.Value
				case "vcs.modified":
					b.Modified = s.Value == "true"
				}
			}
		}
		if *asJSON {
			return app.WriteJSON(p.Out, b)
		}
		_, err := fmt.Fprintf(p.Out, "patchbay %s (%s, %s)\n", b.Version, b.Go, b.Platform)
		return err //nolint:wrapcheck // standard output
	}
	return cmd
}
