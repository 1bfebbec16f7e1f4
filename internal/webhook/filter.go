package webhook

import (
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
)

// Filter narrows deliveries; empty fields do not. Its JSON is what a replay keeps.
type Filter struct {
	IDs            []string   `json:"delivery_ids,omitempty"`
	EndpointID     string     `json:"endpoint_id,omitempty"`
	EventID        string     `json:"event_id,omitempty"`
	State          State      `json:"state,omitempty"`
	EventType      string     `json:"event_type,omitempty"`
	ExternalUserID string     `json:"external_user_id,omitempty"`
	Error          string     `json:"error,omitempty"`  // the class of the last failure
	Status         string     `json:"status,omitempty"` // of the last answer: 503, or 5xx
	Since          *time.Time `json:"since,omitempty"`  // created at this time or later
	Until          *time.Time `json:"until,omitempty"`  // created before this time
}

// drift is how far the clock in an id may be from created_at. With it, a time
// narrows the ids that are looked at, and needs no index of its own.
const drift = time.Hour

// Where adds the filter's conditions to a query of deliveries.
func (f *Filter) Where(q *gorm.DB) *gorm.DB {
	if f.IDs != nil {
		q = q.Where("id IN ?", f.IDs)
	}
	if f.EventID != "" { // has an index
		q = q.Where("event_id = ?", f.EventID)
	}
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	if f.EventType != "" {
		q = q.Where("event_type = ?", f.EventType)
	}
	if f.Error != "" {
		q = q.Where("last_error = ?", f.Error)
	}
	if low, high, ok := statuses(f.Status); ok {
		q = q.Where("last_status BETWEEN ? AND ?", low, high)
		if low >= 300 {
			q = q.Where("last_error IS NOT NULL") // has an index
		}
	}
	switch {
	case f.EndpointID != "":
		q = q.Where("endpoint_id = ?", f.EndpointID)
	case f.State == Pending || f.State == Sending: // what is under way has an index by endpoint
		q = q.Where("endpoint_id IN (SELECT id FROM webhook_endpoints)")
	}
	if f.ExternalUserID != "" { // events have an index by user
		q = q.Where("external_user_id = ? AND event_id IN (SELECT id FROM events WHERE external_user_id = ?)", f.ExternalUserID, f.ExternalUserID)
	}
	return f.When(q, "dlv")
}

// When adds the conditions on the time to a query of rows whose ids have the prefix.
func (f *Filter) When(q *gorm.DB, prefix string) *gorm.DB {
	if f.Since != nil {
		q = q.Where("created_at >= ? AND id >= ?", *f.Since, id.At(prefix, f.Since.Add(-drift)))
	}
	if f.Until != nil {
		q = q.Where("created_at < ? AND id < ?", *f.Until, id.At(prefix, f.Until.Add(drift)))
	}
	return q
}

// statuses reads 503 or 5xx.
func statuses(s string) (low, high int, ok bool) {
	if class, is := strings.CutSuffix(s, "xx"); is {
		n, err := strconv.Atoi(class)
		return n * 100, n*100 + 99, err == nil
	}
	n, err := strconv.Atoi(s)
	return n, n, err == nil
}
