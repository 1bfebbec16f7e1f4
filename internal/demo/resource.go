package demo

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rules say what is special about one kind of record; mount does the rest. T is
// the record and In what a caller may write of it.
type rules[T, In any] struct {
	noun   string // as in scopes ("contacts.read") and events ("contact.created"), singular
	prefix string // of ids
	book   func(*account) *book[T]
	fresh  func(id string, now time.Time) T
	input  func(T) In
	// apply checks in and returns base with it written in. The caller holds mu.
	apply func(a *account, base T, in In, now time.Time) (T, error)
	match func(v T, q string) bool    // nil: this kind cannot be searched
	gone  func(a *account, id string) // nil: nothing points to this kind
}

type listing[T any] struct {
	Data []T     `json:"data"`
	Next *string `json:"next_cursor"`
}

// mount adds list, create, get, patch and delete of one kind of record.
func mount[T, In any](s *Server, plural string, k rules[T, In]) {
	read, write := plural+".read", plural+".write"
	s.handle("/api/"+plural, map[string]verb{
		http.MethodGet: {read, func(_ http.ResponseWriter, r *http.Request, t *ticket) (int, any, error) {
			return k.list(s, r, t.account)
		}},
		http.MethodPost: {write, func(w http.ResponseWriter, r *http.Request, t *ticket) (int, any, error) {
			return k.create(s, w, r, t.account)
		}},
	})
	s.handle("/api/"+plural+"/{id}", map[string]verb{
		http.MethodGet: {read, func(_ http.ResponseWriter, r *http.Request, t *ticket) (int, any, error) {
			return k.get(s, r.PathValue("id"), t.account)
		}},
		http.MethodPatch: {write, func(w http.ResponseWriter, r *http.Request, t *ticket) (int, any, error) {
			return k.patch(s, w, r, t.account)
		}},
		http.MethodDelete: {write, func(_ http.ResponseWriter, r *http.Request, t *ticket) (int, any, error) {
			return k.remove(s, r.PathValue("id"), t.account)
		}},
	})
}

func (k rules[T, In]) list(s *Server, r *http.Request, a *account) (int, any, error) {
	q := r.URL.Query()
	limit := 20
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return 0, nil, invalid("limit", "limit must be a number from 1 to 100")
		}
		limit = n
	}
	var before int64
	if text := q.Get("cursor"); text != "" {
		var err error
		if before, err = k.parseCursor(text); err != nil {
			return 0, nil, err
		}
	}
	search := strings.ToLower(strings.TrimSpace(q.Get("q")))
	s.mu.Lock()
	defer s.mu.Unlock()
	page, next := k.book(a).page(before, limit, func(v T) bool {
		return search == "" || k.match == nil || k.match(v, search)
	})
	out := listing[T]{Data: page}
	if next > 0 {
		text := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s:%d", k.noun, next))
		out.Next = &text
	}
	return http.StatusOK, out, nil
}

func (k rules[T, In]) parseCursor(text string) (int64, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	number, ok := strings.CutPrefix(string(raw), k.noun+":")
	seq, bad := strconv.ParseInt(number, 10, 64)
	if err != nil || !ok || bad != nil || seq < 1 {
		return 0, invalid("cursor", "cursor must be a next_cursor of this list")
	}
	return seq, nil
}

func (k rules[T, In]) create(s *Server, w http.ResponseWriter, r *http.Request, a *account) (int, any, error) {
	var in In
	if err := readJSON(w, r, &in); err != nil {
		return 0, nil, err
	}
	now := s.now().UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	b := k.book(a)
	if len(b.rows) >= maxRows {
		return 0, nil, full(k.noun)
	}
	id := random(k.prefix, 8)
	v, err := k.apply(a, k.fresh(id, now), in, now)
	if err != nil {
		return 0, nil, err
	}
	b.rows = append(b.rows, row[T]{s.nextSeq(), id, v})
	s.emit(a, k.noun+".created", v, now)
	return http.StatusCreated, v, nil
}

func (k rules[T, In]) get(s *Server, id string, a *account) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := k.book(a)
	i := b.index(id)
	if i < 0 {
		return 0, nil, notFound(k.noun)
	}
	return http.StatusOK, b.rows[i].val, nil
}

func (k rules[T, In]) patch(s *Server, w http.ResponseWriter, r *http.Request, a *account) (int, any, error) {
	body, err := readBody(w, r)
	if err != nil {
		return 0, nil, err
	}
	now := s.now().UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	b := k.book(a)
	i := b.index(r.PathValue("id"))
	if i < 0 {
		return 0, nil, notFound(k.noun)
	}
	in := k.input(b.rows[i].val)
	if err := decode(body, &in); err != nil {
		return 0, nil, err
	}
	v, err := k.apply(a, b.rows[i].val, in, now)
	if err != nil {
		return 0, nil, err
	}
	b.rows[i].val = v
	s.emit(a, k.noun+".updated", v, now)
	return http.StatusOK, v, nil
}

func (k rules[T, In]) remove(s *Server, id string, a *account) (int, any, error) {
	now := s.now().UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	b := k.book(a)
	i := b.index(id)
	if i < 0 {
		return 0, nil, notFound(k.noun)
	}
	v := b.rows[i].val
	b.rows = slices.Delete(b.rows, i, i+1)
	if k.gone != nil {
		k.gone(a, id)
	}
	s.emit(a, k.noun+".deleted", v, now)
	return http.StatusNoContent, nil, nil
}
