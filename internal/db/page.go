package db

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// ErrCursor is returned for a cursor that did not come from us.
var ErrCursor = fault.New(fault.Invalid, "cursor", "The cursor is not one that this list gave out.")

// DefaultLimit is the length of a page when the caller names none.
const DefaultLimit = 50

// Cursor says which page a caller wants. The zero Cursor is the first page.
type Cursor struct {
	After, Before string
	Limit         int
}

// LongList is how far lists are counted: a longer one counts as one more than this. To
// count millions would take longer than to show them.
const LongList = 10_000

// Page is one page of a list, newest first.
type Page[T any] struct {
	Items []T // never nil: clients iterate over it
	Total int
	Start *string
	End   *string // nil on the last page: clients go on until it is
}

// List loads the page of q that c asks for, in the descending order of the ids
// that idOf reads. q carries conditions only; ids sort by the time of their making.
func List[T any](q *gorm.DB, c Cursor, idOf func(*T) string) (*Page[T], error) {
	limit := c.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	var total int64
	all := q.Session(&gorm.Session{}).Model(new(T)).Select("1").Limit(LongList + 1)
	if err := q.Session(&gorm.Session{NewDB: true}).Table("(?) AS counted", all).Count(&total).Error; err != nil {
		return nil, fmt.Errorf("count %T: %w", *new(T), err)
	}
	q = q.Session(&gorm.Session{}).Limit(limit + 1)
	backwards := c.Before != "" && c.After == ""
	switch {
	case c.After != "":
		id, err := decode(c.After)
		if err != nil {
			return nil, err
		}
		q = q.Where("id < ?", id).Order("id DESC")
	case backwards:
		id, err := decode(c.Before)
		if err != nil {
			return nil, err
		}
		q = q.Where("id > ?", id).Order("id ASC")
	default:
		q = q.Order("id DESC")
	}
	items := []T{}
	if err := q.Find(&items).Error; err != nil {
		return nil, fmt.Errorf("list %T: %w", *new(T), err)
	}
	more := len(items) > limit
	if more {
		items = items[:limit]
	}
	if backwards {
		slices.Reverse(items)
		more = true // the page that the caller came from follows
	}
	p := &Page[T]{Items: items, Total: int(total)}
	if len(items) > 0 {
		start, end := encode(idOf(&items[0])), encode(idOf(&items[len(items)-1]))
		p.Start = &start
		if more {
			p.End = &end
		}
	}
	return p, nil
}

// Search loads the page of q that c asks for of those rows that match has, too,
// newest first. match may be dear: it is asked of at most through rows, and a
// page may so be short, or empty, and still have an end to go on from. The total
// counts the page. There is no way back: Before is ErrCursor.
func Search[T any](q *gorm.DB, c Cursor, through int, match func(*gorm.DB) *gorm.DB, idOf func(*T) string) (*Page[T], error) {
	limit := c.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	if c.Before != "" {
		return nil, ErrCursor
	}
	if c.After != "" {
		from, err := decode(c.After)
		if err != nil {
			return nil, err
		}
		q = q.Where("id < ?", from)
	}
	var rest []string // the first row that is not looked at any more
	if err := q.Session(&gorm.Session{}).Model(new(T)).Order("id DESC").Offset(through).Limit(1).Pluck("id", &rest).Error; err != nil {
		return nil, fmt.Errorf("search %T: %w", *new(T), err)
	}
	window := match(q.Session(&gorm.Session{}))
	if len(rest) > 0 {
		window = window.Where("id > ?", rest[0])
	}
	items := []T{}
	if err := window.Order("id DESC").Limit(limit + 1).Find(&items).Error; err != nil {
		return nil, fmt.Errorf("search %T: %w", *new(T), err)
	}
	full := len(items) > limit
	items = items[:min(len(items), limit)]
	p := &Page[T]{Items: items, Total: len(items)}
	if len(items) > 0 {
		start := encode(idOf(&items[0]))
		p.Start = &start
	}
	switch {
	case full:
		end := encode(idOf(&items[limit-1]))
		p.End = &end
	case len(rest) > 0:
		end := encode(before(rest[0]))
		p.End = &end
	}
	return p, nil
}

// before is where a list that is newest first goes on with a row.
func before(id string) string { return id + "0" }

func encode(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

func decode(cursor string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", ErrCursor.Because(err)
	}
	if strings.ContainsFunc(string(b), notInID) {
		return "", ErrCursor
	}
	return string(b), nil
}

func notInID(r rune) bool { return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }
