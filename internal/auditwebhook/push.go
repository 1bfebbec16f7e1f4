package auditwebhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

const (
	sweepMost = 200             // webhooks that one sweep looks at
	atOnce    = 8               // that it sends to at a time
	turn      = 2 * time.Second // after which a webhook leaves its place to others
)

// Sweep sends what has come into the logs since. Every worker calls it on a ticker:
// each webhook is sent to by one at a time. That a receiver fails fails nothing.
func (s *Service) Sweep(ctx context.Context) error {
	var due []string
	now := s.Now()
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT w.id FROM audit_webhooks w JOIN audit_heads h USING (workspace_id)
			WHERE w.paused_at IS NULL AND w.next_attempt_at <= ? AND (w.lease_until IS NULL OR w.lease_until <= ?) AND h.seq > w.sent_seq
			ORDER BY w.next_attempt_at LIMIT ?`, now, now, sweepMost).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("look for audit logs to send: %w", err)
	}
	var g sync.WaitGroup
	failed, room := make([]error, len(due)+1), make(chan struct{}, atOnce)
	for i, one := range due {
		room <- struct{}{}
		g.Go(func() {
			defer func() { <-room }()
			failed[i] = s.push(ctx, one)
		})
	}
	g.Wait()
	failed[len(due)] = s.write(ctx)
	return errors.Join(failed...)
}

// batch is what is sent at once.
type batch struct {
	w       *Webhook
	message webhook.Message
}

// push sends batch after batch, until there is none or its turn is over.
func (s *Service) push(ctx context.Context, webhookID string) error {
	for began := s.Now(); ctx.Err() == nil && s.Now().Sub(began) < turn; {
		b, err := s.claim(ctx, webhookID)
		if err != nil || b == nil {
			return err
		}
		a, wish, err := webhook.Post(ctx, s.Client, b.w.URL, &b.message, timeout, s.Now)
		stopped := err != nil && ctx.Err() != nil // we are told to stop, and the receiver is not to blame
		// A worker that is told to stop still writes down what it did.
		if err := s.finish(context.WithoutCancel(ctx), b.w, &a, wish, stopped); err != nil || a.Error != nil {
			return err
		}
	}
	return nil
}

// claim leases a webhook and begins the next batch, or takes up the one that was begun;
// nil when another has the webhook or there is nothing to send.
func (s *Service) claim(ctx context.Context, webhookID string) (b *batch, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		now := s.Now()
		var found []Webhook
		err := tx.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}).
			Where("id = ? AND paused_at IS NULL AND next_attempt_at <= ? AND (lease_until IS NULL OR lease_until <= ?)", webhookID, now, now).Find(&found).Error
		if err != nil || len(found) == 0 {
			return err
		}
		w := &found[0]
		head, err := audit.HeadOf(tx, w.WorkspaceID)
		if err != nil {
			return err
		}
		if err := s.miss(tx, w, head, now); err != nil {
			return err
		}
		lines, err := next(tx, w)
		if err != nil {
			return err
		}
		if len(lines) > 0 {
			if w.BatchID == "" {
				w.BatchID, w.BatchTo = id.New("awb"), lines[len(lines)-1].Seq
			}
			until := now.Add(leaseFor)
			w.LeaseID, w.LeaseUntil = id.New("lease"), &until
			if b, err = s.batch(tx, w, head, lines); err != nil {
				return err
			}
		}
		return tx.Model(w).Select("sent_seq", "batch_id", "batch_to", "missed_from", "missed", "letter", "lease_id", "lease_until").UpdateColumns(w).Error
	})
	if err != nil {
		return nil, fmt.Errorf("begin to send the audit log of %s: %w", webhookID, err)
	}
	return b, nil
}

// miss notes what the log let go of before it was sent: in the log, for the receiver,
// and for those who manage the workspace.
func (s *Service) miss(tx *gorm.DB, w *Webhook, head *audit.Head, now time.Time) error {
	lost := head.BaseSeq - w.SentSeq
	if lost <= 0 {
		return nil
	}
	from := w.SentSeq + 1
	if w.MissedFrom == 0 {
		w.MissedFrom = from
	}
	w.Missed, w.SentSeq, w.BatchID, w.BatchTo, w.Letter = w.Missed+lost, head.BaseSeq, "", 0, missedLetter
	return audit.RecordOf(tx, now, w.WorkspaceID, audit.Entry{
		Action: audit.WebhookMissed, Subject: w.ID, Details: map[string]any{"entries": lost, "from": from, "to": head.BaseSeq},
	})
}

// next returns the entries of the batch that was begun, or those that begin one.
func next(tx *gorm.DB, w *Webhook) ([]audit.Line, error) {
	most := batchMost
	if w.BatchID != "" {
		most = int(w.BatchTo - w.SentSeq)
	}
	lines, err := audit.Lines(tx, w.WorkspaceID, audit.Filter{}, w.SentSeq, most)
	if err != nil || w.BatchID != "" {
		return lines, err
	}
	for i, size := 0, 0; i < len(lines); i++ {
		if size += len(lines[i].Spelt); i > 0 && size > batchBytes {
			return lines[:i], nil
		}
	}
	return lines, nil
}

// batch writes what is sent. Nothing of it changes when it is sent again.
func (s *Service) batch(tx *gorm.DB, w *Webhook, head *audit.Head, lines []audit.Line) (*batch, error) {
	type entry struct {
		Seq   int64           `json:"seq"`
		Hash  string          `json:"hash"`
		Entry json.RawMessage `json:"entry"`
	}
	type span struct {
		From int64 `json:"from"`
		To   int64 `json:"to"`
	}
	before := head.BaseHash
	if w.SentSeq > head.BaseSeq {
		if err := tx.Raw("SELECT hash FROM audit_seals WHERE workspace_id = ? AND seq = ?", w.WorkspaceID, w.SentSeq).Scan(&before).Error; err != nil {
			return nil, fmt.Errorf("read the hash before: %w", err)
		}
	}
	out := struct {
		Type         string  `json:"type"`
		ID           string  `json:"id"`
		WorkspaceID  string  `json:"workspace_id"`
		FirstSeq     int64   `json:"first_seq"`
		LastSeq      int64   `json:"last_seq"`
		PreviousHash string  `json:"previous_hash"`
		Missed       *span   `json:"missed"`
		Entries      []entry `json:"entries"`
	}{Type: "audit_log.entries", ID: w.BatchID, WorkspaceID: w.WorkspaceID, FirstSeq: lines[0].Seq, LastSeq: w.BatchTo, PreviousHash: before, Entries: make([]entry, len(lines))}
	if w.MissedFrom > 0 {
		out.Missed = &span{w.MissedFrom, w.SentSeq}
	}
	for i := range lines {
		out.Entries[i] = entry{lines[i].Seq, lines[i].Hash, lines[i].Spelt}
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // or an entry would be spelt otherwise than it was hashed
	if err := e.Encode(out); err != nil {
		return nil, fmt.Errorf("write batch: %w", err)
	}
	keys, err := s.keys(w)
	if err != nil {
		return nil, err
	}
	return &batch{w: w, message: webhook.Message{ID: w.BatchID, Body: string(bytes.TrimSuffix(text.Bytes(), []byte("\n"))), Keys: keys}}, nil
}

// finish writes down what came of a batch, under its lease. Without the lease it
// writes nothing: another has gone on, or the address was changed.
func (s *Service) finish(ctx context.Context, sent *Webhook, a *webhook.Attempt, wish time.Duration, stopped bool) error {
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		var found []Webhook
		if err := tx.Clauses(locked).Where("id = ? AND lease_id = ?", sent.ID, sent.LeaseID).Find(&found).Error; err != nil || len(found) == 0 {
			return err
		}
		w, now := &found[0], s.Now()
		paused := w.PausedAt
		w.LeaseID, w.LeaseUntil = "", nil
		if !stopped {
			w.hear(a, wish, now)
		}
		if err := tx.Model(w).Select("sent_seq", "last_sent_at", "batch_id", "batch_to", "missed_from", "failures", "failing_since", "last_status", "last_error", "last_excerpt",
			"next_attempt_at", "paused_at", "paused_reason", "letter", "lease_id", "lease_until").UpdateColumns(w).Error; err != nil {
			return err
		}
		if a.Error != nil && !stopped {
			slog.InfoContext(ctx, "a batch of the audit log was not taken", "workspace", w.WorkspaceID, "class", w.LastError, "failures", w.Failures)
		}
		if paused == nil && w.PausedAt != nil {
			return audit.RecordOf(tx, now, w.WorkspaceID, audit.Entry{
				Action: audit.WebhookPaused, Subject: w.ID, Details: map[string]any{"reason": w.PausedReason, "sent": w.SentSeq, "failing_since": w.FailingSince.UTC().Format(time.RFC3339)},
			})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write down what was sent of the audit log: %w", err)
	}
	return nil
}
