package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
)

// Faults of app overrides.
var (
	ErrOverride       = fault.New(fault.NotFound, "app_override_not_found", "There is no such app override.")
	ErrOverrideName   = fault.New(fault.Invalid, "app_override_name", "There is an app override with this name already.")
	ErrOverrideClient = fault.New(fault.Invalid, "app_override_client", "The app override names an OAuth client, and an account made of keys has none.")
	ErrOverrideOther  = fault.New(fault.Invalid, "app_override_other_client", "The app override names another OAuth client than the connect token.")
)

// Override is what a project sets for an app before its users are asked: fields
// that are filled in for them, and the OAuth client to use. Both environments
// share it. A field that holds a secret is never set by it.
type Override struct {
	ID         string
	App        string // slug
	Name       string
	OauthAppID *string
	Cfmap      map[string]string `gorm:"serializer:json"`
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// TableName maps the noun to its table.
func (Override) TableName() string { return "app_overrides" }

// OverrideChange is what a change of an override sets; nil stays as it is.
type OverrideChange struct {
	Name       *string
	OAuthAppID *string // "" = none
	Fields     map[string]string
}

// over returns what was typed with the override's fields in place of it. A
// field that the app has no more is left out.
func (o *Override) over(fields []catalog.Field, typed map[string]string) map[string]string {
	out := maps.Clone(typed)
	if out == nil {
		out = map[string]string{}
	}
	for _, f := range fields {
		if v, ok := o.Cfmap[f.Name]; ok {
			out[f.Name] = v
		}
	}
	return out
}

// Left returns the fields that the user is still asked for.
func (o *Override) Left(fields []catalog.Field) []catalog.Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f catalog.Field) bool { _, set := o.Cfmap[f.Name]; return set })
}

// FieldNames are the fields that it sets, in their order.
func (o *Override) FieldNames() []string {
	return append([]string{}, slices.Sorted(maps.Keys(o.Cfmap))...)
}

// preset checks fields that are to be set for everybody, and returns them as
// the app takes them. A secret in an override would be shown to every member.
func preset(app *catalog.App, fields map[string]string) (map[string]string, error) {
	out := map[string]string{}
	known := map[string]catalog.Field{}
	for i := range app.Auth {
		for _, f := range app.Fields(&app.Auth[i]) {
			if known[f.Name].Type != "password" { // a secret by one method is one by all
				known[f.Name] = f
			}
		}
	}
	for name, text := range fields {
		f, ok := known[name]
		switch {
		case !ok:
			return nil, fault.New(fault.Invalid, "field_unknown", "The app has no field %q.", name)
		case f.Type == "password":
			return nil, fault.New(fault.Invalid, "field_sensitive", "%s (%s) holds a secret, so it cannot be set for everybody.", f.Label, name)
		}
		v, err := f.Clean(app, text)
		if err != nil || v == "" {
			return nil, fault.New(fault.Invalid, "field_form", "%s does not look right. %s", f.Label, f.Description)
		}
		out[name] = v
	}
	return out, nil
}

// CreateOverride keeps an override. app is a slug or an id.
func (s *Service) CreateOverride(ctx context.Context, projectID, app, name string, oauthAppID *string, fields map[string]string) (*Override, error) {
	a, err := s.Catalog.App(ctx, projectID, app)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	o := &Override{ID: id.New("ao"), App: a.Slug, Name: name, OauthAppID: oauthAppID, CreatedAt: now, UpdatedAt: now}
	if o.Cfmap, err = preset(a, fields); err != nil {
		return nil, err
	}
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		if err := checkClient(tx, a.Slug, oauthAppID); err != nil {
			return err
		}
		if err := named(tx.Create(o).Error); err != nil {
			return err
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.OverrideCreated, Subject: o.ID, Details: map[string]any{"app": o.App}})
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}

func checkClient(tx *gorm.DB, app string, oauthAppID *string) error {
	if oauthAppID == nil {
		return nil
	}
	_, err := account.FindOAuthApp(tx, app, *oauthAppID)
	return err
}

// named tells a name that is taken from an outage.
func named(err error) error {
	switch {
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return ErrOverrideName
	case err != nil:
		return fmt.Errorf("write app override: %w", err)
	}
	return nil
}

// Overrides returns the project's overrides, newest first; of an app (a slug)
// where it is not empty.
func (s *Service) Overrides(ctx context.Context, projectID, app string, c db.Cursor) (page *db.Page[Override], err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		q := tx
		if app != "" {
			q = q.Where("app = ?", app)
		}
		page, err = db.List(q, c, func(o *Override) string { return o.ID })
		return err
	})
	return page, err
}

// Override returns one of the project's overrides.
func (s *Service) Override(ctx context.Context, projectID, overrideID string) (o *Override, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		o, err = overrideByID(tx, overrideID)
		return err
	})
	return o, err
}

func overrideByID(tx *gorm.DB, overrideID string) (*Override, error) {
	return db.One[Override](tx.Where("id = ?", overrideID), ErrOverride)
}

// ChangeOverride changes what c holds. Fields replace all that were set before. seen is
// when what the caller saw had been changed last.
func (s *Service) ChangeOverride(ctx context.Context, projectID, overrideID string, c OverrideChange, seen ...time.Time) (o *Override, err error) {
	apps, err := s.Catalog.For(ctx, projectID)
	if err != nil {
		return nil, err
	}
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		if o, err = overrideByID(tx.Clauses(clause.Locking{Strength: "UPDATE"}), overrideID); err != nil {
			return err
		}
		if err := fault.Unchanged(o.UpdatedAt, seen...); err != nil {
			return err //nolint:wrapcheck // a fault
		}
		was, set := o.logged(), map[string]any{"updated_at": s.Now()}
		if c.Name != nil {
			set["name"] = *c.Name
		}
		if c.OAuthAppID != nil {
			set["oauth_app_id"] = nil
			if *c.OAuthAppID != "" {
				set["oauth_app_id"] = *c.OAuthAppID
				if err := checkClient(tx, o.App, c.OAuthAppID); err != nil {
					return err
				}
			}
		}
		if c.Fields != nil {
			if set["cfmap"], err = presetOf(apps, o.App, c.Fields); err != nil {
				return err
			}
		}
		if err := named(tx.Model(&Override{}).Where("id = ?", o.ID).Updates(set).Error); err != nil {
			return err
		}
		if o, err = overrideByID(tx, o.ID); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.OverrideChanged, Subject: o.ID, Details: audit.Changes(was, o.logged())})
	})
	return o, err
}

// logged is what the audit log shows of an override.
func (o *Override) logged() audit.View {
	return audit.View{"name": o.Name, "oauth_app_id": o.OauthAppID, "fields": audit.Hidden{Of: o.Cfmap}}
}

// presetOf is preset, for an app by its slug, as the column holds it.
func presetOf(apps *catalog.Catalog, slug string, fields map[string]string) (string, error) {
	a, err := apps.Get(slug)
	if err != nil {
		return "", err
	}
	clean, err := preset(a, fields)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(clean)
	if err != nil {
		return "", fmt.Errorf("encode fields: %w", err)
	}
	return string(b), nil
}

// DeleteOverride removes an override. Accounts that were made with it stay as
// they are; connect tokens that name it connect no more.
func (s *Service) DeleteOverride(ctx context.Context, projectID, overrideID string) error {
	return s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		if err := db.Affected(tx.Where("id = ?", overrideID).Delete(&Override{}), ErrOverride); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.OverrideDeleted, Subject: overrideID})
	})
}
