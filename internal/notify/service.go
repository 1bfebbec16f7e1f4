package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Service keeps routes, shows notices, and sends them.
type Service struct {
	DB        *db.DB
	Box       *secret.Box
	Queue     *queue.Client
	Guard     *egress.Guard
	Client    *http.Client // from the guard
	Limits    *limit.Service
	Members   *member.Service // whom letters may be for
	Mail      *Mailer         // nil = no e-mail
	Sign      func(h http.Header, key secret.Text, id string, now time.Time, body string)
	Metrics   *telemetry.Metrics
	PublicURL string // of the console
	Now       func() time.Time

	swept atomic.Int64
}

func associated(routeID string) string { return "notification_route|" + routeID }

// List returns the routes that tell of an environment, newest first.
func (s *Service) List(ctx context.Context, scope tenant.Scope) (rows []Route, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := here(tx, scope).Order("id DESC").Find(&rows).Error; err != nil {
			return fmt.Errorf("list notification routes: %w", err)
		}
		return nil
	})
	return rows, err
}

// StatusOf is how a route is at this moment, in a word.
func (s *Service) StatusOf(r *Route) string { return r.Status(s.Now()) }

// Channels returns the ways to people that this installation has.
func (s *Service) Channels() (out []Channel) {
	for _, c := range channels {
		if c != Email || s.Mail != nil {
			out = append(out, c)
		}
	}
	return out
}

// here narrows a query to the routes that tell of the scope's environment.
func here(tx *gorm.DB, scope tenant.Scope) *gorm.DB {
	return tx.Where("(environment IS NULL OR environment = ?)", scope.EnvironmentName())
}

func one(tx *gorm.DB, scope tenant.Scope, routeID string) (*Route, error) {
	return db.One[Route](here(tx, scope).Where("id = ?", routeID), ErrNotFound)
}

// Get returns a route.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, routeID string) (r *Route, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err = one(tx, scope, routeID)
		return err
	})
	return r, err
}

// Create makes a route. Of a route to a webhook it returns the key that signs,
// which is not shown again.
func (s *Service) Create(ctx context.Context, scope tenant.Scope, in Settings) (*Route, secret.Text, error) {
	t, err := s.checked(&in)
	if err != nil {
		return nil, "", err
	}
	if t == nil {
		return nil, "", missing(in.Channel)
	}
	now := s.Now()
	r := &Route{ID: id.New(RoutePrefix), CreatedAt: now}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		p, err := project.Current(tx)
		if err != nil {
			return err
		}
		var n int64
		if err := tx.Model(&Route{}).Count(&n).Error; err != nil {
			return fmt.Errorf("count notification routes: %w", err)
		}
		if n >= maxRoutes {
			return ErrTooMany
		}
		r.WorkspaceID = p.WorkspaceID
		if in.Channel == Webhook {
			t.Key = token.Hex("", 32)
		}
		if err := s.fill(r, scope, &in, t, now); err != nil {
			return err
		}
		if err := tx.Create(r).Error; err != nil {
			return fmt.Errorf("insert notification route: %w", err)
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.RouteCreated, Subject: r.ID, Details: map[string]any{"name": r.Name, "channel": r.Channel, "reach": r.Reach()}})
	})
	return r, secret.Text(t.Key), err
}

func missing(c Channel) error {
	switch c {
	case Email:
		return ErrAddress
	case Discord:
		return ErrDiscord
	default:
		return ErrTarget
	}
}

func (s *Service) checked(in *Settings) (*target, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	return in.aim(s.Guard, s.Mail)
}

// fill writes settings into a route. A person who saves a route wants it tried:
// whatever was known of its receiver is forgotten.
func (s *Service) fill(r *Route, scope tenant.Scope, in *Settings, t *target, now time.Time) error {
	r.Name, r.Channel, r.Severities, r.EventTypes, r.TimeZone, r.Mutes, r.MutedUntil = in.Name, in.Channel, in.Severities, in.EventTypes, in.TimeZone, in.Mutes, in.MutedUntil
	r.RunbookURL, r.Enabled, r.OffReason, r.UpdatedAt = in.RunbookURL, in.Enabled, nil, now
	r.Breaker, r.OpenUntil, r.OpenLevel, r.Failures, r.WaitUntil = Closed, nil, 0, 0, nil
	if r.Mutes == nil {
		r.Mutes = []Mute{}
	}
	r.ProjectID, r.Environment = nil, nil
	if projectID, name := scope.Project(), scope.EnvironmentName(); in.Reach != OfWorkspace {
		r.ProjectID = &projectID
		if in.Reach == OfEnvironment {
			r.Environment = &name
		}
	}
	if next := in.Digest.next(now, zone(in.TimeZone)); r.Digest != in.Digest || r.NextDigestAt == nil || next == nil {
		r.Digest, r.NextDigestAt, r.DigestFrom = in.Digest, next, nil
	}
	if t == nil {
		return nil
	}
	plain, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode target: %w", err)
	}
	r.Shown, r.LastError, r.LastDetail = t.shown(), nil, ""
	r.Target, err = s.Box.Seal(plain, associated(r.ID))
	return err
}

// logged is what the audit log shows of a route.
func (r *Route) logged() audit.View {
	return audit.View{
		"name": r.Name, "reach": r.Reach(), "severities": r.Severities, "event_types": r.EventTypes, "time_zone": r.TimeZone, "mutes": r.Mutes, "muted_until": r.MutedUntil,
		"runbook_url": r.RunbookURL, "enabled": r.Enabled, "digest": r.Digest, "target": audit.Hidden{Of: r.Target},
	}
}

// Replace gives a route other settings. A target that they do not name stays,
// and so does the key of a webhook. The channel of a route does not change.
func (s *Service) Replace(ctx context.Context, scope tenant.Scope, routeID string, in Settings, seen ...time.Time) (r *Route, err error) {
	t, err := s.checked(&in)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if r, err = one(tx, scope, routeID); err != nil {
			return err
		}
		if err := fault.Unchanged(r.UpdatedAt, seen...); err != nil {
			return err
		}
		if r.Channel != in.Channel {
			return ErrChannel
		}
		was := r.logged()
		if t != nil {
			old, err := s.open(r)
			if err != nil {
				return err
			}
			t.Key = old.Key
		}
		if err := s.fill(r, scope, &in, t, now); err != nil {
			return err
		}
		set := tx.Model(&Route{}).Where("id = ?", r.ID).Select("*").Omit("id", "lease_id", "lease_until", "last_sent_at", "created_at")
		if err := db.Affected(set.UpdateColumns(r), ErrNotFound); err != nil {
			return err
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.RouteChanged, Subject: r.ID, Details: audit.Changes(was, r.logged())})
	})
	if err != nil {
		return nil, err
	}
	s.Queue.Nudge(ctx, TaskSend, scope, r.ID) // what was held may go out now
	return r, nil
}

// Delete removes a route with its notices.
func (s *Service) Delete(ctx context.Context, scope tenant.Scope, routeID string) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err := one(tx, scope, routeID)
		if err != nil {
			return err
		}
		if err := db.Affected(tx.Where("id = ?", routeID).Delete(&Route{}), ErrNotFound); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.RouteDeleted, Subject: r.ID, Details: map[string]any{"name": r.Name}})
	})
}

func (s *Service) open(r *Route) (*target, error) {
	plain, err := s.Box.Open(r.Target, associated(r.ID))
	if err != nil {
		return nil, fmt.Errorf("open target: %w", err)
	}
	var t target
	if err := json.Unmarshal(plain, &t); err != nil {
		return nil, fmt.Errorf("decode target: %w", err)
	}
	return &t, nil
}
