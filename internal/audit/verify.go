package audit

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// Chain is what a check of a workspace's chain found.
type Chain struct {
	WorkspaceID string
	From, To    int64  // the numbers that were looked at; To < From = none
	Hash        string // of the last
	Pending     int    // entries that are yet to be sealed
	Problem     string // the first that does not fit; "" = all do
}

// Mark is a place of a chain that somebody wrote down elsewhere.
type Mark struct {
	WorkspaceID string
	Seq         int64
	Hash        string
}

// Workspaces returns who has a log.
func (s *Service) Workspaces(ctx context.Context) (out []string, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw("SELECT workspace_id FROM audit_heads UNION SELECT workspace_id FROM audit_pending ORDER BY 1").Scan(&out).Error
	})
	if err != nil {
		return nil, fmt.Errorf("list audit logs: %w", err)
	}
	return out, nil
}

// verifyMost is how many entries are read at once.
const verifyMost = 2000

// Verify holds a workspace's log against its chain, and names the first entry
// that was changed, taken away, put in or moved. last narrows it to so many
// entries at the end; 0 = all. A mark, if there is one, must be on the chain:
// who can write the whole database could otherwise make the chain anew.
func (s *Service) Verify(ctx context.Context, workspaceID string, last int64, mark *Mark) (*Chain, error) {
	c := &Chain{WorkspaceID: workspaceID, Hash: Nothing}
	var head Head
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		var heads []Head
		if err := tx.Raw("SELECT * FROM audit_heads WHERE workspace_id = ?", workspaceID).Scan(&heads).Error; err != nil {
			return err
		}
		if len(heads) == 0 {
			head = Head{WorkspaceID: workspaceID, Hash: Nothing, BaseHash: Nothing}
			var seals int64
			if err := tx.Raw("SELECT count(*) FROM audit_seals WHERE workspace_id = ?", workspaceID).Scan(&seals).Error; err != nil {
				return err
			}
			if seals > 0 {
				c.Problem = "The chain has entries and no head."
			}
			return nil
		}
		head = heads[0]
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the audit log's head: %w", err)
	}
	at, hash := head.BaseSeq, head.BaseHash
	if last > 0 && head.Seq-last > at {
		at = head.Seq - last
		if hash, err = s.hashAt(ctx, workspaceID, at); err != nil {
			return nil, err
		}
		if hash == "" {
			c.Problem = fmt.Sprintf("Entry %d is missing from the chain.", at)
		}
	}
	c.From, c.To = at+1, at
	for c.Problem == "" && c.To < head.Seq {
		if err := s.walk(ctx, c, &hash, head.Seq, mark); err != nil {
			return nil, err
		}
		if c.Problem == "" {
			continue
		}
		// The beginning may have gone, as it should, while we read.
		var base []Head
		if err := s.DB.System(ctx, func(tx *gorm.DB) error {
			return tx.Raw("SELECT * FROM audit_heads WHERE workspace_id = ? AND base_seq > ?", workspaceID, c.To).Scan(&base).Error
		}); err != nil {
			return nil, fmt.Errorf("read the audit log's head: %w", err)
		}
		if len(base) > 0 {
			c.Problem, hash, c.From, c.To = "", base[0].BaseHash, base[0].BaseSeq+1, base[0].BaseSeq
		}
	}
	c.Hash = hash
	if c.Problem == "" && hash != head.Hash && c.To == head.Seq {
		c.Problem = fmt.Sprintf("The chain ends at entry %d with another hash than its head says.", head.Seq)
	}
	if c.Problem == "" && mark != nil && mark.Seq > head.Seq {
		c.Problem = fmt.Sprintf("The chain ends at entry %d, and entry %d was seen before: its end was cut off.", head.Seq, mark.Seq)
	}
	if c.Problem != "" {
		return c, nil
	}
	return c, s.strays(ctx, c)
}

func (s *Service) hashAt(ctx context.Context, workspaceID string, seq int64) (hash string, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw("SELECT hash FROM audit_seals WHERE workspace_id = ? AND seq = ?", workspaceID, seq).Scan(&hash).Error
	})
	if err != nil {
		return "", fmt.Errorf("read the audit log's chain: %w", err)
	}
	return hash, nil
}

// walk goes on by a batch, or up to the first entry that does not fit.
func (s *Service) walk(ctx context.Context, c *Chain, hash *string, end int64, mark *Mark) error {
	var links []row
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT a.*, COALESCE(a.details::text, 'null') AS raw, s.seq, s.entry_id, s.hash, a.id IS NULL OR a.workspace_id <> s.workspace_id AS missing
			FROM audit_seals s LEFT JOIN audit_log a ON a.id = s.entry_id WHERE s.workspace_id = ? AND s.seq > ? AND s.seq <= ? ORDER BY s.seq LIMIT ?`,
			c.WorkspaceID, c.To, end, verifyMost).Scan(&links).Error
	})
	if err != nil {
		return fmt.Errorf("read the audit log's chain: %w", err)
	}
	if len(links) == 0 {
		c.Problem = fmt.Sprintf("Entry %d is missing from the chain.", c.To+1)
		return nil
	}
	for i := range links {
		l := &links[i]
		want, err := "", error(nil)
		if !l.Missing {
			want, err = l.link(*hash)
		}
		switch {
		case err != nil:
			return err
		case l.Seq != c.To+1:
			c.Problem = fmt.Sprintf("Entry %d is missing from the chain.", c.To+1)
		case l.Missing:
			c.Problem = fmt.Sprintf("Entry %d (%s) was taken out of the log.", l.Seq, l.EntryID)
		case want != l.Hash:
			c.Problem = fmt.Sprintf("Entry %d (%s, %s of %s) is not what was sealed: it, or one beside it, was changed or moved.", l.Seq, l.EntryID, l.Action, l.CreatedAt.UTC().Format("2006-01-02 15:04:05 MST"))
		case mark != nil && mark.Seq == l.Seq && mark.Hash != l.Hash:
			c.Problem = fmt.Sprintf("Entry %d (%s) has another hash than was seen before: the chain was made anew.", l.Seq, l.EntryID)
		}
		if c.Problem != "" {
			return nil
		}
		*hash, c.To = l.Hash, l.Seq
	}
	return nil
}

// strays looks for what is beside the chain: an entry that nobody is to seal, and
// one that went before it was sealed.
func (s *Service) strays(ctx context.Context, c *Chain) error {
	var beside, gone []string
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Raw("SELECT count(*) FROM audit_pending WHERE workspace_id = ?", c.WorkspaceID).Scan(&c.Pending).Error; err != nil {
			return err
		}
		if err := tx.Raw(`SELECT a.id FROM audit_log a WHERE a.workspace_id = ? AND NOT EXISTS (SELECT FROM audit_seals s WHERE s.entry_id = a.id)
			AND NOT EXISTS (SELECT FROM audit_pending p WHERE p.entry_id = a.id) ORDER BY a.id LIMIT 1`, c.WorkspaceID).Scan(&beside).Error; err != nil {
			return err
		}
		return tx.Raw(`SELECT p.entry_id FROM audit_pending p WHERE p.workspace_id = ? AND NOT EXISTS (SELECT FROM audit_log a WHERE a.id = p.entry_id)
			ORDER BY 1 LIMIT 1`, c.WorkspaceID).Scan(&gone).Error
	})
	if err != nil {
		return fmt.Errorf("look beside the audit log's chain: %w", err)
	}
	switch {
	case len(beside) > 0:
		c.Problem = fmt.Sprintf("Entry %s is in the log and not in its chain: it was put in beside it.", beside[0])
	case len(gone) > 0:
		c.Problem = fmt.Sprintf("Entry %s was taken out of the log before it was sealed.", gone[0])
	}
	return nil
}
