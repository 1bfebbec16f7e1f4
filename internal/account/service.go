package account

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/redis"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/spool"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Service keeps users and accounts and makes calls with them.
type Service struct {
	DB       *db.DB
	Box      *secret.Box
	Catalog  *appfile.Service
	Client   *http.Client // from the egress guard
	Stream   *http.Client // the same, for bodies of any length
	Provider *provider.Client
	Queue    *queue.Client
	Webhooks *webhook.Service
	Limits   *limit.Service     // nil = nothing is held back
	Spool    spool.Store        // nil: an answer that is not yet in the database is in memory only
	Redis    *redis.Client      // nil: nothing is remembered between calls
	Metrics  *telemetry.Metrics // nil: nothing is counted
	Now      func() time.Time   // the database's clock

	// OnStep is called at each point of a refresh at which a process may die, for
	// those who try what happens then (see internal/torture). nil = nobody does.
	OnStep func(step string)

	once sync.Once
	core *engine
}

// Filter narrows a list of accounts; empty fields do not.
type Filter struct {
	ExternalUserID string
	App            string // slug
	OAuthAppID     string
	State          string // as of Account.State
}

// List returns accounts, newest first.
func (s *Service) List(ctx context.Context, scope tenant.Scope, f Filter, c db.Cursor) (page *db.Page[Account], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		page, err = list(tx, f, c)
		return err
	})
	return page, err
}

func list(tx *gorm.DB, f Filter, c db.Cursor) (*db.Page[Account], error) {
	q := tx
	if f.ExternalUserID != "" {
		q = q.Where("user_id = (SELECT id FROM external_users WHERE external_id = ?)", f.ExternalUserID)
	}
	if f.App != "" {
		q = q.Where("app = ?", f.App)
	}
	if f.OAuthAppID != "" {
		q = q.Where("oauth_app_id = ?", f.OAuthAppID)
	}
	if f.State != "" {
		q = q.Where("dead = ? AND healthy = ?", f.State == "dead", f.State == "healthy")
	}
	page, err := db.List(q, c, func(a *Account) string { return a.ID })
	if err != nil {
		return nil, err
	}
	return page, fill(tx, page.Items)
}

// Get returns an account. A user named by onlyUser (their external id) gets
// their own alone; "" gets any.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, accountID, onlyUser string) (a *Account, err error) {
	err = s.DB.Ask(ctx, scope, asked, []any{accountID}, func(rows pgx.Rows) (err error) {
		a, err = pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByNameLax[Account])
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		return err
	})
	if err == nil && onlyUser != "" && a.ExternalID != onlyUser {
		return nil, ErrNotFound
	}
	return a, err
}

// asked is ByID's question, in one round trip: of all that is read, an account
// is read the most.
const asked = `SELECT a.id, a.user_id, a.app, a.auth, a.oauth_app_id, a.name, a.identity_id, a.vars, a.scopes, a.asked_scopes, a.healthy, a.dead, a.cause, a.error,
		a.health_since, a.probe_at, a.probe_failures, a.checked_at, a.created_at, a.updated_at, u.external_id, c.expires_at, c.last_ok_at AS last_refreshed_at, c.next_refresh_at
	FROM accounts a JOIN external_users u ON u.id = a.user_id LEFT JOIN credentials c ON c.account_id = a.id AND c.main WHERE a.id = $1`

func owned(tx *gorm.DB, accountID, onlyUser string) (*Account, error) {
	a, err := ByID(tx, accountID)
	if err == nil && onlyUser != "" && a.ExternalID != onlyUser {
		return nil, ErrNotFound
	}
	return a, err
}

// Users returns users whose external id holds q, newest first.
func (s *Service) Users(ctx context.Context, scope tenant.Scope, q string, c db.Cursor) (page *db.Page[User], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		query := tx
		if q != "" {
			query = query.Where("strpos(lower(external_id), lower(?)) > 0", q)
		}
		page, err = db.List(query, c, func(u *User) string { return u.ID })
		return err
	})
	return page, err
}

// FindOAuthApp returns the OAuth client with the id, which must be for the app,
// or the app's newest when id is "".
func FindOAuthApp(tx *gorm.DB, app, oauthAppID string) (*OAuthApp, error) {
	if oauthAppID == "" {
		return db.One[OAuthApp](tx.Where("app = ?", app).Order("id DESC"), ErrNoOAuthApp)
	}
	return db.One[OAuthApp](tx.Where("app = ? AND id = ?", app, oauthAppID), ErrOAuthApp)
}
