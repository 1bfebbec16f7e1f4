package command

import (
	"context"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/chaos"
	"github.com/patchbay-dev/patchbay/internal/torture"
)

// torture tries what is promised.
func (p *Program) torture() *cobra.Command {
	return group("torture", "Hold what is promised against processes that are killed, on databases of their own",
		p.tortureRefresh(),
		p.chaos("deliver", "events", "Hold what is promised of webhooks while servers, workers, PostgreSQL and Redis are killed", 10_000, 100, 0, 2*time.Second, chaos.Deliver),
		p.chaos("runs", "runs", "The same of workflows: every run ends, and its history is true", 1000, 20, 20, time.Second, chaos.Runs),
		p.tortureCluster(),
		p.tortureUpgrade(),
		p.soak(),
		&cobra.Command{Use: "worker", Hidden: true, Args: words(0, 0), RunE: func(cmd *cobra.Command, _ []string) error {
			return torture.Worker(cmd.Context(), p.In, p.Out)
		}},
		p.tortureWork(),
	)
}

func (p *Program) tortureRefresh() *cobra.Command {
	cmd := &cobra.Command{
		Use: "refresh", Short: "Hold what is promised of tokens against killed, stopped and cut-off processes", Args: words(0, 0),
		Example: "  patchbay torture refresh --only I4",
	}
	only := cmd.Flags().String("only", "", "one promise alone, an `INVARIANT` such as I4")
	accounts := cmd.Flags().Int("accounts", 1000, "how many end in one minute, in I14")
	return p.withConfig(cmd, func(cmd *cobra.Command, c *app.Config, _ []string) error {
		if err := between(cmd, "accounts", *accounts, 1, 10_000); err != nil {
			return err
		}
		return app.TortureRefresh(cmd.Context(), c, *only, *accounts, p.Out)
	})
}

func (p *Program) chaos(name, what, short string, many, least, rate int, every time.Duration, try func(context.Context, chaos.Options, func(torture.Result)) (bool, error)) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: short, Args: words(0, 0)}
	o := chaos.Options{Progress: os.Stderr}
	f := cmd.Flags()
	f.IntVar(&o.Events, what, many, "how many")
	f.IntVar(&o.Rate, "rate", rate, "at most so many a second; 0 = as fast as they are taken")
	f.DurationVar(&o.KillEvery, "kill-every", every, "the `TIME` between two deaths")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := between(cmd, what, o.Events, least, math.MaxInt); err != nil {
			return err
		}
		if err := between(cmd, "rate", o.Rate, 0, math.MaxInt); err != nil {
			return err
		}
		if o.KillEvery < 100*time.Millisecond {
			return wrong(cmd, "--kill-every is %s, want 100ms or more.", o.KillEvery)
		}
		return app.Torture(cmd.Context(), try, o, p.Out)
	}
	return cmd
}

func (p *Program) tortureCluster() *cobra.Command {
	cmd := &cobra.Command{
		Use: "cluster", Short: "The same on a Redis Cluster, PgBouncer and a PostgreSQL with a standby: one fault after the other, and what became of the events around it", Args: words(0, 0),
	}
	o := chaos.Options{Progress: os.Stderr}
	cmd.Flags().IntVar(&o.Rate, "rate", 100, "events a second")
	cmd.Flags().DurationVar(&o.KillEvery, "each", 15*time.Second, "the `TIME` around each fault")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := between(cmd, "rate", o.Rate, 1, 10_000); err != nil {
			return err
		}
		if o.KillEvery < 5*time.Second {
			return wrong(cmd, "--each is %s, want 5s or more.", o.KillEvery)
		}
		return app.Torture(cmd.Context(), chaos.Cluster, o, p.Out)
	}
	return cmd
}

func (p *Program) tortureUpgrade() *cobra.Command {
	cmd := &cobra.Command{
		Use: "upgrade --from PROGRAM", Short: "Hold what is promised while this version takes over from the one before, on one database and under load", Args: words(0, 0),
		Example: "  patchbay torture upgrade --from /usr/local/bin/patchbay-before",
	}
	o := chaos.Options{Progress: os.Stderr}
	f := cmd.Flags()
	before := f.String("from", "", "the `PROGRAM` of the version before")
	f.IntVar(&o.Events, "events", 3000, "how many, of which each version alone takes a third or more")
	f.IntVar(&o.Rate, "rate", 100, "at most so many a second; 0 = as fast as they are taken")
	needs(cmd, "from")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := between(cmd, "events", o.Events, 100, math.MaxInt); err != nil {
			return err
		}
		if err := between(cmd, "rate", o.Rate, 0, math.MaxInt); err != nil {
			return err
		}
		o.Before = []string{*before}
		return app.Torture(cmd.Context(), chaos.Upgrade, o, p.Out)
	}
	return cmd
}

func (p *Program) soak() *cobra.Command {
	cmd := &cobra.Command{
		Use: "soak", Short: "Use an installation for long while everything but one server and one worker is killed now and then, and hold that these hold no more at the end", Args: words(0, 0),
		Example: "  patchbay torture soak --for 30m",
	}
	o := chaos.Options{Progress: os.Stderr}
	f := cmd.Flags()
	f.DurationVar(&o.For, "for", 30*time.Minute, "how `LONG`")
	f.DurationVar(&o.Cycle, "cycle", time.Minute, "the `TIME` for which nothing is killed, and then everything is, in turn")
	f.IntVar(&o.Rate, "rate", 100, "at most so many events a second; 0 = as fast as they are taken")
	f.DurationVar(&o.KillEvery, "kill-every", 2*time.Second, "the `TIME` between two deaths")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case o.Rate < 0:
			return between(cmd, "rate", o.Rate, 0, math.MaxInt)
		case o.KillEvery < 100*time.Millisecond:
			return wrong(cmd, "--kill-every is %s, want 100ms or more.", o.KillEvery)
		case o.Cycle < time.Second:
			return wrong(cmd, "--cycle is %s, want 1s or more.", o.Cycle)
		case o.For < chaos.LeastCycles*o.Cycle:
			return wrong(cmd, "--for is %s, want %s or more: so many cycles tell growth from a beginning.", o.For, chaos.LeastCycles*o.Cycle)
		}
		return app.Torture(cmd.Context(), chaos.Soak, o, p.Out)
	}
	return cmd
}

// tortureWork is a worker on a machine whose clock is wrong, which others start.
func (p *Program) tortureWork() *cobra.Command {
	cmd := &cobra.Command{Use: "work", Hidden: true, Args: words(0, 0)}
	skew := cmd.Flags().Duration("skew", 0, "")
	return p.withConfig(cmd, func(cmd *cobra.Command, c *app.Config, _ []string) error {
		return app.WorkSkewed(cmd.Context(), *c, *skew)
	})
}
