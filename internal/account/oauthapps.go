package account

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// OAuthAppInput is what an OAuth client is made of. In a change, what is nil or
// empty stays as it is.
type OAuthAppInput struct {
	Auth                     string            // id of the method, when it is made; "" = the app's first that takes a client
	Fields                   map[string]string // what else the method asks of an operator
	Name, Description        string
	ClientID                 string
	ClientSecret             secret.Text
	Scopes, AdditionalScopes []string
}

// Asked are the scopes that a user is asked for through the client.
func (o *OAuthApp) Asked(auth *catalog.Auth, profile string) []string {
	scopes := o.Scopes
	if len(scopes) == 0 || profile != "" {
		scopes = auth.Requested(profile)
	}
	return append(append([]string{}, scopes...), o.AdditionalScopes...)
}

// Register keeps an OAuth client that the project has with a provider. app is a
// slug or an id.
func (s *Service) Register(ctx context.Context, projectID, app string, in OAuthAppInput) (*OAuthApp, error) {
	a, err := s.Catalog.App(ctx, projectID, app)
	if err != nil {
		return nil, err
	}
	auth, err := clientMethod(a, in.Auth)
	if err != nil {
		return nil, err
	}
	if auth.Redirects() && (in.ClientID == "" || in.ClientSecret == "" && !secretless(auth)) {
		return nil, ErrClient
	}
	now := s.Now()
	o := &OAuthApp{
		ID: id.New("oa"), App: a.Slug, Auth: auth.ID, Name: in.Name, Description: in.Description, ClientID: in.ClientID,
		Scopes: append([]string{}, in.Scopes...), AdditionalScopes: append([]string{}, in.AdditionalScopes...), CreatedAt: now, UpdatedAt: now,
	}
	if o.ClientSecret, err = s.Box.Seal([]byte(in.ClientSecret.Reveal()), clientAssociated(o.ID)); err != nil {
		return nil, err
	}
	if err := s.setFields(a, auth, o, in.Fields); err != nil {
		return nil, err
	}
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		if err := tx.Create(o).Error; err != nil {
			return fmt.Errorf("insert oauth app: %w", err)
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.OAuthAppCreated, Subject: o.ID, Details: map[string]any{"app": o.App}})
	})
	return o, err
}

// OAuthApps returns the project's OAuth clients, newest first; of an app (a
// slug) and with q in the name, where these are not empty.
func (s *Service) OAuthApps(ctx context.Context, projectID, app, q string, c db.Cursor) (page *db.Page[OAuthApp], err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		query := tx
		if app != "" {
			query = query.Where("app = ?", app)
		}
		if q != "" {
			query = query.Where("strpos(lower(name || ' ' || app), lower(?)) > 0", q)
		}
		page, err = db.List(query, c, func(o *OAuthApp) string { return o.ID })
		return err
	})
	return page, err
}

// OAuthApp returns one of the project's OAuth clients.
func (s *Service) OAuthApp(ctx context.Context, projectID, oauthAppID string) (o *OAuthApp, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		o, err = db.One[OAuthApp](tx.Where("id = ?", oauthAppID), ErrOAuthApp)
		return err
	})
	return o, err
}

// ChangeOAuthApp changes what in holds.
func (s *Service) ChangeOAuthApp(ctx context.Context, projectID, oauthAppID string, in OAuthAppInput) (o *OAuthApp, err error) {
	set := map[string]any{"updated_at": s.Now()}
	for column, v := range map[string]string{"name": in.Name, "description": in.Description, "client_id": in.ClientID} {
		if v != "" {
			set[column] = v
		}
	}
	for column, scopes := range map[string][]string{"scopes": in.Scopes, "additional_scopes": in.AdditionalScopes} {
		if scopes == nil {
			continue
		}
		b, err := json.Marshal(scopes)
		if err != nil {
			return nil, fmt.Errorf("encode scopes: %w", err)
		}
		set[column] = string(b)
	}
	if in.ClientSecret != "" {
		sealed, err := s.Box.Seal([]byte(in.ClientSecret.Reveal()), clientAssociated(oauthAppID))
		if err != nil {
			return nil, err
		}
		set["client_secret"] = sealed
	}
	var app *catalog.App
	if in.Fields != nil {
		before, err := s.OAuthApp(ctx, projectID, oauthAppID)
		if err != nil {
			return nil, err
		}
		if app, err = s.Catalog.App(ctx, projectID, before.App); err != nil {
			return nil, err
		}
	}
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		if in.Fields != nil {
			if set["fields"], err = s.changedFields(tx, app, oauthAppID, in.Fields); err != nil {
				return err
			}
		}
		if err := db.Affected(tx.Model(&OAuthApp{}).Where("id = ?", oauthAppID).Updates(set), ErrOAuthApp); err != nil {
			return err
		}
		entry := audit.Entry{Action: audit.OAuthAppChanged, Subject: oauthAppID, Details: map[string]any{"fields": slices.Sorted(maps.Keys(set))}}
		if err := audit.Record(tx, s.Now(), entry); err != nil {
			return err
		}
		o, err = db.One[OAuthApp](tx.Where("id = ?", oauthAppID), ErrOAuthApp)
		return err
	})
	return o, err
}

// DeleteOAuthApp removes an OAuth client that no account was made with, in
// either environment. The database decides: an account names its client.
func (s *Service) DeleteOAuthApp(ctx context.Context, projectID, oauthAppID string) error {
	return s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		var used bool
		if err := tx.Raw("SELECT oauth_app_in_use(?)", oauthAppID).Scan(&used).Error; err != nil {
			return fmt.Errorf("look for accounts: %w", err)
		}
		if used {
			return ErrOAuthAppUsed
		}
		if err := db.Affected(tx.Where("id = ?", oauthAppID).Delete(&OAuthApp{}), ErrOAuthApp); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.OAuthAppDeleted, Subject: oauthAppID})
	})
}
