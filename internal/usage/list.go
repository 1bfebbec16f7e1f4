package usage

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Period is some days in UTC, from the first to before the last.
type Period struct{ First, End time.Time }

// Days returns the period of all the days that two moments touch.
func Days(from, to time.Time) (Period, error) {
	const day = 24 * time.Hour
	p := Period{from.UTC().Truncate(day), to.UTC().Truncate(day)}
	if !p.End.Equal(to.UTC()) {
		p.End = p.End.Add(day)
	}
	if from.UTC().Year() < 1970 || to.UTC().Year() > 9999 || !to.After(from) || p.End.Sub(p.First) > LongestPeriod+day {
		return Period{}, ErrPeriod
	}
	return p, nil
}

// Groups are what may be counted apart, with their column.
var Groups = map[string]string{"day": "day", "user": "external_user_id", "app": "app", "workflow": "workflow_id", "trigger": "trigger_id"}

// Filter says what of an environment is counted, and what apart.
type Filter struct {
	Period
	By                           string // a name of Groups
	User, App, Workflow, Trigger string // "" = any
	Most                         int    // of the groups; 0 = all
}

// Counts is what was used.
type Counts struct {
	Connects, ActionRuns, ProxyCalls, TriggerEvents, Deliveries, WorkflowRuns int64
	Credits, Ms                                                               int64
}

// Group is what was used of one day, or by one user, and so on. The key of what
// none is known of is "".
type Group struct {
	Key string
	Counts
}

// tally adds the kinds up, each into its column.
const tally = `coalesce(sum(count) FILTER (WHERE kind = 'connect'), 0)::bigint AS connects, coalesce(sum(count) FILTER (WHERE kind = 'action_run'), 0)::bigint AS action_runs,
	coalesce(sum(count) FILTER (WHERE kind = 'proxy_call'), 0)::bigint AS proxy_calls, coalesce(sum(count) FILTER (WHERE kind = 'trigger_event'), 0)::bigint AS trigger_events,
	coalesce(sum(count) FILTER (WHERE kind = 'delivery'), 0)::bigint AS deliveries, coalesce(sum(count) FILTER (WHERE kind = 'workflow_run'), 0)::bigint AS workflow_runs,
	coalesce(sum(credits), 0)::bigint AS credits, coalesce(sum(ms), 0)::bigint AS ms`

// Of counts what an environment used: all of it, and by groups, of which the
// largest come first, and days in their order.
func (s *Service) Of(ctx context.Context, scope tenant.Scope, f Filter) (total Counts, groups []Group, err error) {
	column := Groups[f.By]
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := tx.Table("usage_days").Where("day >= ? AND day < ?", f.First.Format(time.DateOnly), f.End.Format(time.DateOnly))
		for name, want := range map[string]string{"external_user_id": f.User, "app": f.App, "workflow_id": f.Workflow, "trigger_id": f.Trigger} {
			if want != "" {
				q = q.Where(name+" = ?", want)
			}
		}
		q = q.Session(&gorm.Session{})
		if err := q.Select(tally).Scan(&total).Error; err != nil {
			return fmt.Errorf("count usage: %w", err)
		}
		q = q.Select(column + "::text AS key, " + tally).Group(column)
		if f.By == "day" {
			q = q.Order("1")
		} else {
			q = q.Order("sum(count) DESC, 1")
		}
		if f.Most > 0 {
			q = q.Limit(f.Most)
		}
		if err := q.Scan(&groups).Error; err != nil {
			return fmt.Errorf("count usage by %s: %w", f.By, err)
		}
		return nil
	})
	return total, groups, err
}

// Day is what a workspace used on one.
type Day struct {
	Day time.Time
	Counts
	ActionRunCredits, ProxyCredits, TriggerCredits int64
}

// Within says what of a workspace is counted: some projects, nil for all; an
// environment's name, "" for both.
type Within struct {
	Projects    []string
	Environment string
}

// OfWorkspace counts what a workspace used on each day of a period, those on which
// nothing was used among them.
func (s *Service) OfWorkspace(ctx context.Context, workspaceID string, w Within, p Period) (days []Day, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		where, args := "p.workspace_id = ?", []any{p.First.Format(time.DateOnly), p.End.Format(time.DateOnly), workspaceID}
		if w.Projects != nil {
			where, args = where+" AND p.id IN ?", append(args, w.Projects)
		}
		if w.Environment != "" {
			where, args = where+" AND e.name = ?", append(args, w.Environment)
		}
		return tx.Raw(`SELECT g.day, `+tally+`,
			coalesce(sum(credits) FILTER (WHERE kind = 'action_run'), 0)::bigint AS action_run_credits, coalesce(sum(credits) FILTER (WHERE kind = 'proxy_call'), 0)::bigint AS proxy_credits,
			coalesce(sum(credits) FILTER (WHERE kind = 'trigger_event'), 0)::bigint AS trigger_credits
			FROM generate_series(?::date, ?::date - 1, interval '1 day') g(day)
			LEFT JOIN (SELECT d.* FROM projects p JOIN environments e ON e.project_id = p.id JOIN usage_days d ON d.environment_id = e.id WHERE `+where+`) u ON u.day = g.day
			GROUP BY g.day ORDER BY g.day`, args...).Scan(&days).Error
	})
	if err != nil {
		return nil, fmt.Errorf("count usage of a workspace: %w", err)
	}
	return days, nil
}
