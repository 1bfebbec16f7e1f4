package run

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/expression"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// AnswerPath is where links lead by which a run that waits is answered, below the
// base URL.
const AnswerPath = "/r/"

// What somebody may answer to a step that waits.
const (
	resumes = "resume"
	cancels = "cancel"
	timeout = "timeout" // nobody did
)

// spot is a step that can be answered: of which run, where, and which time.
type spot struct {
	runID, path string
	round       int
}

// link is an address at which a step is answered. It follows from the step and our
// key alone: it can be sent before the step is begun, and nothing of it is kept.
func (x *Executor) link(scope tenant.Scope, r *Run, at spot, choice string) (string, error) {
	raw, err := x.Keys.SignLink(token.Link{
		Subject: strings.Join([]string{choice, at.runID, strconv.Itoa(at.round), at.path}, "|"), Project: scope.Project(), Environment: scope.Environment(),
		EnvironmentName: scope.EnvironmentName(), ExpiresAt: r.CreatedAt.Add(2 * workflow.LongestWait),
	})
	if err != nil {
		return "", fmt.Errorf("sign link: %w", err)
	}
	return x.BaseURL + AnswerPath + raw, nil
}

// readLink is what the subject of a link says.
func readLink(subject string) (choice string, at spot, ok bool) {
	parts := strings.SplitN(subject, "|", 4)
	if len(parts) != 4 || parts[0] != resumes && parts[0] != cancels {
		return "", at, false
	}
	round, err := strconv.Atoi(parts[2])
	return parts[0], spot{parts[1], parts[3], round}, err == nil
}

// links is what expressions know as run: its id, and the addresses at which its
// suspend steps are answered: resume_url(name) and cancel_url(name). at is the path
// of the list in which the expression stands.
func (x *Executor) links(def *workflow.Definition, scope tenant.Scope, r *Run, at string) map[string]any {
	of := func(choice string) func(any) (any, error) {
		return func(name any) (any, error) {
			path, err := pathTo(def, expression.AsText(name), at)
			if err != nil {
				return nil, err
			}
			return x.link(scope, r, spot{r.ID, path, 0}, choice)
		}
	}
	return map[string]any{"id": r.ID, "resume_url": of(resumes), "cancel_url": of(cancels)}
}

// pathTo is the path of a suspend step as it is seen from a list: within the same
// items of the loops that both stand in.
func pathTo(def *workflow.Definition, name, at string) (string, error) {
	path, ok := pathIn(def.Steps, name, "")
	if !ok {
		return "", fault.New(fault.Invalid, "no_such_step", "There is no suspend step %q.", name)
	}
	for {
		before, after, loop := strings.Cut(path, "[*]")
		if !loop {
			return path, nil
		}
		rest, same := strings.CutPrefix(at, before+"[")
		index, _, closed := strings.Cut(rest, "]")
		if !same || !closed {
			return "", fault.New(fault.Invalid, "step_in_loop", "The step %q stands in a loop: its address is known only there.", name)
		}
		path = before + "[" + index + "]" + after
	}
}

// pathIn finds a suspend step; [*] stands for the items of a loop.
func pathIn(steps []workflow.Step, name, at string) (string, bool) {
	for i := range steps {
		s := &steps[i]
		here := at + s.Name
		if s.Name == name && s.Type == workflow.Suspend {
			return here, true
		}
		lists := map[string][]workflow.Step{here + "/then/": s.Then, here + "/else/": s.Else, here + "/default/": s.Default, here + "[*]/": s.Steps}
		for j := range s.Cases {
			lists[fmt.Sprintf("%s/cases[%d]/", here, j)] = s.Cases[j].Steps
		}
		for j := range s.Branches {
			lists[here+"/"+s.Branches[j].Name+"/"] = s.Branches[j].Steps
		}
		for prefix, list := range lists {
			if path, ok := pathIn(list, name, prefix); ok {
				return path, true
			}
		}
	}
	return "", false
}
