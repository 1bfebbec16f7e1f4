package run

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/variable"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// env is what a run reads of the variables, as they are when it is taken up. None
// of the secrets among them is in what is kept of the run.
type env struct {
	values  map[string]any
	secrets []string
	hider   *secret.Hider // nil: there is nothing to hide
}

// keptNames is of how many versions it is remembered which variables they read.
const keptNames = 4096

// names remembers which variables a version reads: it never changes.
var names = sync.OnceValue(func() *lru.Cache[string, *workflow.Names] {
	c, _ := lru.New[string, *workflow.Names](keptNames) // fails for a size below one only
	return c
})

// readEnv loads the variables that a run's definition reads. One that reads none
// costs nothing.
func (w *Worker) readEnv(ctx context.Context, scope tenant.Scope, r *Run, d *workflow.Definition) (env, error) {
	none := env{values: map[string]any{}}
	n, err := namesOf(r, d)
	if err != nil || len(n.Asked) == 0 && !n.Code {
		return none, err
	}
	var set *variable.Set
	err = w.DB.In(ctx, scope, func(tx *gorm.DB) error {
		asked := n.Asked
		if n.Code {
			all, err := variable.Names(tx)
			if err != nil {
				return err
			}
			asked = append(slices.Clone(asked), slices.DeleteFunc(all, func(name string) bool { return !n.Reads(name) })...)
		}
		if len(asked) == 0 {
			return nil
		}
		set, err = variable.Find(tx, w.Box, asked)
		return err
	})
	if err != nil || set == nil {
		return none, err
	}
	for name, v := range set.Values {
		none.values[name] = v
	}
	return env{none.values, set.Secrets, secret.NewHider(set.Secrets)}, nil
}

// namesOf are the variables that a run's definition reads.
func namesOf(r *Run, d *workflow.Definition) (*workflow.Names, error) {
	if r.Test { // of a draft, which changes
		return d.Names()
	}
	of := fmt.Sprintf("%s/%d", r.WorkflowID, r.Version)
	if n, ok := names().Get(of); ok {
		return n, nil
	}
	n, err := d.Names()
	if err == nil {
		names().Add(of, n)
	}
	return n, err
}

// inCode are the variables whose names stand in a piece of code, and what its step
// names itself, which goes before.
func (e *env) inCode(code string, own map[string]string) map[string]string {
	out := map[string]string{}
	for name, v := range e.values {
		if workflow.InCode(code, name) {
			out[name] = fmt.Sprint(v)
		}
	}
	maps.Copy(out, own)
	return out
}

// hide returns what may be kept of a value: plain JSON without the secrets.
func (e *env) hide(v any) any {
	if e.hider == nil || v == nil {
		return v
	}
	return e.hider.Value(readBack(v))
}

// hideProblem is hide for what was wrong.
func (e *env) hideProblem(p *Problem) *Problem {
	if e.hider == nil || p == nil {
		return p
	}
	q := *p
	q.Message = e.hider.Text(p.Message)
	return &q
}

// hideResponse is hide for what the caller is answered: it is kept, too.
func (e *env) hideResponse(r *Response) *Response {
	if e.hider == nil || r == nil {
		return r
	}
	text, err := json.Marshal(e.hide(r))
	var out Response
	if err != nil || json.Unmarshal(text, &out) != nil {
		return &Response{Status: r.Status}
	}
	return &out
}
