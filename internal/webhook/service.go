package webhook

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/notify"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Service sets up endpoints, shows deliveries, and sends them.
type Service struct {
	DB       *db.DB
	Box      *secret.Box
	Queue    *queue.Client
	Guard    *egress.Guard
	Client   *http.Client // from the guard
	Metrics  *telemetry.Metrics
	Ladder   []time.Duration
	Payloads *event.Payloads  // nil = every payload stands in its row
	Projects *project.Service // nil = no project takes anything out of its logs
	DeadAge  time.Duration    // of the oldest dead letter, at which its environment is told; 0 = never
	Now      func() time.Time

	lanes   lanes
	slots   slots
	nudges  nudges
	later   later
	holds   holds
	ring    ring
	loads   loads
	once    sync.Once
	clients *clients // of endpoints with a certificate

	sweptTo   atomic.Value // string: the endpoint after which the next sweep goes on
	deadSwept atomic.Int64 // when dead letters were last looked at, in nanoseconds
}

// View is an endpoint as its owner sees it. Key is there only when the caller
// may see it now.
type View struct {
	Endpoint

	Key         secret.Text
	HeaderNames []string // of its own headers
	Waiting     int      // deliveries that are to be sent, counted up to 10,001; 0 in a list
}

// Nudge asks workers to look at endpoints: this process, if it is one, or any. It
// is called after the commit of Emit.
func (s *Service) Nudge(ctx context.Context, scope tenant.Scope, endpoints []string) {
	if len(endpoints) == 0 {
		return // nobody hears, and there may be no service
	}
	s.lanes.mu.Lock()
	here := s.lanes.working
	s.lanes.mu.Unlock()
	for _, e := range endpoints {
		if id.Is(notify.RoutePrefix, e) { // a route to people
			s.Queue.Nudge(ctx, notify.TaskSend, scope, e)
			continue
		}
		if here {
			_ = s.Dispatch(ctx, scope, e) // returns nil
			continue
		}
		s.Queue.Nudge(ctx, TaskDeliver, scope, e)
	}
}

// Project returns the environment's webhook, or nil when none is set.
func (s *Service) Project(ctx context.Context, scope tenant.Scope) (e *Endpoint, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		e, err = projectEndpoint(tx)
		return err
	})
	return e, err
}

// SetProject sets the URL of the environment's webhook. The view holds the key
// when the webhook was made by this call; changing the URL keeps the key.
func (s *Service) SetProject(ctx context.Context, scope tenant.Scope, url string, seen ...time.Time) (*View, error) {
	if err := s.Guard.CheckURL(url); err != nil {
		return nil, fault.Of(err).At("url")
	}
	now := s.Now()
	var v View
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := lockKeys(tx); err != nil { // of two first calls one makes the webhook
			return err
		}
		e, err := projectEndpoint(tx)
		if err != nil {
			return err
		}
		if e == nil {
			err = fault.UnchangedAt(nil, seen...)
		} else {
			err = fault.Unchanged(e.UpdatedAt, seen...)
		}
		if err != nil {
			return err //nolint:wrapcheck // a fault
		}
		if e != nil {
			was := e.logged()
			if err := tx.Model(e).Clauses(clause.Returning{}).Updates(renewed(url, now)).Error; err != nil {
				return taken(err, "update webhook")
			}
			v = View{Endpoint: *e}
			return audit.Record(tx, now, audit.Entry{Action: audit.EndpointChanged, Subject: e.ID, Details: audit.Changes(was, e.logged())})
		}
		v = View{Endpoint: newEndpoint(LevelProject, "", url, now)}
		v.Main = true
		v.subscribe(mainTypes)
		if err := tx.Create(&v.Endpoint).Error; err != nil {
			return taken(err, "insert webhook")
		}
		keys, err := keysOf(tx, s.Box, &v.Endpoint, now)
		if err != nil {
			return err
		}
		v.Key = keys[0]
		return audit.Record(tx, now, audit.Entry{Action: audit.EndpointCreated, Subject: v.ID, Details: audit.Changes(nil, v.logged())})
	})
	if err != nil {
		return nil, err
	}
	s.Nudge(ctx, scope, []string{v.ID}) // deliveries may have waited for a URL that works
	return &v, nil
}

func newEndpoint(level Level, subject, url string, now time.Time) Endpoint {
	return Endpoint{ID: id.New("whk"), Level: level, SubjectID: subject, URL: url, CreatedAt: now, UpdatedAt: now, Breaker: Closed, Room: inFlight, Settings: defaults()}
}

// DeleteProject removes the environment's webhook and its deliveries. That
// there is none is no error.
func (s *Service) DeleteProject(ctx context.Context, scope tenant.Scope) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		var gone []Endpoint
		if err := tx.Clauses(clause.Returning{}).Where("main").Delete(&gone).Error; err != nil {
			return fmt.Errorf("delete webhook: %w", err)
		}
		entries := make([]audit.Entry, len(gone))
		for i := range gone {
			entries[i] = audit.Entry{Action: audit.EndpointDeleted, Subject: gone[i].ID, Details: audit.Changes(gone[i].logged(), nil)}
		}
		return audit.Record(tx, s.Now(), entries...)
	})
}

// RotateProject gives the environment's webhook a new key; the old one signs
// beside it for 24 hours.
func (s *Service) RotateProject(ctx context.Context, scope tenant.Scope) (*View, error) {
	var v View
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		e, err := projectEndpoint(tx)
		if err != nil {
			return err
		}
		if e == nil {
			return ErrNoWebhook
		}
		v.Endpoint = *e
		if v.Key, err = newKey(tx, s.Box, e, s.Now()); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.EndpointKeyChanged, Subject: e.ID})
	})
	s.ring.forget(v.ring(scope))
	return &v, err
}

// OfTrigger returns a trigger's own webhooks with their keys, oldest first.
func (s *Service) OfTrigger(ctx context.Context, scope tenant.Scope, triggerID string) (views []View, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		views, err = ofTrigger(tx, s.Box, triggerID, s.Now())
		return err
	})
	return views, err
}

// OneOfTrigger returns one of a trigger's webhooks with its key.
func (s *Service) OneOfTrigger(ctx context.Context, scope tenant.Scope, triggerID, webhookID string) (*View, error) {
	var v View
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		e, err := db.One[Endpoint](tx.Where("id = ? AND level = ? AND subject_id = ?", webhookID, LevelTrigger, triggerID), ErrNoWebhook)
		if err != nil {
			return err
		}
		keys, err := keysOf(tx, s.Box, e, s.Now())
		if err != nil {
			return err
		}
		v = View{Endpoint: *e, Key: keys[0]}
		return nil
	})
	return &v, err
}

// RotateOfTrigger gives one of a trigger's webhooks a new key.
func (s *Service) RotateOfTrigger(ctx context.Context, scope tenant.Scope, triggerID, webhookID string) (*View, error) {
	var v View
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		e, err := db.One[Endpoint](tx.Where("id = ? AND level = ? AND subject_id = ?", webhookID, LevelTrigger, triggerID), ErrNoWebhook)
		if err != nil {
			return err
		}
		v.Endpoint = *e
		if v.Key, err = newKey(tx, s.Box, e, s.Now()); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.EndpointKeyChanged, Subject: e.ID})
	})
	s.ring.forget(v.ring(scope))
	return &v, err
}

// CheckURLs returns why one of the URLs cannot be a webhook.
func (s *Service) CheckURLs(urls []string) error {
	for _, u := range urls {
		if err := s.Guard.CheckURL(u); err != nil {
			return err
		}
	}
	return nil
}

// SetOfTrigger makes urls the webhooks of a trigger, in the caller's
// transaction. A URL that stays keeps its key, and is sent to again if its
// receiver had said that it was gone; one that goes takes its deliveries along.
func (s *Service) SetOfTrigger(tx *gorm.DB, triggerID string, urls []string, now time.Time) ([]View, error) {
	gone := tx.Where("level = ? AND subject_id = ?", LevelTrigger, triggerID)
	if len(urls) > 0 {
		gone = gone.Where("url NOT IN ?", urls)
	}
	if err := gone.Delete(&Endpoint{}).Error; err != nil {
		return nil, fmt.Errorf("delete webhooks: %w", err)
	}
	for _, u := range urls {
		res := tx.Model(&Endpoint{}).Where("level = ? AND subject_id = ? AND url = ?", LevelTrigger, triggerID, u).
			Updates(renewed(u, now))
		if res.Error != nil {
			return nil, fmt.Errorf("update webhook: %w", res.Error)
		}
		if res.RowsAffected > 0 {
			continue
		}
		e := newEndpoint(LevelTrigger, triggerID, u, now)
		if err := tx.Create(&e).Error; err != nil {
			return nil, fmt.Errorf("insert webhook: %w", err)
		}
	}
	return ofTrigger(tx, s.Box, triggerID, now)
}

func ofTrigger(tx *gorm.DB, box *secret.Box, triggerID string, now time.Time) ([]View, error) {
	var rows []Endpoint
	if err := tx.Where("level = ? AND subject_id = ?", LevelTrigger, triggerID).Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("load webhooks: %w", err)
	}
	views := make([]View, len(rows))
	for i := range rows {
		keys, err := keysOf(tx, box, &rows[i], now)
		if err != nil {
			return nil, err
		}
		views[i] = View{Endpoint: rows[i], Key: keys[0]}
	}
	return views, nil
}
