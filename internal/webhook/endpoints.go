package webhook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ReasonManual is why an endpoint was disabled that a person disabled.
const ReasonManual = "manual"

// waitingTo is how far what waits at an endpoint is counted.
const waitingTo = 10_000

// own narrows a query to the endpoints that are managed one by one: a connect
// token's comes and goes with its token.
func own(tx *gorm.DB) *gorm.DB { return tx.Where("level IN ?", []Level{LevelProject, LevelTrigger}) }

// Endpoints lists the environment's endpoints and those of its triggers, newest first.
func (s *Service) Endpoints(ctx context.Context, scope tenant.Scope, c db.Cursor) (*db.Page[View], error) {
	var out db.Page[View]
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		page, err := db.List(own(tx), c, func(e *Endpoint) string { return e.ID })
		if err != nil {
			return err
		}
		out = db.Page[View]{Total: page.Total, Start: page.Start, End: page.End, Items: make([]View, len(page.Items))}
		for i := range page.Items {
			if err := s.show(&out.Items[i], &page.Items[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return &out, err
}

// Endpoint returns one endpoint, with what waits for it.
func (s *Service) Endpoint(ctx context.Context, scope tenant.Scope, endpointID string) (*View, error) {
	var v View
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		e, err := db.One[Endpoint](own(tx).Where("id = ?", endpointID), ErrNoEndpoint)
		if err != nil {
			return err
		}
		waiting := tx.Model(&Delivery{}).Select("1").Where("endpoint_id = ? AND state = ?", endpointID, Pending).Limit(waitingTo + 1)
		if err := tx.Raw("SELECT count(*) FROM (?) waiting", waiting).Scan(&v.Waiting).Error; err != nil {
			return fmt.Errorf("count deliveries: %w", err)
		}
		return s.show(&v, e)
	})
	return &v, err
}

func (s *Service) show(v *View, e *Endpoint) error {
	headers, err := e.ownHeaders(s.Box)
	if err != nil {
		return err
	}
	v.Endpoint, v.HeaderNames = *e, slices.Sorted(maps.Keys(headers))
	return nil
}

// CreateEndpoint adds an endpoint. The view holds its key.
func (s *Service) CreateEndpoint(ctx context.Context, scope tenant.Scope, c *Change) (*View, error) {
	now := s.Now()
	e := newEndpoint(LevelProject, "", "", now)
	if err := s.apply(&e, c, now); err != nil {
		return nil, err
	}
	if err := s.Guard.CheckURL(e.URL); err != nil {
		return nil, fault.Of(err).At("url")
	}
	var v *View
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		v, err = s.insert(tx, &e, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (s *Service) insert(tx *gorm.DB, e *Endpoint, now time.Time) (*View, error) {
	if err := lockKeys(tx); err != nil { // of several at once none sees room that another takes
		return nil, err
	}
	var n int64
	if err := tx.Model(&Endpoint{}).Where("level = ?", LevelProject).Count(&n).Error; err != nil {
		return nil, fmt.Errorf("count endpoints: %w", err)
	}
	if n >= MaxEndpoints {
		return nil, ErrTooMany
	}
	if err := tx.Create(e).Error; err != nil {
		return nil, taken(err, "insert endpoint")
	}
	v := &View{}
	var err error
	if v.Key, err = newKey(tx, s.Box, e, now); err != nil {
		return nil, err
	}
	if err := s.show(v, e); err != nil {
		return nil, err
	}
	return v, audit.Record(tx, now, audit.Entry{Action: audit.EndpointCreated, Subject: e.ID, Details: audit.Changes(nil, e.logged())})
}

// taken tells a URL that another endpoint has from an outage.
func taken(err error, doing string) error {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrURLTaken.Because(err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// changeable are the columns that a change of settings writes: all of Settings, and
// what follows from them.
var changeable = []string{
	"URL", "UpdatedAt", "Room", "Tokens", "TokensAt", "Description", "EventTypes", "HearsTriggers", "Payload", "InlineLimit", "Signatures", "TimeoutMs",
	"RetryWaits", "Rate", "Burst", "Concurrency", "Ordering", "OrderingPath", "OnExhausted", "Headers", "Certificate", "CertificateSubject", "CertificateExpiresAt",
}

// UpdateEndpoint changes an endpoint. With a new URL it is sent to as if nothing
// had been heard of its receiver, unless a person disabled it. With seen it is changed
// only as it was then.
func (s *Service) UpdateEndpoint(ctx context.Context, scope tenant.Scope, endpointID string, c *Change, seen ...time.Time) (*View, error) {
	if c.URL != nil {
		if err := s.Guard.CheckURL(*c.URL); err != nil {
			return nil, fault.Of(err).At("url")
		}
	}
	now := s.Now()
	var v View
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		e, err := held(tx, endpointID)
		if err != nil {
			return err
		}
		if err := fault.Unchanged(e.UpdatedAt, seen...); err != nil {
			return err
		}
		before, was := e.URL, e.logged()
		if err := s.apply(e, c, now); err != nil {
			return err
		}
		e.UpdatedAt = now
		if err := tx.Model(e).Select(changeable).UpdateColumns(e).Error; err != nil {
			return taken(err, "update endpoint")
		}
		if before != e.URL && (e.DisabledReason == nil || *e.DisabledReason != ReasonManual) {
			if err := tx.Model(e).Clauses(clause.Returning{}).Updates(renewed(e.URL, now)).Error; err != nil {
				return fmt.Errorf("update endpoint: %w", err)
			}
		}
		if err := s.show(&v, e); err != nil {
			return err
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.EndpointChanged, Subject: e.ID, Details: audit.Changes(was, e.logged())})
	})
	if err != nil {
		return nil, err
	}
	s.Nudge(ctx, scope, []string{endpointID}) // it may have more room
	return &v, nil
}

// logged is what the audit log shows of an endpoint.
func (e *Endpoint) logged() audit.View {
	return audit.View{
		"url": audit.Address(e.URL), "description": e.Description, "event_types": e.EventTypes, "hears_triggers": e.HearsTriggers, "payload": e.Payload, "inline_limit": e.InlineLimit,
		"signatures": e.Signatures, "timeout_ms": e.TimeoutMs, "retry_waits": e.RetryWaits, "rate_per_second": e.Rate, "burst": e.Burst, "concurrency": e.Concurrency,
		"ordering": e.Ordering, "ordering_path": e.OrderingPath, "on_exhausted": e.OnExhausted, "headers": audit.Hidden{Of: e.Headers}, "client_certificate": audit.Hidden{Of: e.Certificate},
	}
}

// held loads an endpoint and keeps others from changing it.
func held(tx *gorm.DB, endpointID string) (*Endpoint, error) {
	return db.One[Endpoint](own(tx).Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", endpointID), ErrNoEndpoint)
}

// DeleteEndpoint removes an endpoint and its deliveries.
func (s *Service) DeleteEndpoint(ctx context.Context, scope tenant.Scope, endpointID string) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := db.Affected(own(tx).Where("id = ?", endpointID).Delete(&Endpoint{}), ErrNoEndpoint); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.EndpointDeleted, Subject: endpointID})
	})
}

// RotateEndpoint gives an endpoint a new key; the old one signs beside it for
// 24 hours. The environment's webhook shares its key with those of connect tokens.
func (s *Service) RotateEndpoint(ctx context.Context, scope tenant.Scope, endpointID string) (*View, error) {
	now := s.Now()
	var v View
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		e, err := held(tx, endpointID)
		if err != nil {
			return err
		}
		if v.Key, err = newKey(tx, s.Box, e, now); err != nil {
			return err
		}
		if err := s.show(&v, e); err != nil {
			return err
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.EndpointKeyChanged, Subject: e.ID})
	})
	s.ring.forget(v.ring(scope))
	return &v, err
}
