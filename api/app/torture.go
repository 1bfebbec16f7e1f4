package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/patchbay-dev/patchbay/internal/chaos"
	"github.com/patchbay-dev/patchbay/internal/local"
	"github.com/patchbay-dev/patchbay/internal/torture"
)

// TortureCommand tries the promises of the refresh engine on the configured
// database server and Redis, or on private ones, or those of the delivery engine
// or of runs on servers that it starts and kills, and prints a table. Nothing of an
// installation that runs there is touched.
func TortureCommand(ctx context.Context, c *Config, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 1 && args[0] == "worker" {
		return torture.Worker(ctx, in, out)
	}
	switch {
	case len(args) == 3 && args[0] == "work" && args[1] == "--skew":
		return workSkewed(ctx, *c, args[2])
	case len(args) > 0 && (args[0] == "deliver" || args[0] == "runs"):
		return chaosCommand(ctx, args[0], args[1:], out)
	case len(args) == 0 || args[0] != "refresh":
		return ErrUsage
	}
	flags := flag.NewFlagSet("torture refresh", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	only := flags.String("only", "", "an invariant, such as I4")
	accounts := flags.Int("accounts", 1000, "that end in one minute, in I14")
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 || *accounts < 1 || *accounts > 10_000 {
		return ErrUsage
	}
	stop, err := tortureServices(ctx, c)
	defer stop()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program itself: %w", err)
	}
	o := torture.Options{DatabaseURL: c.DatabaseURL, RedisURL: c.RedisURL, Worker: []string{self, "torture", "worker"}, Only: *only, Accounts: *accounts}
	tried := 0
	good, err := torture.Refresh(ctx, o, func(r torture.Result) {
		tried++
		r.Write(out)
	})
	switch {
	case err != nil:
		return err
	case tried == 0:
		return fmt.Errorf("there is no invariant %q: they are I1 to I17", *only)
	case !good:
		return errors.New("a promise does not hold")
	}
	return nil
}

// chaosCommand sends events, or calls a workflow, while this program and all that
// it stands on is killed again and again.
func chaosCommand(ctx context.Context, what string, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("torture "+what, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	o, try, least := chaos.Options{Progress: os.Stderr}, chaos.Deliver, 100
	if what == "runs" {
		flags.IntVar(&o.Events, "runs", 1000, "that are started")
		flags.IntVar(&o.Rate, "rate", 20, "at most so many a second; 0 = as fast as they are taken")
		flags.DurationVar(&o.KillEvery, "kill-every", time.Second, "between two deaths")
		try, least = chaos.Runs, 20
	} else {
		flags.IntVar(&o.Events, "events", 10_000, "that are sent")
		flags.IntVar(&o.Rate, "rate", 0, "at most so many a second; 0 = as fast as they are taken")
		flags.DurationVar(&o.KillEvery, "kill-every", 2*time.Second, "between two deaths")
	}
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 || o.Events < least || o.Rate < 0 || o.KillEvery < 100*time.Millisecond {
		return ErrUsage
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program itself: %w", err)
	}
	o.Program = []string{self}
	good, err := try(ctx, o, func(r torture.Result) { r.Write(out) })
	if err == nil && !good {
		err = errors.New("a promise does not hold")
	}
	return err
}

// workSkewed is a worker on a machine whose clock is wrong.
func workSkewed(ctx context.Context, c Config, by string) error {
	skew, err := time.ParseDuration(by)
	if err != nil {
		return ErrUsage
	}
	c.Machine = func() time.Time { return time.Now().Add(skew) }
	a, err := New(ctx, c)
	if err != nil {
		return err
	}
	defer a.Close()
	return a.Work(ctx)
}

// tortureServices starts what the configuration does not name.
func tortureServices(ctx context.Context, c *Config) (stop func(), err error) {
	var started []*local.Process
	stop = func() {
		for _, p := range started {
			_ = p.Stop()
		}
	}
	if c.DatabaseURL == "" {
		p, err := local.StartPostgres(ctx, local.PostgresOptions{Ephemeral: true, MaxConnections: 300, Log: os.Stderr})
		if err != nil {
			return stop, err
		}
		started, c.DatabaseURL = append(started, p), p.URL()
	}
	if c.RedisURL == "" {
		p, err := local.StartRedis(ctx, local.RedisOptions{Ephemeral: true, Log: os.Stderr})
		if err != nil {
			return stop, err
		}
		started, c.RedisURL = append(started, p), p.URL()
	}
	return stop, nil
}
