package intake

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/expression"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/inbound"
)

const (
	mostItems  = 1000 // events of one request
	mostErrors = 20   // that a batch's summary tells of
)

// Summary is what became of a request that held several events.
type Summary struct {
	ID        string      `json:"batch_id"`
	Received  int         `json:"received"`
	Accepted  int         `json:"accepted"`
	Duplicate int         `json:"duplicate"`
	Filtered  int         `json:"filtered"`
	Rejected  int         `json:"rejected"`
	Errors    []ItemError `json:"errors"` // the first of them
}

// ItemError says why an item of a batch was rejected.
type ItemError struct {
	Index int    `json:"index"`
	Error string `json:"error"`
}

// judged is what is known of one event before it is taken.
type judged struct {
	id   string // "" = it has none, and cannot be known again
	err  error  // it alone is rejected
	drop bool   // the filter does not hold of it
}

// filter notes whether the condition of the settings holds of an event. Of one that
// came alone a condition that cannot be evaluated does not hold.
func (j *judged) filter(in *Settings, values map[string]any, split bool) {
	if in.Filter == "" {
		return
	}
	holds, err := language.Holds(in.Filter, values)
	j.drop = !holds
	if err != nil && split {
		j.err = fmt.Errorf("filter: %w", err)
	}
}

// asked adds the event's id to those that it is asked of whether they were there
// before.
func (j *judged) asked(ids []string) []string {
	if j.id == "" || j.err != nil || j.drop {
		return ids
	}
	return append(ids, j.id)
}

// takes counts the i-th event of a batch and reports whether it is taken: whether
// nothing is wrong with it, and its id is among the fresh ones, of which it is then
// none any more.
func (sum *Summary) takes(i int, j *judged, fresh map[string]bool) bool {
	switch {
	case j.err != nil:
		sum.Rejected++
		if len(sum.Errors) < mostErrors {
			sum.Errors = append(sum.Errors, ItemError{i, j.err.Error()})
		}
	case j.drop:
		sum.Filtered++
	case j.id != "" && !fresh[j.id]:
		sum.Duplicate++
	default:
		delete(fresh, j.id) // the next one with the id is a second one
		sum.Accepted++
		return true
	}
	return false
}

// item is one event that a request holds.
type item struct {
	judged

	call *inbound.Call
}

// accept has what may come in taken, and says what became of it.
func (v *Visit) accept(tx *gorm.DB, call *inbound.Call) error {
	in := v.Settings
	items, split, err := v.items(in, call)
	if err != nil {
		return err
	}
	fresh, err := v.unseen(tx, in, items)
	if err != nil {
		return err
	}
	sum := Summary{ID: cmp.Or(v.Batch, id.New("bat")), Received: len(items), Errors: []ItemError{}}
	var calls []*inbound.Call
	for i := range items {
		it := &items[i]
		if !sum.takes(i, &it.judged, fresh) {
			continue
		}
		if split {
			it.call.Batch = &inbound.Batch{ID: sum.ID, Index: i, Of: len(items), Key: keyOf(in.Split, it.call.Body)}
		}
		calls = append(calls, it.call)
	}
	more, err := v.Accept(tx, calls)
	if err != nil {
		return err
	}
	v.Counts = inbound.Counts{Received: 1, Accepted: int64(sum.Accepted), Duplicate: int64(sum.Duplicate), Filtered: int64(sum.Filtered), Invalid: int64(sum.Rejected)}
	if split {
		if v.Summarize != nil {
			if err := v.Summarize(tx, &sum); err != nil {
				return err
			}
		}
		return v.say(Accepted, more, &sum)
	}
	switch {
	case sum.Duplicate > 0:
		return v.say(Duplicate, more, nil)
	case sum.Accepted == 0:
		return v.say(Filtered, more, nil)
	default:
		return v.say(Accepted, more, nil)
	}
}

// items takes a request apart. One without the list that the settings speak of
// is an event as it is: nothing is lost to a list that is not there.
func (v *Visit) items(in *Settings, call *inbound.Call) (out []item, split bool, err error) {
	var list []any
	if in.Split != nil {
		at, _ := catalog.Pointer(call.Body, in.Split.Path)
		list, split = at.([]any)
	}
	if len(list) > mostItems {
		return nil, false, ErrTooMany
	}
	if !split {
		out = []item{{call: call}}
	}
	for _, body := range list {
		one := *call
		one.Body = body
		out = append(out, item{call: &one})
	}
	place := in.idPlace(v.Schemes)
	said, _ := v.Arrival.Request.At(place)
	var shown map[string]any
	for i := range out {
		it := &out[i]
		if in.Filter == "" && (in.Dedupe == nil || in.Dedupe.Expression == "") {
			it.id = idOf(in, it, said, split, i)
			continue
		}
		if shown == nil {
			if shown, err = Shown(call); err != nil {
				return nil, false, err
			}
		}
		shown["body"] = it.call.Body
		values := seen(shown, v.User)
		v.judge(in, it, values, said, split, i)
	}
	return out, split, nil
}

// judge evaluates the settings' expressions for one item. In a request that is
// one event, a condition that cannot be evaluated does not hold.
func (v *Visit) judge(in *Settings, it *item, values map[string]any, said string, split bool, i int) {
	it.filter(in, values, split)
	it.id = idOf(in, it, said, split, i)
	if it.id == "" && in.Dedupe != nil && in.Dedupe.Expression != "" && !it.drop {
		out, err := language.Run(in.Dedupe.Expression, values)
		if err == nil {
			it.id = expression.AsText(out)
		} else if split {
			it.err = fmt.Errorf("dedupe: %w", err)
		}
	}
}

func idOf(in *Settings, it *item, said string, split bool, i int) string {
	if in.Dedupe == nil {
		return ""
	}
	if !split {
		return said
	}
	if in.Split.ID != "" {
		v, ok := catalog.Pointer(it.call.Body, in.Split.ID)
		if !ok || v == nil {
			return ""
		}
		return catalog.Text(v)
	}
	if said == "" {
		return ""
	}
	return said + "#" + strconv.Itoa(i)
}

func keyOf(split *Split, body any) string {
	if split.Key == "" {
		return ""
	}
	v, _ := catalog.Pointer(body, split.Key)
	return catalog.Text(v)
}

// Shown is a call as expressions see it.
func Shown(call *inbound.Call) (map[string]any, error) {
	raw, err := json.Marshal(call)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("decode request: %w", err)
	}
	return out, nil
}

func (v *Visit) unseen(tx *gorm.DB, in *Settings, items []item) (map[string]bool, error) {
	if in.Dedupe == nil {
		return nil, nil
	}
	var ids []string
	for i := range items {
		ids = items[i].asked(ids)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return inbound.Unseen(tx, v.SourceID, ids, v.Now(), in.window())
}

// seen is what conditions and expressions may speak of.
func seen(shown map[string]any, user string) map[string]any {
	return map[string]any{"trigger": shown, "steps": map[string]any{}, "user": map[string]any{"id": user}}
}

// Holds reports whether a condition is true of a call as it is shown, and of the
// user it is for.
func Holds(filter string, shown map[string]any, user string) (bool, error) {
	return language.Holds(filter, seen(shown, user)) //nolint:wrapcheck // says it all
}
