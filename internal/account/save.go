package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Save makes an account of a grant, or puts the grant into the account that is
// reconnected, which must be the same user's and app's and, where the app tells
// who is connected, the same person's there. A refresh that is under way
// meanwhile changes nothing any more. Call Changed after the commit.
func (s *Service) Save(tx *gorm.DB, scope tenant.Scope, u *User, app *catalog.App, authID string, oauthAppID *string, reconnect, name string, g *Grant) (*Account, error) {
	now := s.Now()
	if g.Scopes == nil {
		g.Scopes = []string{}
	}
	if g.Asked == nil {
		g.Asked = []string{}
	}
	if g.Vars == nil {
		g.Vars = map[string]string{}
	}
	a := &Account{
		ID: id.New("apn"), UserID: u.ID, App: app.Slug, Auth: authID, OauthAppID: oauthAppID, Vars: g.Vars, Scopes: g.Scopes, AskedScopes: g.Asked,
		Healthy: true, HealthSince: now, CreatedAt: now, UpdatedAt: now,
	}
	named := name != ""
	if !named {
		name = g.Identity.Name
	}
	if name != "" {
		a.Name = &name
	}
	if g.Identity.ID != "" {
		a.IdentityID = &g.Identity.ID
	}
	var err error
	if reconnect == "" {
		if err = tx.Create(a).Error; err != nil {
			return nil, fmt.Errorf("insert account: %w", err)
		}
	} else if err = s.reconnect(tx, u, a, reconnect, named, g); err != nil {
		return nil, err
	}
	if err := s.replace(tx, scope.Environment(), app, a, g, now); err != nil {
		return nil, err
	}
	a.ExternalID = u.ExternalID
	return a, nil
}

// reconnect writes what is new over an account, which forgets its errors.
func (s *Service) reconnect(tx *gorm.DB, u *User, a *Account, accountID string, named bool, g *Grant) error {
	old, err := db.One[Account](tx.Where("id = ? AND user_id = ? AND app = ?", accountID, u.ID, a.App), ErrNotFound)
	if err != nil {
		return err
	}
	if !old.same(a) && !g.AnyIdentity {
		return ErrIdentity
	}
	a.ID, a.CreatedAt = old.ID, old.CreatedAt
	if old.Name != nil && (a.Name == nil || !named && old.same(a)) {
		a.Name = old.Name // its user may have given it
	}
	if old.Healthy {
		a.HealthSince = old.HealthSince
	} else if err := s.remember(tx, a); err != nil {
		return err
	}
	err = tx.Model(a).Select("Auth", "OauthAppID", "Name", "IdentityID", "Vars", "Scopes", "AskedScopes", "Healthy", "Dead", "Cause", "Error", "HealthSince",
		"ProbeAt", "ProbeFailures", "UpdatedAt").Updates(a).Error
	if err != nil {
		return fmt.Errorf("update account: %w", err)
	}
	return nil
}

// same reports whether nothing says that two accounts are of different persons
// at the app.
func (a *Account) same(other *Account) bool {
	return a.IdentityID == nil || other.IdentityID == nil || *a.IdentityID == *other.IdentityID
}

// replace writes a new credential in the place of the old one. The rows are new
// ones, so that whoever works on an old one finds it gone.
func (s *Service) replace(tx *gorm.DB, environmentID string, app *catalog.App, a *Account, g *Grant, now time.Time) error {
	auth, ok := app.Method(a.Auth)
	if !ok {
		return fmt.Errorf("%s has no method %q", a.App, a.Auth)
	}
	conn, err := s.connection(app, auth, nil, g.Vars, Credential{})
	if err != nil {
		return err
	}
	rows, err := s.rowsOf(environmentID, conn, a, g, now)
	if err != nil {
		return err
	}
	if err := tx.Where("account_id = ?", a.ID).Delete(&row{}).Error; err != nil {
		return fmt.Errorf("delete credential: %w", err)
	}
	if err := tx.Create(&rows).Error; err != nil {
		return fmt.Errorf("insert credential: %w", err)
	}
	for _, r := range rows {
		if r.Main {
			a.ExpiresAt, a.NextRefreshAt = r.ExpiresAt, r.NextRefreshAt
		}
	}
	return nil
}

// Changed makes every process forget what it remembers of accounts. Whoever
// changed some calls it after the commit.
func (s *Service) Changed(ctx context.Context, accountIDs ...string) {
	for _, id := range accountIDs {
		s.engine().cache.drop(id)
	}
	if s.Redis == nil || len(accountIDs) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_ = s.Redis.Publish(ctx, channel, strings.Join(accountIDs, " ")) // who does not hear it remembers for half a minute at most
}

// errGone means that an account or a token is not there any more.
var errGone = errors.New("account: gone")
