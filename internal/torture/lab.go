package torture

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/oauth2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/demo"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/keys"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

const (
	redirect     = "http://patchbay.invalid/callback"
	clientSecret = "torture-client-secret"
)

// base is what the labs share: a server of databases and a folder.
type base struct {
	Options
	dir string
}

func newBase(ctx context.Context, o Options) (*base, error) {
	if o.Accounts == 0 {
		o.Accounts = 1000
	}
	b := &base{Options: o}
	if err := b.admin(ctx, "SELECT 1"); err != nil {
		return nil, fmt.Errorf("the database does not answer: %w", err)
	}
	var err error
	if b.dir, err = os.MkdirTemp("", "patchbay-torture-"); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	return b, nil
}

func (b *base) close() { _ = os.RemoveAll(b.dir) }

func (b *base) admin(ctx context.Context, sql string) error {
	c, err := pgx.Connect(ctx, b.DatabaseURL)
	if err != nil {
		return err //nolint:wrapcheck // the caller says what it was for
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	_, err = c.Exec(ctx, sql)
	return err //nolint:wrapcheck // see above
}

// lab is the place of one invariant: a database, a provider and processes.
type lab struct {
	*base
	name        string
	databaseURL string
	dir         string
	masterKey   string
	db          *db.DB
	own         *db.DB
	ring        *keys.Keys
	accounts    *account.Service // the lab's own engine, which refreshes nothing by itself
	oauth       *account.OAuthApp
	scope       tenant.Scope
	acme        *demo.Server
	seen        *traffic
	server      *http.Server
	demoURL     string
	grace       string
	procs       []*process
	secrets     sync.Map // texts that must not be seen in the clear
	ended       []func()
}

func (b *base) lab(ctx context.Context) (l *lab, err error) {
	l = &lab{base: b, name: id.New("torture")}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	l.dir = filepath.Join(b.dir, l.name)
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return l, err //nolint:wrapcheck // says enough
	}
	if err := b.admin(ctx, "CREATE DATABASE "+l.name); err != nil {
		return l, fmt.Errorf("make a database (the role needs CREATEDB): %w", err)
	}
	u, err := url.Parse(b.DatabaseURL)
	if err != nil {
		return l, fmt.Errorf("database url: %w", err)
	}
	u.Path = "/" + l.name
	l.databaseURL = u.String()
	if err := db.Migrate(ctx, l.databaseURL); err != nil {
		return l, err
	}
	if l.db, err = db.Open(l.databaseURL, 20); err != nil {
		return l, err
	}
	if l.own, err = db.Open(l.databaseURL, 1); err != nil {
		return l, err
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: see crypto/rand
	l.masterKey = base64.StdEncoding.EncodeToString(raw)
	if l.ring, err = (&keys.Store{DB: l.db, Own: l.own, Now: time.Now}).Open(ctx, l.masterKey); err != nil {
		return l, err
	}
	if err := l.provider(ctx); err != nil {
		return l, err
	}
	return l, l.tenant(ctx)
}

// provider starts the third party.
func (l *lab) provider(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	l.demoURL = "http://" + listener.Addr().String()
	l.acme = demo.New(demo.Config{BaseURL: l.demoURL, Clients: []demo.Client{{ID: "torture", Secret: clientSecret, Name: "Torture", RedirectURIs: []string{redirect}}}})
	l.seen = &traffic{next: l.acme.Handler(), calls: map[string]int{}, live: map[string]int{}}
	l.server = &http.Server{Handler: l.seen, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = l.server.Serve(listener) }()
	return nil
}

func (l *lab) tenant(ctx context.Context) error {
	workspace, project, env := id.New("o"), id.New("proj"), id.New("env")
	err := l.db.System(ctx, func(tx *gorm.DB) error {
		return tx.Exec(`WITH w AS (INSERT INTO workspaces (id, name, created_at) VALUES (?, 'Torture', now())),
			p AS (INSERT INTO projects (id, workspace_id, name, created_at, updated_at) VALUES (?, ?, 'Torture', now(), now()))
			INSERT INTO environments (id, project_id, name) VALUES (?, ?, 'development'), (?, ?, 'production')`,
			workspace, project, workspace, env, project, id.New("env"), project).Error
	})
	if err != nil {
		return fmt.Errorf("make tenant: %w", err)
	}
	l.scope = tenant.NewScope(project, env, tenant.Development)
	at, err := queue.Parse(l.RedisURL)
	if err != nil {
		return err
	}
	if l.accounts, err = newAccounts(l.db, l.ring, l.demoURL, "", time.Now); err != nil {
		return err
	}
	l.accounts.Queue = queue.NewClient(at)
	if l.accounts.Redis, err = redis.New(at); err != nil { // so that the workers hear what the lab changes
		return err
	}
	l.accounts.Webhooks = &webhook.Service{DB: l.db, Box: l.ring.Box, Queue: l.accounts.Queue, Now: time.Now}
	l.oauth, err = l.accounts.Register(ctx, project, demoApp, account.OAuthAppInput{Name: "Torture", ClientID: "torture", ClientSecret: clientSecret})
	l.secrets.Store(clientSecret, true)
	return err
}

func (l *lab) close() {
	for _, p := range l.procs {
		p.kill()
	}
	for _, end := range l.ended {
		end()
	}
	if l.server != nil {
		_ = l.server.Close()
		l.acme.Close()
	}
	if l.accounts != nil {
		_ = l.accounts.Queue.Close()
		if l.accounts.Redis != nil {
			_ = l.accounts.Redis.Close()
		}
	}
	for _, d := range []*db.DB{l.db, l.own} {
		if d != nil {
			_ = d.Close()
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	_ = l.admin(ctx, "DROP DATABASE IF EXISTS "+l.name+" WITH (FORCE)")
}

// grant takes Ada through the provider's consent.
func (l *lab) grant(ctx context.Context) (*account.Grant, error) {
	app, err := l.accounts.Catalog.Shipped.Get(demoApp)
	if err != nil {
		return nil, err
	}
	visit := provider.Authorization{RedirectURI: redirect, State: "state", Verifier: oauth2.GenerateVerifier(), Scopes: []string{"contacts.read"}}
	at, err := l.accounts.Authorize(ctx, app, &app.Auth[0], l.oauth, nil, &visit)
	if err != nil {
		return nil, err
	}
	back, err := l.acme.Consent(at, demo.Ada, true)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(back)
	if err != nil {
		return nil, err //nolint:wrapcheck // the provider's own address
	}
	g, err := l.accounts.Exchange(ctx, app, &app.Auth[0], l.oauth, nil, visit, u.Query().Get("code"))
	if err == nil {
		_, err = l.accounts.Complete(ctx, app, &app.Auth[0], l.oauth, g, nil, false)
	}
	if err == nil {
		l.secrets.Store(g.Credential.AccessToken, true)
		l.secrets.Store(g.Credential.RefreshToken, true)
	}
	return g, err
}

// connect makes an account, or connects one again.
func (l *lab) connect(ctx context.Context, reconnect string) (a *account.Account, g *account.Grant, err error) {
	if g, err = l.grant(ctx); err != nil {
		return nil, nil, err
	}
	app, err := l.accounts.Catalog.Shipped.Get(demoApp)
	if err != nil {
		return nil, nil, err
	}
	err = l.db.In(ctx, l.scope, func(tx *gorm.DB) error {
		u, err := account.EnsureUser(tx, "user-1", time.Now().UTC())
		if err != nil {
			return err
		}
		a, err = l.accounts.Save(tx, l.scope, u, app, "oauth", &l.oauth.ID, reconnect, "", g)
		return err
	})
	if err == nil {
		l.accounts.Changed(ctx, a.ID)
	}
	return a, g, err
}

// exec writes to the lab's database as its owner, and has every worker forget
// what it remembers.
func (l *lab) exec(ctx context.Context, sql string, args ...any) error {
	var ids []string
	err := l.db.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec(sql, args...).Error; err != nil {
			return err
		}
		return tx.Raw("SELECT id FROM accounts LIMIT 100").Scan(&ids).Error
	})
	if err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	l.accounts.Changed(ctx, ids...)
	time.Sleep(5 * beat) // until they have heard
	return nil
}
