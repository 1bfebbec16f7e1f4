// Package inbound judges what comes in from outside: whether a request was
// signed by whom it is said to be from, whether it only tries the address, and
// which id it keeps when it is sent again. One table serves app files and
// triggers alike; see schemes.yaml.
package inbound

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of requests. What of a signature is wrong is told to nobody outside.
var (
	ErrSignature = fault.New(fault.Unauthenticated, "signature", "The request is not signed as this address wants it.")
	ErrLate      = fault.New(fault.Unauthenticated, "signature_too_old", "The request was signed too long ago, or its time lies ahead.")
	ErrNoSecret  = fault.New(fault.Unauthenticated, "no_secret", "This address has no secret yet, so that no request can be verified.")
)

// Request is a request as it came in, before any parser saw it.
type Request struct {
	Method string
	URL    string // at which the caller sent it, whole: some sign it
	Header http.Header
	Body   []byte

	doc     any // the body, once it was asked for
	decoded bool
	shown   bool // doc is what is shown on, whatever Body holds
}

// Show has what a body was made into shown on in its place: where its files were kept
// elsewhere. Body is then by what the request is known again.
func (r *Request) Show(what any) { r.doc, r.decoded, r.shown = what, true, true }

// Doc returns the body's JSON, or nil. A form's field payload is read as Slack
// and GitHub send it.
func (r *Request) Doc() any {
	if r.decoded {
		return r.doc
	}
	r.decoded = true
	raw := r.Body
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			return nil
		}
		raw = []byte(form.Get("payload"))
	}
	if json.Unmarshal(raw, &r.doc) != nil {
		r.doc = nil
	}
	return r.doc
}

func (r *Request) query() url.Values {
	at, err := url.Parse(r.URL)
	if err != nil {
		return nil
	}
	return at.Query()
}

// At returns the text that stands at a place, and whether there is one.
func (r *Request) At(p catalog.Place) (string, bool) {
	switch {
	case p.Header != "":
		v := r.Header.Values(p.Header)
		if len(v) == 0 {
			return "", false
		}
		return v[0], true
	case p.Query != "":
		q := r.query()
		return q.Get(p.Query), q.Has(p.Query)
	case p.JSON != "":
		v, ok := catalog.Pointer(r.Doc(), p.JSON)
		return catalog.Text(v), ok && v != nil
	}
	return "", false
}

// named finds the headers and parameters that a text with holes asks for.
var named = regexp.MustCompile(`\b(header|query)\.([A-Za-z0-9_.\-]+)`)

// fill fills the holes of a text: body, body/pointer, method, url, url_decoded,
// header.name, query.name, and those of more.
func (r *Request) fill(text string, more map[string]string) (string, error) {
	values := map[string]string{"body": string(r.Body), "method": r.Method, "url": r.URL, "url_decoded": decoded.Replace(r.URL)}
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		place := catalog.Place{Header: m[2]}
		if m[1] == "query" {
			place = catalog.Place{Query: m[2]}
		}
		if v, ok := r.At(place); ok {
			values[m[0]] = v
		}
	}
	for k, v := range more {
		values[k] = v
	}
	return catalog.Expand(text, values) //nolint:wrapcheck // says what is missing
}

// decoded writes an address as HubSpot signs it: with these and no other
// characters in the clear (developers.hubspot.com, validating requests, v3).
var decoded = strings.NewReplacer(
	"%3A", ":", "%2F", "/", "%3F", "?", "%40", "@", "%21", "!", "%24", "$", "%27", "'", "%28", "(", "%29", ")", "%2A", "*", "%2C", ",", "%3B", ";",
	"%3a", ":", "%2f", "/", "%3f", "?", "%2a", "*", "%2c", ",", "%3b", ";",
)
