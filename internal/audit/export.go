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
		var lines []Line
		err := s.DB.System(ctx, func(tx *gorm.DB) (err error) {
			lines, err = Lines(tx, workspaceID, f, after, exportMost)
			return err
		})
		if err != nil {
			return err
		}
		for i := range lines {
			if err := put(&lines[i]); err != nil {
				return err
			}
			after = lines[i].Seq
		}
		if len(lines) < exportMost {
			return nil
		}
	}
}

// Lines returns entries of a workspace's log that the filter wants, in the order of
// the chain: those after a number, and so many at most. tx is the system's.
func Lines(tx *gorm.DB, workspaceID string, f Filter, after int64, most int) ([]Line, error) {
	var rows []row
	chain := tx.Session(&gorm.Session{NewDB: true}).Table("audit_log AS a").
		Select("a.*, a.details::text AS raw, s.seq, s.hash").Joins("JOIN audit_seals s ON s.entry_id = a.id").
		Where("s.workspace_id = ? AND s.seq > ? AND a.workspace_id = s.workspace_id", workspaceID, after)
	if err := tx.Raw("SELECT * FROM (?) a ORDER BY seq LIMIT ?", f.narrow(chain), most).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	out := make([]Line, len(rows))
	for i := range rows {
		spelt, err := rows[i].canonical()
		if err != nil {
			return nil, err
		}
		out[i] = Line{Entry: rows[i].Entry, Seq: rows[i].Seq, Hash: rows[i].Hash, Spelt: spelt}
	}
	return out, nil
}

// HeadOf returns where a workspace's chain begins and ends; nothing is let go of it
// until tx is over. tx is the system's.
func HeadOf(tx *gorm.DB, workspaceID string) (*Head, error) {
	heads := []Head{}
	if err := tx.Raw("SELECT * FROM audit_heads WHERE workspace_id = ? FOR SHARE", workspaceID).Scan(&heads).Error; err != nil {
		return nil, fmt.Errorf("read the audit log's head: %w", err)
	}
	if len(heads) == 0 {
		return &Head{WorkspaceID: workspaceID, Hash: Nothing, BaseHash: Nothing}, nil
	}
	return &heads[0], nil
}
