package plan

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/usage"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// stale is how long it is believed what holds for a project, and how much of it is
// used: for so long a process may let through what is beyond a quota.
const stale = 5 * time.Second

// Service says what may be used. A nil Service limits nothing.
type Service struct {
	DB       *db.DB
	Limits   *limit.Service
	Webhooks *webhook.Service
	Defaults map[string]limit.Rate // of the server; what is not named has none
	Now      func() time.Time

	once   sync.Once
	known  *expirable.LRU[string, *Holding]
	warned sync.Mutex
	nextAt time.Time // when quotas are looked at again
}

// Holding is what holds for a project.
type Holding struct {
	WorkspaceID string
	Plan        *Plan // nil = none
	Own         Terms // the project's
	OwnAt       *time.Time
	Used        map[string]usage.Used
}

// Quotas calls each for every quota that holds, with what is used of it.
func (h *Holding) quotas(each func(kind string, ofProject bool, q Quota, used int64)) {
	for _, kind := range Kinds {
		if h.Plan != nil {
			if q, ok := h.Plan.Terms.Quotas[kind]; ok {
				each(kind, false, q, h.Used[kind].Workspace)
			}
		}
		if q, ok := h.Own.Quotas[kind]; ok {
			each(kind, true, q, h.Used[kind].Project)
		}
	}
}

// rate is the limit that holds: the plan's in place of the server's, and the
// project's own where it is below that.
func (h *Holding) rate(name string, server limit.Rate) limit.Rate {
	r := server
	if h.Plan != nil {
		if of, ok := h.Plan.Terms.Limits[name]; ok {
			r = of
		}
	}
	if own := h.Own.Limits[name]; own.Below(r) {
		return own
	}
	return r
}

// Take counts one request of a project under a named limit; who is the user of one
// that is per user.
func (s *Service) Take(ctx context.Context, name, projectID, who string) (limit.Standing, error) {
	if s == nil {
		return limit.Standing{}, nil
	}
	r := s.holding(ctx, projectID).rate(name, s.Defaults[name])
	key := name + ":" + projectID
	if who != "" {
		key += "|" + who
	}
	return s.Limits.Count(ctx, key, r) //nolint:wrapcheck // a fault
}

// Allow returns ErrExceeded for a use that a quota refuses.
func (s *Service) Allow(ctx context.Context, projectID, kind string) (err error) {
	if s == nil {
		return nil
	}
	h := s.holding(ctx, projectID)
	over := func(kind string, q Quota, of string, used int64) {
		if err == nil && q.Refuse && used >= q.Most {
			_, next := usage.Month(s.Now())
			f := *ErrExceeded
			f.Details = map[string]any{"kind": kind, "of": of, "most": q.Most, "used": used, "resets_at": next.Format(time.RFC3339)}
			err = &f
		}
	}
	if h.Plan == nil && len(h.Own.Quotas) == 0 {
		return nil
	}
	for _, k := range counted(kind) {
		if h.Plan != nil {
			if q, ok := h.Plan.Terms.Quotas[k]; ok {
				over(k, q, "workspace", h.Used[k].Workspace)
			}
		}
		if q, ok := h.Own.Quotas[k]; ok {
			over(k, q, "project", h.Used[k].Project)
		}
	}
	return err
}

// holding is what holds for a project, as it was some seconds ago at most. While the
// database is away the server's limits hold.
func (s *Service) holding(ctx context.Context, projectID string) *Holding {
	s.once.Do(func() { s.known = expirable.NewLRU[string, *Holding](10_000, nil, stale) })
	if h, ok := s.known.Get(projectID); ok {
		return h
	}
	h, err := s.read(ctx, projectID)
	if err != nil {
		slog.WarnContext(ctx, "the server's limits hold: what a plan says is not known", "error", err)
		h = &Holding{}
	}
	s.known.Add(projectID, h)
	return h
}

func (s *Service) read(ctx context.Context, projectID string) (h *Holding, err error) {
	err = s.DB.Look(ctx, func(q *gorm.DB) (err error) {
		h, err = s.find(q, projectID)
		return err
	})
	return h, err
}

func (s *Service) find(q *gorm.DB, projectID string) (*Holding, error) {
	var rows []struct {
		WorkspaceID string
		Name, Title *string
		Plan        *Terms `gorm:"serializer:json"`
		Own         *Terms `gorm:"serializer:json"`
		OwnAt       *time.Time
	}
	err := q.Raw(`SELECT p.workspace_id, l.name, l.title, l.terms AS plan, t.terms AS own, t.updated_at AS own_at FROM projects p JOIN workspaces w ON w.id = p.workspace_id
		LEFT JOIN plans l ON l.name = w.plan LEFT JOIN project_terms t ON t.project_id = p.id WHERE p.id = ?`, projectID).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read a project's plan: %w", err)
	}
	if len(rows) == 0 {
		return &Holding{}, nil
	}
	row := rows[0]
	h := &Holding{WorkspaceID: row.WorkspaceID}
	if row.Name != nil {
		h.Plan = &Plan{Name: *row.Name, Title: *row.Title, Terms: *row.Plan}
	}
	if row.Own != nil {
		h.Own, h.OwnAt = *row.Own, row.OwnAt
	}
	if len(h.Own.Quotas) > 0 || h.Plan != nil && len(h.Plan.Terms.Quotas) > 0 {
		h.Used, err = usage.OfMonth(q, h.WorkspaceID, projectID, s.Now())
	}
	return h, err
}

// Line is a limit with where it is from.
type Line struct {
	limit.Named
	Rate, Server limit.Rate
	Plan, Own    *limit.Rate // nil = says nothing
}

// Filled is a quota with what is used of it.
type Filled struct {
	Kind      string
	OfProject bool // or of the whole workspace
	Quota
	Used int64
}

// Report is what holds for a project, for those who look after it.
type Report struct {
	Plan       *Plan
	Limits     []Line
	Quotas     []Filled
	Own        Terms
	OwnAt      *time.Time // when they were set last; nil = never
	Since, End time.Time  // of the month
}

// Of returns what holds for a project, as it is now.
func (s *Service) Of(ctx context.Context, scope tenant.Scope) (*Report, error) {
	h, err := s.read(ctx, scope.Project())
	if err != nil {
		return nil, err
	}
	r := &Report{Plan: h.Plan, Own: h.Own, OwnAt: h.OwnAt}
	r.Since, r.End = usage.Month(s.Now())
	for _, n := range limit.Published {
		l := Line{Named: n, Server: s.Defaults[n.Name], Rate: h.rate(n.Name, s.Defaults[n.Name])}
		if h.Plan != nil {
			if of, ok := h.Plan.Terms.Limits[n.Name]; ok {
				l.Plan = &of
			}
		}
		if own, ok := h.Own.Limits[n.Name]; ok {
			l.Own = &own
		}
		r.Limits = append(r.Limits, l)
	}
	h.quotas(func(kind string, ofProject bool, q Quota, used int64) {
		r.Quotas = append(r.Quotas, Filled{kind, ofProject, q, used})
	})
	return r, nil
}

// Set sets a project's own terms, all of them. seen is when those that the caller
// saw had been set; the zero time where there were none.
func (s *Service) Set(ctx context.Context, scope tenant.Scope, t Terms, seen ...time.Time) error {
	if err := t.Validate(); err != nil {
		return err
	}
	now := s.Now()
	err := s.DB.Project(ctx, scope.Project(), func(tx *gorm.DB) error {
		var before []struct {
			Terms     Terms `gorm:"serializer:json"`
			UpdatedAt time.Time
		}
		if err := tx.Raw("SELECT terms, updated_at FROM project_terms FOR UPDATE").Scan(&before).Error; err != nil {
			return fmt.Errorf("read a project's terms: %w", err)
		}
		var was Terms
		var at time.Time
		taken := "NOTHING" // of two who set the first at once, one is told
		if len(before) > 0 {
			was, at = before[0].Terms, before[0].UpdatedAt
		}
		if len(before) > 0 || len(seen) == 0 {
			taken = "UPDATE SET terms = excluded.terms, updated_at = excluded.updated_at"
		}
		if err := fault.Unchanged(at, seen...); err != nil {
			return err
		}
		words, err := encode(t)
		if err != nil {
			return err
		}
		if err := db.Affected(tx.Exec("INSERT INTO project_terms (terms, updated_at) VALUES (?::jsonb, ?) ON CONFLICT (project_id) DO "+taken, words, now), fault.ErrChanged); err != nil {
			return fmt.Errorf("write a project's terms: %w", err)
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.LimitsChanged, Subject: scope.Project(), Details: map[string]any{"before": was, "after": t}})
	})
	if err == nil {
		s.forget(scope.Project())
	}
	return err
}

// forget has a change hold in this process at once; others know it in seconds.
func (s *Service) forget(projectID string) {
	if s.known != nil {
		s.known.Remove(projectID)
	}
}

// full is what percentage of a quota is used, whole.
func full(q Quota, used int64) int {
	if q.Most == 0 {
		return 100
	}
	return int(min(100, used*100/q.Most))
}
