package trigger

import (
	"context"
	"errors"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// stow keeps the large payloads of one request in the store of blobs. Which
// there are is known within a transaction, where a request is verified and taken
// apart, and a store is asked outside of any: so what is to be kept breaks the
// transaction off, is kept, and the transaction is done again.
type stow struct {
	payloads *event.Payloads
	kept     map[large]*event.Stored
	wanted   []large
}

type large struct{ subject, body string }

// errLarge says that there are payloads to be kept first.
var errLarge = errors.New("payloads are to be kept outside of the database")

// rounds is how often a transaction is done at most: the settings may change
// meanwhile, and with them what a request holds.
const rounds = 3

func (s *stow) around(ctx context.Context, scope tenant.Scope, do func() error) error {
	for range rounds {
		s.wanted = nil
		if err := do(); !errors.Is(err, errLarge) {
			return err
		}
		for _, one := range s.wanted {
			at, err := s.payloads.Keep(ctx, scope, one.body)
			if err != nil {
				return err
			}
			if s.kept == nil {
				s.kept = map[large]*event.Stored{}
			}
			s.kept[one] = at
		}
	}
	return event.ErrStore.Because(errLarge)
}

// around does a transaction again when something has to be fetched or kept first.
func (s *Service) around(ctx context.Context, scope tenant.Scope, of string, away *stow, do func() error) error {
	return away.around(ctx, scope, func() error { return s.Verifier.Fetching(ctx, of, do) })
}

// away has the large ones among events stored, or returns errLarge.
func (s *stow) away(es ...*event.Event) error {
	for _, e := range es {
		if !s.payloads.Large(len(e.Body)) {
			continue
		}
		one := large{e.SubjectID, e.Body}
		if e.Stored = s.kept[one]; e.Stored == nil {
			s.wanted = append(s.wanted, one)
		}
	}
	if len(s.wanted) > 0 {
		return errLarge
	}
	return nil
}
