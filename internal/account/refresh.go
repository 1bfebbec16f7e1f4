package account

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// The times of a refresh. A request ends well before its lease does, so that
// two requests for one token are never under way.
const (
	deadline   = 20 * time.Second // of the provider's answer
	lease      = 45 * time.Second
	recovery   = 5 * time.Second // after a worker died: its answer may lie in a spool
	patience   = 30 * time.Second
	waitStep   = 50 * time.Millisecond
	stormAfter = 5 * time.Minute // two refusals of good tokens within it are no matter of refreshing
)

// errBusy means that another worker refreshes the token at this moment, or that
// it is not due any more.
var errBusy = errors.New("account: being refreshed")

// engine is what a process knows of the refreshes that it makes.
type engine struct {
	owner   string
	cache   *cache
	flights singleflight.Group // by row
	hosts   *hosts
	spooled sync.Map // names of answers that this process is writing
	slots   chan struct{}
}

// The points in a refresh at which a process may die: Service.OnStep hears of them.
const (
	StepClaimed   = "claimed"   // nothing was sent
	StepAnswered  = "answered"  // the token is in memory only
	StepSpooled   = "spooled"   // and in the spool
	StepCommitted = "committed" // and in the database
)

func (s *Service) reach(step string) {
	if s.OnStep != nil {
		s.OnStep(step)
	}
}

const slots = 64 // refreshes that nobody waits for, at once

func (s *Service) engine() *engine {
	s.once.Do(func() {
		s.core = &engine{owner: id.New("proc"), cache: newCache(), hosts: newHosts(), slots: make(chan struct{}, slots)}
	})
	return s.core
}

// Fresh returns an account with a credential that is good now. One that nears
// its end is still good, and is refreshed behind the caller's back; only for one
// that has ended does the caller wait. Callers at once, of any process, share
// one refresh. What it returns is shared: it must not be changed.
func (s *Service) Fresh(ctx context.Context, scope tenant.Scope, accountID string) (*Account, Credential, error) {
	h, err := s.fresh(ctx, scope, accountID)
	if err != nil {
		return nil, Credential{}, err
	}
	return h.account, h.credential, nil
}

func (s *Service) fresh(ctx context.Context, scope tenant.Scope, accountID string) (*holding, error) {
	e, now := s.engine(), s.Now()
	if h, ok := e.cache.get(scope, accountID); ok && !h.due(now) {
		return h, nil
	}
	until := now.Add(patience)
	for {
		mark := e.cache.mark(accountID)
		h, err := s.read(ctx, scope, accountID)
		if err != nil {
			return nil, err
		}
		now = s.Now()
		main := h.main()
		switch {
		case h.account.Dead:
			return nil, ErrDead
		case main == nil || main.ExpiresAt == nil || now.Before(*main.ExpiresAt):
			if h.due(now) {
				s.early(ctx, scope, h)
			} else {
				e.cache.put(h, mark)
			}
			return h, nil
		case s.held(main, now) && now.Before(until):
			if err := wait(ctx, waitStep); err != nil {
				return nil, err
			}
		case main.NextRefreshAt == nil || now.Before(*main.NextRefreshAt):
			return nil, s.unavailable(ctx, scope, main)
		default:
			if err := s.share(ctx, scope, main); err != nil && !errors.Is(err, errBusy) {
				return nil, err
			}
			if !s.Now().Before(until) {
				return nil, ErrUpstream
			}
		}
	}
}

// held reports whether a worker has the token, or its answer may yet be found.
func (s *Service) held(r *row, now time.Time) bool {
	return r.LeaseUntil != nil && now.Before(*r.LeaseUntil) ||
		r.LeaseUntil == nil && r.NextRefreshAt != nil && now.Before(*r.NextRefreshAt) && r.NextRefreshAt.Sub(now) <= recovery
}

// unavailable says why a token that has ended cannot be renewed now.
func (s *Service) unavailable(ctx context.Context, scope tenant.Scope, r *row) error {
	if r.OauthAppID == nil {
		return ErrUpstream
	}
	var suspended bool
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		return tx.Raw("SELECT suspended_at IS NOT NULL FROM oauth_apps WHERE id = ?", *r.OauthAppID).Scan(&suspended).Error
	})
	if err == nil && suspended {
		return ErrSuspended
	}
	return ErrUpstream
}

func (s *Service) read(ctx context.Context, scope tenant.Scope, accountID string) (h *holding, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		h, err = s.load(tx, scope.Environment(), accountID)
		return err
	})
	return h, err
}

// due reports whether one of the tokens is to be refreshed.
func (h *holding) due(now time.Time) bool {
	for i := range h.rows {
		if h.rows[i].due(now) {
			return true
		}
	}
	return false
}

func (r *row) due(now time.Time) bool {
	return r.NextRefreshAt != nil && !r.Dead && !now.Before(*r.NextRefreshAt)
}

// early refreshes what nears its end while the caller goes on with what is good.
// If this process has its hands full, the scheduler comes to it.
func (s *Service) early(ctx context.Context, scope tenant.Scope, h *holding) {
	for i := range h.rows {
		r := &h.rows[i]
		if !r.due(s.Now()) || s.held(r, s.Now()) {
			continue
		}
		select {
		case s.engine().slots <- struct{}{}:
			go func() {
				defer func() { <-s.engine().slots }()
				_ = s.share(context.WithoutCancel(ctx), scope, r) // what became of it is in the row
			}()
		default:
			return
		}
	}
}

// share makes one attempt for all callers of this process. It goes on when they
// have hung up: a rotated token must not be lost.
func (s *Service) share(ctx context.Context, scope tenant.Scope, r *row) error {
	done := s.engine().flights.DoChan(r.ID, func() (any, error) {
		detached := context.WithoutCancel(ctx)
		began := time.Now() //nolint:forbidigo // the monotonic clock: a process that was stopped must not send late
		c, err := s.claim(detached, scope, r, began)
		if err != nil {
			return nil, err
		}
		return nil, s.attempt(detached, c)
	})
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for refresh: %w", ctx.Err())
	case got := <-done:
		return got.Err
	}
}

// renewable reports whether a token can be had again without its user, also when
// nobody knows its end.
func (h *holding) renewable(app *catalog.App, r *row) bool {
	auth, ok := app.Method(h.account.Auth)
	return ok && r.Name != inputs && !r.Dead && policyOf(auth).renewable(h.contents[r.Name])
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for refresh: %w", ctx.Err())
	case <-time.After(d):
		return nil
	}
}

// Renew refreshes an account whose token c the app did not take, unless that was
// done since, and returns what is good now. Calls that find it out at once, in
// any process, share the refresh. A second good token that is refused within
// minutes is no matter of refreshing: then the account is tried by its app's
// probe, and c is returned as it is.
func (s *Service) Renew(ctx context.Context, scope tenant.Scope, a *Account, c Credential) (*Account, Credential, error) {
	app, err := s.Catalog.App(ctx, scope.Project(), a.App)
	if err != nil {
		return nil, c, err
	}
	var r *row
	now := s.Now()
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		h, err := s.load(tx, scope.Environment(), a.ID)
		if err != nil || h.credential.AccessToken != c.AccessToken {
			return err // another call has renewed it
		}
		main := h.main()
		if main == nil || !h.renewable(app, main) || main.stormy(now) {
			return s.doubt(tx, h.account, now)
		}
		if r = main; r.refused(now) {
			return nil // another call has asked for it
		}
		return tx.Model(&row{}).Where("id = ? AND version = ?", r.ID, r.Version).
			Updates(map[string]any{"rejected_at": now, "next_refresh_at": now}).Error
	})
	s.engine().cache.drop(a.ID)
	if err != nil {
		return nil, c, err
	}
	if r != nil {
		r.NextRefreshAt = &now
		err := s.share(ctx, scope, r)
		if errors.Is(err, errBusy) {
			err = s.settle(ctx, scope, r)
		}
		if err != nil && !errors.Is(err, ErrSuspended) {
			return nil, c, err
		}
	}
	return s.Fresh(ctx, scope, a.ID)
}

// refused reports whether the app refused this token, or the one before it, a
// moment ago.
func (r *row) refused(now time.Time) bool {
	return r.RejectedAt != nil && now.Sub(*r.RejectedAt) < stormAfter
}

// stormy reports whether the token has been refreshed since the app refused one.
func (r *row) stormy(now time.Time) bool {
	return r.refused(now) && r.LastOkAt != nil && !r.LastOkAt.Before(*r.RejectedAt)
}

// settle waits as long as another worker has the token that the caller saw.
func (s *Service) settle(ctx context.Context, scope tenant.Scope, seen *row) error {
	for until := s.Now().Add(patience); s.Now().Before(until); {
		h, err := s.read(ctx, scope, seen.AccountID)
		if err != nil {
			return err
		}
		if main := h.main(); main == nil || main.ID != seen.ID || main.Version != seen.Version || !s.held(main, s.Now()) {
			return nil
		}
		if err := wait(ctx, waitStep); err != nil {
			return err
		}
	}
	return nil
}
