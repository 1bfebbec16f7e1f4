package rest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/db"
)

// cursor reads the paging parameters that every list has.
func cursor(after *gen.After, before *gen.Before, limit *gen.Limit) db.Cursor {
	c := db.Cursor{After: value(after), Before: value(before)}
	if limit != nil {
		c.Limit = *limit
	}
	return c
}

func pageInfo[T any](p *db.Page[T]) gen.PageInfo {
	return gen.PageInfo{TotalCount: p.Total, Count: len(p.Items), StartCursor: p.Start, EndCursor: p.End}
}

// each converts a list. The outcome is never nil: it goes out as an array.
func each[T, U any](in []T, convert func(*T) U) []U {
	out := make([]U, len(in))
	for i := range in {
		out[i] = convert(&in[i])
	}
	return out
}

// sorted are the keys of a map in their order.
func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// value reads an optional field; absent and null are the zero value.
func value[T any](p *T) (v T) {
	if p != nil {
		return *p
	}
	return v
}

// or returns what p points to, or otherwise where it is absent.
func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// set reads an optional text; an empty one is as good as none.
func set(p *string) *string {
	if p == nil || *p == "" {
		return nil
	}
	return p
}

// yes reads a flag, in both of its spellings.
func yes(f *gen.Flag) bool { return f != nil && (*f == "true" || *f == "1") }

// given is what was sent, if it was.
func given[T any](p *T) []T {
	if p == nil {
		return nil
	}
	return []T{*p}
}

// recode turns a value into another type of the same JSON.
func recode[T any](in any) (out T, err error) {
	b, err := json.Marshal(in)
	if err != nil {
		return out, fmt.Errorf("recode: %w", err)
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return out, fmt.Errorf("recode: %w", err)
	}
	return out, nil
}

// parsed reads JSON that we wrote; what cannot be read is shown as text.
func parsed(text *string) any {
	if text == nil {
		return nil
	}
	var v any
	if json.Unmarshal([]byte(*text), &v) != nil {
		return *text
	}
	return v
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
