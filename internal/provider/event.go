package provider

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // some providers sign by HMAC-SHA1, which holds
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of an event that a provider is said to have sent.
var (
	ErrEventSignature = fault.New(fault.Unauthenticated, "event_signature", "The event is not signed by the app.")
	ErrEventAge       = fault.New(fault.Unauthenticated, "event_too_old", "The event was signed too long ago.")
	ErrEventKind      = fault.New(fault.Invalid, "event_kind", "This version cannot verify the app's events.")
)

// Received is an event as it came in.
type Received struct {
	URL    string // at which the provider sent it, whole
	Header http.Header
	Body   []byte
}

// signedFor is how long a signature with a time is good, where the app's file
// does not say.
const signedFor = 5 * time.Minute

// VerifyEvent returns nil for an event that was signed with the key as the
// app's file says, and not too long ago.
func VerifyEvent(v *catalog.EventVerify, e Received, key string, now time.Time) error {
	if v == nil || key == "" {
		return ErrEventKind
	}
	got, at, text, err := signedParts(v, e)
	if err != nil {
		return err
	}
	good := false
	switch v.Kind {
	case "hmac", "stripe", "standard_webhooks", "twilio":
		good = macFits(v, key, text, got)
	case "ed25519":
		public, err := hex.DecodeString(key)
		good = err == nil && len(public) == ed25519.PublicKeySize && slices.ContainsFunc(got, func(sig []byte) bool { return ed25519.Verify(public, []byte(text), sig) })
	case "ecdsa":
		good = ecdsaFits(key, text, got)
	case "token":
		good = len(got) == 1 && subtle.ConstantTimeCompare(got[0], []byte(key)) == 1
	case "basic":
		want := "Basic " + base64.StdEncoding.EncodeToString([]byte(key))
		good = len(got) == 1 && subtle.ConstantTimeCompare(got[0], []byte(want)) == 1
	case "jwt":
		good = len(got) == 1 && jwtFits(string(got[0]), key, now)
	default:
		return ErrEventKind
	}
	if !good {
		return ErrEventSignature
	}
	if at.IsZero() {
		return nil
	}
	tolerance, err := Duration(v.Tolerance)
	if err != nil {
		tolerance = signedFor
	}
	if now.Sub(at).Abs() > tolerance {
		return ErrEventAge
	}
	return nil
}

// signedParts returns the signatures of an event, of which one must fit, when it
// was signed (zero: it does not say), and the text that was signed.
func signedParts(v *catalog.EventVerify, e Received) (got [][]byte, at time.Time, text string, err error) {
	raw := e.Header.Get(v.Header)
	switch v.Kind {
	case "stripe": // t=…,v1=…,v1=…
		stamp := ""
		for part := range strings.SplitSeq(raw, ",") {
			switch k, value, _ := strings.Cut(strings.TrimSpace(part), "="); k {
			case "t":
				stamp = value
			case "v1":
				got = appendDecoded(got, "hex", value)
			}
		}
		at, err = stampOf("epoch", stamp)
		return got, at, stamp + "." + string(e.Body), err
	case "standard_webhooks":
		stamp := e.Header.Get("Webhook-Timestamp")
		for part := range strings.FieldsSeq(e.Header.Get("Webhook-Signature")) {
			if value, ok := strings.CutPrefix(part, "v1,"); ok {
				got = appendDecoded(got, "base64", value)
			}
		}
		at, err = stampOf("epoch", stamp)
		return got, at, e.Header.Get("Webhook-Id") + "." + stamp + "." + string(e.Body), err
	case "twilio": // the address, and the form's fields in the order of their names
		return appendDecoded(nil, "base64", raw), at, e.URL + formText(e.Body), nil
	case "token", "jwt":
		value, ok := strings.CutPrefix(raw, v.Prefix)
		if !ok || value == "" {
			return nil, at, "", ErrEventSignature
		}
		return [][]byte{[]byte(value)}, at, "", nil
	case "basic":
		return [][]byte{[]byte(e.Header.Get("Authorization"))}, at, "", nil
	}
	value, ok := strings.CutPrefix(raw, v.Prefix)
	if !ok {
		return nil, at, "", ErrEventSignature
	}
	values := map[string]string{"body": string(e.Body), "url": e.URL}
	for name := range e.Header {
		values["header."+name], values["header."+strings.ToLower(name)] = e.Header.Get(name), e.Header.Get(name)
	}
	if text, err = catalog.Expand(or(v.Signed, "{{ body }}"), values); err != nil {
		return nil, at, "", ErrEventSignature // a header that was to be signed is not there
	}
	if v.Timestamp.Header != "" {
		at, err = stampOf(v.Timestamp.As, e.Header.Get(v.Timestamp.Header))
	}
	return appendDecoded(nil, v.Encoding, value), at, text, err
}

func appendDecoded(to [][]byte, encoding, text string) [][]byte {
	decode := hex.DecodeString
	if encoding == "base64" {
		decode = base64.StdEncoding.DecodeString
	}
	b, err := decode(text)
	if err != nil || len(b) == 0 {
		return to
	}
	return append(to, b)
}

func stampOf(as, text string) (time.Time, error) {
	if as == "iso8601" {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return at, ErrEventSignature
		}
		return at, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return time.Time{}, ErrEventSignature
	case as == "epoch_ms":
		return time.UnixMilli(n), nil
	default:
		return time.Unix(n, 0), nil
	}
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
		for _, v := range form[name] {
			b.WriteString(name + v)
		}
	}
	return b.String()
}

func macFits(v *catalog.EventVerify, key, text string, got [][]byte) bool {
	secret, alg := []byte(key), v.Alg
	switch v.Kind {
	case "twilio":
		alg = "sha1"
	case "standard_webhooks":
		plain, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
		if err != nil {
			return false
		}
		secret = plain
	}
	newHash := map[string]func() hash.Hash{"sha1": sha1.New, "": sha256.New, "sha256": sha256.New, "sha512": sha512.New}[alg]
	if newHash == nil {
		return false
	}
	mac := hmac.New(newHash, secret)
	mac.Write([]byte(text))
	want := mac.Sum(nil)
	return slices.ContainsFunc(got, func(sig []byte) bool { return hmac.Equal(sig, want) })
}

func ecdsaFits(key, text string, got [][]byte) bool {
	der, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return false
	}
	public, err := x509.ParsePKIXPublicKey(der)
	curve, ok := public.(*ecdsa.PublicKey)
	if err != nil || !ok {
		return false
	}
	sum := sha256.Sum256([]byte(text))
	return slices.ContainsFunc(got, func(sig []byte) bool { return ecdsa.VerifyASN1(curve, sum[:], sig) })
}

func jwtFits(raw, key string, now time.Time) bool {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256", "HS384", "HS512"}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(func() time.Time { return now }))
	_, err := parser.Parse(raw, func(*jwt.Token) (any, error) { return []byte(key), nil })
	return err == nil
}
