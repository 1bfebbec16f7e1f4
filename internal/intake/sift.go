package intake

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/expression"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/inbound"
)

// Sift takes an event that came by no request, such as an e-mail, as Settings say:
// once, in parts, those of which the condition holds.
type Sift struct {
	Settings *Settings // nil = as it comes
	SourceID string    // by which ids are remembered
	User     string    // the customer's own id, of whom expressions may speak; "" = nobody
	Now      time.Time
}

// Take returns what is left of an event: nothing where it was there before or the
// condition does not hold. known is by what the event is known where the settings do
// not say; "" = by nothing. A part of an event that is taken apart has its item in the
// place of the field that split.path leads through.
func (s *Sift) Take(tx *gorm.DB, event map[string]any, known string) (parts []map[string]any, sum Summary, err error) {
	in := s.Settings
	if in == nil {
		in = &Settings{}
	}
	items, err := s.items(in, event, known)
	if err != nil {
		return nil, sum, err
	}
	sum = Summary{ID: id.New("bat"), Received: len(items), Errors: []ItemError{}}
	fresh, err := s.unseen(tx, in, items)
	if err != nil {
		return nil, sum, err
	}
	for i := range items {
		it := &items[i]
		if !sum.takes(i, &it.judged, fresh) {
			continue
		}
		if it.batch != nil {
			it.batch.ID = sum.ID
			it.event["batch"] = it.batch
		}
		parts = append(parts, it.event)
	}
	return parts, sum, nil
}

type sifted struct {
	judged

	event map[string]any
	batch *inbound.Batch // it came with others; nil = it is whole
}

// items takes an event apart, and judges each part.
func (s *Sift) items(in *Settings, event map[string]any, known string) (out []sifted, err error) {
	list, split := []any(nil), false
	if in.Split != nil {
		at, _ := catalog.Pointer(event, in.Split.Path)
		list, split = at.([]any)
	}
	if len(list) > mostItems {
		return nil, ErrTooMany
	}
	if !split {
		out = []sifted{{judged: judged{id: known}, event: event}}
	}
	for i, one := range list {
		it := sifted{event: without(event, in.Split.Path, one), batch: &inbound.Batch{Index: i, Of: len(list), Key: keyOf(in.Split, one)}}
		if known != "" {
			it.id = known + "#" + strconv.Itoa(i)
		}
		if at, ok := catalog.Pointer(one, in.Split.ID); in.Split.ID != "" && ok && at != nil {
			it.id = catalog.Text(at)
		}
		out = append(out, it)
	}
	for i := range out {
		s.judge(in, &out[i], split)
	}
	return out, nil
}

func (s *Sift) judge(in *Settings, it *sifted, split bool) {
	values := seen(it.event, s.User)
	it.filter(in, values, split)
	if in.Dedupe != nil && in.Dedupe.Expression != "" && !it.drop {
		switch out, err := language.Run(in.Dedupe.Expression, values); {
		case err == nil:
			it.id = cmp.Or(expression.AsText(out), it.id)
		case split:
			it.err = fmt.Errorf("dedupe: %w", err)
		}
	} else if in.Dedupe != nil && in.Dedupe.JSON != "" {
		if at, ok := catalog.Pointer(it.event, in.Dedupe.JSON); ok && at != nil {
			it.id = catalog.Text(at)
		}
	}
}

func (s *Sift) unseen(tx *gorm.DB, in *Settings, items []sifted) (map[string]bool, error) {
	var ids []string
	for i := range items {
		ids = items[i].asked(ids)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	window := LongestWindow // what brings an id of its own is known for as long as can be
	if in.Dedupe != nil && in.Dedupe.Window > 0 {
		window = in.window()
	}
	return inbound.Unseen(tx, s.SourceID, ids, s.Now, window)
}

// without returns an event without the field that a pointer begins with, and with
// the item that was in it.
func without(event map[string]any, pointer string, item any) map[string]any {
	out := maps.Clone(event)
	name, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	delete(out, strings.NewReplacer("~1", "/", "~0", "~").Replace(name))
	out["item"] = item
	return out
}
