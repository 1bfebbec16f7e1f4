package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
)

// OAuthAppInput is what an OAuth client is made of.
type OAuthAppInput struct {
	Auth                     string            // id of the method, when it is made; "" = the app's first that takes a client
	Fields                   map[string]string // what else the method asks of an operator
	Name, Description        string
	ClientID                 string
	ClientSecret             secret.Text
	Scopes, AdditionalScopes []string
}

// OAuthAppChange is what a change of an OAuth client sets; nil stays as it is.
type OAuthAppChange struct {
	Name, Description        *string
	ClientID                 string      // "" = as it is
	ClientSecret             secret.Text // "" = as it is
	KeepSecret               *time.Duration
	Fields                   map[string]string // those that are named change; an empty one is taken away
	Scopes, AdditionalScopes []string          // empty and not nil = the app's usual ones
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
		Scopes: append([]string{}, in.Scopes...), AdditionalScopes: append([]string{}, in.AdditionalScopes...), SecretSetAt: now, CreatedAt: now, UpdatedAt: now,
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
		o.ProjectID = projectID
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

// OAuthAppSlugs returns the apps for which the project has OAuth clients, by name.
func (s *Service) OAuthAppSlugs(ctx context.Context, projectID string) (slugs []string, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		return tx.Raw("SELECT DISTINCT app FROM oauth_apps ORDER BY app").Scan(&slugs).Error
	})
	return slugs, err
}

// OAuthApp returns one of the project's OAuth clients.
func (s *Service) OAuthApp(ctx context.Context, projectID, oauthAppID string) (o *OAuthApp, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		o, err = db.One[OAuthApp](tx.Where("id = ?", oauthAppID), ErrOAuthApp)
		return err
	})
	return o, err
}

// ChangeOAuthApp changes what in holds. The secret that a new one replaces is
// kept for a while (KeepSecret) and used where the provider does not take the
// new one; with another client id it is worth nothing and goes at once. seen is
// when what the caller saw had been changed last.
func (s *Service) ChangeOAuthApp(ctx context.Context, projectID, oauthAppID string, in OAuthAppChange, seen ...time.Time) (o *OAuthApp, err error) {
	set, err := in.columns()
	if err != nil {
		return nil, err
	}
	set["updated_at"] = s.Now()
	apps, err := s.Catalog.For(ctx, projectID)
	if err != nil {
		return nil, err
	}
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		// Locked: of two new secrets at once the later one keeps the other.
		if o, err = db.One[OAuthApp](tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", oauthAppID), ErrOAuthApp); err != nil {
			return err
		}
		if err := fault.Unchanged(o.UpdatedAt, seen...); err != nil {
			return err
		}
		was := o.logged()
		keep := KeepSecret
		if in.KeepSecret != nil {
			keep = *in.KeepSecret
		}
		if in.ClientID != "" && in.ClientID != o.ClientID {
			keep = 0
			set["secret_used_at"] = nil
			withoutPrevious(set)
		}
		if in.ClientSecret != "" {
			more, err := s.rotates(o, in.ClientSecret, keep)
			if err != nil {
				return err
			}
			maps.Copy(set, more)
		}
		if in.Fields != nil {
			if set["fields"], err = s.changedFields(apps, o, in.Fields); err != nil {
				return err
			}
		}
		if err := tx.Model(&OAuthApp{}).Where("id = ?", oauthAppID).Updates(set).Error; err != nil {
			return fmt.Errorf("update oauth app: %w", err)
		}
		if o, err = db.One[OAuthApp](tx.Where("id = ?", oauthAppID), ErrOAuthApp); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.OAuthAppChanged, Subject: o.ID, Details: audit.Changes(was, o.logged())})
	})
	return o, err
}

// logged is what the audit log shows of a client.
func (o *OAuthApp) logged() audit.View {
	return audit.View{
		"name": o.Name, "description": o.Description, "client_id": o.ClientID, "scopes": o.Scopes, "additional_scopes": o.AdditionalScopes,
		"client_secret": audit.Hidden{Of: o.ClientSecret}, "fields": audit.Hidden{Of: o.Fields}, "previous_secret": audit.Hidden{Of: o.PreviousSecret},
	}
}

// columns are those that take the change's values as they are.
func (in OAuthAppChange) columns() (map[string]any, error) {
	set := map[string]any{}
	if in.ClientID != "" {
		set["client_id"] = in.ClientID
	}
	for column, v := range map[string]*string{"name": in.Name, "description": in.Description} {
		if v != nil {
			set[column] = *v
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
	return set, nil
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
		res := tx.Where("id = ?", oauthAppID).Delete(&OAuthApp{})
		if errors.Is(res.Error, gorm.ErrForeignKeyViolated) {
			return ErrOAuthAppSet
		}
		if err := db.Affected(res, ErrOAuthApp); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.OAuthAppDeleted, Subject: oauthAppID})
	})
}
