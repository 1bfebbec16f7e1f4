package imports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// TaskAdvance nudges a worker to go on with an import.
const TaskAdvance = "imports:advance"

// Service takes files and makes accounts of them.
type Service struct {
	DB       *db.DB
	Box      *secret.Box
	Accounts *account.Service
	Queue    *queue.Client
	Now      func() time.Time
}

// File is what is to be imported.
type File struct {
	Name    string
	Format  Format
	DryRun  bool // says what would happen, and makes no account
	Test    bool // tries each credential before it is saved
	Content io.Reader
}

// Start takes a file in. Workers make accounts of its rows; those that cannot
// be read have failed already. The same rows sent again are skipped: by their
// import_id, or by their line if the file is the same byte for byte.
func (s *Service) Start(ctx context.Context, scope tenant.Scope, f File) (*Import, error) {
	src, err := io.ReadAll(io.LimitReader(f.Content, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if len(src) > MaxSize {
		return nil, ErrTooLarge
	}
	now := s.Now()
	lines, err := parse(f.Format, src, now)
	if err != nil {
		return nil, err
	}
	im := &Import{
		ID: id.New("imp"), Name: f.Name, Format: f.Format, DryRun: f.DryRun, Test: f.Test, Total: len(lines), Status: Queued, CreatedAt: now,
	}
	rows, err := s.rows(im, lines, src)
	if err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := tx.Create(im).Error; err != nil {
			return fmt.Errorf("insert import: %w", err)
		}
		if err := tx.CreateInBatches(&rows, 1000).Error; err != nil {
			return fmt.Errorf("insert rows: %w", err)
		}
		entry := audit.Entry{Action: audit.ImportStarted, Subject: im.ID, Details: map[string]any{"file": im.Name, "rows": im.Total, "dry_run": im.DryRun}}
		if err := audit.Record(tx, now, entry); err != nil {
			return err
		}
		return count(tx, im)
	})
	if err != nil {
		return nil, err
	}
	s.Queue.Nudge(ctx, TaskAdvance, scope, im.ID)
	return im, nil
}

func (s *Service) rows(im *Import, lines []line, src []byte) ([]Row, error) {
	sum := sha256.Sum256(src)
	file := hex.EncodeToString(sum[:16])
	rows := make([]Row, len(lines))
	for i, l := range lines {
		r := Row{ID: id.New("row"), ImportID: im.ID, Line: l.number, ExternalUserID: clip(l.record.ExternalUserID), Status: Pending}
		r.Key = "file:" + file + ":" + strconv.Itoa(l.number)
		if l.record.ImportID != "" {
			r.Key = "id:" + l.record.ImportID
		}
		if l.err != nil {
			r.Status, r.Code, r.Error, r.ExternalUserID, r.Key = Failed, l.err.Code, l.err.Message, storable(r.ExternalUserID), storable(r.Key)
			rows[i] = r
			continue
		}
		plain, err := json.Marshal(l.record) //nolint:gosec // sealed in the next line
		if err != nil {
			return nil, fmt.Errorf("encode row: %w", err)
		}
		if r.Payload, err = s.Box.Seal(plain, rowAssociated(r.ID)); err != nil {
			return nil, err
		}
		rows[i] = r
	}
	return rows, nil
}

// storable leaves out what no column holds.
func storable(text string) string {
	out := make([]rune, 0, len(text))
	for _, r := range clip(text) {
		if r != 0 {
			out = append(out, r)
		}
	}
	return string(out)
}

// Get returns an import with the counts of its rows.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, importID string) (im *Import, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if im, err = byID(tx, importID); err != nil {
			return err
		}
		return count(tx, im)
	})
	return im, err
}

// List returns imports, newest first.
func (s *Service) List(ctx context.Context, scope tenant.Scope, c db.Cursor) (page *db.Page[Import], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if page, err = db.List(tx, c, func(im *Import) string { return im.ID }); err != nil {
			return err
		}
		ims := make([]*Import, len(page.Items))
		for i := range page.Items {
			ims[i] = &page.Items[i]
		}
		return count(tx, ims...)
	})
	return page, err
}

// Errors returns up to limit rows that failed, from the line after on, in the
// order of the file. There are no more when fewer come than were asked for.
func (s *Service) Errors(ctx context.Context, scope tenant.Scope, importID string, after, limit int) (rows []Row, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if _, err := byID(tx, importID); err != nil {
			return err
		}
		err := tx.Where("import_id = ? AND status = ? AND line > ?", importID, Failed, after).Order("line").Limit(limit).Find(&rows).Error
		if err != nil {
			return fmt.Errorf("load rows: %w", err)
		}
		return nil
	})
	return rows, err
}

func byID(tx *gorm.DB, importID string) (*Import, error) {
	return db.One[Import](tx.Where("id = ?", importID), ErrNotFound)
}

// count fills in what became of the imports' rows.
func count(tx *gorm.DB, ims ...*Import) error {
	ids, of := make([]string, len(ims)), map[string]*Import{}
	for i, im := range ims {
		ids[i], of[im.ID] = im.ID, im
		im.Counts = map[RowStatus]int{}
	}
	var counts []struct {
		ImportID string
		Status   RowStatus
		N        int
	}
	err := tx.Raw("SELECT import_id, status, count(*) AS n FROM import_rows WHERE import_id IN ? GROUP BY import_id, status", ids).Scan(&counts).Error
	if err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	for _, c := range counts {
		of[c.ImportID].Counts[c.Status] = c.N
	}
	return nil
}

// Run goes on with an import here and now until it is over, telling of its
// progress. Another worker may do so at the same time: each row is done once.
func (s *Service) Run(ctx context.Context, scope tenant.Scope, importID string, progress func(*Import)) (*Import, error) {
	for {
		advanced := make(chan error, 1)
		go func() { advanced <- s.Advance(ctx, scope, importID) }()
		var err error
		for waiting := true; waiting; {
			select {
			case err = <-advanced:
				waiting = false
			case <-time.After(time.Second):
			}
			im, gerr := s.Get(ctx, scope, importID)
			if gerr != nil {
				return nil, errors.Join(err, gerr)
			}
			progress(im)
			if im.Status == Finished || err != nil {
				return im, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("import: %w", ctx.Err())
		case <-time.After(time.Second): // another worker is at it
		}
	}
}
