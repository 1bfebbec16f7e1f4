package auditwebhook

import (
	"context"
	"fmt"
	"log/slog"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
)

// write sends the letters that are owed to those who manage workspaces. Who is killed
// on the way leaves the letter to another.
func (s *Service) write(ctx context.Context) error {
	var owed []Webhook
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Where("letter <> ?", noLetter).Order("id").Limit(20).Find(&owed).Error
	})
	if err != nil {
		return fmt.Errorf("find letters of audit webhooks: %w", err)
	}
	for i := range owed {
		w := &owed[i]
		subject, text := w.letter()
		if s.Tell != nil {
			if err := s.Tell(ctx, w.WorkspaceID, subject, text); err != nil {
				slog.ErrorContext(ctx, "nobody was told of the audit webhook", "workspace", w.WorkspaceID, "error", err)
				continue // once more at the next sweep
			}
		}
		err := s.DB.System(ctx, func(tx *gorm.DB) error {
			return tx.Model(&Webhook{}).Where("id = ? AND letter = ? AND missed = ?", w.ID, w.Letter, w.Missed).UpdateColumn("letter", noLetter).Error
		})
		if err != nil {
			return fmt.Errorf("note what was told of an audit webhook: %w", err)
		}
	}
	return nil
}

// letter is what those who manage the workspace are told.
func (w *Webhook) letter() (subject, text string) {
	at := audit.Address(w.URL)
	switch {
	case w.Letter == missedLetter:
		return "Entries of the audit log were not sent", fmt.Sprintf(
			"The audit log expired before all of it was sent to %s: %d entries went unsent so far, the last of them with number %d. What follows them is sent.\n\nLook at the console, Audit log, Send to a webhook.\n", at, w.Missed, w.SentSeq)
	case w.PausedReason == Gone:
		return "The audit log is no longer sent", fmt.Sprintf(
			"%s answered that it is gone (410). Nothing is sent there any more; entry %d was the last that it took.\n\nEntries wait, for as long as the log keeps them. Go on in the console: Audit log, Send to a webhook.\n", at, w.SentSeq)
	default:
		return "The audit log is no longer sent", fmt.Sprintf(
			"%s has taken nothing since %s. Nothing is sent there any more; entry %d was the last that it took.\n\nEntries wait, for as long as the log keeps them. Go on in the console: Audit log, Send to a webhook.\n",
			at, w.FailingSince.UTC().Format("2 January 2006, 15:04 MST"), w.SentSeq)
	}
}
