package trigger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/endpoint"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of addresses at which an app sends what is for many users.
var (
	ErrNoAddress = fault.New(fault.NotFound, "app_address_not_found", "There is no such address.")
	ErrUnsigned  = fault.New(fault.Invalid, "app_events", "The file of this app does not say how its events are signed.").At("app")
	ErrNoRoute   = fault.New(fault.Invalid, "route", "The file of this app does not say whom an event is for; give a route.").At("route")
)

// Address is where an app sends what is for many users: each event goes to the
// triggers that hear the app, of the users whose account it is about.
type Address struct {
	ID         string  // aad_…
	App        string  // slug
	OAuthAppID *string `gorm:"column:oauth_app_id"`
	EndpointID string
	Route      []Route `gorm:"serializer:json"` // empty = as the app's file says
	Keys       []byte  // sealed
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// TableName maps the noun to its table.
func (Address) TableName() string { return "app_addresses" }

// Route says whose account an event is about: what stands at the place is the
// account's identity.id or var.name, or such a one with a text around it.
type Route struct {
	catalog.Place
	Equals string `json:"equals"`
}

// parts returns what of an account is compared, and the texts around it.
func (r Route) parts() (field, before, after string, ok bool) {
	text := r.Equals
	if i, j := strings.Index(text, "{{"), strings.Index(text, "}}"); i >= 0 && j > i {
		field, before, after = strings.TrimSpace(text[i+2:j]), text[:i], text[j+2:]
	} else {
		field = text
	}
	return field, before, after, field == "identity.id" || strings.HasPrefix(field, "var.") && len(field) > len("var.")
}

// AddressView is an address as it is shown.
type AddressView struct {
	Address
	Secrets int // how many are set
	Counts  inbound.Counts
	Waiting int // letters
}

// SetAddress is what an address is made or changed with.
type SetAddress struct {
	App        string // when it is made
	OAuthAppID string // "" = none
	Route      []Route
	Secrets    *intake.Secrets
	Seen       []time.Time // when what the caller saw had been changed last
}

func associatedAddress(addressID string) string { return "app_address|" + addressID }

func (s *Service) checkAddress(ctx context.Context, scope tenant.Scope, in *SetAddress) error {
	apps, err := s.Apps.For(ctx, scope.Project())
	if err != nil {
		return err
	}
	app, err := apps.Get(in.App)
	if err != nil {
		return err
	}
	in.App = app.Slug
	if app.Events.Verify == nil {
		return ErrUnsigned
	}
	if len(in.Route) == 0 && len(app.Events.Route) == 0 {
		return ErrNoRoute
	}
	for _, r := range in.Route {
		if _, _, _, ok := r.parts(); !ok || r.Place == (catalog.Place{}) {
			return intake.Bad("route", "name a place and what of an account it equals: identity.id or var.name")
		}
	}
	return in.Secrets.Check()
}

// CreateAddress makes an address for an app.
func (s *Service) CreateAddress(ctx context.Context, scope tenant.Scope, in SetAddress) (view *AddressView, err error) {
	if err := s.checkAddress(ctx, scope, &in); err != nil {
		return nil, err
	}
	a := &Address{ID: id.New("aad"), App: in.App, Route: in.Route, CreatedAt: s.Now(), UpdatedAt: s.Now()}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := s.fillAddress(tx, a, &in); err != nil {
			return err
		}
		if a.EndpointID, err = endpoint.Create(tx, endpoint.Open, scope.Environment(), a.ID); err != nil {
			return err
		}
		if err := tx.Create(a).Error; err != nil {
			return fmt.Errorf("insert address: %w", err)
		}
		if err := audit.Record(tx, s.Now(), audit.Entry{Action: audit.AppAddressCreated, Subject: a.ID, Details: audit.Changes(nil, a.logged())}); err != nil {
			return err
		}
		view, err = s.addressView(tx, a)
		return err
	})
	return view, err
}

func (s *Service) fillAddress(tx *gorm.DB, a *Address, in *SetAddress) error {
	a.OAuthAppID, a.Route = nil, in.Route
	if a.Route == nil {
		a.Route = []Route{}
	}
	if in.OAuthAppID != "" {
		o, err := db.One[account.OAuthApp](tx.Where("id = ? AND app = ?", in.OAuthAppID, a.App), account.ErrOAuthApp)
		if err != nil {
			return err
		}
		a.OAuthAppID = &o.ID
	}
	k, err := s.addressKeys(a)
	if err != nil {
		return err
	}
	a.Keys, err = intake.Seal(s.Box, associatedAddress(a.ID), in.Secrets.Over(k))
	return err
}

func (s *Service) addressKeys(a *Address) (inbound.Keys, error) {
	return intake.Open(s.Box, associatedAddress(a.ID), a.Keys)
}

func addressOf(tx *gorm.DB, addressID string) (*Address, error) {
	return db.One[Address](tx.Where("id = ?", addressID), ErrNoAddress)
}

// UpdateAddress sets an address's client and route anew. Secrets that are not
// given stay.
func (s *Service) UpdateAddress(ctx context.Context, scope tenant.Scope, addressID string, in SetAddress) (view *AddressView, err error) {
	var a *Address
	load := func(tx *gorm.DB) error {
		a, err = addressOf(tx, addressID)
		return err
	}
	if err := s.DB.In(ctx, scope, load); err != nil {
		return nil, err
	}
	in.App = a.App
	if err := s.checkAddress(ctx, scope, &in); err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := load(tx.Clauses(locked)); err != nil {
			return err
		}
		if err := fault.Unchanged(a.UpdatedAt, in.Seen...); err != nil {
			return err
		}
		was := a.logged()
		if err := s.fillAddress(tx, a, &in); err != nil {
			return err
		}
		a.UpdatedAt = s.Now()
		res := tx.Model(a).Select("oauth_app_id", "route", "keys", "updated_at").Updates(a)
		if err := db.Affected(res, ErrNoAddress); err != nil {
			return err
		}
		if err := audit.Record(tx, a.UpdatedAt, audit.Entry{Action: audit.AppAddressChanged, Subject: a.ID, Details: audit.Changes(was, a.logged())}); err != nil {
			return err
		}
		view, err = s.addressView(tx, a)
		return err
	})
	return view, err
}

// logged is what the audit log shows of an address.
func (a *Address) logged() audit.View {
	return audit.View{"app": a.App, "oauth_app_id": a.OAuthAppID, "route": a.Route, "secrets": audit.Hidden{Of: a.Keys}}
}

// DeleteAddress removes an address, with what waits at it.
func (s *Service) DeleteAddress(ctx context.Context, scope tenant.Scope, addressID string) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := db.Affected(tx.Where("id = ?", addressID).Delete(&Address{}), ErrNoAddress); err != nil {
			return err
		}
		for _, table := range []string{"inbound_counts WHERE id = ?", "inbound_seen WHERE source_id = ?"} {
			if err := tx.Exec("DELETE FROM "+table, addressID).Error; err != nil {
				return fmt.Errorf("forget address: %w", err)
			}
		}
		if err := endpoint.Delete(tx, addressID); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.AppAddressDeleted, Subject: addressID})
	})
}

// Addresses returns the environment's addresses, oldest first.
func (s *Service) Addresses(ctx context.Context, scope tenant.Scope) (views []AddressView, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		var rows []Address
		if err := tx.Order("id").Limit(1000).Find(&rows).Error; err != nil {
			return fmt.Errorf("load addresses: %w", err)
		}
		for i := range rows {
			v, err := s.addressView(tx, &rows[i])
			if err != nil {
				return err
			}
			views = append(views, *v)
		}
		return nil
	})
	return views, err
}

func (s *Service) addressView(tx *gorm.DB, a *Address) (*AddressView, error) {
	k, err := s.addressKeys(a)
	if err != nil {
		return nil, err
	}
	v := &AddressView{Address: *a, Secrets: len(k.Secrets)}
	if v.Counts, err = inbound.CountsOf(tx, a.ID); err != nil {
		return nil, err
	}
	err = tx.Raw("SELECT count(*) FROM inbound_letters WHERE address_id = ? AND state = 'waiting'", a.ID).Scan(&v.Waiting).Error
	if err != nil {
		return nil, fmt.Errorf("count letters: %w", err)
	}
	return v, nil
}
