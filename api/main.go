// Command patchbay is the whole platform in one binary.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/api/command"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	p := command.Program{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now, Browse: command.Browse, Plain: app.Plain(), Load: load, Open: open}
	code := p.Run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func load() (app.Config, error) {
	c, err := app.Load()
	if err == nil {
		slog.SetDefault(telemetry.NewLogger(app.LogTo, c.LogLevel))
	}
	return c, err
}

func open(ctx context.Context, c app.Config) (*app.App, func(), error) {
	a, err := app.New(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	return a, a.Close, nil
}
