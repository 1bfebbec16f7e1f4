package account

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// GetRevealed returns an account with its credential, refreshed first when it is
// near its end. The audit log says who read it.
func (s *Service) GetRevealed(ctx context.Context, scope tenant.Scope, accountID string) (a *Account, err error) {
	if _, _, err := s.Fresh(ctx, scope, accountID); err != nil && !errors.Is(err, ErrDead) && !errors.Is(err, ErrUpstream) && !errors.Is(err, ErrSuspended) {
		return nil, err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if a, err = ByID(tx, accountID); err != nil {
			return err
		}
		rows := []Account{*a}
		if err := s.reveal(tx, scope, rows); err != nil {
			return err
		}
		a = &rows[0]
		return nil
	})
	return a, err
}

// ListRevealed is List with the credentials of the accounts. The audit log says
// of each who read it.
func (s *Service) ListRevealed(ctx context.Context, scope tenant.Scope, f Filter, c db.Cursor) (page *db.Page[Account], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if page, err = list(tx, f, c); err != nil {
			return err
		}
		return s.reveal(tx, scope, page.Items)
	})
	return page, err
}

// reveal fills in credentials under the names of the wire contract, and writes
// down that they were read in the transaction that reads them.
func (s *Service) reveal(tx *gorm.DB, scope tenant.Scope, rows []Account) error {
	clients, err := clientIDs(tx, rows)
	if err != nil {
		return err
	}
	held, err := s.loadAll(tx, scope.Environment(), rows)
	if err != nil {
		return err
	}
	entries := make([]audit.Entry, len(rows))
	for i := range rows {
		a := &rows[i]
		if err := held[i].damaged; err != nil {
			return err
		}
		a.Revealed = revealed(a, held[i].credential)
		if a.OauthAppID != nil {
			a.Revealed["oauth_client_id"] = clients[*a.OauthAppID]
		}
		entries[i] = audit.Entry{Action: audit.CredentialsRead, Subject: a.ID, ExternalUserID: a.ExternalID, Details: map[string]any{"app": a.App}}
	}
	return audit.Record(tx, s.Now(), entries...)
}

func revealed(a *Account, c Credential) map[string]any {
	out := map[string]any{}
	for k, v := range c.Inputs {
		out[k] = v
	}
	for k, v := range a.Vars {
		out[k] = v
	}
	if c.AccessToken != "" {
		out["oauth_access_token"] = c.AccessToken
	}
	if c.RefreshToken != "" {
		out["oauth_refresh_token"] = c.RefreshToken
	}
	if a.IdentityID != nil {
		out["oauth_uid"] = *a.IdentityID
	}
	return out
}

// clientIDs returns what the providers know the accounts' OAuth clients by.
func clientIDs(tx *gorm.DB, rows []Account) (map[string]string, error) {
	var ids []string
	for i := range rows {
		if rows[i].OauthAppID != nil {
			ids = append(ids, *rows[i].OauthAppID)
		}
	}
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	var clients []OAuthApp
	if err := tx.Select("id", "client_id").Where("id IN ?", ids).Find(&clients).Error; err != nil {
		return nil, fmt.Errorf("load oauth apps: %w", err)
	}
	for _, o := range clients {
		out[o.ID] = o.ClientID
	}
	return out, nil
}
