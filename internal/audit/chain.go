package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Nothing is the hash before a chain's first entry.
var Nothing = strings.Repeat("0", 2*sha256.Size)

// Head is where a workspace's chain ends, and where it begins since old entries went.
type Head struct {
	WorkspaceID string `gorm:"primaryKey"`
	Seq         int64
	Hash        string
	BaseSeq     int64
	BaseHash    string
}

// TableName maps the noun to its table.
func (Head) TableName() string { return "audit_heads" }

// Seal is an entry's place in its workspace's chain.
type Seal struct {
	WorkspaceID string
	Seq         int64
	EntryID     string
	Hash        string
	SealedAt    time.Time
}

// TableName maps the noun to its table.
func (Seal) TableName() string { return "audit_seals" }

// row is an entry as the database has it: nothing of its details is lost on the way.
type row struct {
	Entry
	Raw string

	// Its place in the chain, where it is asked for.
	Seq           int64
	EntryID, Hash string
	Missing       bool
}

// canonical is the one spelling of an entry: JSON without white space, its names
// in order, and its time in UTC to the microsecond.
func (r *row) canonical() ([]byte, error) {
	var details any
	d := json.NewDecoder(strings.NewReader(r.Raw))
	d.UseNumber()
	if err := d.Decode(&details); err != nil {
		return nil, fmt.Errorf("read details of %s: %w", r.ID, err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(map[string]any{
		"id": r.ID, "workspace_id": r.WorkspaceID, "project_id": r.ProjectID, "environment": r.Environment, "actor_kind": r.ActorKind, "actor_id": r.ActorID,
		"actor_name": r.ActorName, "action": r.Action, "subject": r.Subject, "external_user_id": r.ExternalUserID, "details": details, "address": r.Address,
		"request_id": r.RequestID, "created_at": r.CreatedAt.UTC().Format("2006-01-02T15:04:05.000000Z"),
	})
	if err != nil {
		return nil, fmt.Errorf("spell %s: %w", r.ID, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// link returns the hash of an entry that comes after one with the hash before.
func (r *row) link(before string) (string, error) {
	spelt, err := r.canonical()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append([]byte(before+"\n"), spelt...))
	return hex.EncodeToString(sum[:]), nil
}

// sealMost is how many entries a transaction seals.
const sealMost = 1000

// Sweep seals what was written since into the chains of its workspaces. Every
// worker does so each second; a chain is added to by one at a time.
func (s *Service) Sweep(ctx context.Context) error {
	var workspaces []string
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw("SELECT DISTINCT workspace_id FROM audit_pending").Scan(&workspaces).Error
	})
	if err != nil {
		return fmt.Errorf("look for entries to seal: %w", err)
	}
	for _, w := range workspaces {
		for n := sealMost; n == sealMost; {
			if n, err = s.seal(ctx, w); err != nil {
				return fmt.Errorf("seal the audit log of %s: %w", w, err)
			}
		}
	}
	return nil
}

// seal adds a batch to a workspace's chain, unless somebody else is at it.
func (s *Service) seal(ctx context.Context, workspaceID string) (n int, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("INSERT INTO audit_heads (workspace_id) VALUES (?) ON CONFLICT DO NOTHING", workspaceID).Error; err != nil {
			return err
		}
		var head []Head
		if err := tx.Raw("SELECT * FROM audit_heads WHERE workspace_id = ? FOR UPDATE SKIP LOCKED", workspaceID).Scan(&head).Error; err != nil || len(head) == 0 {
			return err
		}
		var rows []row
		if err := tx.Raw(`SELECT a.*, a.details::text AS raw FROM audit_pending p JOIN audit_log a ON a.id = p.entry_id
			WHERE p.workspace_id = ? ORDER BY a.id LIMIT ?`, workspaceID, sealMost).Scan(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		seq, hash, now := head[0].Seq, head[0].Hash, s.Now()
		seals, ids := make([]Seal, len(rows)), make([]string, len(rows))
		for i := range rows {
			if hash, err = rows[i].link(hash); err != nil {
				return err
			}
			seq++
			ids[i], seals[i] = rows[i].ID, Seal{workspaceID, seq, rows[i].ID, hash, now}
		}
		if err := tx.CreateInBatches(&seals, batch).Error; err != nil {
			return err
		}
		if err := tx.Exec("UPDATE audit_heads SET seq = ?, hash = ? WHERE workspace_id = ?", seq, hash, workspaceID).Error; err != nil {
			return err
		}
		n = len(rows)
		return tx.Exec("DELETE FROM audit_pending WHERE entry_id IN ?", ids).Error
	})
	return n, err
}

// expireMost is how many entries go at once.
const expireMost = 5000

// Expire lets the beginning of a workspace's chain go: what was written before a
// time, up to the first entry that is younger. The chain then begins with the
// hash of the last that went, and an entry says so.
func (s *Service) Expire(ctx context.Context, workspaceID string, before time.Time) (gone int64, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		var head []Head
		if err := tx.Raw("SELECT * FROM audit_heads WHERE workspace_id = ? FOR UPDATE", workspaceID).Scan(&head).Error; err != nil || len(head) == 0 {
			return err
		}
		var last []Seal
		err := tx.Raw(`SELECT s.* FROM audit_seals s WHERE s.workspace_id = @w AND s.seq > @base AND s.seq <= @upto AND s.seq < COALESCE(
				(SELECT k.seq FROM audit_seals k JOIN audit_log a ON a.id = k.entry_id WHERE k.workspace_id = @w AND k.seq > @base AND a.created_at >= @before ORDER BY k.seq LIMIT 1),
				@past) ORDER BY s.seq DESC LIMIT 1`,
			map[string]any{"w": workspaceID, "base": head[0].BaseSeq, "upto": head[0].BaseSeq + expireMost, "before": before, "past": head[0].Seq + 1}).Scan(&last).Error
		if err != nil || len(last) == 0 {
			return err
		}
		to := last[0]
		gone = to.Seq - head[0].BaseSeq
		for _, do := range []struct {
			sql  string
			args []any
		}{
			{"UPDATE audit_heads SET base_seq = ?, base_hash = ? WHERE workspace_id = ?", []any{to.Seq, to.Hash, workspaceID}},
			{"DELETE FROM audit_log WHERE id IN (SELECT entry_id FROM audit_seals WHERE workspace_id = ? AND seq <= ?)", []any{workspaceID, to.Seq}},
			{"DELETE FROM audit_seals WHERE workspace_id = ? AND seq <= ?", []any{workspaceID, to.Seq}},
		} {
			if err := tx.Exec(do.sql, do.args...).Error; err != nil {
				return err
			}
		}
		return RecordOf(tx, s.Now(), workspaceID, Entry{Action: LogExpired, Subject: workspaceID, Details: map[string]any{
			"entries": gone, "up_to": to.Seq, "hash": to.Hash, "before": before.UTC().Format(time.RFC3339),
		}})
	})
	if err != nil {
		return 0, fmt.Errorf("expire the audit log of %s: %w", workspaceID, err)
	}
	return gone, nil
}
