package trigger

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/expression"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/webhook"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const (
	mostItems  = 1000 // events of one request
	mostErrors = 20   // that a batch's summary tells of
)

// Summary is what became of a request that held several events.
type Summary struct {
	ID        string      `json:"batch_id"`
	TriggerID string      `json:"-"`
	Received  int         `json:"received"`
	Accepted  int         `json:"accepted"`
	Duplicate int         `json:"duplicate"`
	Filtered  int         `json:"filtered"`
	Rejected  int         `json:"rejected"`
	Errors    []ItemError `json:"errors" gorm:"serializer:json"` // the first of them
	CreatedAt time.Time   `json:"-"`
}

// TableName maps the noun to its table.
func (Summary) TableName() string { return "inbound_batches" }

// ItemError says why an item of a batch was rejected.
type ItemError struct {
	Index int    `json:"index"`
	Error string `json:"error"`
}

// item is one event that a request holds.
type item struct {
	call *inbound.Call
	id   string // "" = it has none, and cannot be known again
	err  error  // it alone is rejected
	drop bool   // the filter does not hold of it
}

// accept writes the events of a request that may come in, and the answer.
func (v *visit) accept(tx *gorm.DB, in *Intake, call *inbound.Call) error {
	items, split, err := v.items(in, call)
	if err != nil {
		return err
	}
	fresh, err := v.unseen(tx, in, items)
	if err != nil {
		return err
	}
	sum := Summary{ID: id.New("bat"), TriggerID: v.trigger.ID, Received: len(items), Errors: []ItemError{}, CreatedAt: v.s.Now()}
	var es []*event.Event
	for i := range items {
		it := &items[i]
		switch {
		case it.err != nil:
			sum.Rejected++
			if len(sum.Errors) < mostErrors {
				sum.Errors = append(sum.Errors, ItemError{i, it.err.Error()})
			}
			continue
		case it.drop:
			sum.Filtered++
			continue
		case it.id != "" && in.Dedupe != nil && !fresh[it.id]:
			sum.Duplicate++
			continue
		}
		delete(fresh, it.id) // the next one with the id is a second one
		if split {
			it.call.Batch = &inbound.Batch{ID: sum.ID, Index: i, Of: len(items), Key: keyOf(in.Split, it.call.Body)}
		}
		body, err := json.Marshal(it.call)
		if err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
		es = append(es, &event.Event{Type: event.TriggerEmitted, SubjectID: v.trigger.ID, ExternalUserID: v.user, Body: string(body), Hops: v.arrival.Hops, CreatedAt: sum.CreatedAt})
	}
	sum.Accepted = len(es)
	if err := v.emit(tx, es); err != nil {
		return err
	}
	v.counts = inbound.Counts{Received: 1, Accepted: int64(sum.Accepted), Duplicate: int64(sum.Duplicate), Filtered: int64(sum.Filtered), Invalid: int64(sum.Rejected)}
	if split {
		return v.summarize(tx, &sum)
	}
	status := Accepted
	switch {
	case sum.Duplicate > 0:
		status = Duplicate
	case sum.Accepted == 0:
		status = Filtered
	}
	v.answer, err = say(map[string]string{"status": status})
	return err
}

func (v *visit) summarize(tx *gorm.DB, sum *Summary) error {
	if err := tx.Create(sum).Error; err != nil {
		return fmt.Errorf("insert batch: %w", err)
	}
	var err error
	v.answer, err = say(struct {
		Status string `json:"status"`
		*Summary
	}{Accepted, sum})
	return err
}

func (v *visit) emit(tx *gorm.DB, es []*event.Event) (err error) {
	if v.arrival.NoTrigger {
		if len(es) == 0 {
			return nil
		}
		return event.Emit(tx, es...)
	}
	if v.endpoints, err = webhook.EmitAll(tx, es, webhook.To{Trigger: v.trigger.ID}); err != nil || !v.arrival.NoStore {
		return err
	}
	for _, e := range es {
		if err := tx.Exec("INSERT INTO events_unkept (id, created_at) VALUES (?, ?)", e.ID, e.CreatedAt).Error; err != nil {
			return fmt.Errorf("mark event: %w", err)
		}
	}
	return nil
}

// items takes a request apart. One without the list that the settings speak of
// is an event as it is: nothing is lost to a list that is not there.
func (v *visit) items(in *Intake, call *inbound.Call) (out []item, split bool, err error) {
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
	place := in.idPlace(v.s.Schemes)
	said, _ := v.arrival.Request.At(place)
	var shown map[string]any
	for i := range out {
		it := &out[i]
		if in.Filter == "" && (in.Dedupe == nil || in.Dedupe.Expression == "") {
			it.id = idOf(in, it, said, split, i)
			continue
		}
		if shown == nil {
			if shown, err = shownOf(call); err != nil {
				return nil, false, err
			}
		}
		shown["body"] = it.call.Body
		values := workflow.Values{"trigger": shown, "steps": map[string]any{}, "user": map[string]any{"id": v.user}}
		v.judge(in, it, values, said, split, i)
	}
	return out, split, nil
}

// judge evaluates the settings' expressions for one item. In a request that is
// one event, a condition that cannot be evaluated does not hold.
func (v *visit) judge(in *Intake, it *item, values workflow.Values, said string, split bool, i int) {
	if in.Filter != "" {
		holds, err := values.Holds(in.Filter)
		it.drop = !holds
		if err != nil && split {
			it.err = fmt.Errorf("filter: %w", err)
		}
	}
	it.id = idOf(in, it, said, split, i)
	if it.id == "" && in.Dedupe != nil && in.Dedupe.Expression != "" && !it.drop {
		out, err := values.Run(in.Dedupe.Expression)
		if err == nil {
			it.id = expression.AsText(out)
		} else if split {
			it.err = fmt.Errorf("dedupe: %w", err)
		}
	}
}

func idOf(in *Intake, it *item, said string, split bool, i int) string {
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

// shownOf is a call as expressions see it.
func shownOf(call *inbound.Call) (map[string]any, error) {
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

func (v *visit) unseen(tx *gorm.DB, in *Intake, items []item) (map[string]bool, error) {
	if in.Dedupe == nil {
		return nil, nil
	}
	var ids []string
	for i := range items {
		if it := &items[i]; it.id != "" && it.err == nil && !it.drop {
			ids = append(ids, it.id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return inbound.Unseen(tx, v.trigger.ID, ids, v.s.Now(), in.window())
}
