package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// The events of an account after it was connected. The environment's webhook
// hears of them.
const (
	Unhealthy = "ACCOUNT_UNHEALTHY" // a refresh failed; it is tried again
	Dead      = "ACCOUNT_DEAD"      // only the user can mend it
	Recovered = "ACCOUNT_RECOVERED" // a refresh succeeded after one that failed
	Deleted   = "ACCOUNT_DELETED"
)

// TaskRefresh nudges a worker to refresh an account.
const TaskRefresh = "account:refresh"

// Told is what webhooks tell of an account: never a credential.
type Told struct {
	ID         string         `json:"id"`
	Name       *string        `json:"name"`
	ExternalID string         `json:"external_id"`
	Healthy    bool           `json:"healthy"`
	Dead       bool           `json:"dead"`
	Error      *string        `json:"error,omitempty"`
	App        catalog.Public `json:"app"`
	CreatedAt  string         `json:"created_at"`
	UpdatedAt  string         `json:"updated_at"`
}

// ISOMillis is how webhooks write a time.
const ISOMillis = "2006-01-02T15:04:05.000Z07:00"

// Tell returns what webhooks tell of an account.
func (s *Service) Tell(a *Account, app *catalog.App) *Told {
	return &Told{
		ID: a.ID, Name: a.Name, ExternalID: a.ExternalID, Healthy: a.Healthy, Dead: a.Dead, Error: a.Error, App: s.Catalog.Public(app),
		CreatedAt: a.CreatedAt.UTC().Format(ISOMillis), UpdatedAt: a.UpdatedAt.UTC().Format(ISOMillis),
	}
}

// tell records what became of an account. The endpoints that hear are returned
// for the nudge after the commit.
func (s *Service) tell(tx *gorm.DB, scope tenant.Scope, app *catalog.App, a *Account, what string) ([]string, error) {
	now := s.Now()
	e := &event.Event{ID: event.NewID(), Type: what, SubjectID: a.ID, ExternalUserID: a.ExternalID, CreatedAt: now}
	body, err := json.Marshal(map[string]any{
		"event": what, "event_id": e.ID, "environment": scope.EnvironmentName(), "external_user_id": a.ExternalID,
		"created_at": now.UTC().Format(ISOMillis), "account": s.Tell(a, app),
	})
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	e.Body = string(body)
	return webhook.Emit(tx, e, webhook.To{Project: true})
}

// change returns what a refresh changed in an account's health, or "".
func change(before, after *Account) string {
	switch {
	case after.Dead && !before.Dead:
		return Dead
	case !after.Healthy && before.Healthy:
		return Unhealthy
	case after.Healthy && !before.Healthy:
		return Recovered
	}
	return ""
}

// failed puts a failed refresh down in an account: why, and when to try again.
// Only a provider that says so makes it dead.
func (a *Account) failed(err error, now time.Time) {
	text := "The provider did not answer the refresh."
	a.Healthy, a.NextRefreshAt = false, nil
	a.RefreshFailures++
	switch provider.ClassOf(err) {
	case provider.Reauth:
		a.Dead, a.Error = true, new("The provider no longer accepts this connection.")
		return
	case provider.ClientConfig:
		text = "The provider does not accept the OAuth client."
	case provider.Throttled:
		text = "The provider asks for fewer refreshes."
	default:
	}
	at := now.Add(again(a.RefreshFailures, provider.ClassOf(err)))
	a.Error, a.NextRefreshAt = &text, &at
}

// again is how long to wait after the nth failure in a row: half a minute and
// then twice as long each time, up to an hour, spread by a fifth to either
// side. A refresh whose outcome is not known is tried at once: providers that
// forgive a token used twice do so for a short time only.
func again(n int, class provider.Class) time.Duration {
	if class == provider.Ambiguous && n == 1 {
		return 2 * time.Second
	}
	base := min(30*time.Second<<min(n-1, 10), time.Hour)
	return time.Duration(float64(base) * (0.8 + 0.4*rand.Float64())) //nolint:gosec // jitter, not a secret
}

// Refresh refreshes an account that is due, before anybody needs it. What
// became of it is in the row; only our own outage is an error.
func (s *Service) Refresh(ctx context.Context, scope tenant.Scope, accountID string) error {
	_, _, err := s.Fresh(ctx, scope, accountID)
	if errors.Is(err, ErrDead) || errors.Is(err, ErrUpstream) || errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Sweep nudges every account whose token is near its end. Every worker process
// calls it on a ticker; the lease on the row lets one refresh through.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Now()
	var due []struct{ ID, EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT a.id, a.environment_id, e.project_id, e.name FROM accounts a JOIN environments e ON e.id = a.environment_id
			WHERE a.next_refresh_at <= ? AND NOT a.dead AND (a.lease_until IS NULL OR a.lease_until < ?)
			ORDER BY a.next_refresh_at LIMIT 200`, now, now).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("sweep accounts: %w", err)
	}
	for _, a := range due {
		s.Queue.Nudge(ctx, TaskRefresh, tenant.NewScope(a.ProjectID, a.EnvironmentID, a.Name), a.ID)
	}
	return nil
}
