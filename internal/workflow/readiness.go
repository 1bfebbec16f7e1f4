package workflow

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
)

// Check is one line of the list of what makes a workflow ready for production.
type Check struct {
	Code     string
	Done     bool
	Concerns bool   // whether it is a question for this workflow at all
	Text     string // what to do; or why it is done
}

// asked is how the workflow's address takes its requests, as far as the list
// wants to know.
type asked struct {
	Verified bool
	Expected bool // whether somebody is told when none comes
	Bounded  bool // whether callers are told to wait when too many runs do
	Handled  bool // whether the project has a workflow that is told of failures
}

// Readiness returns the list of the running version, or of the draft: of what was
// never deployed, or as it would be deployed. score is the share of it that is done,
// in percent.
func (s *Service) Readiness(ctx context.Context, projectID, workflowID string, draft bool) (score int, checks []Check, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		w, err := db.One[Workflow](tx.Where("id = ?", workflowID), ErrNotFound)
		if err != nil {
			return err
		}
		if draft {
			score, checks, err = ready(tx, w, &w.Draft)
		} else {
			score, checks, err = Ready(tx, w)
		}
		return err
	})
	return score, checks, err
}

// Ready is Readiness of a workflow as it runs, within a transaction.
func Ready(tx *gorm.DB, w *Workflow) (score int, checks []Check, err error) {
	d := &w.Draft
	if w.Version > 0 {
		if d, err = AtVersion(tx, w.ID, w.Version); err != nil {
			return 0, nil, err
		}
	}
	return ready(tx, w, d)
}

func ready(tx *gorm.DB, w *Workflow, d *Definition) (score int, checks []Check, err error) {
	// The tables belong to others, of whom some stand above us; these are four facts of theirs.
	var in asked
	err = tx.Raw(`SELECT i.settings -> 'verification' IS NOT NULL AS verified, COALESCE((i.settings ->> 'expect_every')::int, 0) > 0 AS expected,
		COALESCE((i.settings ->> 'max_waiting')::int, 0) > 0 AS bounded, COALESCE(p.error_workflow_id, @id) <> @id AS handled
		FROM projects p LEFT JOIN workflow_intakes i ON i.id = @id`, map[string]any{"id": w.ID}).Scan(&in).Error
	if err != nil {
		return 0, nil, fmt.Errorf("load intake: %w", err)
	}
	checks = d.readiness(w.Version > 0, in)
	done, all := 0, 0
	for _, c := range checks {
		if c.Concerns {
			all++
			if c.Done {
				done++
			}
		}
	}
	if all > 0 {
		score = done * 100 / all
	}
	return score, checks, nil
}

func (d *Definition) readiness(deployed bool, in asked) []Check {
	http := d.HTTP()
	taken := slices.ContainsFunc(d.Triggers, func(t Trigger) bool { return t.Type == HTTP && !t.Disabled })
	var reaching, retried, handled, actions, pinned int
	d.Each(func(s *Step) {
		if s.Type == HTTPRequest || s.Type == Action || s.Type == Code {
			reaching++
			if s.Retry != nil && s.Retry.Attempts > 1 {
				retried++
			}
			if s.GoesOn() {
				handled++
			}
		}
		if s.Type == Action {
			actions++
			if s.Version != "" {
				pinned++
			}
		}
	})
	settings := d.Settings
	if settings == nil {
		settings = &Settings{}
	}
	again, _ := d.Retries()
	told := settings.ErrorWorkflow != NoErrorWorkflow && (settings.ErrorWorkflow != "" || in.Handled)
	unsigned := http.Auth == AuthNone || http.Auth == AuthHMAC
	retry := fmt.Sprintf("A run that failed goes on by itself, up to %d times.", again)
	if again == 0 {
		retry = fmt.Sprintf("Steps that reach outside are tried again: %d of %d; runs are not, as settings.retry says.", retried, reaching)
	}
	return []Check{
		{"auth", http.Auth != AuthNone || in.Verified, taken, "Callers of its address are authenticated: by a bearer token, by OAuth, or by their signature."},
		{"signature", in.Verified, taken && unsigned, "What comes to its address is verified by its signature."},
		{"retry", again > 0 || retried == reaching, reaching > 0, retry},
		{"error_target", told || reaching > 0 && handled == reaching, true, "Somebody goes on when it fails: settings.error_workflow, the project's error workflow, or on_error of each step that reaches outside."},
		{"silence", in.Expected, taken, "Somebody is told when no request comes for longer than it should."},
		{"concurrency", settings.Queue.limits() || in.Bounded, len(d.Triggers) > 0, "It is said how many runs go on at once, or may wait: settings.queue."},
		{"runbook", settings.Runbook != "", true, "It says where to read what to do when it fails: settings.runbook_url."},
		{"owner", settings.Owner != "", true, "It says who is asked when it fails: settings.owner."},
		{"versions", pinned == actions, actions > 0, fmt.Sprintf("Actions name their versions: %d of %d.", pinned, actions)},
		{"deployed", deployed, true, "A version of it runs."},
	}
}

// limits reports whether a queue bounds what goes on at once, or what waits.
func (q *Queue) limits() bool {
	return q != nil && (q.Concurrency != nil || q.Order != nil || q.Throttle != nil || q.MaxQueued > 0)
}
