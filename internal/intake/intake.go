// Package intake is how requests come in at an address of ours: who may have
// signed them, what was there before, what of them counts, and in how many parts.
// Deployed triggers and workflows take their requests by it.
package intake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/expression"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
)

// Settings say how requests are taken. The zero Settings take them as they come.
type Settings struct {
	Verification *Verification `json:"verification,omitempty"`
	Dedupe       *Dedupe       `json:"dedupe,omitempty"`
	Split        *Split        `json:"split,omitempty"`
	Filter       string        `json:"filter,omitempty"`       // a condition, as in workflows; what it does not hold of is dropped
	MaxBody      int           `json:"max_body,omitempty"`     // bytes; 0 = what the server takes
	MaxWaiting   int           `json:"max_waiting,omitempty"`  // deliveries, or runs, that may wait before callers are told to; 0 = any number
	Response     *Response     `json:"response,omitempty"`     // what callers are told of what was taken
	ExpectEvery  int           `json:"expect_every,omitempty"` // seconds; 0 = it may be silent
	HearsApp     string        `json:"hears_app,omitempty"`    // slug: a trigger also hears what the app sends for its user
}

// Verification says how requests are signed.
type Verification struct {
	Scheme string               `json:"scheme"` // a row of the table, or custom
	Custom *catalog.EventVerify `json:"custom,omitempty"`
	// Tolerance is how far a signature's time may be from now; "" = as the scheme says.
	Tolerance string `json:"tolerance,omitempty"`
	// Handshake is how an address is tried first, where the scheme is no row of the
	// table: a component says that, and nobody sets it.
	Handshake []catalog.Handshake `json:"-"`
}

// Dedupe says by what a request is known that comes a second time. Without a
// place and an expression it is the scheme's id.
type Dedupe struct {
	catalog.Place
	Expression string `json:"expression,omitempty"`
	Window     int    `json:"window_seconds,omitempty"` // seconds; 0 = ten minutes
}

// Split says where in the body the events of a request are.
type Split struct {
	Path string `json:"path"`          // pointer to a list; "" = the body itself
	ID   string `json:"id,omitempty"`  // pointer into an item: by what it is known
	Key  string `json:"key,omitempty"` // pointer into an item: what it belongs to
}

// Response is what a caller is told of a request that was taken.
type Response struct {
	Status      int    `json:"status,omitempty"`       // 0 = 200
	ContentType string `json:"content_type,omitempty"` // "" = text/plain
	Body        string `json:"body,omitempty"`
}

// responseTypes are what an answer may be: nothing that a browser would run.
var responseTypes = []string{"", "text/plain", "application/json", "application/xml", "text/xml"}

// language is that of conditions and of ids.
var language = expression.New([]string{"trigger", "steps", "user"})

// SchemeCustom is a scheme that the settings write out.
const SchemeCustom = "custom"

// SchemeNone is the scheme of a component whose app gives no proof.
const SchemeNone = "none"

const (
	// DefaultWindow is how long an id is remembered where nothing else is said.
	DefaultWindow = 10 * time.Minute
	// LongestWindow is how long an id is remembered at most.
	LongestWindow   = 7 * 24 * time.Hour
	shortestExpect  = 60
	longestExpect   = 366 * 24 * 3600
	mostSecrets     = 5
	longestSecret   = 4000
	longestResponse = 4000
	mostWaiting     = 1_000_000
	// MaxBody is the largest request that is taken at all, in bytes.
	MaxBody = 512 << 10
)

// ErrSettings is the fault of settings that cannot work.
var ErrSettings = fault.New(fault.Invalid, "intake", "The settings cannot work.")

// Bad is ErrSettings, with where and why.
func Bad(where, format string, args ...any) error {
	return fault.New(ErrSettings.Kind, ErrSettings.Code, "%s: %s", where, fmt.Sprintf(format, args...)).At(where)
}

// Check refuses settings that cannot work, with a sentence that says why.
func (in *Settings) Check(schemes *inbound.Schemes) error {
	if err := in.checkVerification(schemes); err != nil {
		return err
	}
	if err := in.checkDedupe(schemes); err != nil {
		return err
	}
	if in.Split != nil {
		for name, pointer := range map[string]string{"path": in.Split.Path, "id": in.Split.ID, "key": in.Split.Key} {
			if pointer != "" && !strings.HasPrefix(pointer, "/") {
				return Bad("split."+name, "a JSON pointer begins with /")
			}
		}
	}
	if in.Filter != "" {
		if err := language.CheckExpression(in.Filter); err != nil {
			return Bad("filter", "%s", err)
		}
	}
	switch {
	case in.MaxBody < 0 || in.MaxBody > MaxBody:
		return Bad("max_body", "it is between 1 and %d bytes", MaxBody)
	case in.Response != nil && !slices.Contains(responseTypes, in.Response.ContentType):
		return Bad("response.content_type", "it is one of %s", strings.Join(responseTypes[1:], ", "))
	case in.Response != nil && (in.Response.Status != 0 && (in.Response.Status < 200 || in.Response.Status > 299) || len(in.Response.Body) > longestResponse):
		return Bad("response", "a status is between 200 and 299, and a body has at most %d bytes", longestResponse)
	case in.MaxWaiting < 0 || in.MaxWaiting > mostWaiting:
		return Bad("max_waiting", "it is between 1 and %d", mostWaiting)
	case in.ExpectEvery != 0 && (in.ExpectEvery < shortestExpect || in.ExpectEvery > longestExpect):
		return Bad("expect_every", "it is between %d and %d seconds", shortestExpect, longestExpect)
	}
	return nil
}

func (in *Settings) checkVerification(schemes *inbound.Schemes) error {
	v := in.Verification
	switch {
	case v == nil:
		return nil
	case v.Scheme == SchemeCustom && v.Custom == nil:
		return Bad("verification.custom", "say how requests are signed")
	case v.Scheme == SchemeCustom:
		return inbound.Check(v.Custom)
	case v.Custom != nil:
		return Bad("verification.custom", "it is for the scheme custom")
	case schemes.Get(v.Scheme) == nil:
		return Bad("verification.scheme", "there is no scheme %q", v.Scheme)
	}
	tolerant := *schemes.Get(v.Scheme).Verify
	tolerant.Tolerance = cmp.Or(v.Tolerance, tolerant.Tolerance)
	return inbound.Check(&tolerant)
}

func (in *Settings) checkDedupe(schemes *inbound.Schemes) error {
	d := in.Dedupe
	if d == nil {
		return nil
	}
	if d.Window < 0 || time.Duration(d.Window)*time.Second > LongestWindow {
		return Bad("dedupe.window_seconds", "it is between 1 and %d", int(LongestWindow/time.Second))
	}
	if d.Expression != "" {
		if err := language.CheckExpression(d.Expression); err != nil {
			return Bad("dedupe.expression", "%s", err)
		}
	}
	if in.idPlace(schemes) == (catalog.Place{}) && d.Expression == "" && (in.Split == nil || in.Split.ID == "") {
		return Bad("dedupe", "say where the id is: in header, query, json or expression")
	}
	return nil
}

// idPlace is where a request's id is, unless an expression says it.
func (in *Settings) idPlace(schemes *inbound.Schemes) catalog.Place {
	if in.Dedupe == nil || in.Dedupe.Expression != "" {
		return catalog.Place{}
	}
	if in.Dedupe.Place != (catalog.Place{}) {
		return in.Dedupe.Place
	}
	if v := in.Verification; v != nil && v.Scheme != SchemeCustom {
		if s := schemes.Get(v.Scheme); s != nil {
			return s.Dedupe
		}
	}
	return catalog.Place{}
}

func (in *Settings) window() time.Duration {
	if in.Dedupe == nil || in.Dedupe.Window == 0 {
		return DefaultWindow
	}
	return time.Duration(in.Dedupe.Window) * time.Second
}

// scheme returns how requests are verified and which only try the address; nil:
// they are not verified.
func (in *Settings) scheme(schemes *inbound.Schemes) (*catalog.EventVerify, []catalog.Handshake, error) {
	v := in.Verification
	if v == nil {
		return nil, nil, nil
	}
	if v.Scheme == SchemeCustom || v.Scheme == SchemeNone {
		return v.Custom, v.Handshake, nil
	}
	row := schemes.Get(v.Scheme)
	if row == nil {
		return nil, nil, fmt.Errorf("there is no scheme %q any more", v.Scheme)
	}
	how := *row.Verify
	how.Tolerance = cmp.Or(v.Tolerance, how.Tolerance)
	return &how, row.Handshake, nil
}
