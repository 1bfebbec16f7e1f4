package workflow

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/expression"
)

// The kinds of step that speak with what is outside of their run: stores, people,
// other runs, and whoever hears of events.
const (
	State        = "state"
	Emit         = "emit"
	Suspend      = "suspend"
	CallWorkflow = "call_workflow"
	EachUser     = "for_each_user"
)

// StateFields are what a state step does with a record of a store.
type StateFields struct {
	Op        string          `json:"op,omitempty"`       // get | set | delete | increment | compare_and_set | list
	Scope     string          `json:"scope,omitempty"`    // workflow | project | user | instance | data_store; "" = workflow
	Store     string          `json:"store,omitempty"`    // data_store: its name
	Key       string          `json:"key,omitempty"`      // all but list
	Value     json.RawMessage `json:"value,omitempty"`    // set, compare_and_set
	Expected  json.RawMessage `json:"expected,omitempty"` // compare_and_set: what is there; null = nothing
	By        json.RawMessage `json:"by,omitempty"`       // increment: a whole number or an expression; 1 unless said
	TTL       string          `json:"ttl,omitempty"`      // set, compare_and_set: how long it is kept; "" = for ever
	IfVersion json.RawMessage `json:"if_version,omitempty"`
	Prefix    string          `json:"prefix,omitempty"` // list: of keys
	After     string          `json:"after,omitempty"`  // list: a key
	Limit     int             `json:"limit,omitempty"`  // list: records at most; for_each_user: users at most
	KeysOnly  bool            `json:"keys_only,omitempty"`
}

// EmitFields are what an emit step tells.
type EmitFields struct {
	Kind string          `json:"kind,omitempty"` // such as order.paid
	Data json.RawMessage `json:"data,omitempty"`
}

// What becomes of a run that was waited for in vain.
const (
	OnTimeoutFail     = "fail"
	OnTimeoutContinue = "continue"
	OnTimeoutCancel   = "cancel"
)

// SuspendFields are for how long a suspend step waits, and what a person is asked.
type SuspendFields struct {
	WaitFor   string `json:"wait_for,omitempty"`   // "" = 24h
	OnTimeout string `json:"on_timeout,omitempty"` // "" = fail
	Form      *Form  `json:"form,omitempty"`
}

// Form is what a person is shown and asked before a run goes on. Its texts may
// have expressions.
type Form struct {
	Title   string  `json:"title,omitempty"`
	Text    string  `json:"text,omitempty"`
	Fields  []Field `json:"fields,omitempty"`
	Approve string  `json:"approve,omitempty"` // the label of the button
	Reject  string  `json:"reject,omitempty"`  // the same; "" = there is none
}

// Field is one thing that a person fills in.
type Field struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"` // text | number | boolean | choice
	Label    string   `json:"label,omitempty"`
	Help     string   `json:"help,omitempty"`
	Required bool     `json:"required,omitempty"`
	Options  []string `json:"options,omitempty"` // choice
	Long     bool     `json:"long,omitempty"`    // text: of several lines
}

// CallFields are which workflow is run, and for whom.
type CallFields struct {
	Workflow string          `json:"workflow,omitempty"` // its id
	Pinned   int             `json:"workflow_version,omitempty"`
	Input    json.RawMessage `json:"input,omitempty"`
	Fire     bool            `json:"fire,omitempty"` // nobody waits for its end
	User     *string         `json:"user,omitempty"` // call_workflow: whom it runs for; nil = the same, "" = nobody
	Users    *Users          `json:"users,omitempty"`
	Collect  bool            `json:"collect,omitempty"` // for_each_user: what each run brought
}

// Users are the external users for whom runs are begun: all, those that have an
// account of an app, or those that are listed.
type Users struct {
	App  string          `json:"app,omitempty"`
	List json.RawMessage `json:"list,omitempty"` // of the customer's own ids, or an expression
	If   string          `json:"if,omitempty"`   // of `user`; "" = all
}

// What may be asked for.
const (
	MostUsers       = 100_000
	usualUsers      = 10_000
	mostAtOnce      = 100
	mostFields      = 20
	mostOptions     = 50
	mostFormText    = 4000
	usualSuspension = 24 * time.Hour
)

var kindName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$`)

// EventKind reports whether a step may tell of an event of a kind.
func EventKind(name string) bool { return len(name) <= 120 && kindName.MatchString(name) }

func (s *Step) checkState(where string) error {
	hasKey := s.Key != ""
	switch {
	case !slices.Contains([]string{"get", "set", "delete", "increment", "compare_and_set", "list"}, s.Op):
		return invalid(where+".op", "%q is not get, set, delete, increment, compare_and_set or list", s.Op)
	case !slices.Contains([]string{"", "workflow", "project", "user", "instance", "data_store"}, s.Scope):
		return invalid(where+".scope", "%q is not workflow, project, user, instance or data_store", s.Scope)
	case (s.Store != "") != (s.Scope == "data_store"):
		return invalid(where+".store", "it is the name of the store, for the scope data_store alone")
	case hasKey == (s.Op == "list"):
		return invalid(where+".key", "every operation but list has a key")
	case len(s.Value) == 0 && (s.Op == "set" || s.Op == "compare_and_set"):
		return invalid(where+".value", "it is missing")
	case s.Op == "compare_and_set" && (len(s.Expected) == 0) == (len(s.IfVersion) == 0):
		return invalid(where, "compare_and_set has either expected or if_version")
	case s.Limit < 0 || s.Limit > 1000:
		return invalid(where+".limit", "it is a number from 1 to 1000")
	case s.TTL != "" && !strings.Contains(s.TTL, "{{"):
		if _, err := Duration(s.TTL); err != nil {
			return invalid(where+".ttl", "%s", err)
		}
	}
	return nil
}

func (s *Step) checkEmit(where string) error {
	if !EventKind(s.Kind) {
		return invalid(where+".kind", "%q is no kind of event such as order.paid", s.Kind)
	}
	return nil
}

func (s *Step) checkSuspend(where string) error {
	switch {
	case !slices.Contains([]string{"", OnTimeoutFail, OnTimeoutContinue, OnTimeoutCancel}, s.OnTimeout):
		return invalid(where+".on_timeout", "%q is not fail, continue or cancel", s.OnTimeout)
	case s.WaitFor != "" && !strings.Contains(s.WaitFor, "{{"):
		if _, err := Duration(s.WaitFor); err != nil {
			return invalid(where+".wait_for", "%s", err)
		}
	}
	return s.Form.check(where + ".form")
}

func (f *Form) check(where string) error {
	if f == nil {
		return nil
	}
	if len(f.Fields) > mostFields {
		return invalid(where+".fields", "a form has at most %d fields", mostFields)
	}
	for _, text := range []string{f.Title, f.Text, f.Approve, f.Reject} {
		if len(text) > mostFormText {
			return invalid(where, "a text has at most %d characters", mostFormText)
		}
		if err := language.Check(text); err != nil {
			return invalid(where, "%s", err)
		}
	}
	seen := map[string]bool{}
	for i, x := range f.Fields {
		at := fmt.Sprintf("%s.fields[%d]", where, i)
		switch {
		case !stepName.MatchString(x.Name):
			return invalid(at+".name", "%q does not match %s", x.Name, stepName)
		case seen[x.Name]:
			return invalid(at+".name", "%q is the name of an earlier field", x.Name)
		case !slices.Contains([]string{"text", "number", "boolean", "choice"}, x.Type):
			return invalid(at+".type", "%q is not text, number, boolean or choice", x.Type)
		case (len(x.Options) > 0) != (x.Type == "choice") || len(x.Options) > mostOptions:
			return invalid(at+".options", "a choice has 1 to %d of them, and no other field has any", mostOptions)
		}
		seen[x.Name] = true
	}
	return nil
}

func (s *Step) checkCall(where string) error {
	switch {
	case !key.MatchString(s.Workflow):
		return invalid(where+".workflow", "it is the key of a workflow, or its id, p_…")
	case s.Pinned < 0:
		return invalid(where+".workflow_version", "it is the number of a version")
	case s.Type == CallWorkflow && (s.Users != nil || s.Collect || s.Concurrency != 0):
		return invalid(where, "users, collect and concurrency are for for_each_user")
	case s.Type == CallWorkflow:
		return nil
	case s.Fire || s.User != nil:
		return invalid(where, "fire and user are for call_workflow")
	case s.Limit < 0 || s.Limit > MostUsers:
		return invalid(where+".limit", "it is a number from 1 to %d", MostUsers)
	case s.Concurrency < 0 || s.Concurrency > mostAtOnce:
		return invalid(where+".concurrency", "it is a number from 1 to %d", mostAtOnce)
	case !slices.Contains([]string{"", OnErrorFail, OnErrorContinue}, s.OnItemError):
		return invalid(where+".on_item_error", "%q is not fail or continue", s.OnItemError)
	}
	if u := s.Users; u != nil {
		switch {
		case u.App != "" && len(u.List) > 0:
			return invalid(where+".users", "it has either app or list")
		case u.If != "" && !expression.IsHole(u.If):
			return invalid(where+".users.if", "it is an expression in {{ }}")
		}
	}
	return nil
}

// signalTexts are the fields of these kinds of step that may have expressions.
func (s *Step) signalTexts() (texts map[string]string, docs map[string]json.RawMessage) {
	texts = map[string]string{"store": s.Store, "key": s.Key, "ttl": s.TTL, "prefix": s.Prefix, "after": s.After, "wait_for": s.WaitFor}
	docs = map[string]json.RawMessage{"value": s.Value, "expected": s.Expected, "by": s.By, "if_version": s.IfVersion, "data": s.Data, "input": s.Input}
	if s.User != nil {
		texts["user"] = *s.User
	}
	if s.Users != nil {
		texts["users.if"], docs["users.list"] = s.Users.If, s.Users.List
	}
	return texts, docs
}

// MostUsers returns for how many users a for_each_user begins runs at most.
func (s *Step) MostUsers() int {
	if s.Limit == 0 {
		return usualUsers
	}
	return s.Limit
}

// Suspension is how long a suspend step waits that does not say.
func (s *Step) Suspension() string {
	if s.WaitFor == "" {
		return usualSuspension.String()
	}
	return s.WaitFor
}
