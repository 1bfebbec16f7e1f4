package inbound

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/provider"
)

// signedFor is how long a signature with a time is good where nothing else is said.
const signedFor = 5 * time.Minute

// mostSignatures is how many signatures of one request are looked at: a sender
// that changes its key sends two.
const mostSignatures = 8

// Verify returns nil for a request that was signed with one of the secrets as v
// says, and not too long ago. Each secret is tried, so that one can be changed
// while both are in use. It returns ErrSignature, ErrLate or ErrNoSecret. Schemes
// whose keys have to be fetched are a Verifier's.
func Verify(v *catalog.EventVerify, r *Request, secrets []string, now time.Time) error {
	if len(secrets) == 0 {
		return ErrNoSecret
	}
	scheme := whole(v)
	s, err := read(&scheme, r)
	if err != nil {
		return err
	}
	good := false
	for _, secret := range secrets {
		if secret != "" && s.fits(&scheme, secret, now) {
			good = true
		}
	}
	if !good {
		return ErrSignature
	}
	if s.at.IsZero() {
		return nil
	}
	tolerance, err := provider.Duration(scheme.Tolerance)
	if err != nil {
		tolerance = signedFor
	}
	if now.Sub(s.at).Abs() > tolerance {
		return ErrLate
	}
	return nil
}

// whole writes the schemes that have a name of their own out.
func whole(v *catalog.EventVerify) catalog.EventVerify {
	out := *v
	switch v.Kind {
	case "stripe":
		out.Kind, out.Header, out.Signed = "hmac", "Stripe-Signature", "{{ time }}.{{ body }}"
		out.List = &catalog.EventList{Separator: ",", Time: "t", Signature: "v1"}
	case "twilio":
		out.Alg, out.Encoding, out.Header = "sha1", "base64", "X-Twilio-Signature"
	}
	return out
}

// signed is what a request says of its signature.
type signed struct {
	got   []string // signatures, as they were sent; one must fit
	at    time.Time
	texts []string // what was signed: one of these
}

func read(v *catalog.EventVerify, r *Request) (*signed, error) {
	s := &signed{}
	switch v.Kind {
	case "standard_webhooks":
		return readStandard(r)
	case "twilio":
		s.texts = twilioTexts(r)
	case "basic":
		v.Header = "Authorization"
	}
	raw, ok := r.At(catalog.Place{Header: v.Header, Query: v.Query, JSON: v.JSON})
	if !ok {
		return nil, ErrSignature
	}
	stamp := ""
	if v.List == nil {
		value, ok := strings.CutPrefix(raw, v.Prefix)
		if !ok || value == "" {
			return nil, ErrSignature
		}
		s.got = []string{value}
	} else {
		stamp = s.list(v.List, raw)
	}
	var err error
	switch {
	case v.List != nil && v.List.Time != "":
		s.at, err = stampOf(v.Timestamp.As, stamp)
	case v.Timestamp.Header != "" || v.Timestamp.JSON != "":
		stamp, _ = r.At(catalog.Place{Header: v.Timestamp.Header, JSON: v.Timestamp.JSON})
		s.at, err = stampOf(v.Timestamp.As, stamp)
	}
	if err != nil || s.texts != nil || v.Kind == "token" || v.Kind == "basic" || v.Kind == "jwt" {
		return s, err
	}
	if v.Signed == "" {
		s.texts = []string{string(r.Body)}
		return s, nil
	}
	text, err := r.fill(v.Signed, map[string]string{"time": stamp})
	if err != nil {
		return nil, ErrSignature.Because(err) // what was to be signed is not there
	}
	s.texts = []string{text}
	return s, nil
}

// list takes the signatures out of a header that holds more, and returns its time.
func (s *signed) list(l *catalog.EventList, raw string) (stamp string) {
	for part := range strings.SplitSeq(raw, l.Separator) {
		switch k, value, _ := strings.Cut(strings.TrimSpace(part), "="); {
		case k == l.Time && l.Time != "":
			stamp = value
		case k == l.Signature && len(s.got) < mostSignatures:
			s.got = append(s.got, value)
		}
	}
	return stamp
}

// readStandard reads what standardwebhooks.com (1.0.0) describes, also under
// the names that Svix gave it first.
func readStandard(r *Request) (*signed, error) {
	name := "webhook-"
	if r.Header.Get("Webhook-Signature") == "" {
		name = "svix-"
	}
	stamp := r.Header.Get(name + "timestamp")
	s := &signed{texts: []string{r.Header.Get(name+"id") + "." + stamp + "." + string(r.Body)}}
	for part := range strings.FieldsSeq(r.Header.Get(name + "signature")) {
		if len(s.got) < mostSignatures {
			s.got = append(s.got, part)
		}
	}
	var err error
	s.at, err = stampOf("", stamp)
	return s, err
}

func stampOf(as, text string) (time.Time, error) {
	if as == "iso8601" {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return at, ErrSignature
		}
		return at, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || n <= 0:
		return time.Time{}, ErrSignature
	case as == "epoch_ms":
		return time.UnixMilli(n), nil
	default:
		return time.Unix(n, 0), nil
	}
}

// twilioTexts are what Twilio signs: the address with the form's fields in the
// order of their names, or the address alone when that holds the body's hash. It
// writes the usual port into the address or leaves it out.
func twilioTexts(r *Request) []string {
	at, err := url.Parse(r.URL)
	if err != nil {
		return []string{}
	}
	rest := ""
	if hash := at.Query().Get("bodySHA256"); hash != "" {
		if !sumFits(r.Body, hash) {
			return []string{}
		}
	} else {
		rest = formText(r.Body)
	}
	out := []string{r.URL + rest}
	port := map[string]string{"https": ":443", "http": ":80"}[at.Scheme]
	if at.Port() == "" {
		out = append(out, strings.Replace(r.URL, at.Host, at.Host+port, 1)+rest)
	}
	return out
}

func formText(body []byte) string {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return ""
	}
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		values := slices.Compact(slices.Sorted(slices.Values(form[name])))
		for _, v := range values {
			b.WriteString(name + v)
		}
	}
	return b.String()
}

// invalid is the fault of a scheme that somebody wrote.
func invalid(format string, args ...any) error {
	return fault.New(fault.Invalid, "verification", format, args...)
}

var (
	kinds     = []string{"hmac", "stripe", "standard_webhooks", "ed25519", "ecdsa", "token", "basic", "twilio", "jwt", "paypal", "plaid"}
	placeless = []string{"stripe", "standard_webhooks", "twilio", "basic", "paypal", "plaid"}
	hole      = regexp.MustCompile(`\{\{\s*([^}]*?)\s*\}\}`)
	known     = regexp.MustCompile(`^(body|method|url|url_decoded|time|body/[^\s|}]*|(header|query)\.[A-Za-z0-9_.\-]+)$`)
	tolerated = regexp.MustCompile(`^([0-9]{1,6}[smh])?$`)
)

// Check refuses a scheme that cannot work, with a sentence that says why.
func Check(v *catalog.EventVerify) error {
	places := 0
	for _, p := range []string{v.Header, v.Query, v.JSON} {
		if p != "" {
			places++
		}
	}
	switch {
	case !slices.Contains(kinds, v.Kind):
		return invalid("%q is none of %s.", v.Kind, strings.Join(kinds, ", "))
	case !slices.Contains([]string{"", "sha1", "sha256", "sha512"}, v.Alg):
		return invalid("alg is sha1, sha256 or sha512.")
	case !slices.Contains([]string{"", "hex", "base64"}, v.Encoding):
		return invalid("encoding is hex or base64.")
	case !slices.Contains([]string{"", "text", "hex", "base64"}, v.Secret):
		return invalid("secret_encoding is text, hex or base64.")
	case !slices.Contains([]string{"", "epoch", "epoch_ms", "iso8601"}, v.Timestamp.As):
		return invalid("timestamp.as is epoch, epoch_ms or iso8601.")
	case !slices.Contains(placeless, v.Kind) && places != 1:
		return invalid("Say where the signature is: in header, query or json, one of them.")
	case v.List != nil && (len(v.List.Separator) != 1 || v.List.Signature == ""):
		return invalid("A list has a separator of one character and the name of its signature.")
	case !tolerated.MatchString(v.Tolerance):
		return invalid("tolerance is a length of time such as 300s or 5m.")
	}
	for _, m := range hole.FindAllStringSubmatch(v.Signed, -1) {
		if !known.MatchString(m[1]) {
			return invalid("signed has a hole {{ %s }}; there are body, body/pointer, method, url, url_decoded, time, header.name and query.name.", m[1])
		}
	}
	return nil
}
