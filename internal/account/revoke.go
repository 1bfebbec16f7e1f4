package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// TaskRevoke nudges a worker to revoke a credential.
const TaskRevoke = "account:revoke"

// revocable is all that a revocation needs, so that the OAuth client may be
// deleted meanwhile.
type revocable struct {
	Credential Credential
	Client     provider.OAuthClient
}

func revocationAssociated(environmentID, revocationID string) string {
	return "revocation|" + environmentID + "|" + revocationID
}

// revocationWaits are between the tries: nine in about a day.
var revocationWaits = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// RevokeLater hands the credential of an account that is gone to be revoked. It
// happens if and when tx commits; the caller may then nudge TaskRevoke. apps are
// the project's.
func (s *Service) RevokeLater(tx *gorm.DB, scope tenant.Scope, apps *catalog.Catalog, a *Account, c Credential, cause Cause) (*Revocation, error) {
	clients := map[string]provider.OAuthClient{}
	r, err := s.revocation(tx, scope, apps, a, c, cause, clients)
	if err != nil {
		return nil, err
	}
	if err := tx.Create(r).Error; err != nil {
		return nil, fmt.Errorf("insert revocation: %w", err)
	}
	return r, nil
}

// handOver is RevokeLater for accounts that are being deleted. A credential that
// does not open does not keep its account from being deleted.
func (s *Service) handOver(tx *gorm.DB, scope tenant.Scope, apps *catalog.Catalog, rows []Account, cause Cause) ([]Revocation, error) {
	out, clients := make([]Revocation, len(rows)), map[string]provider.OAuthClient{}
	all, err := s.loadAll(tx, scope.Environment(), rows)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if err := all[i].damaged; err != nil {
			slog.ErrorContext(tx.Statement.Context, "a credential cannot be revoked", "account", rows[i].ID, "error", err)
			out[i] = *s.newRevocation(&rows[i], cause).over(RevocationFailed, "The stored credential could not be opened.", s.Now())
			continue
		}
		r, err := s.revocation(tx, scope, apps, &rows[i], all[i].credential, cause, clients)
		if err != nil {
			return nil, err
		}
		out[i] = *r
	}
	if err := tx.Create(&out).Error; err != nil {
		return nil, fmt.Errorf("insert revocations: %w", err)
	}
	return out, nil
}

func (s *Service) newRevocation(a *Account, cause Cause) *Revocation {
	now := s.Now()
	r := &Revocation{
		ID: id.New("rev"), AccountID: a.ID, ExternalUserID: a.ExternalID, App: a.App, Auth: a.Auth, OauthAppID: a.OauthAppID, IdentityID: a.IdentityID,
		Vars: a.Vars, Cause: cause, Status: RevocationPending, NextAttemptAt: now, CreatedAt: now,
	}
	if r.Vars == nil {
		r.Vars = map[string]string{}
	}
	return r
}

// revocation makes the row. clients remembers those that were read before.
func (s *Service) revocation(tx *gorm.DB, scope tenant.Scope, apps *catalog.Catalog, a *Account, c Credential, cause Cause, clients map[string]provider.OAuthClient) (*Revocation, error) {
	r := s.newRevocation(a, cause)
	app, auth := revokes(apps, a)
	if auth == nil {
		return r.over(RevocationUnsupported, "The app offers no way to revoke this kind of credential.", s.Now()), nil
	}
	what := revocable{Credential: c}
	if a.OauthAppID != nil {
		client, known := clients[*a.OauthAppID]
		if !known {
			o, err := FindOAuthApp(tx, a.App, *a.OauthAppID)
			if err != nil {
				return nil, err
			}
			conn, err := s.connection(app, auth, o, nil, Credential{})
			if err != nil {
				return nil, err
			}
			client = conn.Client
			clients[o.ID] = client
		}
		what.Client = client
	}
	plain, err := json.Marshal(what)
	if err != nil {
		return nil, fmt.Errorf("encode revocation: %w", err)
	}
	r.Credential, err = s.Box.Seal(plain, revocationAssociated(scope.Environment(), r.ID))
	return r, err
}

// revokes returns the app and the method of an account, if it declares how to revoke.
func revokes(apps *catalog.Catalog, a *Account) (*catalog.App, *catalog.Auth) {
	app, err := apps.Get(a.App)
	if err != nil {
		return nil, nil
	}
	auth, ok := app.Method(a.Auth)
	if !ok || auth.Revoke.URL == "" {
		return nil, nil
	}
	return app, auth
}

// Revoke ends a credential at its provider. What became of it is in the row;
// only our own outage is an error. Called twice it asks the provider twice at
// most, which is harmless.
func (s *Service) Revoke(ctx context.Context, scope tenant.Scope, revocationID string) error {
	now := s.Now()
	var r Revocation
	var inUse bool
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		err := tx.Raw(`UPDATE revocations SET lease_id = ?, lease_until = ?, attempts = attempts + 1
			WHERE id = ? AND finished_at IS NULL AND next_attempt_at <= ? AND (lease_until IS NULL OR lease_until < ?) RETURNING *`,
			id.New("lease"), now.Add(lease), revocationID, now, now).Scan(&r).Error
		if err != nil || r.ID == "" || r.OauthAppID == nil || r.IdentityID == nil {
			return err
		}
		return tx.Raw("SELECT grant_in_use(?, ?)", *r.OauthAppID, *r.IdentityID).Scan(&inUse).Error
	})
	if err != nil || r.ID == "" {
		return err
	}
	leaseID := r.LeaseID
	if inUse {
		r.over(RevocationKept, "Another account of the same person uses the same grant at the provider.", now)
	} else {
		s.judgeRevocation(ctx, &r, s.askRevoke(ctx, scope, &r))
	}
	return s.DB.In(context.WithoutCancel(ctx), scope, func(tx *gorm.DB) error {
		res := tx.Model(&Revocation{}).Where("id = ? AND lease_id = ?", r.ID, leaseID).
			Select("Status", "Credential", "Reason", "HTTPStatus", "NextAttemptAt", "LeaseID", "LeaseUntil", "FinishedAt").Updates(&r)
		if res.Error != nil {
			return fmt.Errorf("write revocation: %w", res.Error)
		}
		return nil // a lease that was lost has another worker behind it
	})
}

// askRevoke makes the one request.
func (s *Service) askRevoke(ctx context.Context, scope tenant.Scope, r *Revocation) error {
	plain, err := s.Box.Open(r.Credential, revocationAssociated(scope.Environment(), r.ID))
	if err != nil {
		return fmt.Errorf("open revocation: %w", err)
	}
	var what revocable
	if err := json.Unmarshal(plain, &what); err != nil {
		return fmt.Errorf("decode revocation: %w", err)
	}
	apps, err := s.Catalog.For(ctx, scope.Project())
	if err != nil {
		return err
	}
	app, err := apps.Get(r.App)
	if err != nil {
		return provider.ErrNoRevoke
	}
	auth, ok := app.Method(r.Auth)
	if !ok {
		return provider.ErrNoRevoke
	}
	conn, err := s.connection(app, auth, nil, r.Vars, what.Credential)
	if err != nil {
		return err
	}
	conn.Client = what.Client
	o, err := s.stillThere(ctx, scope, r, &conn.Client)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	_, err = s.asClient(ctx, o, conn, func(conn *provider.Connection) (*provider.Grant, error) {
		return nil, s.Provider.Revoke(ctx, conn)
	})
	return err
}

// stillThere brings the client of a revocation up to date, for its secret may
// have been changed meanwhile. It returns nil when there is no such client any
// more, or it became another one at the provider: then the one that went along is used.
func (s *Service) stillThere(ctx context.Context, scope tenant.Scope, r *Revocation, c *provider.OAuthClient) (*OAuthApp, error) {
	if r.OauthAppID == nil {
		return nil, nil
	}
	var o *OAuthApp
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		o, err = db.One[OAuthApp](tx.Where("id = ?", *r.OauthAppID), ErrOAuthApp)
		return err
	})
	if errors.Is(err, ErrOAuthApp) || err == nil && o.ClientID != c.ID {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	*c, err = s.client(o)
	return o, err
}

// judgeRevocation says what an answer means: done, tried again later, or over.
func (s *Service) judgeRevocation(ctx context.Context, r *Revocation, err error) {
	now := s.Now()
	r.LeaseID, r.LeaseUntil = "", nil
	refusal, refused := errors.AsType[*provider.Refusal](err)
	if refused && refusal.Status != 0 {
		r.HTTPStatus = &refusal.Status
	}
	switch {
	case err == nil:
		r.HTTPStatus = nil
		r.over(RevocationDone, "", now)
		return
	case errors.Is(err, provider.ErrNoRevoke):
		r.over(RevocationUnsupported, "The app offers no way to revoke this kind of credential.", now)
		return
	case !refused:
		slog.ErrorContext(ctx, "revocation failed", "revocation", r.ID, "error", err)
	}
	reason, again := revocationReason(refusal)
	if !again || r.Attempts > len(revocationWaits) {
		r.over(RevocationFailed, reason, now)
		return
	}
	wait := revocationWaits[r.Attempts-1]
	r.Reason, r.NextAttemptAt = &reason, now.Add(time.Duration(float64(wait)*(0.8+0.4*rand.Float64()))) //nolint:gosec // jitter, not a secret
}

// SweepRevocations nudges every revocation that is due. The row says so: one
// that was written by a process that then died is found here.
func (s *Service) SweepRevocations(ctx context.Context) error {
	now := s.Now()
	var due []struct{ ID, EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT r.id, r.environment_id, e.project_id, e.name FROM revocations r JOIN environments e ON e.id = r.environment_id
			WHERE r.finished_at IS NULL AND r.next_attempt_at <= ? AND (r.lease_until IS NULL OR r.lease_until < ?)
			ORDER BY r.next_attempt_at LIMIT 200`, now, now).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("sweep revocations: %w", err)
	}
	for _, r := range due {
		s.Queue.Nudge(ctx, TaskRevoke, tenant.NewScope(r.ProjectID, r.EnvironmentID, r.Name), r.ID)
	}
	return nil
}
