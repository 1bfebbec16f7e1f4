package brand

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/picture"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// The kinds of files that a brand has, one of each.
const (
	Logo     = "logo"
	LogoDark = "logo_dark" // for dark surfaces
	Font     = "font"      // WOFF2
)

const maxFont = 256 << 10 // bytes

// Faults of files.
var (
	ErrNoFile = fault.New(fault.NotFound, "brand_file_not_found", "There is no such file.")
	ErrFont   = fault.New(fault.Invalid, "brand_font", "A font is a whole WOFF2 file of up to %d KiB.", maxFont>>10).At("font")
)

// FilePath is where files are served, by id.
const FilePath = "/_static/brand/"

// File is a picture or a font of a brand.
type File struct {
	ID        string
	Kind      string
	Type      string // media type
	Content   []byte
	CreatedAt time.Time
}

// TableName maps the noun to its table.
func (File) TableName() string { return "brand_files" }

// Path is the address of the file. It is another one for each upload, so that
// what stands there never changes.
func (f *File) Path() string { return FilePath + f.ID }

// facts are the columns of a file that are not its content.
var facts = []string{"id", "kind", "type", "created_at"}

// File returns a file to whoever shows it: a user's browser names no tenant.
func (s *Service) File(ctx context.Context, fileID string) (f *File, err error) {
	err = s.DB.Look(ctx, func(q *gorm.DB) error {
		f, err = db.One[File](q.Where("id = ?", fileID), ErrNoFile)
		return err
	})
	return f, err
}

// SetFile gives a brand a file of a kind, in the place of the one that it has.
func (s *Service) SetFile(ctx context.Context, scope tenant.Scope, kind string, content []byte) (*File, error) {
	f := &File{ID: id.New("bf"), Kind: kind, Content: content, CreatedAt: s.Now()}
	var err error
	if f.Type, err = typeOf(kind, content); err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if err := put(tx, f); err != nil {
			return err
		}
		return audit.Record(tx, f.CreatedAt, audit.Entry{Action: audit.BrandChanged, Subject: kind, Details: map[string]any{"file": f.ID}})
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// put stores f instead of the file of its kind. Of two at once the later stays.
func put(tx *gorm.DB, f *File) error {
	if _, err := lock(tx, f.CreatedAt); err != nil {
		return err
	}
	if err := tx.Where("kind = ?", f.Kind).Delete(&File{}).Error; err != nil {
		return fmt.Errorf("delete brand file: %w", err)
	}
	if err := tx.Create(f).Error; err != nil {
		return fmt.Errorf("insert brand file: %w", err)
	}
	return nil
}

// RemoveFile takes a file away.
func (s *Service) RemoveFile(ctx context.Context, scope tenant.Scope, kind string) error {
	now := s.Now()
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if _, err := lock(tx, now); err != nil {
			return err
		}
		if err := db.Affected(tx.Where("kind = ?", kind).Delete(&File{}), ErrNoFile); err != nil {
			return err
		}
		return audit.Record(tx, now, audit.Entry{Action: audit.BrandChanged, Subject: kind, Details: map[string]any{"file": ""}})
	})
}

func typeOf(kind string, content []byte) (string, error) {
	switch kind {
	case Logo, LogoDark:
		return picture.TypeOf(content)
	case Font:
		return "font/woff2", checkFont(content)
	}
	return "", ErrNoFile
}

// flavours are what a WOFF2 file may hold: outlines of TrueType or of CFF.
var flavours = []uint32{0x00010000, 0x4f54544f, 0x74727565}

// checkFont looks at the header of a WOFF2 file (W3C WOFF File Format 2.0, 4.1):
// that it is one, is one font, and is as long as it says. What is inside is
// checked by browsers, which trust no font.
func checkFont(content []byte) error {
	const header = 48
	if len(content) < header || len(content) > maxFont || !bytes.HasPrefix(content, []byte("wOF2")) {
		return ErrFont
	}
	at := func(offset int) uint32 { return binary.BigEndian.Uint32(content[offset:]) }
	tables := binary.BigEndian.Uint16(content[12:])
	switch {
	case !slices.Contains(flavours, at(4)), int(at(8)) != len(content), tables == 0, at(20) == 0, int(at(20)) > len(content)-header:
		return ErrFont
	}
	return nil
}
