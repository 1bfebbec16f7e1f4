package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"
)

// Line is an entry of an export, with its place in the chain. The hash is that of
// the hash before it, a line feed, and Spelt.
type Line struct {
	Entry

	Seq   int64
	Hash  string
	Spelt json.RawMessage
}

// exportMost is how many entries of an export are read at once.
const exportMost = 1000

// Exported notes that somebody takes a workspace's log away.
func (s *Service) Exported(ctx context.Context, workspaceID string, f Filter, format string) error {
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		details := map[string]any{"format": format}
		for name, v := range map[string]string{
			"project_id": f.ProjectID, "environment": f.Environment, "actor": f.Actor, "action": f.Action, "subject": f.Subject, "external_user_id": f.ExternalUserID,
		} {
			if v != "" {
				details[name] = v
			}
		}
		return RecordOf(tx, s.Now(), workspaceID, Entry{Action: LogExported, Subject: workspaceID, Details: details})
	})
	if err != nil {
		return fmt.Errorf("note the export: %w", err)
	}
	return nil
}

// Export calls put for each entry of a workspace's log that the filter wants, in
// the order of the chain. What is not sealed yet is sealed first.
func (s *Service) Export(ctx context.Context, workspaceID string, f Filter, put func(*Line) error) error {
	for n := sealMost; n == sealMost; {
		var err error
		if n, err = s.seal(ctx, workspaceID); err != nil {
			return fmt.Errorf("seal the audit log: %w", err)
		}
	}
	for after := int64(0); ; {
		var rows []row
		err := s.DB.System(ctx, func(tx *gorm.DB) error {
			chain := tx.Session(&gorm.Session{NewDB: true}).Table("audit_log AS a").
				Select("a.*, a.details::text AS raw, s.seq, s.hash").Joins("JOIN audit_seals s ON s.entry_id = a.id").
				Where("s.workspace_id = ? AND s.seq > ? AND a.workspace_id = s.workspace_id", workspaceID, after)
			return tx.Raw("SELECT * FROM (?) a ORDER BY seq LIMIT ?", f.narrow(chain), exportMost).Scan(&rows).Error
		})
		if err != nil {
			return fmt.Errorf("read the audit log: %w", err)
		}
		for i := range rows {
			spelt, err := rows[i].canonical()
			if err != nil {
				return err
			}
			if err := put(&Line{Entry: rows[i].Entry, Seq: rows[i].Seq, Hash: rows[i].Hash, Spelt: spelt}); err != nil {
				return err
			}
			after = rows[i].Seq
		}
		if len(rows) < exportMost {
			return nil
		}
	}
}
