// Package auditwebhook has a workspace's audit log sent to an address of its own, in
// the order of the chain, so that it also stands where nobody here can write.
//
// A cursor says which entry the receiver took last. A batch is what follows it: it
// gets its id and its end before it is sent, and keeps both until it is taken, so that
// whoever sends it again sends the same bytes. At least once; nothing is passed over
// in silence.
package auditwebhook

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Faults of this package.
var (
	ErrNotFound   = fault.New(fault.NotFound, "audit_webhook_not_found", "The audit log of this workspace is not sent to a webhook.")
	ErrPaused     = fault.New(fault.Conflict, "audit_webhook_paused", "Sending is paused already.")
	ErrNotPaused  = fault.New(fault.Conflict, "audit_webhook_not_paused", "Sending is not paused.")
	ErrStartAgain = fault.New(fault.Conflict, "audit_webhook_started", "Where to start is said when the webhook is made. Delete it and make it anew to start elsewhere.").At("start")
)

// Reason is why nothing is sent.
type Reason string

// The reasons.
const (
	Manual  Reason = "manual"  // somebody paused it
	Failing Reason = "failing" // the receiver failed for PauseAfter
	Gone    Reason = "gone"    // the receiver answered 410
)

// letter is what those who manage the workspace are yet to be told by e-mail.
type letter string

const (
	noLetter     letter = ""
	pausedLetter letter = "paused"
	missedLetter letter = "missed"
)

const (
	batchMost  = 100     // entries of a batch
	batchBytes = 1 << 20 // of its entries, unless one alone is longer
	timeout    = 15 * time.Second
	leaseFor   = time.Minute // outlives the longest send, so only a dead worker loses a lease

	// PauseAfter is how long a receiver fails before it is left alone.
	PauseAfter = 5 * 24 * time.Hour
	pauseLeast = 10 // failures: one long ago is no long failure
)

// waits grow from attempt to attempt; the last is repeated.
var waits = append(webhook.Ladder[:5:5], time.Hour)

// Webhook is the address that hears of a workspace's audit log.
type Webhook struct {
	ID            string
	WorkspaceID   string
	URL           string
	Key           []byte // sealed
	PreviousKey   []byte // sealed; signs as well until PreviousUntil
	PreviousUntil *time.Time

	SentSeq    int64 // the number of the last entry that was taken
	LastSentAt *time.Time
	BatchID    string // "" = none is begun
	BatchTo    int64
	MissedFrom int64 // entries from here to SentSeq went unsent, and the receiver is yet to hear of it; 0 = none
	Missed     int64 // how many went unsent in all

	Failures      int
	FailingSince  *time.Time
	LastStatus    *int
	LastError     string // "" = the last send succeeded, or there was none
	LastExcerpt   string
	NextAttemptAt time.Time

	PausedAt     *time.Time
	PausedReason Reason
	Letter       letter
	LeaseID      string
	LeaseUntil   *time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time // by people
}

// TableName maps the noun to its table.
func (Webhook) TableName() string { return "audit_webhooks" }

func associated(id string) string { return "audit_webhook|" + id }

// View is a webhook as those who manage it see it.
type View struct {
	Webhook

	Secret  secret.Text // once, when it was made
	Waiting int64       // entries that are to be sent
	Lost    int64       // of the log that went before they were sent, and of which the next batch will tell
}

// seen is the view of a webhook, over a log with a head and so many entries that are
// yet to be sealed.
func (w *Webhook) seen(head *audit.Head, pending int64) *View {
	v := &View{Webhook: *w}
	v.Lost = max(0, head.BaseSeq-w.SentSeq)
	v.Waiting = max(0, head.Seq-w.SentSeq) - v.Lost + pending
	return v
}

// hear takes an outcome into account: a batch was taken, or was not.
func (w *Webhook) hear(a *webhook.Attempt, wish time.Duration, now time.Time) {
	w.LastStatus, w.LastError, w.LastExcerpt = a.Status, "", a.ResponseExcerpt
	if a.Error == nil {
		w.SentSeq, w.LastSentAt, w.BatchID, w.BatchTo, w.MissedFrom = w.BatchTo, &now, "", 0, 0
		w.Failures, w.FailingSince, w.NextAttemptAt = 0, nil, now
		return
	}
	w.LastError = *a.Error
	w.Failures++
	w.NextAttemptAt = now.Add(webhook.Wait(waits, w.Failures, wish))
	if w.FailingSince == nil {
		w.FailingSince = &now
	}
	switch {
	case w.PausedAt != nil: // somebody did so meanwhile
	case w.LastError == "proxy": // the way out is at fault, and not the receiver
		w.FailingSince = nil
	case a.Status != nil && *a.Status == 410:
		w.PausedAt, w.PausedReason, w.Letter = &now, Gone, pausedLetter
	case w.Failures >= pauseLeast && now.Sub(*w.FailingSince) >= PauseAfter:
		w.PausedAt, w.PausedReason, w.Letter = &now, Failing, pausedLetter
	}
}
