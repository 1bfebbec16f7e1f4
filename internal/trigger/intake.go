package trigger

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Intake says how a trigger takes its requests. The zero Intake takes them as
// they come.
type Intake struct {
	Verification *Verification `json:"verification,omitempty"`
	Dedupe       *Dedupe       `json:"dedupe,omitempty"`
	Split        *Split        `json:"split,omitempty"`
	Filter       string        `json:"filter,omitempty"`       // a condition, as in workflows; what it does not hold of is dropped
	MaxBody      int           `json:"max_body,omitempty"`     // bytes; 0 = what the server takes
	MaxWaiting   int           `json:"max_waiting,omitempty"`  // deliveries that may wait before callers are told to; 0 = any number
	ExpectEvery  int           `json:"expect_every,omitempty"` // seconds; 0 = it may be silent
	HearsApp     string        `json:"hears_app,omitempty"`    // slug: it also hears what the app sends for its user
}

// Verification says how requests are signed.
type Verification struct {
	Scheme string               `json:"scheme"` // a row of the table, or custom
	Custom *catalog.EventVerify `json:"custom,omitempty"`
	// Tolerance is how far a signature's time may be from now; "" = as the scheme says.
	Tolerance string `json:"tolerance,omitempty"`
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

// SchemeCustom is a scheme that the settings write out.
const SchemeCustom = "custom"

const (
	defaultWindow  = 10 * time.Minute
	longestWindow  = 7 * 24 * time.Hour
	shortestExpect = 60
	longestExpect  = 366 * 24 * 3600
	mostSecrets    = 5
	longestSecret  = 4000
	mostWaiting    = 1_000_000
	// MaxBody is the largest request that is taken at all, in bytes.
	MaxBody = 512 << 10
)

// ErrIntake is the fault of settings that cannot work.
var ErrIntake = fault.New(fault.Invalid, "intake", "The settings cannot work.")

func badIntake(where, format string, args ...any) error {
	return fault.New(ErrIntake.Kind, ErrIntake.Code, "%s: %s", where, fmt.Sprintf(format, args...))
}

// check refuses settings that cannot work, with a sentence that says why.
func (in *Intake) check(schemes *inbound.Schemes) error {
	if err := in.checkVerification(schemes); err != nil {
		return err
	}
	if err := in.checkDedupe(schemes); err != nil {
		return err
	}
	if in.Split != nil {
		for name, pointer := range map[string]string{"path": in.Split.Path, "id": in.Split.ID, "key": in.Split.Key} {
			if pointer != "" && !strings.HasPrefix(pointer, "/") {
				return badIntake("split."+name, "a JSON pointer begins with /")
			}
		}
	}
	if in.Filter != "" {
		if err := workflow.CheckExpression(in.Filter); err != nil {
			return badIntake("filter", "%s", err)
		}
	}
	switch {
	case in.MaxBody < 0 || in.MaxBody > MaxBody:
		return badIntake("max_body", "it is between 1 and %d bytes", MaxBody)
	case in.MaxWaiting < 0 || in.MaxWaiting > mostWaiting:
		return badIntake("max_waiting", "it is between 1 and %d", mostWaiting)
	case in.ExpectEvery != 0 && (in.ExpectEvery < shortestExpect || in.ExpectEvery > longestExpect):
		return badIntake("expect_every", "it is between %d and %d seconds", shortestExpect, longestExpect)
	}
	return nil
}

func (in *Intake) checkVerification(schemes *inbound.Schemes) error {
	v := in.Verification
	switch {
	case v == nil:
		return nil
	case v.Scheme == SchemeCustom && v.Custom == nil:
		return badIntake("verification.custom", "say how requests are signed")
	case v.Scheme == SchemeCustom:
		return inbound.Check(v.Custom)
	case v.Custom != nil:
		return badIntake("verification.custom", "it is for the scheme custom")
	case schemes.Get(v.Scheme) == nil:
		return badIntake("verification.scheme", "there is no scheme %q", v.Scheme)
	}
	tolerant := *schemes.Get(v.Scheme).Verify
	tolerant.Tolerance = cmp.Or(v.Tolerance, tolerant.Tolerance)
	return inbound.Check(&tolerant)
}

func (in *Intake) checkDedupe(schemes *inbound.Schemes) error {
	d := in.Dedupe
	if d == nil {
		return nil
	}
	if d.Window < 0 || time.Duration(d.Window)*time.Second > longestWindow {
		return badIntake("dedupe.window_seconds", "it is between 1 and %d", int(longestWindow/time.Second))
	}
	if d.Expression != "" {
		if err := workflow.CheckExpression(d.Expression); err != nil {
			return badIntake("dedupe.expression", "%s", err)
		}
	}
	if in.idPlace(schemes) == (catalog.Place{}) && d.Expression == "" && (in.Split == nil || in.Split.ID == "") {
		return badIntake("dedupe", "say where the id is: in header, query, json or expression")
	}
	return nil
}

// idPlace is where a request's id is, unless an expression says it.
func (in *Intake) idPlace(schemes *inbound.Schemes) catalog.Place {
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

func (in *Intake) window() time.Duration {
	if in.Dedupe == nil || in.Dedupe.Window == 0 {
		return defaultWindow
	}
	return time.Duration(in.Dedupe.Window) * time.Second
}

// scheme returns how requests are verified and which only try the address; nil:
// they are not verified.
func (in *Intake) scheme(schemes *inbound.Schemes) (*catalog.EventVerify, []catalog.Handshake, error) {
	v := in.Verification
	if v == nil {
		return nil, nil, nil
	}
	if v.Scheme == SchemeCustom {
		return v.Custom, nil, nil
	}
	row := schemes.Get(v.Scheme)
	if row == nil {
		return nil, nil, fmt.Errorf("there is no scheme %q any more", v.Scheme)
	}
	how := *row.Verify
	how.Tolerance = cmp.Or(v.Tolerance, how.Tolerance)
	return &how, row.Handshake, nil
}

// Secrets are what requests are verified by, as they are set: nil leaves them.
type Secrets struct {
	Secrets []string
	Token   *string // what some providers repeat when they try the address
}

func (s *Secrets) check() error {
	if s == nil {
		return nil
	}
	if len(s.Secrets) > mostSecrets {
		return badIntake("verification.secrets", "there are at most %d", mostSecrets)
	}
	if slices.ContainsFunc(s.Secrets, func(one string) bool { return one == "" || len(one) > longestSecret }) {
		return badIntake("verification.secrets", "each has 1 to %d bytes", longestSecret)
	}
	if s.Token != nil && len(*s.Token) > longestSecret {
		return badIntake("verification.token", "it has at most %d bytes", longestSecret)
	}
	return nil
}

// over returns keys with s set over them.
func (s *Secrets) over(k inbound.Keys) inbound.Keys {
	if s == nil {
		return k
	}
	if s.Secrets != nil {
		k.Secrets, k.Kept = s.Secrets, false
	}
	if s.Token != nil {
		k.Token = *s.Token
	}
	return k
}

func associatedKeys(triggerID string) string { return "trigger|" + triggerID }

func (s *Service) sealKeys(triggerID string, k inbound.Keys) ([]byte, error) {
	if len(k.Secrets) == 0 && k.Token == "" {
		return nil, nil
	}
	raw, err := json.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("encode keys: %w", err)
	}
	return s.Box.Seal(raw, associatedKeys(triggerID)) //nolint:wrapcheck // says it all
}

func (s *Service) openKeys(t *Trigger) (k inbound.Keys, err error) {
	if t.IntakeKeys == nil {
		return k, nil
	}
	raw, err := s.Box.Open(t.IntakeKeys, associatedKeys(t.ID))
	if err == nil {
		err = json.Unmarshal(raw, &k)
	}
	if err != nil {
		return k, fmt.Errorf("keys of trigger %s: %w", t.ID, err)
	}
	return k, nil
}
