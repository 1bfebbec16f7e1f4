package run

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
)

// Filter narrows runs; empty fields do not. Its JSON can be kept, to choose the
// same ones later.
type Filter struct {
	IDs            []string   `json:"run_ids,omitempty"`
	WorkflowID     string     `json:"workflow_id,omitempty"`
	Version        int        `json:"version,omitempty"`
	Statuses       []Status   `json:"statuses,omitempty"` // one of them
	ExternalUserID string     `json:"external_user_id,omitempty"`
	AccountID      string     `json:"account_id,omitempty"` // that one of its steps used
	App            string     `json:"app,omitempty"`        // whose account one of its steps used
	Trigger        *string    `json:"trigger,omitempty"`    // the name of the trigger; "" = the API
	ErrorCode      string     `json:"error_code,omitempty"`
	TraceID        string     `json:"trace_id,omitempty"`
	ParentID       string     `json:"parent_id,omitempty"`
	ReplayOf       string     `json:"replay_of,omitempty"`
	Since          *time.Time `json:"since,omitempty"` // made at this time or later
	Until          *time.Time `json:"until,omitempty"` // made before this time
	Text           string     `json:"text,omitempty"`  // in its input, its response or its error, whatever the case of A to Z
}

// drift is how far the clock in an id may be from created_at. With it, a time
// narrows the ids that are looked at, and needs no index of its own.
const drift = time.Hour

// rare are the statuses whose runs have an index of their own.
var rare = []Status{Failed, DeadLettered, Canceled}

// Over reports whether a run that stands there has ended.
func (s Status) Over() bool {
	return s != Queued && s != Running && s != Waiting && s != Retrying
}

// Where adds the filter's conditions to a query of runs.
func (f *Filter) Where(q *gorm.DB) *gorm.DB {
	q = f.quick(q)
	if f.Text != "" {
		q = f.holds(q)
	}
	return q
}

// quick are the conditions that cost little for each run.
func (f *Filter) quick(q *gorm.DB) *gorm.DB {
	if f.IDs != nil {
		q = q.Where("id IN ?", f.IDs)
	}
	if f.WorkflowID != "" {
		q = q.Where("workflow_id = ?", f.WorkflowID)
	}
	if f.Version != 0 {
		q = q.Where("version = ?", f.Version)
	}
	q = f.status(q)
	if f.ExternalUserID != "" {
		q = q.Where("external_user_id = ?", f.ExternalUserID)
	}
	if f.AccountID != "" {
		q = q.Where("EXISTS (SELECT FROM run_steps s WHERE s.run_id = runs.id AND s.account_id = ?)", f.AccountID)
	}
	if f.App != "" {
		q = q.Where("EXISTS (SELECT FROM run_steps s WHERE s.run_id = runs.id AND s.app = ?)", f.App)
	}
	if f.Trigger != nil {
		q = q.Where("trigger = ?", *f.Trigger)
	}
	if f.TraceID != "" { // a trace that began here has the number of its first run
		q = q.Where("(trace_id <> '' AND trace_id = ? OR trace_id = '' AND id = ?)", f.TraceID, runOfTrace(f.TraceID))
	}
	if f.ParentID != "" {
		q = q.Where("parent_id = ?", f.ParentID)
	}
	if f.ReplayOf != "" {
		q = q.Where("replay_of = ?", f.ReplayOf)
	}
	if f.Since != nil {
		q = q.Where("created_at >= ? AND id >= ?", *f.Since, id.At("run", f.Since.Add(-drift)))
	}
	if f.Until != nil {
		q = q.Where("created_at < ? AND id < ?", *f.Until, id.At("run", f.Until.Add(drift)))
	}
	return q
}

// status adds the condition on the status, and that of the index that has it.
func (f *Filter) status(q *gorm.DB) *gorm.DB {
	indexed := true
	switch {
	case len(f.Statuses) > 0 && !slices.ContainsFunc(f.Statuses, Status.Over):
		q = q.Where("finished_at IS NULL")
	case f.ErrorCode != "", len(f.Statuses) > 0 && !slices.ContainsFunc(f.Statuses, func(s Status) bool { return !slices.Contains(rare, s) }):
		q = q.Where("status IN ('failed', 'dead_lettered', 'canceled')")
	default:
		indexed = false
	}
	if indexed && f.WorkflowID == "" { // both indexes are by workflow
		q = q.Where("workflow_id IN (SELECT id FROM workflows)")
	}
	if len(f.Statuses) > 0 {
		q = q.Where("status IN ?", f.Statuses)
	}
	if f.ErrorCode != "" {
		q = q.Where("error ->> 'code' = ?", f.ErrorCode)
	}
	return q
}

// holds is the condition on the text, for which all of a run has to be read.
func (f *Filter) holds(q *gorm.DB) *gorm.DB {
	return q.Where("(strpos(lower(input), lower(?)) > 0 OR strpos(lower(error ->> 'message'), lower(?)) > 0 OR strpos(lower(response), lower(?)) > 0)", f.Text, f.Text, f.Text)
}
