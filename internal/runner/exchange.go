package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

const (
	usually   = 60 * time.Second // a request takes no longer, if nothing is said of it
	mostAsked = 16               // questions of one request at once
)

// do has a process carry out a request. An error means that it was not begun.
func (r *Runner) do(ctx context.Context, j *Job, req *request) (*Result, error) {
	if r == nil {
		return nil, ErrMissing
	}
	if j.Timeout <= 0 {
		j.Timeout = usually
	}
	ctx, cancel := context.WithTimeout(ctx, j.Timeout)
	defer cancel()
	alone := j.Owner.Isolation == PerRun || j.Tmp != ""
	k := j.Owner.key(j.Module.Bundle)
	k.tmp = j.Tmp
	h, err := r.pool.take(ctx, k, alone)
	if err != nil {
		return nil, err
	}
	h.runs++
	req.ID, req.Module = id.New("call"), j.Module.Path
	req.Configured, req.Auth, req.Dynamic, req.DB, req.Endpoint, req.Context, req.Steps, req.Flow, req.Scopes = j.Configured, j.Auth, j.Dynamic, j.DB, j.Endpoint, j.Context, j.Steps, j.Links, j.Scopes
	t := &talk{runner: r, job: j, host: h, id: req.ID, res: &Result{Exports: map[string]any{}}}
	h.listenTo(t.heard)
	err = t.run(ctx, req)
	h.listenTo(nil)
	keep := err == nil && t.res.Ended && !t.broken && !alone && h.runs < r.Runs && h.rss < r.Recycle && h.cpu < cpuSeconds/2
	r.pool.give(h, keep)
	if err != nil {
		return nil, err
	}
	t.res.pauses(j)
	Redact(t.res, j.Secrets)
	return t.res, nil
}

// talk is one request and what came of it so far.
type talk struct {
	runner *Runner
	job    *Job
	host   *process
	id     string
	broken bool
	told   int // bytes

	mu  sync.Mutex // of res, to which what is overheard is written too
	res *Result
}

func (t *talk) heard(level, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.res.log(level, text, t.runner.Now())
}

// run says the request and listens until it is over, in whatever way.
func (t *talk) run(ctx context.Context, req *request) error {
	until, _ := ctx.Deadline()
	t.host.box.Renew()
	if err := t.host.say(req, until); errors.Is(err, ErrLarge) {
		return err
	} // else the host is no more, which listening tells
	asking := make(chan struct{}, mostAsked)
	for {
		select {
		case m, ok := <-t.host.said:
			if !ok {
				t.died()
				return nil
			}
			if t.hear(ctx, m, asking) {
				return nil
			}
		case <-ctx.Done():
			t.late(ctx)
			return nil
		}
	}
}

// hear takes one message. It reports whether the request is over.
func (t *talk) hear(ctx context.Context, m *message, asking chan struct{}) bool {
	if m.ID != t.id {
		return false // of a request that is over
	}
	if t.told += m.size; t.told > mostTold {
		t.host.box.Kill()
		t.fail("Error", "component", fmt.Sprintf("The component said more than %d bytes, and was ended.", mostTold))
		return true
	}
	if m.T == "ask" {
		select {
		case asking <- struct{}{}:
			go func() {
				t.answer(ctx, m)
				<-asking
			}()
		default:
			t.reply(ctx, answer{N: m.N, Error: fmt.Sprintf("A component asks at most %d questions at once.", mostAsked)})
		}
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	first := t.res.Response == nil
	over := t.res.tell(m, t.runner.Now())
	if over {
		t.broken, t.host.rss, t.host.cpu = m.Broken, m.RSS, m.CPU
	}
	if first && t.res.Response != nil && t.job.Respond != nil {
		t.job.Respond(*t.res.Response)
	}
	return over
}

// late ends the process of a request whose time is over. What it said before
// stays.
func (t *talk) late(ctx context.Context) {
	t.host.box.Kill()
	defer time.AfterFunc(2*time.Second, func() { _ = t.host.out.Close() }).Stop() // who got away from it may hold its end
	for m := range t.host.said {
		if m.ID == t.id && m.T != "done" && m.T != "ask" {
			t.mu.Lock()
			t.res.tell(m, t.runner.Now())
			t.mu.Unlock()
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.fail("Timeout", "timeout", fmt.Sprintf("It took longer than %s and was ended. What it did until then stays done.", t.job.Timeout))
		return
	}
	t.fail("Cancelled", "timeout", "It was ended before its time. What it did until then stays done.")
}

// died words why a process is no more.
func (t *talk) died() {
	select {
	case <-t.host.box.Done():
	case <-time.After(time.Second): // it lives, and has hung up
		t.host.box.Kill()
	}
	exit := t.host.box.Wait()
	origin, why := "component", fmt.Sprintf("The component ended its process (exit code %d).", exit.Code)
	switch {
	case errors.Is(t.host.fail, errLong):
		why = fmt.Sprintf("The component handed over more than %d bytes at once, and was ended.", longestLine)
	case t.host.fail != nil || exit.Limit == sandbox.Killed:
		why = "The component disturbed its host, and was ended."
	case exit.Limit == sandbox.Memory || slices.Contains([]int{exitAbort, exitTrap, exitKilled}, exit.Code):
		origin, why = "memory", "The component used more memory than it may, and was ended."
	case exit.Limit == sandbox.CPU:
		why = "The component used more processor time than it may, and was ended."
	case exit.Limit == sandbox.Output:
		why = "The component wrote more than it may, and was ended."
	}
	t.fail("Error", origin, why)
}

// How a process ends that got no more memory: of the engine by itself, or of the
// kernel.
const (
	exitAbort  = 134
	exitTrap   = 133 // since version 13 of V8
	exitKilled = 137
)

func (t *talk) fail(name, origin, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.res.Failure = &Failure{Name: name, Origin: origin, Message: why}
}

// answer answers a question of the component.
func (t *talk) answer(ctx context.Context, m *message) {
	v, err := t.job.told(ctx, m)
	out := answer{N: m.N, Value: v}
	if err != nil {
		out.Error = Refusal(err)
		if f, ok := errors.AsType[*fault.Error](err); ok {
			out.Code = f.Code
		}
	}
	t.reply(ctx, out)
}

func (t *talk) reply(ctx context.Context, a answer) {
	a.T = "answer"
	until, _ := ctx.Deadline()
	if err := t.host.say(a, until); errors.Is(err, ErrLarge) {
		_ = t.host.say(answer{T: "answer", N: a.N, Error: "The answer is larger than can be handed over."}, until)
	}
}

// Refusal is an error as a component may read it.
func Refusal(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Message
	}
	return "It could not be done here. Try again later."
}

type storeQuestion struct {
	Store     string          `json:"store"`
	Scope     string          `json:"scope"` // whose state is meant; "" = Store
	Method    string          `json:"method"`
	Key       string          `json:"key"`
	Value     json.RawMessage `json:"value"`
	TTL       *int            `json:"ttl"`
	IfVersion *int64          `json:"ifVersion"`
	By        int64           `json:"by"`
	After     string          `json:"after"`
}
