package imports

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

const (
	lease  = time.Minute
	stint  = 5 * time.Minute // how long one task goes on
	handed = 50              // rows that are loaded at once
)

// errDone means that another worker did the row, or holds the import now.
var errDone = errors.New("imports: done by another worker")

// Advance goes on with an import, row after row. Called by two workers at once,
// one does it; if that one dies, the next goes on where it was.
func (s *Service) Advance(ctx context.Context, scope tenant.Scope, importID string) error {
	until, leaseID := s.Now().Add(stint), id.New("lease")
	var im *Import
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		if err := s.hold(tx, importID, leaseID); err != nil {
			return err
		}
		im, err = byID(tx, importID)
		return err
	})
	if errors.Is(err, errDone) {
		return nil
	}
	for err == nil && ctx.Err() == nil && s.Now().Before(until) {
		var rows []Row
		err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
			if err := s.hold(tx, im.ID, leaseID); err != nil {
				return err
			}
			return tx.Where("import_id = ? AND status = ?", im.ID, Pending).Order("line").Limit(handed).Find(&rows).Error
		})
		if err == nil && len(rows) == 0 {
			return s.let(ctx, scope, im.ID, leaseID, map[string]any{"status": Finished, "finished_at": s.Now()})
		}
		held := s.Now()
		for i := 0; i < len(rows) && err == nil && ctx.Err() == nil; i++ {
			if s.Now().Sub(held) > lease/4 {
				break // tests take their time: the lease is extended first
			}
			err = s.do(ctx, scope, im, &rows[i])
		}
	}
	if errors.Is(err, errDone) {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	if lerr := s.let(ctx, scope, importID, leaseID, map[string]any{}); lerr == nil && err == nil {
		s.Queue.Nudge(ctx, TaskAdvance, scope, importID) // there is more to do
	}
	return err
}

// hold takes the import's lease, or extends it, or returns errDone when another
// worker has it or it is over.
func (s *Service) hold(tx *gorm.DB, importID, leaseID string) error {
	now := s.Now()
	res := tx.Model(&Import{}).Where("id = ? AND finished_at IS NULL AND (lease_id = ? OR lease_until IS NULL OR lease_until < ?)", importID, leaseID, now).
		Updates(map[string]any{"status": Running, "lease_id": leaseID, "lease_until": now.Add(lease)})
	return db.Affected(res, errDone)
}

// let ends the lease.
func (s *Service) let(ctx context.Context, scope tenant.Scope, importID, leaseID string, set map[string]any) error {
	set["lease_id"], set["lease_until"] = "", nil
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		return tx.Model(&Import{}).Where("id = ? AND lease_id = ?", importID, leaseID).Updates(set).Error
	})
}

// do does one row. A fault is the row's; any other error is ours, and the row
// is done later.
func (s *Service) do(ctx context.Context, scope tenant.Scope, im *Import, r *Row) error {
	rec, err := s.read(r)
	if err == nil {
		err = s.bring(ctx, scope, im, r, rec)
	}
	f, isFault := errors.AsType[*fault.Error](err)
	switch {
	case errors.Is(err, errDone):
		return nil
	case isFault && f.Kind != fault.Internal && f.Kind != fault.Unavailable:
		text := f.Message
		if status, ok := f.Details["upstream_status"]; ok {
			text = fmt.Sprintf("%s The app answered with status %v.", text, status)
		}
		slog.InfoContext(ctx, "a row was not imported", "import", im.ID, "line", r.Line, "code", f.Code)
		return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
			return ignoreDone(finish(tx, r, map[string]any{"status": Failed, "code": f.Code, "error": text}))
		})
	default:
		return err
	}
}

// read opens a row. One that does not open fails alone, and not the import.
func (s *Service) read(r *Row) (*Record, error) {
	plain, err := s.Box.Open(r.Payload, rowAssociated(r.ID))
	if err != nil {
		return nil, wrong("row_unreadable", "The stored row could not be opened. Import it again.").Because(err)
	}
	var rec Record
	if err := json.Unmarshal(plain, &rec); err != nil {
		return nil, wrong("row_unreadable", "The stored row could not be read. Import it again.").Because(err)
	}
	return &rec, nil
}

func ignoreDone(err error) error {
	if errors.Is(err, errDone) {
		return nil
	}
	return err
}

// bring makes an account of a row, or says why not. The network comes first;
// then the account and the row that says so are written at once.
func (s *Service) bring(ctx context.Context, scope tenant.Scope, im *Import, r *Row, rec *Record) error {
	before, err := s.before(ctx, scope, r.Key)
	if err != nil {
		return err
	}
	if before != "" {
		return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
			return finish(tx, r, map[string]any{"status": Skipped, "account_id": before})
		})
	}
	p, err := s.plan(ctx, scope, rec)
	if err != nil {
		return err
	}
	if err := s.try(ctx, im, p); err != nil {
		return err
	}
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if im.DryRun {
			return finish(tx, r, map[string]any{"status": Valid})
		}
		// One at a time for each key: of two files that hold it, one brings it.
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", scope.Environment()+"|"+r.Key).Error; err != nil {
			return fmt.Errorf("lock key: %w", err)
		}
		if before, err := find(tx, r.Key); err != nil {
			return err
		} else if before != "" {
			return finish(tx, r, map[string]any{"status": Skipped, "account_id": before})
		}
		u, err := account.EnsureUser(tx, rec.ExternalUserID, s.Now())
		if err != nil {
			return err
		}
		a, err := s.Accounts.Save(tx, scope, u, p.app, p.auth.ID, p.clientID(), "", rec.Name, p.grant)
		if err != nil {
			return err
		}
		if !rec.CreatedAt.IsZero() {
			if err := tx.Model(&account.Account{}).Where("id = ?", a.ID).UpdateColumn("created_at", rec.CreatedAt.Time).Error; err != nil {
				return fmt.Errorf("keep created_at: %w", err)
			}
		}
		if err := tx.Create(&imported{ID: id.New("ima"), Key: r.Key, AccountID: a.ID}).Error; err != nil {
			return fmt.Errorf("insert key: %w", err)
		}
		return finish(tx, r, map[string]any{"status": Imported, "account_id": a.ID})
	})
}

// before returns the account that a row became earlier, or "".
func (s *Service) before(ctx context.Context, scope tenant.Scope, key string) (accountID string, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		accountID, err = find(tx, key)
		return err
	})
	return accountID, err
}

func find(tx *gorm.DB, key string) (accountID string, err error) {
	if err := tx.Raw("SELECT account_id FROM imported_accounts WHERE key = ?", key).Scan(&accountID).Error; err != nil {
		return "", fmt.Errorf("find key: %w", err)
	}
	return accountID, nil
}

// finish says what became of a row, whose payload is forgotten. A row that is
// done already is errDone, and with it goes all that its transaction did.
func finish(tx *gorm.DB, r *Row, set map[string]any) error {
	set["payload"] = nil
	return db.Affected(tx.Model(&Row{}).Where("id = ? AND status = ?", r.ID, Pending).Updates(set), errDone)
}

// Sweep nudges imports that nobody is at: whose nudge was lost or whose worker died.
func (s *Service) Sweep(ctx context.Context) error {
	var due []struct{ ID, EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT i.id, i.environment_id, e.project_id, e.name FROM imports i JOIN environments e ON e.id = i.environment_id
			WHERE i.finished_at IS NULL AND (i.lease_until IS NULL OR i.lease_until < ?) ORDER BY i.id LIMIT 50`, s.Now()).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("sweep imports: %w", err)
	}
	for _, im := range due {
		s.Queue.Nudge(ctx, TaskAdvance, tenant.NewScope(im.ProjectID, im.EnvironmentID, im.Name), im.ID)
	}
	return nil
}
