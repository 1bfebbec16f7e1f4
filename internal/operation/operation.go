// Package operation carries out what operation files describe: it makes the
// calls of an action, looks for what is new for a trigger, asks an app for the
// options of a prop. It keeps nothing; whose account is used, its caller decides.
package operation

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/patchbay-dev/patchbay/internal/component"
)

// Do sends a request with the credential of an account. target is a path below
// the app's API or a URL of one of its hosts; the request's own URL says nothing.
type Do func(ctx context.Context, req *http.Request, target string) (*http.Response, error)

// Job is one use of a component.
type Job struct {
	Component *component.Component
	Props     map[string]any    // as component.Values returned them
	Vars      map[string]string // what is known of the account besides its credential
	State     map[string]any    // of a trigger: what it remembers
	Hook      map[string]any    // of a trigger: url and secret of its hook
	Do        Do
	Now       time.Time
	ID        string // of the run: the same when it is done again
	Seen      func(Exchange)
	By        Carrier // of a component that is code; nil = its file is carried out

	Known func(id string) bool // of a trigger: whether it was emitted before; nil = nothing was

	// Beyond is set by a poll that did not come to what is known: so many items at
	// least it found and left, and they are not found again. 0 = it left none.
	Beyond int

	again *again // of a poll, while it asks what there is
}

// Carrier carries components out that are no files.
type Carrier interface {
	Run(ctx context.Context, j *Job) (*Result, error)
	Options(ctx context.Context, j *Job, prop string, ask Ask) (*Options, error)
	Dynamic(ctx context.Context, j *Job) ([]component.Prop, error)
}

// Exchange is one call that was made, as it may be shown: without the credential.
type Exchange struct {
	Method string
	Target string // without the query
	Status int    // 0 = no answer
}

// Error is what went wrong, for people.
type Error struct {
	Origin  string // app: it refused | transport: it was not reached | operation: its answer or the file makes no sense | input: what was filled in does | component: its code says so | timeout: it took too long
	Status  int    // of the app's answer; 0 = none
	Name    string // that its code gave it; "" = none
	Message string
	cause   error
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.cause }

func wrong(origin, format string, args ...any) *Error {
	return &Error{Origin: origin, Message: fmt.Sprintf(format, args...)}
}

// known are the names that expressions may speak of, before anything was called.
func (j *Job) known() map[string]any {
	vars := make(map[string]any, len(j.Vars))
	for k, v := range j.Vars {
		vars[k] = v
	}
	out := map[string]any{"props": j.Props, "account": vars, "now": j.Now.UTC(), "run": map[string]any{"id": j.ID}, "steps": map[string]any{}, "state": j.State, "hook": j.Hook}
	if j.Props == nil {
		out["props"] = map[string]any{}
	}
	if j.State == nil {
		out["state"] = map[string]any{}
	}
	return out
}

// with returns what is known, and some more.
func with(known map[string]any, more map[string]any) map[string]any {
	out := maps.Clone(known)
	maps.Copy(out, more)
	return out
}

var language = component.Language

// value fills an expression in; what comes to nothing is otherwise.
func value(v any, known map[string]any, otherwise any) (any, error) {
	if v == nil || v == "" {
		return otherwise, nil
	}
	out, err := language.All(v, known)
	if err != nil {
		return nil, &Error{Origin: "operation", Message: "The answer could not be read: " + err.Error(), cause: err}
	}
	return out, nil
}

func text(t string, known map[string]any) (string, error) {
	out, err := language.Text(t, known)
	if err != nil {
		return "", &Error{Origin: "operation", Message: "The answer could not be read: " + err.Error(), cause: err}
	}
	return out, nil
}

// holds reports whether a condition in {{ }} is true; none is.
func holds(t string, known map[string]any) (bool, error) {
	if t == "" {
		return true, nil
	}
	out, err := language.Evaluate(t, known)
	if err != nil {
		return false, &Error{Origin: "operation", Message: "The answer could not be read: " + err.Error(), cause: err}
	}
	switch out := out.(type) {
	case nil:
		return false, nil
	case bool:
		return out, nil
	default:
		return out != "" && out != 0, nil
	}
}

// list reads the items that an expression names; nothing is none.
func list(t string, known map[string]any) ([]any, error) {
	out, err := language.Evaluate(t, known)
	if err != nil {
		return nil, &Error{Origin: "operation", Message: "The answer could not be read: " + err.Error(), cause: err}
	}
	switch out := out.(type) {
	case nil:
		return nil, nil
	case []any:
		return out, nil
	default:
		return nil, wrong("operation", "%s is not a list in the app's answer.", t)
	}
}
