// Package app ties the parts together. It is the only package that knows them all.
package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/patchbay-dev/patchbay/internal/access"
	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/auditwebhook"
	"github.com/patchbay-dev/patchbay/internal/authorization"
	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/bundle"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/connect"
	"github.com/patchbay-dev/patchbay/internal/datastore"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/erasure"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/firing"
	"github.com/patchbay-dev/patchbay/internal/imports"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/mail"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/notify"
	"github.com/patchbay-dev/patchbay/internal/plan"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/registry"
	"github.com/patchbay-dev/patchbay/internal/removal"
	"github.com/patchbay-dev/patchbay/internal/rename"
	"github.com/patchbay-dev/patchbay/internal/replay"
	"github.com/patchbay-dev/patchbay/internal/request"
	"github.com/patchbay-dev/patchbay/internal/rerun"
	"github.com/patchbay-dev/patchbay/internal/retention"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/session"
	"github.com/patchbay-dev/patchbay/internal/signin"
	"github.com/patchbay-dev/patchbay/internal/spool"
	"github.com/patchbay-dev/patchbay/internal/sso"
	"github.com/patchbay-dev/patchbay/internal/stash"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/trigger"
	"github.com/patchbay-dev/patchbay/internal/upstream"
	"github.com/patchbay-dev/patchbay/internal/usage"
	"github.com/patchbay-dev/patchbay/internal/webhook"
	"github.com/patchbay-dev/patchbay/internal/workflow"
	"github.com/patchbay-dev/patchbay/web"
)

// App is Patchbay, built but not started.
type App struct {
	config  Config
	db      *db.DB
	keys    *keys.Keys
	queue   *queue.Client
	redis   queue.Connection
	shared  *redis.Client
	metrics *telemetry.Metrics
	export  *telemetry.Export
	handler http.Handler
	started time.Time
	looked  systemView
	worked  workView

	Access     *access.Service
	Members    *member.Service
	SignIns    *signin.Service
	SSO        *sso.Service
	Projects   *project.Service
	Accounts   *account.Service
	Connect    *connect.Service
	Imports    *imports.Service
	agents     *authorization.Service
	webhooks   *webhook.Service
	replays    *replay.Service
	reruns     *rerun.Service
	triggers   *trigger.Service
	notify     *notify.Service
	keeper     *retention.Service
	erasures   *erasure.Service
	renames    *rename.Service
	removals   *removal.Service
	audit      *audit.Service
	auditHooks *auditwebhook.Service
	actions    *action.Service
	runner     func() (*runner.Runner, error) // begun when it is first needed
	coding     atomic.Bool                    // it was
	components *registry.Service
	tools      *upstream.Service
	bundles    *bundle.Store
	runs       *run.Service
	worker     *run.Worker
	firings    *firing.Service
	mail       *mail.Service // nil = no e-mail is taken
	requests   *request.Service
	sessions   *session.Service
	stores     *datastore.Service
	stash      *stash.Service
	events     *event.Service
	usage      *usage.Service
	plans      *plan.Service
	payloads   *event.Payloads

	blobs     seldom
	clock     db.Clock
	attending sync.Once
}

// New builds every part, from the ground up. Each line needs only lines above it.
func New(ctx context.Context, c Config) (*App, error) {
	database, at, ring, err := open(ctx, &c)
	if err != nil {
		return nil, err
	}
	shared, err := redis.New(at)
	if err != nil {
		return nil, err
	}
	answers, err := openSpool(&c, shared)
	if err != nil {
		return nil, err
	}
	blobs, err := openBlobs(ctx, &c)
	if err != nil {
		return nil, err
	}
	allow, err := egress.ParsePrefixes(c.EgressAllow)
	if err != nil {
		return nil, err
	}
	a := &App{config: c, db: database, redis: at, shared: shared, queue: queue.NewClient(at), keys: ring, metrics: telemetry.NewMetrics(), started: time.Now()}
	if err := a.measure(ctx); err != nil {
		return nil, err
	}
	a.clock.Machine = c.Machine
	guard, now, box := egress.NewGuard(allow...), a.clock.Now, ring.Box
	if err := c.through(guard); err != nil {
		return nil, err
	}
	out := guard.Client(30*time.Second, 16)
	limits := &limit.Service{DB: database, Redis: a.shared, Metrics: a.metrics, Now: now}
	a.requests, a.sessions = &request.Service{DB: database, Box: box, Metrics: a.metrics, Keep: c.RequestLog, Now: now}, &session.Service{DB: database, Keep: c.SessionLog, Now: now}
	a.admit(box, guard)
	apps := &appfile.Service{DB: database, Now: now}
	if apps.Shipped, err = catalog.Load(c.PublicURL, c.DemoURL); err != nil {
		return nil, err
	}
	brands := &brand.Service{DB: database, BaseURL: c.ConnectURL, Own: c.hosts(), Now: now}
	a.Projects, a.events = &project.Service{DB: database, Now: now}, &event.Service{DB: database}
	a.payloads = &event.Payloads{DB: database, Blobs: blobs, Most: c.PayloadMost, Keys: a.Access.Keys, BaseURL: c.PublicURL, Now: now}
	a.stash = &stash.Service{DB: database, Payloads: a.payloads, Keys: a.Access.Keys, BaseURL: c.PublicURL, Now: now}
	a.webhooks = &webhook.Service{
		DB: database, Box: box, Queue: a.queue, Guard: guard, Client: guard.Narrow(webhook.MaxTimeout+time.Second, 64), Metrics: a.metrics, Ladder: webhook.Ladder, Payloads: a.payloads, Projects: a.Projects, DeadAge: c.DeadLetterAge, Now: now,
	}
	a.replays, a.plans = &replay.Service{DB: database, Queue: a.queue, Webhooks: a.webhooks, Now: now}, &plan.Service{DB: database, Limits: limits, Webhooks: a.webhooks, Defaults: c.limits(), Now: now}
	if a.notify, err = a.notifications(guard, limits, box); err != nil {
		return nil, err
	}
	a.keepHouse(guard, box)
	a.Accounts = &account.Service{
		DB: database, Box: box, Catalog: apps, Client: out, Stream: guard.Stream(c.proxyTimeout(), 256), Provider: &provider.Client{HTTP: out, Now: now},
		Queue: a.queue, Webhooks: a.webhooks, Limits: limits, Spool: answers, Redis: a.shared, Metrics: a.metrics, Now: now,
	}
	a.Connect = &connect.Service{DB: database, Box: box, Catalog: apps, Accounts: a.Accounts, Webhooks: a.webhooks, Guard: guard, BaseURL: c.ConnectURL, DevelopmentUsers: c.DevUsers, Metrics: a.metrics, Now: now}
	a.Imports = &imports.Service{DB: database, Box: box, Accounts: a.Accounts, Queue: a.queue, Now: now}
	schemes, err := inbound.Load(apps.Shipped)
	if err != nil {
		return nil, err
	}
	workflows := &workflow.Service{DB: database, Now: now}
	verifier := &inbound.Verifier{Client: guard.Client(10*time.Second, 2), Now: now}
	a.known(apps, blobs)
	a.tools = &upstream.Service{DB: a.db, Apps: apps, Components: a.components, Client: guard.Stream(30*time.Second, 4), Version: Version(), Insecure: strings.HasPrefix(c.PublicURL, "http://"), Now: now}
	a.triggers = &trigger.Service{DB: database, Box: box, Webhooks: a.webhooks, Payloads: a.payloads, Apps: apps, Schemes: schemes, Accounts: a.Accounts, Components: a.components, Verifier: verifier, Tally: &inbound.Tally{DB: database}, Metrics: a.metrics, Journal: &trigger.Journal{DB: database, Box: box}, PublicURL: c.PublicURL, PollLeast: c.PollLeast, PauseAfter: c.PauseAfter, Now: now}
	a.runs = &run.Service{DB: database, Keys: a.Access.Keys, Queue: a.queue, Webhooks: a.webhooks, Plans: a.plans, Box: box, Schemes: schemes, Verifier: verifier, Tally: a.triggers.Tally, Metrics: a.metrics, Redis: a.shared, DeadAge: c.DeadLetterAge, Now: now}
	a.carryOut(ctx, guard, limits, box)
	if err := a.face(&faces{a.actions, apps, brands, limits, workflows}); err != nil {
		return nil, err
	}
	return a, a.Access.LoadKeys(ctx)
}

// actionRuns builds what runs actions.
func (a *App) actionRuns(box *secret.Box) *action.Service {
	return &action.Service{
		DB: a.db, Components: a.components, Accounts: a.Accounts, Projects: a.Projects, Box: box, Queue: a.queue, Metrics: a.metrics,
		Tools: a.tools, Plans: a.plans, Timeout: a.config.actionTimeout(), Keep: a.config.ActionLog, Now: a.clock.Now,
	}
}

// notifications builds what tells people. Their webhooks are signed as
// customers' are.
func (a *App) notifications(guard *egress.Guard, limits *limit.Service, box *secret.Box) (*notify.Service, error) {
	s := &notify.Service{
		DB: a.db, Box: box, Queue: a.queue, Guard: guard, Client: guard.Client(10*time.Second, 4), Limits: limits, Members: a.Members, Metrics: a.metrics,
		PublicURL: a.config.PublicURL, Sign: webhook.Sign, Now: a.clock.Now,
	}
	if a.config.SMTPURL == "" {
		return s, nil
	}
	m, err := notify.NewMailer(a.config.SMTPURL, a.config.SMTPFrom, guard)
	if err != nil {
		return nil, err
	}
	s.Mail, a.SignIns.Mail = m, m
	a.Members.Mail = func(ctx context.Context, to, letterID, subject, text string) error {
		return m.Post(ctx, to, letterID, signin.Letter{Subject: subject, Text: text})
	}
	return s, nil
}

// dist is the built console.
func dist() fs.FS {
	files, err := fs.Sub(web.Dist, "dist")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return files
}

// open connects to what lies outside: the database, Redis, and the keys.
func open(ctx context.Context, c *Config) (*db.DB, queue.Connection, *keys.Keys, error) {
	startLean() // what is built on these reads the whole catalogue
	if err := c.Check(); err != nil {
		return nil, nil, nil, err
	}
	redis, err := queue.Parse(c.RedisURL)
	if err != nil {
		return nil, nil, nil, err
	}
	database, err := db.Open(c.DatabaseURL, c.DBConnections)
	if err != nil {
		return nil, nil, nil, err
	}
	if c.ReplicaURL != "" {
		if err := database.ReadFrom(c.ReplicaURL, c.DBConnections); err != nil {
			_ = database.Close()
			return nil, nil, nil, err
		}
	}
	if err := fits(ctx, database); err != nil {
		_ = database.Close()
		return nil, nil, nil, err
	}
	store, err := newStore(c, database)
	if err != nil {
		_ = database.Close()
		return nil, nil, nil, err
	}
	ring, err := store.Open(ctx, c.MasterKey)
	if err != nil {
		_, _ = database.Close(), store.Own.Close()
	}
	return database, redis, ring, err
}

// fits refuses a database of another version. That it does not answer is not said here.
func fits(ctx context.Context, d *db.DB) error {
	beside, err := d.Fits(ctx)
	if errors.Is(err, db.ErrOlderSchema) || errors.Is(err, db.ErrNewerSchema) {
		return err //nolint:wrapcheck // a sentence
	}
	if beside > 0 {
		slog.WarnContext(ctx, "the database is of a newer version, beside which this one works: finish the upgrade", "schema", beside)
	}
	return nil
}

// openBlobs returns where large payloads go, or nil if that is nowhere.
func openBlobs(ctx context.Context, c *Config) (*blob.Store, error) {
	if c.Blobs == "" {
		return nil, nil
	}
	s, err := blob.Open(ctx, c.Blobs)
	if err != nil {
		return nil, configError("PATCHBAY_BLOBS: %w", err)
	}
	return s, nil
}

// openSpool returns where answers of providers wait for the database.
func openSpool(c *Config, shared *redis.Client) (spool.Store, error) {
	if c.SpoolDir == "" {
		return &spool.Redis{Client: shared, Now: time.Now}, nil
	}
	return spool.NewDir(c.SpoolDir)
}

// spoolOf is openSpool for a command, which calls done at its end.
func spoolOf(c *Config) (answers spool.Store, done func(), err error) {
	if c.SpoolDir != "" {
		answers, err = openSpool(c, nil)
		return answers, func() {}, err
	}
	at, err := queue.Parse(c.RedisURL)
	if err != nil {
		return nil, nil, err
	}
	shared, err := redis.New(at)
	if err != nil {
		return nil, nil, err
	}
	answers, err = openSpool(c, shared)
	return answers, func() { _ = shared.Close() }, err
}

// Close ends the connections of an App that will not be used again.
func (a *App) Close() {
	patience, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := a.export.Close(patience); err != nil {
		slog.Warn("the last of what was measured is lost", "error", err)
	}
	a.SignIns.Close()
	a.requests.Close()
	a.actions.Close()
	_ = a.queue.Close()
	_ = a.shared.Close()
	_ = a.db.Close()
	_ = a.keys.Own.Close()
	if a.coding.Load() {
		if r, err := a.runner(); err == nil {
			r.Close()
		}
	}
	if a.payloads.Blobs != nil {
		_ = a.payloads.Blobs.Close()
	}
}

// Handler returns everything that the App answers, on one address.
func (a *App) Handler() http.Handler { return a.handler }

// LogTo is where logs go: standard error, so that output stays the command's own.
var LogTo = os.Stderr
