package account

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// The events of an account after it was connected. The environment's webhook
// hears of them.
const (
	Unhealthy = event.AccountUnhealthy // something is wrong; it is tried again
	Dead      = event.AccountDead      // only the user can mend it
	Recovered = event.AccountRecovered // it works again
	Expiring  = event.AccountExpiring  // soon only the user can renew it
	Deleted   = event.AccountDeleted
)

// The events of an OAuth client.
const (
	ClientRejected = event.OAuthAppSuspended // its provider does not accept it; refreshes wait
	ClientAccepted = event.OAuthAppRecovered
)

// HealthCause is why an account is not healthy.
type HealthCause string

// The causes. Their sentences are in sentences.
const (
	CauseRevoked      HealthCause = "revoked"
	CauseExpired      HealthCause = "expired"
	CauseLostRotation HealthCause = "lost_rotation"
	CauseRejected     HealthCause = "rejected"
	CauseOptional     HealthCause = "further_token"
	CauseScope        HealthCause = "scope_lost"
	CausePolicy       HealthCause = "blocked_by_policy"
	CauseClient       HealthCause = "client_config"
	CauseUnreachable  HealthCause = "provider_unreachable"
	CauseThrottled    HealthCause = "throttled"
	CauseMalformed    HealthCause = "malformed_answer"
)

// sentences say the causes to people.
var sentences = map[HealthCause]string{
	CauseRevoked:      "The provider no longer accepts this connection.",
	CauseExpired:      "The connection has expired, and the provider renews it for its user only.",
	CauseLostRotation: "The provider's answer to a refresh was lost, and with it the only token that it still accepts.",
	CauseRejected:     "The app refuses the credential.",
	CauseOptional:     "A further token of the connection is no longer accepted.",
	CauseScope:        "The provider no longer grants what the connection asks for.",
	CausePolicy:       "A rule of the user's organisation keeps the connection from being renewed.",
	CauseClient:       "The provider does not accept the OAuth client.",
	CauseUnreachable:  "The provider did not answer the refresh.",
	CauseThrottled:    "The provider asks for fewer refreshes.",
	CauseMalformed:    "The provider answered the refresh with something that is no token.",
}

// health is a state that an account can be in.
type health struct {
	Healthy, Dead bool
	Cause         HealthCause // "" when healthy
}

func degraded(c HealthCause) *health { return &health{Cause: c} }
func dead(c HealthCause) *health     { return &health{Cause: c, Dead: true} }

// Change is one entry of an account's history.
type Change struct {
	ID        string
	AccountID string
	State     string // healthy, degraded or dead
	Cause     *HealthCause
	Error     *string
	CreatedAt time.Time
}

// TableName maps the noun to its table.
func (Change) TableName() string { return "account_health" }

// State is an account's health in a word: healthy, degraded or dead.
func (a *Account) State() string {
	switch {
	case a.Dead:
		return "dead"
	case a.Healthy:
		return "healthy"
	}
	return "degraded"
}

// judge writes an account's health down, and tells of it if it changed. A
// change of cause alone is remembered and not told.
func (s *Service) judge(tx *gorm.DB, scope tenant.Scope, apps *catalog.Catalog, a *Account, h health, now time.Time) ([]string, error) {
	before := a.State()
	had := a.Cause
	a.Healthy, a.Dead, a.Cause, a.Error = h.Healthy, h.Dead, nil, nil
	if h.Cause != "" {
		text := sentences[h.Cause]
		a.Cause, a.Error = &h.Cause, &text
	}
	if a.State() == before && (had == nil) == (a.Cause == nil) && (had == nil || *had == *a.Cause) {
		return nil, nil
	}
	if a.State() != before {
		a.HealthSince = now
	}
	a.UpdatedAt = now
	if h.Healthy || h.Dead {
		a.ProbeAt, a.ProbeFailures = nil, 0
	}
	if err := tx.Model(a).Select("Healthy", "Dead", "Cause", "Error", "HealthSince", "ProbeAt", "ProbeFailures", "UpdatedAt").Updates(a).Error; err != nil {
		return nil, fmt.Errorf("update account: %w", err)
	}
	if err := s.remember(tx, a); err != nil || a.State() == before {
		return nil, err
	}
	return s.tell(tx, scope, apps, a, map[string]string{"healthy": Recovered, "degraded": Unhealthy, "dead": Dead}[a.State()])
}

// remember adds an account's present state to its history.
func (s *Service) remember(tx *gorm.DB, a *Account) error {
	c := &Change{ID: id.New("ahe"), AccountID: a.ID, State: a.State(), Cause: a.Cause, Error: a.Error, CreatedAt: s.Now()}
	if err := tx.Create(c).Error; err != nil {
		return fmt.Errorf("insert health: %w", err)
	}
	return nil
}

// Told is what webhooks tell of an account: never a credential.
type Told struct {
	ID         string         `json:"id"`
	Name       *string        `json:"name"`
	ExternalID string         `json:"external_id"`
	Healthy    bool           `json:"healthy"`
	Dead       bool           `json:"dead"`
	Cause      *HealthCause   `json:"cause,omitempty"`
	Error      *string        `json:"error,omitempty"`
	ExpiresAt  *string        `json:"expires_at,omitempty"` // of ACCOUNT_EXPIRING: when only the user can renew it
	App        catalog.Public `json:"app"`
	CreatedAt  string         `json:"created_at"`
	UpdatedAt  string         `json:"updated_at"`
}

// Tell returns what webhooks tell of an account.
func (s *Service) Tell(a *Account, app *catalog.App) *Told {
	return &Told{
		ID: a.ID, Name: a.Name, ExternalID: a.ExternalID, Healthy: a.Healthy, Dead: a.Dead, Cause: a.Cause, Error: a.Error, App: s.Catalog.Public(app),
		CreatedAt: a.CreatedAt.UTC().Format(event.Millis), UpdatedAt: a.UpdatedAt.UTC().Format(event.Millis),
	}
}

// tell records what became of an account. The endpoints that hear are returned
// for the nudge after the commit.
func (s *Service) tell(tx *gorm.DB, scope tenant.Scope, apps *catalog.Catalog, a *Account, what string) ([]string, error) {
	return s.tellOf(tx, scope, apps, a, what, nil)
}

func (s *Service) tellOf(tx *gorm.DB, scope tenant.Scope, apps *catalog.Catalog, a *Account, what string, end *time.Time) ([]string, error) {
	told := s.Tell(a, apps.Shown(a.App))
	if end != nil {
		at := end.UTC().Format(event.Millis)
		told.ExpiresAt = &at
	}
	e := &event.Event{Type: what, SubjectID: a.ID, ExternalUserID: a.ExternalID, CreatedAt: s.Now()}
	return emit(tx, scope, e, map[string]any{"account": told})
}

// tellClient records what became of an OAuth client, once for all its accounts.
func (s *Service) tellClient(tx *gorm.DB, scope tenant.Scope, oauthAppID, what string) ([]string, error) {
	var o OAuthApp
	if err := tx.Where("id = ?", oauthAppID).Take(&o).Error; err != nil {
		return nil, fmt.Errorf("load oauth app: %w", err)
	}
	e := &event.Event{Type: what, SubjectID: o.ID, CreatedAt: s.Now()}
	return emit(tx, scope, e, map[string]any{
		"oauth_app": map[string]any{"id": o.ID, "name": o.Name, "app": o.App, "provider_code": o.SuspendedCode},
	})
}

func emit(tx *gorm.DB, scope tenant.Scope, e *event.Event, what map[string]any) ([]string, error) {
	if err := e.Fill(scope.EnvironmentName(), what); err != nil {
		return nil, err
	}
	return webhook.Emit(tx, e, webhook.To{Project: true})
}
