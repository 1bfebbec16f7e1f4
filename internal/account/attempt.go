package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Attempt is one try to refresh one token, for the account's history.
type Attempt struct {
	ID           string
	AccountID    string
	CredentialID string
	BaseVersion  int64
	Owner        string
	StartedAt    time.Time
	FinishedAt   *time.Time
	Outcome      string // running, ok, fenced, abandoned, or a class of provider.Class
	HTTPStatus   int    // 0 = no answer
	ProviderCode string
}

// TableName maps the noun to its table.
func (Attempt) TableName() string { return "refresh_attempts" }

// The outcomes of an attempt, beside the classes of the provider's errors.
const (
	running   = "running"
	succeeded = "ok"
	fenced    = "fenced"    // the token was replaced meanwhile, or its account deleted
	abandoned = "abandoned" // its worker died
)

// claim is a lease on a token and what the refresh needs.
type claim struct {
	scope   tenant.Scope
	row     row
	attempt string
	began   time.Time // by the process's monotonic clock
	held    *holding
}

// claim takes the lease on a token that is due, in one short transaction with
// the attempt's row. errBusy: another has it, or had it; ErrSuspended: its client
// is not accepted.
func (s *Service) claim(ctx context.Context, scope tenant.Scope, r *row, began time.Time) (c *claim, err error) {
	if s.engine().hosts.open(r.TokenHost, s.Now()) > 0 {
		return nil, ErrUpstream
	}
	now := s.Now()
	c = &claim{scope: scope, attempt: id.New("rfa"), began: began}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		held, err := s.suspended(tx, r, now)
		switch {
		case err != nil:
			return err
		case held:
			return ErrSuspended
		}
		err = db.Affected(tx.Model(&row{}).Where("id = ? AND version = ? AND NOT dead AND lease_until IS NULL AND next_refresh_at <= ?", r.ID, r.Version, now).
			Updates(map[string]any{"lease_owner": c.attempt, "lease_until": now.Add(lease)}), errBusy)
		if err != nil {
			return err
		}
		if err := s.begin(tx, c, r, now); err != nil {
			return err
		}
		return s.equip(tx, c, r.ID)
	})
	return c, err
}

// suspended holds a refresh back whose client the provider does not accept, but
// for one a minute.
func (s *Service) suspended(tx *gorm.DB, r *row, now time.Time) (bool, error) {
	if r.OauthAppID == nil {
		return false, nil
	}
	o, err := db.One[OAuthApp](tx.Where("id = ?", *r.OauthAppID), ErrOAuthApp)
	if err != nil || o.SuspendedAt == nil {
		return false, err
	}
	probe := tx.Model(&OAuthApp{}).Where("id = ? AND retry_at <= ?", o.ID, now).UpdateColumn("retry_at", now.Add(clientRetry))
	if probe.Error != nil || probe.RowsAffected == 1 {
		return false, probe.Error //nolint:wrapcheck // claim's transaction says it
	}
	return true, nil
}

func (s *Service) begin(tx *gorm.DB, c *claim, r *row, now time.Time) error {
	a := &Attempt{ID: c.attempt, AccountID: r.AccountID, CredentialID: r.ID, BaseVersion: r.Version, Owner: s.engine().owner, StartedAt: now, Outcome: running}
	if err := tx.Create(a).Error; err != nil {
		return fmt.Errorf("insert attempt: %w", err)
	}
	return nil
}

// equip loads what the request needs, as it is under the lease.
func (s *Service) equip(tx *gorm.DB, c *claim, rowID string) (err error) {
	r, err := db.One[row](tx.Where("id = ?", rowID), errGone)
	if err != nil {
		return err
	}
	c.row = *r
	c.held, err = s.load(tx, c.scope.Environment(), r.AccountID)
	return err
}

// attempt makes the one request of a claim and writes down what came of it. The
// answer is durable before anybody sees it. What it returns is nil when the row
// holds a token that is good, whoever brought it.
func (s *Service) attempt(ctx context.Context, c *claim) error {
	e := s.engine()
	s.reach(StepClaimed)
	ctx, cancel := context.WithDeadline(ctx, c.began.Add(deadline))
	defer cancel()
	after := context.WithoutCancel(ctx) // what is to be written is written, however late the answer came
	answer, err := s.ask(ctx, c)
	e.hosts.heard(c.row.TokenHost, c.row.ID, out(err), s.Now())
	s.count(err)
	if err != nil {
		return s.failed(after, c, err)
	}
	s.reach(StepAnswered)
	return s.keep(after, c, answer)
}

// count notes how a request ended, by what a provider may say and no more.
func (s *Service) count(err error) {
	if s.Metrics == nil {
		return
	}
	outcome := succeeded
	if err != nil {
		outcome = cmp.Or(string(provider.ClassOf(err)), "error")
	}
	s.Metrics.Refreshes.WithLabelValues(outcome).Inc()
}

// out reports whether an error is an outage of the host.
func out(err error) bool {
	class := provider.ClassOf(err)
	return class == provider.Transient || class == provider.Ambiguous
}

// ask makes the request. A refresh token that is not known any more may have
// been replaced by another worker, which the row tells; or the provider may
// still take the one before it.
func (s *Service) ask(ctx context.Context, c *claim) (*answer, error) {
	conn, o, err := s.toRefresh(ctx, c)
	if err != nil {
		return nil, err
	}
	in := c.held.contents[c.row.Name]
	if !policyOf(conn.Auth).renewable(in) {
		return nil, errEnded
	}
	request := func(conn *provider.Connection) (*provider.Grant, error) {
		return s.Provider.Refresh(ctx, conn, c.row.Name)
	}
	got, err := s.asClient(ctx, o, conn, request)
	if provider.ClassOf(err) == provider.Reauth && in.Previous != "" && in.Until != nil && s.Now().Before(*in.Until) && s.current(ctx, c) {
		conn.Tokens[c.row.Name+".refresh"] = in.Previous
		if again, aerr := request(conn); aerr == nil {
			got, err = again, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return s.answer(c, conn, got)
}

// errEnded is for a token that has ended and cannot be renewed.
var errEnded = errors.New("account: the token has ended")

// toRefresh returns the credential at work, with the OAuth client that made it.
func (s *Service) toRefresh(ctx context.Context, c *claim) (*provider.Connection, *OAuthApp, error) {
	a := c.held.account
	app, err := s.Catalog.App(ctx, c.scope.Project(), a.App)
	if err != nil {
		return nil, nil, err
	}
	auth, ok := app.Method(a.Auth)
	if !ok {
		return nil, nil, fmt.Errorf("%s has no method %q any more", a.App, a.Auth)
	}
	var o *OAuthApp
	if a.OauthAppID != nil {
		err := s.DB.In(ctx, c.scope, func(tx *gorm.DB) (err error) {
			o, err = FindOAuthApp(tx, a.App, *a.OauthAppID)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	conn, err := s.connection(app, auth, o, a.Vars, c.held.credential)
	return conn, o, err
}

// current reports whether the token is still the one that was claimed.
func (s *Service) current(ctx context.Context, c *claim) bool {
	var n int64
	err := s.DB.In(ctx, c.scope, func(tx *gorm.DB) error {
		return tx.Model(&row{}).Where("id = ? AND version = ?", c.row.ID, c.row.Version).Count(&n).Error
	})
	return err == nil && n == 1
}

// keep makes an answer durable and then writes it to the database. While the
// database is away the answer waits in the spool, and in this process.
func (s *Service) keep(ctx context.Context, c *claim, a *answer) error {
	e, name := s.engine(), a.name()
	e.spooled.Store(name, true)
	defer e.spooled.Delete(name)
	sealed, err := a.seal(s.Box)
	if err != nil {
		return err
	}
	put := s.Spool != nil
	if put {
		if err := s.Spool.Put(ctx, name, sealed); err != nil {
			slog.ErrorContext(ctx, "the spool takes nothing; a token is in memory only", "account", c.row.AccountID, "error", err)
			put = false
		}
	}
	s.reach(StepSpooled)
	err = s.commit(ctx, a)
	for pause := 100 * time.Millisecond; err != nil && !put; pause = min(2*pause, 5*time.Second) {
		slog.ErrorContext(ctx, "a token cannot be written and is in memory only", "account", c.row.AccountID, "error", err)
		if wait(ctx, pause) != nil {
			return err
		}
		err = s.commit(ctx, a)
	}
	if err != nil {
		return fmt.Errorf("write refresh: %w", err) // the spool is replayed
	}
	s.reach(StepCommitted)
	if put {
		if err := s.Spool.Remove(ctx, name); err != nil {
			slog.WarnContext(ctx, "a spooled answer stays behind", "error", err) // it is fenced when it is replayed
		}
	}
	return nil
}
