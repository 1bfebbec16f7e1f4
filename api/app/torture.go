package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/patchbay-dev/patchbay/internal/chaos"
	"github.com/patchbay-dev/patchbay/internal/local"
	"github.com/patchbay-dev/patchbay/internal/torture"
)

// TortureRefresh tries the promises of the refresh engine, or only one of them, on
// the configured database server and Redis, or on private ones, and prints a table.
// Nothing of an installation that runs there is touched.
func TortureRefresh(ctx context.Context, c *Config, only string, accounts int, out io.Writer) error {
	stop, err := tortureServices(ctx, c)
	defer stop()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program itself: %w", err)
	}
	o := torture.Options{DatabaseURL: c.DatabaseURL, RedisURL: c.RedisURL, Worker: []string{self, "torture", "worker"}, Only: only, Accounts: accounts}
	tried := 0
	good, err := torture.Refresh(ctx, o, func(r torture.Result) {
		tried++
		r.Write(out)
	})
	switch {
	case err != nil:
		return err
	case tried == 0:
		return fmt.Errorf("there is no invariant %q: they are I1 to I17", only)
	case !good:
		return errors.New("a promise does not hold")
	}
	return nil
}

// Torture tries the promises of the delivery engine, or those of runs, while this
// program and all that it stands on is killed again and again.
func Torture(ctx context.Context, try func(context.Context, chaos.Options, func(torture.Result)) (bool, error), o chaos.Options, out io.Writer) error {
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

// WorkSkewed is a worker on a machine whose clock is wrong.
func WorkSkewed(ctx context.Context, c Config, skew time.Duration) error {
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
