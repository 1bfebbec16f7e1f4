package runner

import (
	"context"
	"encoding/json"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults that components are told of when they ask.
var (
	errNoStore  = fault.New(fault.Unavailable, "data_stores", "There are no data stores here.")
	errQuestion = fault.New(fault.Invalid, "question", "This cannot be asked.")
)

// page is a part of a data store as the host reads it.
type page struct {
	Items []any  `json:"items"`
	After string `json:"after,omitempty"`
}

// storeAnswer asks a data store what a component wants to know of it.
func storeAnswer(ctx context.Context, s Store, m *message) (any, error) {
	var q storeQuestion
	if m.What != "store" || json.Unmarshal(m.Args, &q) != nil {
		return nil, errQuestion
	}
	if s == nil {
		return nil, errNoStore
	}
	switch q.Method {
	case "get", "has": //nolint:usestdlibvars // no methods of HTTP
		v, found, err := s.Get(ctx, q.Store, q.Key)
		if q.Method == "has" || !found {
			return whether(q.Method == "has", found), err
		}
		return map[string]any{"value": v}, err
	case "set":
		return nil, s.Set(ctx, q.Store, q.Key, q.Value, q.TTL)
	case "ttl":
		return nil, s.SetTTL(ctx, q.Store, q.Key, q.TTL)
	case "delete": //nolint:usestdlibvars // the same
		return nil, s.Delete(ctx, q.Store, q.Key)
	case "clear":
		return nil, s.Clear(ctx, q.Store)
	case "size":
		return s.Size(ctx, q.Store)
	case "keys", "entries":
		return pageOf(ctx, s, &q)
	default:
		return nil, errQuestion
	}
}

// whether is found for who asked for it, and else nothing.
func whether(asked, found bool) any {
	if asked {
		return found
	}
	return nil
}

func pageOf(ctx context.Context, s Store, q *storeQuestion) (any, error) {
	entries, more, err := s.Page(ctx, q.Store, q.After)
	if err != nil {
		return nil, err //nolint:wrapcheck // the store's own
	}
	out := page{Items: make([]any, 0, len(entries))}
	for _, e := range entries {
		if q.Method == "keys" {
			out.Items = append(out.Items, e.Key)
		} else {
			out.Items = append(out.Items, []any{e.Key, e.Value})
		}
		if more {
			out.After = e.Key
		}
	}
	return out, nil
}
