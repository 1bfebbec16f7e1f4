package event

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/blob"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Faults of large payloads.
var (
	ErrStore       = fault.New(fault.Unavailable, "payload_store", "The store of large payloads does not answer. Try again later.")
	ErrPayloadGone = fault.New(fault.NotFound, "payload_missing", "The payload is not in the store of large payloads any more.")
	ErrLink        = fault.New(fault.Forbidden, "link_invalid", "This link was not made here, or was changed.")
	ErrLinkExpired = fault.New(fault.Forbidden, "link_expired", "This link is no longer good. Ask for the event or the delivery to get another.")
)

// Payloads keeps the bodies that are too large for a row in a store of blobs.
// The blob comes first and the row after it: a row always finds its blob, and a
// blob whose row was never written is swept up.
type Payloads struct {
	DB      *db.DB
	Blobs   *blob.Store // nil = every body stands in its row
	Most    int         // bytes of a body that stands in its row
	Keys    *token.Keyring
	BaseURL string // where links to payloads lead
	Now     func() time.Time
}

// Stored is where the body of an event lies if it is not in its row.
type Stored struct {
	Key    string `json:"key"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hex
}

// Reference stands for a payload that is not sent or shown itself.
type Reference struct {
	URL         string    `json:"url"` // whoever has it may fetch the payload, until ExpiresAt
	Size        int64     `json:"size"`
	SHA256      string    `json:"sha256"` // hex
	ContentType string    `json:"content_type"`
	ExpiresAt   time.Time `json:"expires_at"`
}

const (
	// LinkFor is how long a link to a payload is good.
	LinkFor = 24 * time.Hour
	// PayloadPath is where links to payloads lead, below the base URL.
	PayloadPath = "/payloads/"

	contentType = "application/json"
	strayFor    = time.Hour        // until a blob without an event is deleted: longer than any transaction
	takenFor    = 10 * time.Minute // until another sweep goes on with what one had begun to delete
	sweepMost   = 100
)

// Large reports whether a body of so many bytes goes into the store.
func (p *Payloads) Large(size int) bool { return p != nil && p.Blobs != nil && size > p.Most }

// Keep puts a large body into the store. It is called before the transaction
// that emits the event, which has the outcome as its Stored; if that is not
// within an hour, the blob is deleted and the event refused.
func (p *Payloads) Keep(ctx context.Context, scope tenant.Scope, body string) (*Stored, error) {
	return p.KeepJSON(ctx, scope, "events", body)
}

// KeepJSON is Keep for the JSON of another kind of row.
func (p *Payloads) KeepJSON(ctx context.Context, scope tenant.Scope, kind, text string) (*Stored, error) {
	return p.Put(ctx, scope, kind, contentType, strings.NewReader(text), int64(len(text)))
}

// Put is Keep for whatever a row holds that is too large for it: at most so many
// bytes, or the error is blob.ErrTooLarge. The transaction that writes the row
// calls Hold; what takes the row away lets the blob go (migrations/0025).
func (p *Payloads) Put(ctx context.Context, scope tenant.Scope, kind, contentType string, from io.Reader, most int64) (*Stored, error) {
	if p == nil || p.Blobs == nil {
		return nil, ErrStore.Because(errors.New("no store is configured: PATCHBAY_BLOBS"))
	}
	k, err := blob.NewKey(scope, kind, id.New("blb"))
	if err != nil {
		return nil, err
	}
	err = p.DB.In(ctx, scope, func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO blob_strays (key, due_at) VALUES (?, ?)", k.String(), p.Now().Add(strayFor)).Error
	})
	if err != nil {
		return nil, fmt.Errorf("note blob: %w", err)
	}
	size, sum, err := p.Blobs.Put(ctx, k, contentType, from, most)
	if errors.Is(err, blob.ErrTooLarge) {
		return nil, blob.ErrTooLarge
	}
	if err != nil {
		return nil, ErrStore.Because(err)
	}
	return &Stored{Key: k.String(), Size: size, SHA256: sum}, nil
}

// hold is Hold for the blobs of events.
func hold(tx *gorm.DB, es []*Event) error {
	var held []*Stored
	for _, e := range es {
		if e.Stored != nil {
			held = append(held, e.Stored)
		}
	}
	return Hold(tx, held...)
}

// Hold strikes blobs off the list of those that nobody holds.
func Hold(tx *gorm.DB, held ...*Stored) error {
	if len(held) == 0 {
		return nil
	}
	keys := make([]string, len(held))
	for i, s := range held {
		keys[i] = s.Key
	}
	res := tx.Exec("DELETE FROM blob_strays WHERE key IN ? AND taken_at IS NULL", keys)
	if res.Error != nil {
		return fmt.Errorf("hold blobs: %w", res.Error)
	}
	if int(res.RowsAffected) != len(keys) {
		return ErrStore.Because(errors.New("a blob was swept up before its row was written"))
	}
	return nil
}

// Body returns the whole body of an event, wherever it lies.
func (p *Payloads) Body(ctx context.Context, scope tenant.Scope, e *Event) (string, error) {
	if e.Stored == nil {
		return e.Body, nil
	}
	return p.Text(ctx, scope, e.Stored)
}

// Text returns the whole of what was kept.
func (p *Payloads) Text(ctx context.Context, scope tenant.Scope, s *Stored) (string, error) {
	r, size, err := p.open(ctx, scope, s)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	var b strings.Builder
	b.Grow(int(size))
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(&b, hash), io.LimitReader(r, size)); err != nil {
		return "", ErrStore.Because(err)
	}
	if hex.EncodeToString(hash.Sum(nil)) != s.SHA256 {
		return "", ErrPayloadGone.Because(errors.New("the blob is not what was put"))
	}
	return b.String(), nil
}

// Open returns the body of an event to be read from any place on. The caller closes it.
func (p *Payloads) Open(ctx context.Context, scope tenant.Scope, e *Event) (io.ReadSeekCloser, error) {
	if e.Stored == nil {
		return struct {
			io.ReadSeeker
			io.Closer
		}{strings.NewReader(e.Body), io.NopCloser(nil)}, nil
	}
	return p.Read(ctx, scope, e.Stored)
}

// Read returns what was put, to be read from any place on. The caller closes it.
func (p *Payloads) Read(ctx context.Context, scope tenant.Scope, s *Stored) (io.ReadSeekCloser, error) {
	r, _, err := p.open(ctx, scope, s)
	return r, err
}

func (p *Payloads) open(ctx context.Context, scope tenant.Scope, s *Stored) (blob.Reader, int64, error) {
	k, err := blob.ParseKey(scope, s.Key)
	if err != nil {
		return nil, 0, ErrPayloadGone.Because(err)
	}
	if p == nil || p.Blobs == nil {
		return nil, 0, ErrStore.Because(errors.New("no store is configured: PATCHBAY_BLOBS"))
	}
	r, size, err := p.Blobs.Get(ctx, k)
	switch {
	case errors.Is(err, blob.ErrMissing):
		return nil, 0, ErrPayloadGone.Because(err)
	case err != nil:
		return nil, 0, ErrStore.Because(err)
	case size != s.Size:
		_ = r.Close()
		return nil, 0, ErrPayloadGone.Because(errors.New("the blob is not what was put"))
	}
	return r, size, nil
}

// Sweep deletes blobs that nobody holds. Every worker process calls it on a
// ticker. Who dies on the way leaves them to another.
func (p *Payloads) Sweep(ctx context.Context) error {
	if p.Blobs == nil {
		return nil
	}
	now := p.Now()
	var keys []string
	err := p.DB.System(ctx, func(tx *gorm.DB) error {
		if free, err := db.Unheld(tx); err != nil || !free {
			return err
		}
		return tx.Raw(`UPDATE blob_strays SET taken_at = ? WHERE key IN (SELECT key FROM blob_strays
			WHERE due_at <= ? AND (taken_at IS NULL OR taken_at < ?) ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED) RETURNING key`,
			now, now, now.Add(-takenFor), sweepMost).Scan(&keys).Error
	})
	if err != nil {
		return fmt.Errorf("take strays: %w", err)
	}
	var gone []string
	for _, text := range keys {
		parts := strings.Split(text, "/") // its owner, which it begins with, may be gone
		k, err := blob.ParseKey(tenant.NewScope(parts[0], parts[min(1, len(parts)-1)], ""), text)
		if err == nil {
			err = p.Blobs.Delete(ctx, k)
		}
		if err != nil {
			slog.ErrorContext(ctx, "a blob that nobody holds is still there", "key", text, "error", err)
			continue
		}
		gone = append(gone, text)
	}
	if len(gone) == 0 {
		return nil
	}
	err = p.DB.System(ctx, func(tx *gorm.DB) error { return tx.Exec("DELETE FROM blob_strays WHERE key IN ?", gone).Error })
	if err != nil {
		return fmt.Errorf("forget strays: %w", err)
	}
	return nil
}
