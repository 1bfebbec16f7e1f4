package inbound

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// Scheme is a provider's way to sign and to try an address.
type Scheme struct {
	Name      string               `yaml:"name"`
	Title     string               `yaml:"title"`
	Ask       string               `yaml:"ask"` // what to paste as secret
	App       string               `yaml:"app"` // its file says the rest
	Verify    *catalog.EventVerify `yaml:"verify"`
	Handshake []catalog.Handshake  `yaml:"handshake"`
	Dedupe    catalog.Place        `yaml:"dedupe"` // none: the provider gives its events no id
}

// Schemes is the table, and how to find a row.
type Schemes struct {
	Rows []Scheme
	at   map[string]*Scheme
}

//go:embed schemes.yaml
var table []byte

// Load reads the table. What rows leave to an app's file it takes from the catalogue.
func Load(c *catalog.Catalog) (*Schemes, error) {
	s := &Schemes{at: map[string]*Scheme{}}
	if err := yaml.UnmarshalWithOptions(table, &s.Rows, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read schemes: %w", err)
	}
	for i := range s.Rows {
		row := &s.Rows[i]
		if row.App != "" {
			app, err := c.Get(row.App)
			if err != nil {
				return nil, fmt.Errorf("scheme %s: %w", row.Name, err)
			}
			row.Verify, row.Dedupe = app.Events.Verify, app.Events.Dedupe
			row.Handshake = append(row.Handshake, app.Events.Handshake...)
		}
		if row.Verify == nil {
			return nil, fmt.Errorf("scheme %s says nothing of signatures", row.Name)
		}
		if err := Check(row.Verify); err != nil {
			return nil, fmt.Errorf("scheme %s: %w", row.Name, err)
		}
		s.at[row.Name] = row
	}
	return s, nil
}

// Get returns a row, or nil.
func (s *Schemes) Get(name string) *Scheme { return s.at[name] }

// Dedupes reports whether the provider's requests have an id.
func (s *Scheme) Dedupes() bool { return s.Dedupe != (catalog.Place{}) }

// KeepsSecret reports whether the provider sends the secret itself.
func (s *Scheme) KeepsSecret() bool {
	return slices.ContainsFunc(s.Handshake, func(h catalog.Handshake) bool { return len(h.Keep) > 0 })
}

// WantsToken reports whether the provider repeats a token when it tries the address.
func (s *Scheme) WantsToken() bool {
	return slices.ContainsFunc(s.Handshake, func(h catalog.Handshake) bool { return h.Token != "" })
}
