package command

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/bench"
)

// measure says what this machine does.
func (p *Program) measure() *cobra.Command {
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure what this machine does, on databases of their own", Args: words(0, 0),
		Long: "Starts a PostgreSQL, a Redis and a server of its own, loads them by HTTP, and says how fast they were. Nothing of an\n" +
			"installation that runs there is touched, and nothing is left behind. No figure fails it: only an error, an event that got\nlost, or a signature that does not match.",
		Example: "  patchbay bench\n  patchbay bench --only token_requests,runs --seconds 10 --json",
	}
	var o bench.Options
	f := cmd.Flags()
	f.IntVar(&o.Seconds, "seconds", 5, "how long each phase generates load")
	f.IntVar(&o.Concurrency, "concurrency", 64, "requests under way at once")
	f.IntVar(&o.Endpoints, "endpoints", 1, "webhooks that the delivered events are spread over")
	f.IntVar(&o.Backlog, "backlog", 1_000_000, "deliveries that wait for a dead receiver, in fairness")
	f.IntVar(&o.Accounts, "accounts", 100_000, "the most accounts that are there, in growth")
	f.IntVar(&o.Events, "events", 1_000_000, "the most events that are there, in growth; ten million take 10 GB")
	f.StringSliceVar(&o.Only, "only", nil, "these `PHASES` alone, separated by commas: "+strings.Join(bench.Phases(), ", "))
	f.StringVar(&o.Binary, "binary", "", "another `PROGRAM` to measure, such as the version before")
	f.StringVar(&o.Dir, "dir", "/var/tmp", "the `FOLDER` in which the databases live for the time being; on a disk, not in memory")
	plots := f.String("plots", "", "a `FOLDER` to draw what was measured of growth into, as SVG")
	asJSON := machine(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		for flag, n := range map[string]int{"seconds": o.Seconds, "concurrency": o.Concurrency, "endpoints": o.Endpoints, "backlog": o.Backlog, "accounts": o.Accounts, "events": o.Events} {
			if err := between(cmd, flag, n, 1, math.MaxInt); err != nil {
				return err
			}
		}
		for _, name := range o.Only {
			if !slices.Contains(bench.Phases(), name) {
				return wrong(cmd, "--only: there is no phase %q; there are %s.", name, strings.Join(bench.Phases(), ", "))
			}
		}
		if o.Binary == "" {
			if o.Binary, err = os.Executable(); err != nil {
				return fmt.Errorf("find the program itself: %w", err)
			}
		}
		report, err := bench.Measure(cmd.Context(), o)
		if report == nil {
			return err //nolint:wrapcheck // it says what was done
		}
		if err := draw(report, *plots); err != nil {
			return err
		}
		if shown := p.figures(report, *asJSON); shown != nil {
			return shown
		}
		return err //nolint:wrapcheck // the same
	}
	return cmd
}

// draw writes the pictures of a report into a folder; "" = none.
func draw(report *bench.Report, folder string) error {
	if folder == "" {
		return nil
	}
	for name, picture := range report.Plots() {
		if err := os.WriteFile(filepath.Join(folder, name), picture, 0o644); err != nil { //nolint:gosec // for everybody to look at
			return fmt.Errorf("draw: %w", err)
		}
	}
	return nil
}

// figures shows what was measured.
func (p *Program) figures(report *bench.Report, asJSON bool) error {
	if asJSON {
		return app.WriteJSON(p.Out, report)
	}
	raw, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	v, err := decoded(raw)
	if err != nil {
		return err
	}
	return p.screen().fields(flat(v, ""))
}
