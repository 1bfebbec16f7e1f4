package operation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/expression"
)

// ErrUnchanged is what a poll comes to whose app says that nothing has changed
// since the last one: there are no events, and what is remembered stays.
var ErrUnchanged = errors.New("nothing has changed since the last poll")

const (
	handedOn  = "$poll" // in the state: what a poll leaves to the next besides what its file remembers
	mostMarks = 20      // items of a first page that are known again, whatever became of them
	mostNew   = 5000    // items that a poll takes, of those until what is known
	settled   = time.Minute
)

// again is what polls of one trigger know of each other.
type again struct {
	p      *component.Poll
	first  bool // none was before
	last   handed
	next   handed
	met    bool   // what was known
	asking string // what tells this request from others
}

// handed is what a poll leaves to the next.
type handed struct {
	Of       string   `json:"of,omitempty"` // the request that Tag and Modified answer
	Tag      string   `json:"tag,omitempty"`
	Modified string   `json:"modified,omitempty"`
	Marks    []string `json:"marks,omitempty"`
}

func (j *Job) handed() *again {
	out := &again{p: j.Component.Operation.Poll, first: true}
	raw, there := j.State[handedOn]
	if b, err := json.Marshal(raw); there && err == nil && json.Unmarshal(b, &out.last) == nil {
		out.first = false
	}
	return out
}

// into puts into the state what the next poll is to find.
func (a *again) into(state map[string]any) {
	out := map[string]any{}
	b, _ := json.Marshal(a.next) // texts can be encoded
	_ = json.Unmarshal(b, &out)
	state[handedOn] = out
}

// ask makes a request ask only for what has changed, where the last one was the
// same and its answer said how.
func (a *again) ask(c *component.Component, r *ready) {
	if a == nil || !a.p.Steady {
		return
	}
	headers, _ := json.Marshal(r.header) // texts can be encoded
	sum := sha256.Sum256([]byte(c.Version + "\n" + r.same() + "\n" + string(headers)))
	a.asking = hex.EncodeToString(sum[:16])
	if a.last.Of != a.asking {
		return
	}
	for name, said := range map[string]string{"If-None-Match": a.last.Tag, "If-Modified-Since": a.last.Modified} {
		if said != "" && r.header.Get(name) == "" {
			r.header.Set(name, said)
			r.conditional = append(r.conditional, name)
		}
	}
}

// heard notes how the next poll can ask whether anything has changed. A time alone
// says so only once it is past for a while: what comes within the same second has
// the same time.
func (a *again) heard(got *answer) {
	if a == nil || a.asking == "" {
		return
	}
	a.next.Of, a.next.Tag = a.asking, expression.AsText(got.headers["etag"])
	if a.next.Tag != "" {
		return
	}
	modified, err := http.ParseTime(expression.AsText(got.headers["last-modified"]))
	date, err2 := http.ParseTime(expression.AsText(got.headers["date"]))
	if err == nil && err2 == nil && date.Sub(modified) >= settled {
		a.next.Modified = expression.AsText(got.headers["last-modified"])
	}
}

// enough reports whether there is nothing new behind a page, whose items are got.
func (j *Job) enough(p *component.Pages, known map[string]any, page int, got []any) bool {
	if p.Until == "" || j.again == nil {
		return false
	}
	met := j.again.first
	for _, item := range got {
		id, err := text(j.Component.Operation.Emit.ID, with(known, map[string]any{"item": item}))
		if err != nil || id == "" {
			continue // it is nothing that is emitted
		}
		mark := markOf(id)
		if page == 0 && len(j.again.next.Marks) < mostMarks {
			j.again.next.Marks = append(j.again.next.Marks, mark)
		}
		met = met || slices.Contains(j.again.last.Marks, mark) || j.Known != nil && j.Known(id)
	}
	j.again.met = j.again.met || met
	return met
}

// late reports whether a poll that goes on until what is known has to make do with
// what it has: the rest of its time is for what is done with that.
func (j *Job) late(ctx context.Context, p *component.Pages, whole time.Duration) bool {
	return whole > 0 && p.Until != "" && j.again != nil && left(ctx) < whole/3
}

// left is how much time there is; 0 = nobody says.
func left(ctx context.Context) time.Duration {
	until, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return time.Until(until)
}

// beyond notes how many items at least a poll found and left. One that takes the
// oldest first goes on there.
func (j *Job) beyond(p *component.Pages, items, wanted int) {
	if j.again == nil || j.again.first || j.again.met || j.again.p.Order == "oldest_first" {
		return
	}
	if p.Until != "" || p.More != "" {
		j.Beyond = max(1, items-wanted)
	}
}

func markOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:8])
}

// shown is a state without what its trigger's file does not speak of.
func shown(state map[string]any) map[string]any {
	if state == nil {
		return nil
	}
	out := maps.Clone(state)
	delete(out, handedOn)
	return out
}
