package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxBody = 1 << 20

// problem is an error of the API as its caller reads it.
type problem struct {
	status  int
	Code    string `json:"code"`
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
}

func (p *problem) Error() string { return p.Code + ": " + p.Message }

func invalid(field, message string) error {
	return &problem{http.StatusUnprocessableEntity, "invalid_field", message, field}
}

func notFound(noun string) error {
	return &problem{http.StatusNotFound, "not_found", "there is no such " + noun, ""}
}

func full(noun string) error {
	return &problem{http.StatusConflict, "limit_reached", "this account can hold no more " + noun + "s; delete one first", ""}
}

func writeProblem(w http.ResponseWriter, err error) {
	var p *problem
	if !errors.As(err, &p) {
		p = &problem{http.StatusInternalServerError, "internal", "something went wrong", ""}
	}
	writeJSON(w, p.status, map[string]any{"error": p})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // nobody is left to tell
}

// writeTagged is writeJSON for what may be read again: with an ETag, by which a
// caller is told that nothing has changed.
func writeTagged(w http.ResponseWriter, r *http.Request, status int, body any) {
	raw, err := json.Marshal(body)
	if r.Method != http.MethodGet || status != http.StatusOK || err != nil {
		writeJSON(w, status, body)
		return
	}
	sum := sha256.Sum256(raw)
	tag := fmt.Sprintf("%q", hex.EncodeToString(sum[:8]))
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writeJSON(w, status, body)
}

// readJSON reads a whole body into v.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	return decode(body, v)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &problem{http.StatusRequestEntityTooLarge, "body_too_large", "the body must not be larger than 1 MiB", ""}
	case err != nil:
		return nil, &problem{http.StatusBadRequest, "unreadable_body", "the body ended early", ""}
	}
	return body, nil
}

// decode reads one JSON object over what v already holds: a field that is not
// in body keeps its value. A field v does not have is a mistake.
func decode(body []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return invalid(kind.Field, "expected "+kind.Type.String()+", got "+kind.Value)
	}
	if err != nil {
		if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			name = strings.Trim(name, `"`)
			return invalid(name, "there is no field "+name)
		}
		return &problem{http.StatusBadRequest, "invalid_json", "the body is not valid JSON", ""}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return &problem{http.StatusBadRequest, "invalid_json", "the body holds more than one JSON value", ""}
	}
	return nil
}

// endpoint is one operation of the API, after authentication: it returns what
// to answer. A nil body is no body.
type endpoint func(w http.ResponseWriter, r *http.Request, t *ticket) (status int, body any, err error)

// verb is an operation and the scope it takes; "" is any.
type verb struct {
	scope string
	do    endpoint
}

func (s *Server) apiRoutes() {
	s.handle("/api/me", map[string]verb{http.MethodGet: {"", s.me}})
	s.handle("/api/workspaces", map[string]verb{http.MethodGet: {"", s.listWorkspaces}})
	mount(s, "contacts", contactRules())
	mount(s, "deals", dealRules())
	mount(s, "notes", noteRules())
	s.handle("/api/webhooks", map[string]verb{
		http.MethodGet:  {"webhooks.write", s.listHooks},
		http.MethodPost: {"webhooks.write", s.createHook},
	})
	s.handle("/api/webhooks/{id}", map[string]verb{http.MethodDelete: {"webhooks.write", s.deleteHook}})
	s.handle("/api/webhooks/deliveries", map[string]verb{http.MethodGet: {"webhooks.write", s.listDeliveries}})
	s.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		if s.upset(w, r) {
			return
		}
		writeProblem(w, &problem{http.StatusNotFound, "unknown_route", "Acme CRM has no such address", ""})
	})
}

// handle answers path's methods, and every other method with 405 in JSON.
func (s *Server) handle(path string, verbs map[string]verb) {
	allow := strings.Join(slices.Sorted(maps.Keys(verbs)), ", ")
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		if s.upset(w, r) {
			return
		}
		v, ok := verbs[r.Method]
		if !ok {
			w.Header().Set("Allow", allow)
			writeProblem(w, &problem{http.StatusMethodNotAllowed, "method_not_allowed", "this address answers " + allow, ""})
			return
		}
		t, ok := s.admit(w, r, v.scope)
		if !ok {
			return
		}
		status, body, err := v.do(w, r, t)
		switch {
		case err != nil:
			writeProblem(w, err)
		case body == nil:
			w.WriteHeader(status)
		default:
			writeTagged(w, r, status, body)
		}
	})
}

// upset plays the API's faults and reports whether that was the answer.
func (s *Server) upset(w http.ResponseWriter, r *http.Request) bool {
	f := s.Faults()
	if !s.wait(r.Context(), f.APIDelay) {
		panic(http.ErrAbortHandler)
	}
	if f.APIStatus < 200 || f.APIStatus > 599 {
		return false
	}
	switch f.APIStatus {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", challenge("invalid_token", ""))
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "1")
	}
	writeProblem(w, &problem{f.APIStatus, "fault", "a fault was asked for", ""})
	return true
}

func challenge(code, scope string) string {
	out := `Bearer realm="Acme CRM"`
	if code != "" {
		out += `, error="` + code + `"`
	}
	if scope != "" {
		out += `, scope="` + scope + `"`
	}
	return out
}

// admit finds r's ticket, counts the call and checks the scope. When it
// reports false it has answered.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, scope string) (*ticket, bool) {
	now := s.now()
	s.mu.Lock()
	t, shown := s.ticket(r, now)
	limit, left, reset, allowed := s.faults.rate(), 0, time.Time{}, false
	if t != nil {
		left, reset, allowed = t.count(now, limit)
	}
	s.mu.Unlock()
	if t == nil {
		code, text := "unauthorized", "send an access token (Authorization: Bearer) or an API key (X-Acme-Key)"
		header := challenge("", "")
		if shown {
			code, text, header = "invalid_token", "the token or key is unknown, expired or revoked", challenge("invalid_token", "")
		}
		w.Header().Set("WWW-Authenticate", header)
		writeProblem(w, &problem{http.StatusUnauthorized, code, text, ""})
		return nil, false
	}
	w.Header().Set("X-RateLimit-Limit", strconv.Itoa(limit))
	w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(left))
	w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(reset.Add(time.Second-1).Unix(), 10))
	if !allowed {
		seconds := int64((reset.Sub(now) + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
		writeProblem(w, &problem{http.StatusTooManyRequests, "rate_limited", "too many calls with this token; wait and try again", ""})
		return nil, false
	}
	if scope != "" && !slices.Contains(t.scopes, scope) {
		w.Header().Set("WWW-Authenticate", challenge("insufficient_scope", scope))
		writeProblem(w, &problem{http.StatusForbidden, "insufficient_scope", "this takes the scope " + scope, ""})
		return nil, false
	}
	return t, true
}

// ticket finds what r shows; nil is nothing valid, and shown tells whether r
// showed anything.
func (s *Server) ticket(r *http.Request, now time.Time) (t *ticket, shown bool) {
	header, key := r.Header.Get("Authorization"), r.Header.Get("X-Acme-Key")
	switch {
	case header != "":
		scheme, token, _ := strings.Cut(header, " ")
		if strings.EqualFold(scheme, "Bearer") {
			t, _ = s.access.get(strings.TrimSpace(token))
		}
	case key == DemoKey:
		t = s.demoKey
	default:
		t, _ = s.keys.get(key)
	}
	if t != nil && !t.valid(now) {
		t = nil
	}
	return t, header != "" || key != ""
}

// count takes one call from the running window of ten seconds.
func (t *ticket) count(now time.Time, limit int) (left int, reset time.Time, allowed bool) {
	if now.Sub(t.window) >= rateWindow || now.Before(t.window) {
		t.window, t.calls = now, 0
	}
	if allowed = t.calls < limit; allowed {
		t.calls++
	}
	return max(limit-t.calls, 0), t.window.Add(rateWindow), allowed
}

func (s *Server) me(_ http.ResponseWriter, _ *http.Request, t *ticket) (int, any, error) {
	a := t.account
	return http.StatusOK, map[string]any{
		"id": a.ID, "name": a.Name, "email": a.Email, "organisation": a.Organisation, "scopes": t.scopes,
	}, nil
}
