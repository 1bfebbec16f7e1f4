package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// clientMethod returns the method that a new client is for: the one named, or
// the app's first that takes a client.
func clientMethod(app *catalog.App, authID string) (*catalog.Auth, error) {
	if authID == "" {
		if auth := app.FirstOf(app.TakesClient); auth != nil {
			return auth, nil
		}
		return nil, ErrNotOAuth
	}
	auth, ok := app.Method(authID)
	switch {
	case !ok:
		return nil, catalog.ErrMethod
	case !app.TakesClient(auth):
		return nil, ErrNotOAuth
	}
	return auth, nil
}

// MethodOf returns the method of its app that a client is for.
func (o *OAuthApp) MethodOf(app *catalog.App) (*catalog.Auth, error) {
	return clientMethod(app, o.Auth)
}

// secretless reports whether a client proves itself by a key, and not by a secret.
func secretless(auth *catalog.Auth) bool {
	return auth.Token.ClientAuth == "private_key_jwt" || auth.Token.ClientAuth == "tls" || auth.Token.ClientAuth == "none" || auth.Type == catalog.GitHubApp
}

// ClientFor returns the client to connect through by a method: the one with the
// id, which must be for that method, or the newest that is. Without a method
// (nil) the client says which it is.
func ClientFor(tx *gorm.DB, app *catalog.App, auth *catalog.Auth, oauthAppID string) (*OAuthApp, *catalog.Auth, error) {
	if oauthAppID != "" || auth == nil {
		o, err := FindOAuthApp(tx, app.Slug, oauthAppID)
		if err != nil {
			return nil, nil, err
		}
		own, err := o.MethodOf(app)
		if err == nil && auth != nil && own.ID != auth.ID {
			err = ErrClientMethod
		}
		return o, own, err
	}
	q := tx.Where("app = ? AND auth = ?", app.Slug, auth.ID)
	if first := app.FirstOf(app.TakesClient); first != nil && first.ID == auth.ID {
		q = tx.Where("app = ? AND auth IN ('', ?)", app.Slug, auth.ID)
	}
	o, err := db.One[OAuthApp](q.Order("id DESC"), ErrNoOAuthApp)
	return o, auth, err
}

// Ready returns the methods of an app that the project's users can connect by:
// those that take no client, and those that there is one for.
func Ready(tx *gorm.DB, app *catalog.App) ([]*catalog.Auth, error) {
	var ready []*catalog.Auth
	for i := range app.Auth {
		auth := &app.Auth[i]
		if app.TakesClient(auth) {
			if _, _, err := ClientFor(tx, app, auth, ""); errors.Is(err, ErrNoOAuthApp) {
				continue
			} else if err != nil {
				return nil, err
			}
		}
		ready = append(ready, auth)
	}
	return ready, nil
}

// setFields checks and seals what an operator gave. It never shows a value: it
// may be a secret in the wrong field.
func (s *Service) setFields(app *catalog.App, auth *catalog.Auth, o *OAuthApp, given map[string]string) error {
	clean, known := map[string]string{}, map[string]bool{}
	for _, f := range app.ClientFields(auth) {
		known[f.Name] = true
		v, err := f.Clean(app, given[f.Name])
		switch {
		case err != nil:
			return fault.New(fault.Invalid, "field_form", "%s does not look right. %s", f.Label, f.Description).At("fields." + f.Name)
		case v == "" && !f.Optional:
			return fault.New(fault.Invalid, "field_missing", "%s is missing.", f.Label).At("fields." + f.Name)
		case v != "":
			clean[f.Name] = v
		}
	}
	for name := range given {
		if !known[name] {
			return fault.New(fault.Invalid, "field_unknown", "The app's OAuth clients have no field %q.", name).At("fields." + name)
		}
	}
	o.Fields = nil
	if len(clean) == 0 {
		return nil
	}
	plain, err := json.Marshal(clean)
	if err != nil {
		return fmt.Errorf("encode fields: %w", err)
	}
	o.Fields, err = s.Box.Seal(plain, fieldsAssociated(o.ID))
	return err
}

// changedFields returns a client's fields with some of them changed, sealed; an
// empty one is taken away.
func (s *Service) changedFields(apps *catalog.Catalog, o *OAuthApp, given map[string]string) ([]byte, error) {
	app, err := apps.Get(o.App)
	if err != nil {
		return nil, err
	}
	auth, err := o.MethodOf(app)
	if err != nil {
		return nil, err
	}
	fields, err := s.fields(o)
	if err != nil {
		return nil, err
	}
	maps.Copy(fields, given)
	if err := s.setFields(app, auth, o, fields); err != nil {
		return nil, err
	}
	return o.Fields, nil
}

// fields returns what an operator gave beside the id and secret.
func (s *Service) fields(o *OAuthApp) (map[string]string, error) {
	out := map[string]string{}
	if o.Fields == nil {
		return out, nil
	}
	plain, err := s.Box.Open(o.Fields, fieldsAssociated(o.ID))
	if err != nil {
		return nil, fmt.Errorf("open fields of %s: %w", o.ID, err)
	}
	if err := json.Unmarshal(plain, &out); err != nil {
		return nil, fmt.Errorf("decode fields of %s: %w", o.ID, err)
	}
	return out, nil
}

// FieldNames are the names of the fields that a client has.
func (s *Service) FieldNames(o *OAuthApp) ([]string, error) {
	fields, err := s.fields(o)
	return append([]string{}, slices.Sorted(maps.Keys(fields))...), err
}

// client returns an OAuth client at work. Its secret is in the clear in memory only.
func (s *Service) client(o *OAuthApp) (provider.OAuthClient, error) {
	plain, err := s.openSecret(o, o.ClientSecret)
	if err != nil {
		return provider.OAuthClient{}, err
	}
	fields, err := s.fields(o)
	return provider.OAuthClient{ID: o.ClientID, Secret: plain, Fields: fields}, err
}
