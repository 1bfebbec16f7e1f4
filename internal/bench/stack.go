package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/local"
)

// stack is a Patchbay of our own and all that it stands on.
type stack struct {
	dir     string
	binary  string
	env     []string
	url     string // of Patchbay
	appURL  string // of the app that accounts are connected to
	arrived arrivals
	link    string // signs its first member in, once

	pg, redis *local.Process
	server    *exec.Cmd
	exited    chan struct{} // closed when the server is gone
	undo      []func()      // what ends what was started, in the order of starting
}

// start starts everything. died is told when a part ends by itself.
func start(ctx context.Context, o Options, died context.CancelCauseFunc) (_ *stack, err error) {
	s := &stack{binary: o.Binary}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	// The servers' temporary places are made there too, and removed by them or, after a crash, by the next run.
	if err := os.Setenv("TMPDIR", o.Dir); err != nil {
		return nil, fmt.Errorf("set TMPDIR: %w", err)
	}
	if s.dir, err = os.MkdirTemp("", "patchbay-bench-"); err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	s.later(func() { _ = os.RemoveAll(s.dir) })
	if err := s.startServices(ctx, died); err != nil {
		return nil, err
	}
	if err := s.configure(ctx); err != nil {
		return nil, err
	}
	if _, err := s.patchbay(ctx, "migrate"); err != nil {
		return nil, err
	}
	said, err := s.patchbay(ctx, "admin", "bench@example.com")
	if err != nil {
		return nil, err
	}
	_, s.link, _ = strings.Cut(said, "sign in:")
	s.link = strings.TrimSpace(s.link)
	return s, s.startServer(ctx, died)
}

// later remembers how to end what was just started.
func (s *stack) later(end func()) { s.undo = append(s.undo, end) }

// stop ends everything, the last started first, and removes its files.
func (s *stack) stop() {
	for _, end := range slices.Backward(s.undo) {
		end()
	}
	s.undo = nil
}

func (s *stack) startServices(ctx context.Context, died context.CancelCauseFunc) (err error) {
	progress("start PostgreSQL and Redis")
	watch := func(name string, p *local.Process) {
		s.later(func() {
			if err := p.Stop(); err != nil {
				progress("stop %s: %v", name, err)
			}
		})
		go func() { died(<-p.Done()) }()
	}
	if s.pg, err = local.StartPostgres(ctx, local.PostgresOptions{MaxConnections: 200, Log: os.Stderr}); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	watch("PostgreSQL", s.pg)
	if s.redis, err = local.StartRedis(ctx, local.RedisOptions{Log: os.Stderr}); err != nil {
		return fmt.Errorf("start Redis: %w", err)
	}
	watch("Redis", s.redis)
	return nil
}

// configure starts the demo provider and writes the server's environment.
func (s *stack) configure(ctx context.Context) error {
	acme := demo.New(demo.Config{})
	s.later(acme.Close)
	demoURL, stop, err := serve(ctx, upstream(acme.Handler(), &s.arrived))
	if err != nil {
		return err
	}
	s.later(stop)
	acme.SetBaseURL(demoURL)
	s.appURL = demoURL

	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(local.FreePort(ctx)))
	s.url = "http://" + address

	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "PATCHBAY_") {
			s.env = append(s.env, e)
		}
	}
	s.env = append(s.env,
		"PATCHBAY_DATABASE_URL="+s.pg.URL(), "PATCHBAY_REDIS_URL="+s.redis.URL(), "PATCHBAY_MASTER_KEY=file://"+filepath.Join(s.dir, "master.key"),
		"PATCHBAY_LISTEN="+address, "PATCHBAY_PUBLIC_URL="+s.url, "PATCHBAY_EGRESS_ALLOW=127.0.0.0/8", "PATCHBAY_DEMO_URL="+demoURL, "PATCHBAY_DRAIN=5s", "PATCHBAY_PROXY_LIMIT=none", "PATCHBAY_ACCOUNT_LIMIT=none", "PATCHBAY_COMPONENT_LIMIT=none", "PATCHBAY_CONNECT_TOKEN_LIMIT=none", "PATCHBAY_ACTION_LIMIT=none",
		"PATCHBAY_RUNNER_ISOLATION=user", "PATCHBAY_RUNNER_PROCESSES="+strconv.Itoa(processes*2), "PATCHBAY_RUNNER_IDLE=10m", "PATCHBAY_COMPONENT_DIR="+filepath.Join(s.dir, "components"))
	return nil
}

// patchbay runs one of the program's short commands and returns what it printed.
func (s *stack) patchbay(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.binary, args...) //nolint:gosec // the program that we measure
	cmd.Env = s.env
	var out bytes.Buffer
	cmd.Stdout = &out
	err := command(cmd)
	return out.String(), err
}

// command runs cmd; its error holds what cmd said on standard error.
func command(cmd *exec.Cmd) error {
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, strings.TrimSpace(said.String()))
	}
	return nil
}

// startServer starts Patchbay and returns when it is ready.
func (s *stack) startServer(ctx context.Context, died context.CancelCauseFunc) error {
	log, err := os.Create(s.logFile())
	if err != nil {
		return fmt.Errorf("make log: %w", err)
	}
	defer log.Close()                        //nolint:errcheck // the child has its own handle
	s.server = exec.Command(s.binary, "all") //nolint:gosec,noctx // the program that we measure; it outlives ctx, endServer ends it
	s.server.Env, s.server.Stdout, s.server.Stderr = s.env, log, log
	s.server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C in the terminal reaches us alone
	if err := s.server.Start(); err != nil {
		return fmt.Errorf("start patchbay: %w", err)
	}
	s.exited = make(chan struct{})
	go func() {
		_ = s.server.Wait() // how it ended stands in ProcessState
		close(s.exited)
		died(errors.Join(fmt.Errorf("patchbay ended by itself (%s)", s.server.ProcessState), s.lastWords()))
	}()
	s.later(s.endServer)
	return s.ready(ctx)
}

func (s *stack) endServer() {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = s.server.Process.Signal(signal) // fails only when it is gone, which exited says
		select {
		case <-s.exited:
			return
		case <-time.After(15 * time.Second):
		}
	}
}

func (s *stack) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	c := &http.Client{Timeout: 5 * time.Second}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/readyz", http.NoBody)
		if err != nil {
			return fmt.Errorf("build request: %w", err)
		}
		if res, err := c.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("patchbay does not get ready"), s.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *stack) logFile() string { return filepath.Join(s.dir, "patchbay.log") }

// lastWords returns the end of the server's log as an error, or nil if it said nothing.
func (s *stack) lastWords() error {
	b, err := os.ReadFile(s.logFile())
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if err != nil || lines[0] == "" {
		return nil //nolint:nilerr // what cannot be read says nothing
	}
	return errors.New("patchbay's log ends with\n  " + strings.Join(lines[max(0, len(lines)-10):], "\n  "))
}
