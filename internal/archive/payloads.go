package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Payloads is what rows of an environment name instead of holding it: `stored` of
// events and of steps of runs has the size and the SHA-256 of each.
type Payloads struct {
	Folder  string `json:"folder"` // a file's name in it is what its key ends with: events/… or runs/…
	Records int    `json:"records"`
	Bytes   int64  `json:"bytes"`
	Missing int    `json:"missing"` // those that were not in the store any more, or not as they were: missing_payloads.jsonl
}

// named are the blobs that rows name, in the order of the rows: of events, each of
// which has one of its own, and of steps of runs, which may share theirs.
var named = []string{
	"SELECT id AS a, '' AS b, false AS shared, stored->>'key' AS key, (stored->>'size')::bigint AS size, stored->>'sha256' AS sha256 FROM events WHERE stored IS NOT NULL AND (id, '') > (?, ?) ORDER BY id LIMIT ?",
	`SELECT s.run_id AS a, s.path AS b, h.holders > 1 AS shared, s.stored->>'key' AS key, (s.stored->>'size')::bigint AS size, s.stored->>'sha256' AS sha256
		FROM run_steps s JOIN blob_holders h ON h.key = s.stored->>'key' WHERE s.stored IS NOT NULL AND (s.run_id, s.path) > (?, ?) ORDER BY s.run_id, s.path LIMIT ?`,
}

// payloads writes what rows of an environment name instead of holding it. What is
// not there any more is told; a store that does not answer ends the export.
func (s *Service) payloads(ctx context.Context, scope tenant.Scope, a *archive) error {
	told := Payloads{Folder: scope.EnvironmentName() + "/payloads/"}
	var missing []any
	shared := map[string]bool{}
	for _, query := range named {
		for from, upto, more := "", "", true; more; {
			var rows []struct {
				A, B   string
				Shared bool
				event.Stored
			}
			err := s.DB.In(ctx, scope, func(tx *gorm.DB) error { return tx.Raw(query, from, upto, page).Scan(&rows).Error })
			if err != nil {
				return fmt.Errorf("list payloads: %w", err)
			}
			for i := range rows {
				r := &rows[i]
				from, upto = r.A, r.B
				if shared[r.Key] {
					continue
				}
				if r.Shared {
					shared[r.Key] = true
				}
				whole, err := s.payload(ctx, scope, a, told.Folder, &r.Stored)
				switch {
				case err != nil:
					return err
				case whole:
					told.Records, told.Bytes = told.Records+1, told.Bytes+r.Size
				default:
					missing = append(missing, r.Stored)
				}
			}
			more = len(rows) == page
		}
	}
	told.Missing = len(missing)
	a.m.Payloads = append(a.m.Payloads, told)
	if len(missing) == 0 {
		return nil
	}
	return a.lines(scope.EnvironmentName()+"/missing_payloads.jsonl", missing)
}

// payload writes one, and reports whether it is what its row says.
func (s *Service) payload(ctx context.Context, scope tenant.Scope, a *archive, folder string, at *event.Stored) (bool, error) {
	from, err := s.Payloads.Read(ctx, scope, at)
	if errors.Is(err, event.ErrPayloadGone) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read payload: %w", err)
	}
	defer func() { _ = from.Close() }()
	kind, name := path.Split(at.Key)
	to, err := a.create(folder + path.Base(kind) + "/" + name)
	if err != nil {
		return false, err
	}
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(to, sum), from); err != nil {
		return false, fmt.Errorf("write payload: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)) == at.SHA256, nil
}

// files are the pictures and the font of an environment's pages.
func (s *Service) files(ctx context.Context, scope tenant.Scope, a *archive) error {
	var all []brand.File // one of each kind
	if err := s.DB.In(ctx, scope, func(tx *gorm.DB) error { return tx.Order("kind").Find(&all).Error }); err != nil {
		return fmt.Errorf("read files of the brand: %w", err)
	}
	for i := range all {
		f, err := a.begin(scope.EnvironmentName() + "/brand/" + all[i].Kind + endings[all[i].Type])
		if err != nil {
			return err
		}
		if _, err := f.Write(all[i].Content); err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
		if err := f.end(1); err != nil {
			return err
		}
	}
	return nil
}

var endings = map[string]string{"image/svg+xml": ".svg", "image/png": ".png", "font/woff2": ".woff2"}
