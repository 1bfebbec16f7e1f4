package demo

import (
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Contact is somebody a person does business with.
type Contact struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Email     string    `json:"email"`
	Company   string    `json:"company"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Deal is business with a contact, or hoped for. Amount is in hundredths of the
// currency; Stage is open, won or lost.
type Deal struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	Amount    int64     `json:"amount"`
	Currency  string    `json:"currency"`
	Stage     string    `json:"stage"`
	ContactID *string   `json:"contact_id"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Note is a few lines, on a contact or on nobody.
type Note struct {
	ID        string    `json:"id"`
	Text      string    `json:"text"`
	ContactID *string   `json:"contact_id"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

type contactInput struct {
	Name    string `json:"name"`
	Email   string `json:"email"`
	Company string `json:"company"`
}

type dealInput struct {
	Title     string  `json:"title"`
	Amount    int64   `json:"amount"`
	Currency  string  `json:"currency"`
	Stage     string  `json:"stage"`
	ContactID *string `json:"contact_id"`
}

type noteInput struct {
	Text      string  `json:"text"`
	ContactID *string `json:"contact_id"`
}

var currencyShape = regexp.MustCompile(`^[A-Z]{3}$`)

func contactRules() rules[Contact, contactInput] {
	return rules[Contact, contactInput]{
		noun: "contact", prefix: "con_",
		book:  func(a *account) *book[Contact] { return &a.contacts },
		fresh: func(id string, now time.Time) Contact { return Contact{ID: id, CreatedAt: now} },
		input: func(c Contact) contactInput { return contactInput{c.Name, c.Email, c.Company} },
		apply: func(_ *account, c Contact, in contactInput, now time.Time) (Contact, error) {
			if err := text("name", in.Name, 1, 200); err != nil {
				return c, err
			}
			if in.Email != "" {
				if m, err := mail.ParseAddress(in.Email); err != nil || m.Address != in.Email || len(in.Email) > 254 {
					return c, invalid("email", "email must be an e-mail address")
				}
			}
			if err := text("company", in.Company, 0, 200); err != nil {
				return c, err
			}
			c.Name, c.Email, c.Company, c.UpdatedAt = in.Name, in.Email, in.Company, now
			return c, nil
		},
		match: func(c Contact, q string) bool {
			return strings.Contains(strings.ToLower(c.Name+"\n"+c.Email+"\n"+c.Company), q)
		},
		gone: func(a *account, id string) {
			for i := range a.deals.rows {
				unlink(&a.deals.rows[i].val.ContactID, id)
			}
			for i := range a.notes.rows {
				unlink(&a.notes.rows[i].val.ContactID, id)
			}
		},
	}
}

func dealRules() rules[Deal, dealInput] {
	return rules[Deal, dealInput]{
		noun: "deal", prefix: "deal_",
		book: func(a *account) *book[Deal] { return &a.deals },
		fresh: func(id string, now time.Time) Deal {
			return Deal{ID: id, CreatedAt: now}
		},
		input: func(d Deal) dealInput { return dealInput{d.Title, d.Amount, d.Currency, d.Stage, clone(d.ContactID)} },
		apply: func(a *account, d Deal, in dealInput, now time.Time) (Deal, error) {
			if in.Currency == "" {
				in.Currency = "USD"
			}
			if in.Stage == "" {
				in.Stage = "open"
			}
			if err := text("title", in.Title, 1, 200); err != nil {
				return d, err
			}
			switch {
			case in.Amount < 0:
				return d, invalid("amount", "amount must be a whole number of cents, not negative")
			case !currencyShape.MatchString(in.Currency):
				return d, invalid("currency", "currency must be three capital letters, like EUR")
			case !slices.Contains([]string{"open", "won", "lost"}, in.Stage):
				return d, invalid("stage", "stage must be open, won or lost")
			}
			if err := a.knows(in.ContactID); err != nil {
				return d, err
			}
			d.Title, d.Amount, d.Currency, d.Stage = in.Title, in.Amount, in.Currency, in.Stage
			d.ContactID, d.UpdatedAt = in.ContactID, now
			return d, nil
		},
	}
}

func noteRules() rules[Note, noteInput] {
	return rules[Note, noteInput]{
		noun: "note", prefix: "note_",
		book:  func(a *account) *book[Note] { return &a.notes },
		fresh: func(id string, now time.Time) Note { return Note{ID: id, CreatedAt: now} },
		input: func(n Note) noteInput { return noteInput{n.Text, clone(n.ContactID)} },
		apply: func(a *account, n Note, in noteInput, now time.Time) (Note, error) {
			if err := text("text", in.Text, 1, 10_000); err != nil {
				return n, err
			}
			if err := a.knows(in.ContactID); err != nil {
				return n, err
			}
			n.Text, n.ContactID, n.UpdatedAt = in.Text, in.ContactID, now
			return n, nil
		},
	}
}

// text checks a text's length in characters.
func text(field, value string, least, most int) error {
	n := utf8.RuneCountInString(value)
	switch {
	case n < least || least > 0 && strings.TrimSpace(value) == "":
		return invalid(field, field+" must not be empty")
	case n > most:
		return invalid(field, field+" must not be longer than "+strconv.Itoa(most)+" characters")
	}
	return nil
}

// knows checks that a contact_id, if there is one, names a contact of a's own.
func (a *account) knows(id *string) error {
	if id != nil && a.contacts.index(*id) < 0 {
		return invalid("contact_id", "contact_id must name a contact of this account")
	}
	return nil
}

func unlink(ref **string, id string) {
	if *ref != nil && **ref == id {
		*ref = nil
	}
}

// clone keeps a decoder from writing through a pointer that an answer under way
// may be reading.
func clone(p *string) *string {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
