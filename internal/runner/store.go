package runner

import (
	"context"
	"encoding/json"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults that components are told of when they ask.
var (
	errNoStore  = fault.New(fault.Unavailable, "data_stores", "There are no data stores here.")
	errNoSign   = fault.New(fault.Unavailable, "not_oauth1", "Calls are not signed here.")
	errQuestion = fault.New(fault.Invalid, "question", "This cannot be asked.")
)

// told answers what a component wants to know.
func (j *Job) told(ctx context.Context, m *message) (any, error) {
	if m.What != "sign" {
		return storeAnswer(ctx, j.Store, m)
	}
	var q struct{ Account, Method, URL, Form string }
	if json.Unmarshal(m.Args, &q) != nil {
		return nil, errQuestion
	}
	if j.Sign == nil {
		return nil, errNoSign
	}
	return j.Sign(ctx, q.Account, q.Method, q.URL, q.Form)
}

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
	in := Place{q.Store, q.Scope}
	switch q.Method {
	case "get", "has": //nolint:usestdlibvars // no methods of HTTP
		e, err := s.Get(ctx, in, q.Key)
		if q.Method == "has" {
			return e != nil, err
		}
		return e.told(), err
	case "set":
		e, err := s.Set(ctx, in, q.Key, q.Value, q.TTL, q.IfVersion)
		return e.told(), err
	case "add":
		e, err := s.Add(ctx, in, q.Key, q.By)
		return e.told(), err
	case "ttl":
		return nil, s.SetTTL(ctx, in, q.Key, q.TTL)
	case "delete": //nolint:usestdlibvars // the same
		return nil, s.Delete(ctx, in, q.Key, q.IfVersion)
	case "clear":
		return nil, s.Clear(ctx, in)
	case "size":
		return s.Size(ctx, in)
	case "keys", "entries":
		return pageOf(ctx, s, in, &q)
	default:
		return nil, errQuestion
	}
}

// told is an entry as the host reads it; nothing for none.
func (e *Entry) told() any {
	if e == nil {
		return nil
	}
	return map[string]any{"value": e.Value, "version": e.Version}
}

func pageOf(ctx context.Context, s Store, in Place, q *storeQuestion) (any, error) {
	entries, more, err := s.Page(ctx, in, q.After)
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
