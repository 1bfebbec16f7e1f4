package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/imports"
	"github.com/patchbay-dev/patchbay/internal/notify"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/replay"
	"github.com/patchbay-dev/patchbay/internal/rerun"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Serve answers HTTP, and HTTPS if it is configured, until ctx ends, and then
// lets requests finish. ready is called once connections are taken.
func (a *App) Serve(ctx context.Context, ready func()) error {
	a.attend(ctx)
	addresses := []string{a.config.Listen}
	if a.config.TLSListen != "" {
		addresses = append(addresses, a.config.TLSListen)
	}
	g, ctx := errgroup.WithContext(ctx)
	for i, address := range addresses {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err != nil {
			return fmt.Errorf("cannot listen on %s: %w", address, err)
		}
		s := &http.Server{Handler: a.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)}
		s.RegisterOnShutdown(a.events.Rest)
		s.RegisterOnShutdown(a.runs.Rest)
		g.Go(func() error {
			err := s.Serve
			if i == 1 {
				err = func(l net.Listener) error { return s.ServeTLS(l, a.config.TLSCert, a.config.TLSKey) }
			}
			if err := err(l); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		g.Go(func() error {
			<-ctx.Done()
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.config.Drain)
			defer cancel()
			err := s.Shutdown(stop)
			if errors.Is(err, context.DeadlineExceeded) { // what takes longer is cut off, as was promised: no failure of ours
				slog.WarnContext(ctx, "requests were cut off", "after", a.config.Drain)
				err = s.Close()
			}
			return err
		})
	}
	if err := a.takeMail(ctx, g); err != nil {
		return err
	}
	ready()
	return g.Wait()
}

// tell answers what machines ask of a process that works, if an address is set for
// it: until the last task is over, and not only until tasks are no longer taken.
func (a *App) tell(ctx context.Context) (hush func(), err error) {
	if a.config.WorkListen == "" {
		return func() {}, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.config.WorkListen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", a.config.WorkListen, err)
	}
	s := &http.Server{Handler: a.ops(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)}
	go func() { _ = s.Serve(l) }() // until it is closed
	return func() { _ = s.Close() }, nil
}

// attend keeps what every process needs: the database's time and the tables of the
// next days, without which it does not begin, and accounts that are as other
// processes left them.
func (a *App) attend(ctx context.Context) {
	a.attending.Do(func() {
		a.clock.Known(ctx, a.db)
		if err := a.keeper.Ahead(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "the tables of the next days are left to the sweep", "error", err)
		}
		go a.clock.Keep(ctx, a.db, 10*time.Second)
		go spaceHeap(ctx, 250*time.Millisecond)
		go a.Accounts.Attend(ctx, time.Second)
		go a.triggers.Tally.Attend(ctx, 2*time.Second)
		go a.components.Shipped()
		go a.triggers.Journal.Attend(ctx, 2*time.Second)
	})
}

// Work does tasks and sweeps until ctx ends, and then lets tasks finish.
func (a *App) Work(ctx context.Context) error {
	s := queue.NewServer(a.redis, a.config.Concurrency, a.config.Drain, a.metrics)
	s.Handle(webhook.TaskDeliver, a.webhooks.Dispatch)
	s.Handle(notify.TaskSend, a.notify.Send)
	s.Handle(run.TaskAdvance, a.runs.Told)
	s.Handle(run.TaskAdmit, a.runs.Admit)
	s.Handle(replay.TaskAdvance, a.replays.Advance)
	s.Handle(rerun.TaskAdvance, a.reruns.Advance)
	go a.worker.Listen(ctx)
	s.Handle(action.TaskRun, a.actions.Wake)
	a.attend(ctx)
	hush, err := a.tell(ctx)
	if err != nil {
		return err
	}
	defer hush()
	refreshed := make(chan struct{})
	go func() {
		defer close(refreshed)
		a.Accounts.Run(ctx, a.config.SweepEvery)
	}()
	s.Handle(account.TaskRevoke, a.Accounts.Revoke)
	s.Handle(imports.TaskAdvance, a.Imports.Advance)
	if err := s.Start(); err != nil {
		return err
	}
	a.webhooks.Work()
	a.runs.Here.Work(ctx, a.worker.Advance)
	polled := make(chan struct{})
	go func() {
		defer close(polled)
		a.triggers.Poll(ctx, a.config.SweepEvery)
	}()
	acted := make(chan struct{})
	go func() {
		defer close(acted)
		a.actions.Work(ctx, a.config.SweepEvery, a.config.Drain)
	}()
	a.sweeps().run(ctx)
	s.Shutdown()
	a.runs.Here.Drain(a.config.Drain)
	<-acted
	<-polled
	a.webhooks.Drain()
	<-refreshed
	return nil
}
