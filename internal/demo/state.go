package demo

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"
)

// The bounds of the memory. What is handed out and forgotten (tokens, codes,
// keys) pushes out its oldest; what a person made (records, webhooks) is never
// dropped, and one more is refused.
const (
	maxAsks       = 1000
	maxTokens     = 50_000
	maxKeys       = 1000
	maxRows       = 1000 // per person and kind
	maxHooks      = 50   // per person
	maxDeliveries = 100  // per person
	maxQueue      = 256
)

// account is one person with all that is theirs.
type account struct {
	ID, Name, Email, Organisation string
	groups                        []string // as OpenID Connect tells them

	workspaces []Workspace
	contacts   book[Contact]
	deals      book[Deal]
	notes      book[Note]
	hooks      []*webhook
	deliveries []*Delivery // oldest first
}

// account returns the person with the id, or nil. The caller holds mu, here and
// in all helpers that do not lock by themselves.
func (s *Server) account(id string) *account {
	if i := slices.IndexFunc(s.accounts, func(a *account) bool { return a.ID == id }); i >= 0 {
		return s.accounts[i]
	}
	return nil
}

// shelf is a map that holds at most max things and forgets the oldest first.
type shelf[V any] struct {
	max   int
	items map[string]V
	order []string
}

func (h *shelf[V]) put(key string, v V) {
	if h.items == nil {
		h.items = map[string]V{}
	}
	if len(h.order) >= h.max {
		delete(h.items, h.order[0])
		h.order = slices.Delete(h.order, 0, 1)
	}
	h.items[key] = v
	h.order = append(h.order, key)
}

func (h *shelf[V]) get(key string) (V, bool) {
	v, ok := h.items[key]
	return v, ok
}

func (h *shelf[V]) remove(key string) {
	if _, ok := h.items[key]; ok {
		delete(h.items, key)
		h.order = slices.DeleteFunc(h.order, func(k string) bool { return k == key })
	}
}

// book holds one kind of record of one person, oldest first.
type book[T any] struct {
	rows []row[T]
}

type row[T any] struct {
	seq int64 // never reused, so a cursor survives what is added or removed meanwhile
	id  string
	val T
}

func (b *book[T]) index(id string) int {
	return slices.IndexFunc(b.rows, func(r row[T]) bool { return r.id == id })
}

func (b *book[T]) newest() []T {
	all, _ := b.page(0, len(b.rows), func(T) bool { return true })
	return all
}

// page returns up to limit records older than before (0 = from the newest) and
// the place where the next page begins, 0 when there is none.
func (b *book[T]) page(before int64, limit int, keep func(T) bool) (page []T, next int64) {
	page = []T{}
	var last int64
	for _, r := range slices.Backward(b.rows) {
		if before > 0 && r.seq >= before || !keep(r.val) {
			continue
		}
		if len(page) == limit {
			return page, last
		}
		page, last = append(page, r.val), r.seq
	}
	return page, 0
}

func (s *Server) nextSeq() int64 {
	s.seq++
	return s.seq
}

// random returns prefix and n random bytes in hex.
func random(prefix string, n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return prefix + hex.EncodeToString(b)
}

// seed fills in the people and what they had before the program began.
func (s *Server) seed(now time.Time) {
	ada := &account{ID: Ada, Name: "Ada Lovelace", Email: "ada@acme.test", Organisation: "Analytical Engines", groups: []string{"engineers", "admins"}}
	grace := &account{ID: Grace, Name: "Grace Hopper", Email: "grace@acme.test", Organisation: "Compilers Inc", groups: []string{"engineers"}}
	ada.workspaces = []Workspace{{"ws_engines", "Analytical Engines", "engines.acme.test"}, {"ws_difference", "Difference Works", "difference.acme.test"}}
	grace.workspaces = []Workspace{{"ws_compilers", "Compilers Inc", "compilers.acme.test"}}
	s.accounts = []*account{ada, grace}

	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	contact := func(a *account, days int, name, email, company string) *string {
		c := Contact{ID: random("con_", 8), Name: name, Email: email, Company: company, CreatedAt: ago(days), UpdatedAt: ago(days)}
		a.contacts.rows = append(a.contacts.rows, row[Contact]{s.nextSeq(), c.ID, c})
		return &c.ID
	}
	deal := func(a *account, days int, title string, cents int64, currency, stage string, with *string) {
		d := Deal{ID: random("deal_", 8), Title: title, Amount: cents, Currency: currency, Stage: stage, ContactID: with, CreatedAt: ago(days), UpdatedAt: ago(days)}
		a.deals.rows = append(a.deals.rows, row[Deal]{s.nextSeq(), d.ID, d})
	}
	note := func(a *account, days int, text string, about *string) {
		n := Note{ID: random("note_", 8), Text: text, ContactID: about, CreatedAt: ago(days), UpdatedAt: ago(days)}
		a.notes.rows = append(a.notes.rows, row[Note]{s.nextSeq(), n.ID, n})
	}

	charles := contact(ada, 40, "Charles Babbage", "charles@difference.test", "Difference Works")
	mary := contact(ada, 21, "Mary Somerville", "mary@spheres.test", "Connected Sciences")
	contact(ada, 6, "Luigi Menabrea", "luigi@sketch.test", "Turin Academy")
	deal(ada, 30, "Brass gears, second batch", 1_250_000, "GBP", "open", charles)
	deal(ada, 12, "Lectures for the spring term", 84_000, "GBP", "won", mary)
	note(ada, 29, "Wants the mill delivered before the store. Ask about punched cards.", charles)
	note(ada, 5, "Send the translated memoir with notes A to G.", nil)

	jean := contact(grace, 33, "Jean Sammet", "jean@formulas.test", "Formula Systems")
	howard := contact(grace, 18, "Howard Aiken", "howard@markone.test", "Mark One Labs")
	contact(grace, 3, "Betty Holberton", "betty@sortmerge.test", "Sort & Merge Co")
	deal(grace, 25, "Compiler licences for forty seats", 3_600_000, "USD", "open", jean)
	deal(grace, 9, "Moth removal, relay 70", 4_700, "USD", "won", howard)
	note(grace, 8, "Bring a nanosecond of wire to the next meeting.", howard)
}
