package account

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

const (
	// KeepSecret is how long a client's secret is kept after it was replaced,
	// when nobody says otherwise.
	KeepSecret = 24 * time.Hour
	// MaxKeepSecret is the longest that it is kept.
	MaxKeepSecret = 30 * 24 * time.Hour

	usedEvery = time.Minute // in which the time of a secret's use is written once
)

// ErrNoPrevious is returned when there is no secret before the present one.
var ErrNoPrevious = fault.New(fault.NotFound, "no_previous_secret", "The OAuth client has no secret but the present one.")

// Which of a client's secrets.
const (
	CurrentSecret  = "current"
	PreviousSecret = "previous"
)

// rotates returns the columns that a new secret changes. The one before stays
// for as long as keep says, for the provider may not know the new one yet.
func (s *Service) rotates(o *OAuthApp, next secret.Text, keep time.Duration) (map[string]any, error) {
	now := s.Now()
	old, err := s.openSecret(o, o.ClientSecret)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(old), []byte(next)) == 1 {
		return map[string]any{}, nil // set again, for example by a form that was sent twice: the one before it is still that
	}
	sealed, err := s.Box.Seal([]byte(next.Reveal()), clientAssociated(o.ID))
	if err != nil {
		return nil, err
	}
	set := map[string]any{"client_secret": sealed, "secret_set_at": now, "secret_used_at": nil}
	switch {
	case keep <= 0 || old == "":
		return withoutPrevious(set), nil
	case o.SecretUsedAt == nil && o.previous(now) != nil:
		// What is replaced never worked, perhaps it was mistyped. The one before it may be what the provider takes.
	default:
		set["previous_secret"], set["previous_secret_used_at"] = o.ClientSecret, o.SecretUsedAt
	}
	set["previous_secret_until"] = now.Add(min(keep, MaxKeepSecret))
	return set, nil
}

func withoutPrevious(set map[string]any) map[string]any {
	set["previous_secret"], set["previous_secret_until"], set["previous_secret_used_at"] = nil, nil, nil
	return set
}

// previous returns the sealed secret before the present one, or nil when there
// is none or its time is over.
func (o *OAuthApp) previous(now time.Time) []byte {
	if o.PreviousSecretUntil == nil || !now.Before(*o.PreviousSecretUntil) {
		return nil
	}
	return o.PreviousSecret
}

// Rotating reports until when the secret before the present one is kept; nil =
// there is none.
func (o *OAuthApp) Rotating(now time.Time) *time.Time {
	if o.previous(now) == nil {
		return nil
	}
	return o.PreviousSecretUntil
}

// InUse says which secret the provider took last, or "" before the first time.
func (o *OAuthApp) InUse(now time.Time) string {
	previous := o.PreviousSecretUsedAt
	if o.previous(now) == nil {
		previous = nil
	}
	switch {
	case o.SecretUsedAt != nil && (previous == nil || !previous.After(*o.SecretUsedAt)):
		return CurrentSecret
	case previous != nil:
		return PreviousSecret
	}
	return ""
}

// DropPrevious destroys the secret before the present one ahead of its time.
func (s *Service) DropPrevious(ctx context.Context, projectID, oauthAppID string) error {
	return s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		if _, err := db.One[OAuthApp](tx.Where("id = ?", oauthAppID), ErrOAuthApp); err != nil {
			return err
		}
		res := tx.Model(&OAuthApp{}).Where("id = ? AND previous_secret IS NOT NULL", oauthAppID).Updates(withoutPrevious(map[string]any{"updated_at": s.Now()}))
		if err := db.Affected(res, ErrNoPrevious); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.OAuthAppChanged, Subject: oauthAppID, Details: map[string]any{"fields": []string{"previous_secret"}}})
	})
}

// SweepSecrets destroys secrets whose time is over. None is used after it, also
// before it is swept.
func (s *Service) SweepSecrets(ctx context.Context) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		err := tx.Model(&OAuthApp{}).Where("previous_secret IS NOT NULL AND previous_secret_until <= ?", s.Now()).
			UpdateColumns(withoutPrevious(map[string]any{})).Error
		if err != nil {
			return fmt.Errorf("sweep client secrets: %w", err)
		}
		return nil
	})
}

func (s *Service) openSecret(o *OAuthApp, sealed []byte) (string, error) {
	plain, err := s.Box.Open(sealed, clientAssociated(o.ID))
	if err != nil {
		return "", fmt.Errorf("open client secret of %s: %w", o.ID, err)
	}
	return string(plain), nil
}

// asClient makes a token request with the client's secret and, if the provider
// does not know that secret, once more with the one before it.
//
// The second request is safe, also with a code or a refresh token that may be
// used only once: a server looks at who asks before it looks at what is asked
// for (RFC 6749, 3.2.1), so an answer that says that the client is not known
// has used nothing up. Any other failure is not tried again.
func (s *Service) asClient(ctx context.Context, o *OAuthApp, c *provider.Connection, request func(*provider.Connection) (*provider.Grant, error)) (*provider.Grant, error) {
	got, err := request(c)
	if o == nil {
		return got, err
	}
	which := CurrentSecret
	if sealed := o.previous(s.Now()); sealed != nil && provider.IsWrongSecret(err) {
		old := *c
		if old.Client.Secret, err = s.openSecret(o, sealed); err != nil {
			return nil, err
		}
		which = PreviousSecret
		got, err = request(&old)
	}
	if err == nil {
		s.used(ctx, o, which)
	}
	return got, err
}

// used writes down when a provider took a secret, at most once a minute: many
// accounts share a client. It is not worth failing a request for.
func (s *Service) used(ctx context.Context, o *OAuthApp, which string) {
	column, last, now := "secret_used_at", o.SecretUsedAt, s.Now()
	if which == PreviousSecret {
		column, last = "previous_secret_used_at", o.PreviousSecretUsedAt
		slog.WarnContext(ctx, "the provider took the previous secret of an OAuth client", "oauth_app", o.ID, "app", o.App)
	}
	if last != nil && now.Sub(*last) < usedEvery {
		return
	}
	err := s.DB.Project(context.WithoutCancel(ctx), o.ProjectID, func(tx *gorm.DB) error {
		// Only for the secret that was sent: it may have been replaced meanwhile.
		return tx.Model(&OAuthApp{}).Where("id = ? AND secret_set_at = ?", o.ID, o.SecretSetAt).UpdateColumn(column, now).Error
	})
	if err != nil {
		slog.ErrorContext(ctx, "the use of a client secret was not written", "oauth_app", o.ID, "error", err)
	}
}
