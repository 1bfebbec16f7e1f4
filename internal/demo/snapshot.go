package demo

import (
	"encoding/json"
	"fmt"
	"time"
)

// snapshot is all that a person would miss after a restart: their records,
// webhooks and API keys, and the grants that others live on. Codes and open
// consent pages are not in it; they live for minutes.
type snapshot struct {
	Seq     int64         `json:"seq"`
	People  []savedPerson `json:"people"`
	Grants  []savedGrant  `json:"grants"`
	Access  []savedToken  `json:"access"`
	Refresh []savedToken  `json:"refresh"`
	Keys    []savedToken  `json:"keys"`
}

type savedPerson struct {
	ID       string              `json:"id"`
	Contacts []savedRow[Contact] `json:"contacts"`
	Deals    []savedRow[Deal]    `json:"deals"`
	Notes    []savedRow[Note]    `json:"notes"`
	Hooks    []savedHook         `json:"hooks"`
}

type savedRow[T any] struct {
	Seq int64  `json:"seq"`
	ID  string `json:"id"`
	Val T      `json:"val"`
}

type savedHook struct {
	Webhook webhook `json:"webhook"`
	Secret  string  `json:"secret"`
}

type savedGrant struct {
	Client  string   `json:"client"`
	Person  string   `json:"person"`
	Scopes  []string `json:"scopes"`
	Revoked bool     `json:"revoked"`
}

// savedToken is an access token, refresh token or key. Grant is the place of
// its grant in the snapshot, -1 for a key.
type savedToken struct {
	Text   string    `json:"text"`
	Grant  int       `json:"grant"`
	Person string    `json:"person,omitempty"`
	Scopes []string  `json:"scopes,omitempty"`
	Until  time.Time `json:"until"`
	UsedAt time.Time `json:"used_at"`
}

// Save returns what Load brings back, as JSON. It holds tokens in the clear.
func (s *Server) Save() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := snapshot{Seq: s.seq}
	for _, a := range s.accounts {
		p := savedPerson{ID: a.ID, Contacts: rowsOf(a.contacts), Deals: rowsOf(a.deals), Notes: rowsOf(a.notes)}
		for _, h := range a.hooks {
			p.Hooks = append(p.Hooks, savedHook{*h, h.secret})
		}
		out.People = append(out.People, p)
	}
	places := map[*grant]int{}
	place := func(g *grant) int {
		if g == nil {
			return -1
		}
		if _, ok := places[g]; !ok {
			places[g] = len(out.Grants)
			out.Grants = append(out.Grants, savedGrant{g.client, g.account.ID, g.scopes, g.revoked})
		}
		return places[g]
	}
	ticketOf := func(text string, t *ticket) savedToken {
		return savedToken{Text: text, Grant: place(t.grant), Person: t.account.ID, Scopes: t.scopes, Until: t.until}
	}
	for _, text := range s.access.order {
		out.Access = append(out.Access, ticketOf(text, s.access.items[text]))
	}
	for _, text := range s.keys.order {
		out.Keys = append(out.Keys, ticketOf(text, s.keys.items[text]))
	}
	for _, text := range s.refresh.order {
		r := s.refresh.items[text]
		out.Refresh = append(out.Refresh, savedToken{Text: text, Grant: place(r.grant), UsedAt: r.usedAt})
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("save demo: %w", err)
	}
	return b, nil
}

// Load puts back what Save returned. It is called before the first request.
func (s *Server) Load(b []byte) error {
	var in snapshot
	if err := json.Unmarshal(b, &in); err != nil {
		return fmt.Errorf("load demo: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq = in.Seq
	for _, p := range in.People {
		a := s.account(p.ID)
		if a == nil {
			return fmt.Errorf("load demo: nobody has the id %q", p.ID)
		}
		a.contacts, a.deals, a.notes, a.hooks = bookOf(p.Contacts), bookOf(p.Deals), bookOf(p.Notes), nil
		for _, h := range p.Hooks {
			hook := h.Webhook
			hook.secret = h.Secret
			a.hooks = append(a.hooks, &hook)
		}
	}
	grants := make([]*grant, len(in.Grants))
	for i, g := range in.Grants {
		grants[i] = &grant{client: g.Client, account: s.account(g.Person), scopes: g.Scopes, revoked: g.Revoked}
		if grants[i].account == nil {
			return fmt.Errorf("load demo: nobody has the id %q", g.Person)
		}
	}
	ticketOf := func(t savedToken) *ticket {
		out := &ticket{account: s.account(t.Person), scopes: t.Scopes, until: t.Until}
		if t.Grant >= 0 && t.Grant < len(grants) {
			out.grant = grants[t.Grant]
		}
		return out
	}
	for _, t := range in.Access {
		s.access.put(t.Text, ticketOf(t))
	}
	for _, t := range in.Keys {
		s.keys.put(t.Text, ticketOf(t))
	}
	for _, t := range in.Refresh {
		if t.Grant >= 0 && t.Grant < len(grants) {
			s.refresh.put(t.Text, &refresh{grant: grants[t.Grant], usedAt: t.UsedAt})
		}
	}
	return nil
}

func rowsOf[T any](b book[T]) []savedRow[T] {
	out := make([]savedRow[T], len(b.rows))
	for i, r := range b.rows {
		out[i] = savedRow[T]{r.seq, r.id, r.val}
	}
	return out
}

func bookOf[T any](rows []savedRow[T]) book[T] {
	var b book[T]
	for _, r := range rows {
		b.rows = append(b.rows, row[T]{r.Seq, r.ID, r.Val})
	}
	return b
}
