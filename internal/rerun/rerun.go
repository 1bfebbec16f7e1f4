// Package rerun runs again what ran: the events of many runs, on a version and
// from a step that the caller says. A replay is a row that is worked off in order
// and at a rate; each step is one transaction, so that a worker that dies leaves
// nothing half done and nothing is run twice.
package rerun

import (
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/paced"
	"github.com/patchbay-dev/patchbay/internal/run"
)

// The limits of a replay.
const (
	DefaultRate = 10 // a second
	MaxRate     = paced.MaxRate
)

// Faults of this package.
var (
	ErrNotFound = fault.New(fault.NotFound, "run_replay_not_found", "There is no such replay of runs.")
	ErrOver     = fault.New(fault.Conflict, "run_replay_over", "The replay is over: start another one.")
	ErrMany     = fault.New(fault.Conflict, "run_replays_running", "%d replays are under way. Cancel one, or wait until one is over.", paced.MaxRunning)
	ErrRange    = fault.New(fault.Invalid, "run_replay_range", "since is not before until.")
	ErrRate     = fault.New(fault.Invalid, "run_replay_rate", "A rate is 1 to %d runs a second.", MaxRate).At("rate")
	ErrVersion  = fault.New(fault.Invalid, "run_replay_version", "A number of a version, and a step, are of one workflow: name it in the filter.").At("version")
)

// Where a replay stands.
const (
	Running   = paced.Running
	Paused    = paced.Paused
	Finished  = paced.Finished
	Cancelled = paced.Cancelled
)

// Choice says what is run again, and how. Of the runs that the filter chooses
// those are taken that are over and no tests.
type Choice struct {
	Filter   run.Filter `gorm:"serializer:json"`
	Version  string     // newest, same or a number
	FromStep string     // "" = the first
	Again    bool       // also what a replay has brought to a good end
}

// Replay is a choice on its way.
type Replay struct {
	paced.Job
	Choice
	Started int // of what was looked at
	Refused int // of it: the version has no such step, or the user no account any more
}

// TableName maps the noun to its table.
func (Replay) TableName() string { return "run_replays" }

func (c *Choice) manner() run.Manner { return run.Manner{Version: c.Version, From: c.FromStep} }

func (c *Choice) check() error {
	if c.Version == "" {
		c.Version = run.Newest
	}
	m, f := c.manner(), &c.Filter
	if err := m.Check(); err != nil {
		return err
	}
	switch {
	case f.Since != nil && f.Until != nil && !f.Since.Before(*f.Until):
		return ErrRange
	case f.WorkflowID == "" && (c.FromStep != "" || c.Version != run.Newest && c.Version != run.Same):
		return ErrVersion
	}
	return nil
}

// of returns the query of what the choice holds, of what was there at a time.
func (c *Choice) of(tx *gorm.DB, at time.Time) *gorm.DB {
	q := c.Filter.Where(tx.Model(&run.Run{})).Where("finished_at IS NOT NULL AND NOT test AND created_at <= ?", at)
	if c.Again {
		return q
	}
	return q.Where(`NOT EXISTS (SELECT FROM runs r WHERE r.replay_of = COALESCE(runs.replay_of, runs.id) AND r.status IN ?)`, []run.Status{run.Succeeded, run.Ended})
}
