package workflow

import (
	"context"
	"errors"
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
}

// Readiness returns the list of the running version, or of the draft of what was
// never deployed, and the share of it that is done, in percent.
func (s *Service) Readiness(ctx context.Context, projectID, workflowID string) (score int, checks []Check, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		w, err := db.One[Workflow](tx.Where("id = ?", workflowID), ErrNotFound)
		if err != nil {
			return err
		}
		score, checks, err = Ready(tx, w)
		return err
	})
	return score, checks, err
}

// Ready is Readiness within a transaction.
func Ready(tx *gorm.DB, w *Workflow) (score int, checks []Check, err error) {
	d := &w.Draft
	if w.Version > 0 {
		if d, err = AtVersion(tx, w.ID, w.Version); err != nil {
			return 0, nil, err
		}
	}
	// The table belongs to those who take requests, who stand above us; these are three facts of its settings.
	var in asked
	err = tx.Raw(`SELECT settings -> 'verification' IS NOT NULL AS verified, COALESCE((settings ->> 'expect_every')::int, 0) > 0 AS expected,
		COALESCE((settings ->> 'max_waiting')::int, 0) > 0 AS bounded FROM workflow_intakes WHERE id = @id`, map[string]any{"id": w.ID}).Scan(&in).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
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
			if s.OnError != "" && s.OnError != OnErrorFail {
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
	return []Check{
		{"auth", http.Auth != AuthNone || in.Verified, taken, "Callers of its address are authenticated: by a bearer token, by OAuth, or by their signature."},
		{"signature", in.Verified, taken, "What comes to its address is verified by its signature."},
		{"retry", retried == reaching, reaching > 0, fmt.Sprintf("Steps that reach outside are tried again: %d of %d.", retried, reaching)},
		{"error_target", handled > 0, reaching > 0, "Somebody goes on when a step fails: another step, or a value instead."},
		{"silence", in.Expected, taken, "Somebody is told when no request comes for longer than it should."},
		{"concurrency", in.Bounded, taken, "It is said how many runs may wait before callers are told to."},
		{"runbook", settings.Runbook != "", true, "It says where to read what to do when it fails: settings.runbook_url."},
		{"owner", settings.Owner != "", true, "It says who is asked when it fails: settings.owner."},
		{"versions", pinned == actions, actions > 0, fmt.Sprintf("Actions name their versions: %d of %d.", pinned, actions)},
		{"deployed", deployed, true, "A version of it runs."},
	}
}
