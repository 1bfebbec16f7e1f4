package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/local"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// devDir is where `patchbay dev` keeps everything, below the working directory.
const devDir = ".patchbay"

// Dev runs everything on this machine: a private PostgreSQL and Redis (unless
// the configuration names others), the API, a worker and the demo provider.
// It takes four ports from PORT on: HTTP, HTTPS, the demo provider and SMTP. When it
// returns, nothing that it started is running.
func Dev(ctx context.Context, c Config) error {
	began := time.Now()
	port, err := devPort()
	if err != nil {
		return err
	}
	// Others may pass through to the database, which runs as a user of its own when we are root; each file in it is closed.
	if err := os.MkdirAll(devDir, 0o711); err != nil { //nolint:gosec // see above
		return fmt.Errorf("make %s: %w", devDir, err)
	}
	logs, err := os.OpenFile(filepath.Join(devDir, "patchbay.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	defer func() { _ = logs.Close() }()
	slog.SetDefault(telemetry.NewLogger(logs, c.LogLevel))
	if err := freePorts(port); err != nil {
		return err
	}
	died, stop, err := devServices(ctx, &c)
	defer stop()
	if err != nil {
		return err
	}
	return devRun(ctx, c, port, began, died)
}

// devRun migrates and seeds, and then runs API, worker and demo provider until
// ctx ends or one of them does.
func devRun(ctx context.Context, c Config, port int, began time.Time, died <-chan error) (err error) {
	devAddresses(&c, port)
	if c.TLSCert, c.TLSKey, _, err = local.EnsureCA(filepath.Join(devDir, "ca"), time.Now(), local.DefaultHosts); err != nil {
		return err
	}
	if err := db.Migrate(ctx, c.DatabaseURL); err != nil {
		return err
	}
	s, err := loadSeed(filepath.Join(devDir, "seed.json"))
	if err != nil {
		return err
	}
	if c.MasterKey, err = devFile("master.key"); err != nil {
		return err
	}
	if c.Blobs == "" {
		if c.Blobs, err = devFile("blobs"); err != nil {
			return err
		}
	}
	a, err := New(ctx, c)
	if errors.Is(err, keys.ErrNoKeys) || errors.Is(err, keys.ErrLost) {
		return fmt.Errorf("%w. Fix: remove the folder %s, and with it the data in it", err, devDir)
	}
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.seed(ctx, s); err != nil {
		return err
	}
	acme := demo.New(demo.Config{BaseURL: c.DemoURL, Clients: []demo.Client{{
		ID: s.DemoClientID, Secret: s.DemoClientSecret, Name: "My SaaS", RedirectURIs: []string{a.Connect.CallbackURL(s.OAuthAppID)},
	}}})
	beside, err := a.pretend(ctx, &c, acme, s)
	if err != nil {
		return err
	}
	defer acme.Close()
	keep, err := keepDemo(acme, filepath.Join(devDir, "demo.json"))
	if err != nil {
		return err
	}
	link, err := a.SignIns.NewLink(ctx, s.PersonID)
	if err != nil {
		return err
	}
	if err := s.writeEnv(filepath.Join(devDir, "dev.env"), &c); err != nil {
		return err
	}
	if err := c.writeEnv(filepath.Join(devDir, "operator.env")); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveDemo(ctx, port+2, beside) })
	g.Go(func() error { return keep(ctx) })
	g.Go(func() error { return a.Work(ctx) })
	g.Go(func() error {
		return a.Serve(ctx, func() { banner(os.Stdout, &c, link, s.ProjectID, time.Since(began)) })
	})
	g.Go(func() error {
		select {
		case err := <-died:
			return err
		case <-ctx.Done():
			return nil
		}
	})
	return g.Wait()
}

// signOnAtDemo lets the first workspace's members sign in at the demo provider,
// once its owner sets that up.
func (a *App) signOnAtDemo(ctx context.Context, acme *demo.Server, s *seed) error {
	all, err := a.Members.Of(ctx, s.PersonID)
	if err != nil {
		return err
	}
	for _, m := range all {
		acme.RegisterClient(demo.Client{ID: demo.SignOnClient, Secret: demo.SignOnSecret, Name: "Patchbay", RedirectURIs: []string{a.SSO.CallbackURL(m.WorkspaceID)}})
	}
	return nil
}

// pretend returns what is at the demo provider's address: Acme, at which members may
// sign in, and a product that takes users of MCP clients in for the first project, as
// long as that names no page of its own.
func (a *App) pretend(ctx context.Context, c *Config, acme *demo.Server, s *seed) (http.Handler, error) {
	if err := a.signOnAtDemo(ctx, acme, s); err != nil {
		return nil, err
	}
	all, err := a.Members.Of(ctx, s.PersonID)
	if err != nil {
		return nil, err
	}
	page := c.DemoURL + demo.ProductPath
	for _, m := range all {
		scope, err := a.Projects.Scope(ctx, m.WorkspaceID, s.ProjectID, tenant.Development)
		if errors.Is(err, project.ErrNotFound) {
			continue // of another workspace, or deleted
		}
		now, err := a.Projects.SignIn(ctx, scope)
		if err == nil && (now.URL == nil || *now.URL != page && strings.HasPrefix(*now.URL, "http://localhost:") && strings.HasSuffix(*now.URL, demo.ProductPath)) {
			err = a.Projects.SetSignIn(ctx, scope, &page, "")
		}
		if err != nil {
			return nil, err
		}
	}
	saas := (&demo.Product{API: c.PublicURL, ClientID: s.ClientID, ClientSecret: s.ClientSecret, Project: s.ProjectID, Environment: tenant.Development}).Handler()
	m := http.NewServeMux()
	m.Handle(demo.ProductPath, saas)
	m.Handle("/", acme.Handler())
	return m, nil
}

// devFile names a file of the developer's folder as a URL.
func devFile(name string) (string, error) {
	path, err := filepath.Abs(filepath.Join(devDir, name))
	if err != nil {
		return "", fmt.Errorf("find %s: %w", name, err)
	}
	return "file://" + path, nil
}

func devPort() (int, error) {
	text := os.Getenv("PORT") //nolint:forbidigo // `make dev` hands it on; it has no place in a deployment's configuration
	if text == "" {
		return 8080, nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65532 {
		return 0, fmt.Errorf("PORT is %q, want a number from 1 to 65532, such as PORT=9000", text)
	}
	return port, nil
}

// freePorts says which of the four ports is taken, before anything is started.
func freePorts(port int) error {
	for i, use := range []string{"HTTP", "HTTPS", "the demo provider", "SMTP"} {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port+i))
		l, err := net.Listen("tcp", address) //nolint:noctx // answers at once
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("port %d (for %s) is taken by another program. Stop it, or choose other ports: PORT=%d make dev", port+i, use, port+1000)
		}
		if err != nil {
			return fmt.Errorf("port %d (for %s) cannot be used: %w", port+i, use, err)
		}
		_ = l.Close()
	}
	return nil
}

// devServices starts the database and the queue that the configuration does
// not name. stop ends them; died tells when one ends by itself.
func devServices(ctx context.Context, c *Config) (died chan error, stop func(), err error) {
	var started []*local.Process
	died = make(chan error, 2)
	stop = func() {
		for _, p := range started {
			if err := p.Stop(); err != nil {
				slog.ErrorContext(ctx, "stop failed", "error", err)
			}
		}
	}
	watch := func(name string, p *local.Process) {
		started = append(started, p)
		go func() {
			if err := <-p.Done(); err != nil {
				died <- fmt.Errorf("%s stopped by itself: %w", name, err)
			}
		}()
	}
	if c.DatabaseURL == "" {
		p, err := local.StartPostgres(ctx, local.PostgresOptions{Dir: filepath.Join(devDir, "pg"), MaxConnections: 200, Log: os.Stderr})
		if err != nil {
			return died, stop, err
		}
		watch("PostgreSQL", p)
		c.DatabaseURL = p.URL()
	}
	if c.RedisURL == "" {
		p, err := local.StartRedis(ctx, local.RedisOptions{Dir: filepath.Join(devDir, "redis"), Log: os.Stderr})
		if err != nil {
			return died, stop, err
		}
		watch("Redis", p)
		c.RedisURL = p.URL()
	}
	return died, stop, nil
}

// devAddresses puts everything on loopback. Providers and webhooks of a
// developer run there too, so calls to it are allowed.
func devAddresses(c *Config, port int) {
	at := func(i int) string { return "localhost:" + strconv.Itoa(port+i) }
	c.Listen, c.TLSListen = "127.0.0.1:"+strconv.Itoa(port), "127.0.0.1:"+strconv.Itoa(port+1)
	c.PublicURL, c.ConnectURL, c.DemoURL = "http://"+at(0), "https://"+at(1), "http://"+at(2)
	if c.SMTPAddress == "" {
		c.SMTPAddress = "127.0.0.1:" + strconv.Itoa(port+3)
	}
	c.EgressAllow = "127.0.0.0/8,::1/128"
	c.SSODomains = "acme.test"
	c.Drain = 5 * time.Second
	c.SpoolDir = filepath.Join(devDir, "spool")
}

func serveDemo(ctx context.Context, port int, h http.Handler) error {
	s := &http.Server{Addr: "127.0.0.1:" + strconv.Itoa(port), Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = s.Shutdown(stop)
	}()
	if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("demo provider: %w", err)
	}
	return nil
}

// keepDemo brings the demo provider's memory back from a file, and returns what
// keeps it there, so that accounts connected to it outlive a restart.
func keepDemo(acme *demo.Server, path string) (func(context.Context) error, error) {
	b, err := os.ReadFile(path) //nolint:gosec // our own folder
	if err == nil {
		err = acme.Load(b)
	} else if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w. Fix: remove it", path, err)
	}
	save := func() error {
		b, err := acme.Save()
		if err == nil {
			err = os.WriteFile(path+".new", b, 0o600)
		}
		if err == nil {
			err = os.Rename(path+".new", path) // whole or not at all
		}
		return err
	}
	return func(ctx context.Context) error {
		every := time.NewTicker(2 * time.Second)
		defer every.Stop()
		for {
			select {
			case <-every.C:
				if err := save(); err != nil {
					return err
				}
			case <-ctx.Done():
				return save()
			}
		}
	}, nil
}

func banner(w io.Writer, c *Config, link, projectID string, took time.Duration) {
	_, _ = fmt.Fprintf(w, `
  Patchbay is ready (%.1f s)

  Console   %s/console/link/%s
            signs you in once; e-mail and password are in %s/dev.env
  Docs      %s/docs
  API       %s/v1   (HTTPS: %s)
  Acme CRM  %s   (the demo provider)
  MCP       %s/mcp/p/%s/development   (for an AI assistant's user)
  E-mail    smtp://%s   (takes what is sent to triggers, @%s)

  Try this
    1. open the console and press "Connect a test account"
    2. . %s/dev.env   # addresses, client id and secret for your shell
    3. walk through the API with the script in README.md

  Ctrl-C ends everything. Logs: %s/patchbay.log
`, took.Seconds(), c.PublicURL, link, devDir, c.PublicURL, c.PublicURL, c.ConnectURL, c.DemoURL, c.PublicURL, projectID, c.SMTPAddress, c.mailDomain(), devDir, devDir)
}
