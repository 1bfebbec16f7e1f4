package torture

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/spool"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// setup is the first line that a worker reads.
type setup struct {
	DatabaseURL, RedisURL, MasterKey, DemoURL, SpoolDir string
	Skew                                                time.Duration // of the machine's clock
	Grace                                               string        // what the app's file promises of used refresh tokens
	Project, Environment, Name                          string
}

// command is each further line.
type command struct {
	Do      string // fresh | sweep | replay | break | go | sync
	Account string
	Callers int    // of fresh
	At      string // of break: the step at which the worker stands still, and says so
}

// answer is a line that a worker writes.
type answer struct {
	Reached string   // a step at which it stands still
	Tokens  []string // fingerprints of the access tokens that callers got, each once
	Errors  []string // codes
	Micros  []int64  // of each caller
	Error   string
}

// Worker is one process under torture: it does what in tells, and says on out
// what came of it, until in ends.
func Worker(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	w := &worker{out: json.NewEncoder(out), resume: make(chan struct{})}
	if !lines.Scan() {
		return errors.New("no setup")
	}
	var s setup
	if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	if err := w.open(ctx, s); err != nil {
		return err
	}
	w.say(answer{})
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return fmt.Errorf("command: %w", err)
		}
		switch c.Do {
		case "break":
			w.mu.Lock()
			w.stop = c.At
			w.mu.Unlock()
			w.say(answer{})
		case "go":
			w.resume <- struct{}{}
		default:
			go w.do(ctx, c)
		}
	}
	return lines.Err() //nolint:wrapcheck // a pipe of our own
}

type worker struct {
	accounts *account.Service
	scope    tenant.Scope
	clock    *db.Clock
	db       *db.DB
	resume   chan struct{}

	mu   sync.Mutex
	out  *json.Encoder
	stop string
}

func (w *worker) say(a answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.out.Encode(a) // whoever does not read has ended
}

func (w *worker) open(ctx context.Context, s setup) (err error) {
	if w.db, err = db.Open(s.DatabaseURL, 20); err != nil {
		return err
	}
	w.clock = &db.Clock{Machine: func() time.Time { return time.Now().Add(s.Skew) }}
	if err := w.clock.Sync(ctx, w.db); err != nil {
		return err
	}
	own, err := db.Open(s.DatabaseURL, 1)
	if err != nil {
		return err
	}
	ring, err := (&keys.Store{DB: w.db, Own: own, Now: w.clock.Now}).Open(ctx, s.MasterKey)
	if err != nil {
		return err
	}
	at, err := queue.Parse(s.RedisURL)
	if err != nil {
		return err
	}
	shared, err := redis.New(at)
	if err != nil {
		return err
	}
	answers, err := spool.NewDir(s.SpoolDir)
	if err != nil {
		return err
	}
	w.scope = tenant.NewScope(s.Project, s.Environment, s.Name)
	w.accounts, err = newAccounts(w.db, ring, s.DemoURL, s.Grace, w.clock.Now)
	if err != nil {
		return err
	}
	w.accounts.Queue, w.accounts.Redis, w.accounts.Spool = queue.NewClient(at), shared, answers
	w.accounts.Webhooks = &webhook.Service{DB: w.db, Box: ring.Box, Queue: w.accounts.Queue, Now: w.clock.Now}
	w.accounts.OnStep = w.reach
	go w.accounts.Attend(ctx, 500*time.Millisecond)
	return nil
}

// newAccounts is the engine, with the demo provider's app in its catalogue.
func newAccounts(d *db.DB, ring *keys.Keys, demoURL, grace string, now func() time.Time) (*account.Service, error) {
	shipped, err := catalog.Load("http://patchbay.invalid", demoURL)
	if err != nil {
		return nil, err
	}
	app, err := shipped.Get(demoApp)
	if err != nil {
		return nil, err
	}
	if grace != "" {
		app.Auth[0].Refresh.ReuseGrace = grace
	}
	out := egress.NewGuard(netip.MustParsePrefix("127.0.0.0/8")).Client(30*time.Second, 64)
	return &account.Service{
		DB: d, Box: ring.Box, Catalog: &appfile.Service{DB: d, Shipped: shipped, Now: now}, Client: out, Stream: out,
		Provider: &provider.Client{HTTP: out, Now: now}, Now: now,
	}, nil
}

// demoApp is the slug of the demo provider's app.
const demoApp = "acme_crm"

func (w *worker) reach(step string) {
	w.mu.Lock()
	here := w.stop == step
	if here {
		w.stop = ""
	}
	w.mu.Unlock()
	if here {
		w.say(answer{Reached: step})
		<-w.resume
	}
}

func (w *worker) do(ctx context.Context, c command) {
	var a answer
	var err error
	switch c.Do {
	case "fresh":
		a = w.fresh(ctx, c)
	case "sweep":
		err = w.accounts.Sweep(ctx)
		w.accounts.Drain()
	case "replay":
		err = w.accounts.Replay(ctx)
	case "sync":
		err = w.clock.Sync(ctx, w.db)
	default:
		err = fmt.Errorf("there is no command %q", c.Do)
	}
	if err != nil {
		slog.ErrorContext(ctx, "command failed", "command", c.Do, "error", err)
		a.Error = err.Error()
	}
	w.say(a)
}

// fresh asks for an account's credential as many callers at once.
func (w *worker) fresh(ctx context.Context, c command) answer {
	var a answer
	tokens, codes := map[string]bool{}, map[string]bool{}
	var mu sync.Mutex
	var g errgroup.Group
	for range max(c.Callers, 1) {
		g.Go(func() error {
			began := time.Now()
			_, cred, err := w.accounts.Fresh(ctx, w.scope, c.Account)
			mu.Lock()
			defer mu.Unlock()
			a.Micros = append(a.Micros, time.Since(began).Microseconds())
			if err != nil {
				codes[fault.Of(err).Code] = true
			} else {
				tokens[fingerprint(cred.AccessToken)] = true
			}
			return nil
		})
	}
	_ = g.Wait()
	for t := range tokens {
		a.Tokens = append(a.Tokens, t)
	}
	for code := range codes {
		a.Errors = append(a.Errors, code)
	}
	return a
}
